// Sends DHCPv6 frames by a kernel interface as fast as the machine can: for the tests of overload. Usage:
//   flood INTERFACE SECONDS solicit   SOLICITs of ever new clients
//   flood INTERFACE SECONDS garbage   such messages, damaged in every way: cut, lengths changed, bits flipped, too long
// At the end it prints how many frames it sent.
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "dataplane/wire/builder.h"
#include "dataplane/wire/frame.h"

namespace {

using namespace tandem6;

constexpr size_t kFrames = 65536;  // different ones, sent over and over
constexpr unsigned kBatch = 64;

struct Port {
  int socket;
  int index;
  MacAddress mac;
};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

Port open_port(const char* interface) {
  Port port{};
  port.socket = socket(AF_PACKET, SOCK_RAW, 0);
  if (port.socket < 0) fail("socket");
  ifreq request{};
  std::strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
  if (ioctl(port.socket, SIOCGIFHWADDR, &request) != 0) fail("SIOCGIFHWADDR");
  std::memcpy(port.mac.data(), request.ifr_hwaddr.sa_data, port.mac.size());
  port.index = static_cast<int>(if_nametoindex(interface));
  const int bypass = 1;
  setsockopt(port.socket, SOL_PACKET, PACKET_QDISC_BYPASS, &bypass, sizeof bypass);
  return port;
}

std::vector<std::byte> solicit(std::mt19937_64& random) {
  std::array<std::byte, 256> bytes;
  wire::Writer out(bytes);
  out.message_header(wire::MessageType::kSolicit, static_cast<uint32_t>(random()));
  const auto client = out.begin(wire::OptionCode::kClientId);
  out.u16(4);
  out.u64(random());
  out.u64(random());
  out.end(client);
  out.option(wire::OptionCode::kElapsedTime, std::array<std::byte, 2>{});
  for (const wire::OptionCode code : {wire::OptionCode::kIaNa, wire::OptionCode::kIaPd})
    out.end(wire::begin_ia(out, code, 1, Seconds{0}, Seconds{0}));
  const Bytes written = out.written();
  return {written.begin(), written.end()};
}

void damage(std::vector<std::byte>& message, std::mt19937_64& random) {
  const auto below = [&](size_t limit) { return static_cast<size_t>(random() % limit); };
  for (size_t wounds = 1 + below(4); wounds != 0; --wounds) {
    switch (below(5)) {
      case 0:
        message.resize(below(message.size() + 1));
        break;
      case 1:
        for (size_t more = below(900); more != 0; --more) message.push_back(static_cast<std::byte>(random()));
        break;
      case 2:  // a message in relays that are none
        message.insert(message.begin(), 34, static_cast<std::byte>(12 + below(2)));
        break;
      default:
        if (!message.empty()) message[below(message.size())] = static_cast<std::byte>(random());
    }
    if (message.empty()) message.push_back(std::byte{1});
  }
}

std::vector<std::byte> frame_of(const std::vector<std::byte>& message, const MacAddress& mac) {
  wire::FrameHeader header{};
  header.source_mac = mac;
  header.destination_mac = {std::byte{0x33}, std::byte{0x33}, std::byte{0}, std::byte{1}, std::byte{0}, std::byte{2}};
  header.source = Ipv6Address::parse("fe80::f100:d").value();
  header.destination = Ipv6Address::parse("ff02::1:2").value();
  header.source_port = wire::kClientPort;
  header.destination_port = wire::kServerPort;
  const size_t overhead = wire::frame_overhead(header);
  std::vector<std::byte> frame(overhead + message.size() + 64);
  std::ranges::copy(message, frame.begin() + static_cast<std::ptrdiff_t>(overhead));
  frame.resize(wire::build_frame(header, message.size(), frame));
  return frame;
}

unsigned long long send_for(const Port& port, std::vector<std::vector<std::byte>>& frames, double seconds) {
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = port.index;
  std::vector<iovec> parts(frames.size());
  std::vector<mmsghdr> messages(frames.size());
  for (size_t i = 0; i < frames.size(); ++i) {
    parts[i] = {frames[i].data(), frames[i].size()};
    messages[i].msg_hdr = {&to, sizeof to, &parts[i], 1, nullptr, 0, 0};
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  unsigned long long sent = 0;
  for (size_t at = 0; std::chrono::steady_clock::now() < end; at = (at + kBatch) % frames.size()) {
    const int count = sendmmsg(port.socket, &messages[at], kBatch, 0);
    if (count > 0) sent += static_cast<unsigned>(count);
  }
  return sent;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4 || (std::string(arguments[3]) != "solicit" && std::string(arguments[3]) != "garbage")) {
    std::fprintf(stderr, "Usage: flood INTERFACE SECONDS solicit|garbage\n");
    return 2;
  }
  const Port port = open_port(arguments[1]);
  std::mt19937_64 random(1);
  std::vector<std::vector<std::byte>> frames;
  for (size_t i = 0; i < kFrames; ++i) {
    std::vector<std::byte> message = solicit(random);
    if (std::string(arguments[3]) == "garbage") damage(message, random);
    frames.push_back(frame_of(message, port.mac));
  }
  std::printf("%llu\n", send_for(port, frames, std::atof(arguments[2])));
  close(port.socket);
  return 0;
}
