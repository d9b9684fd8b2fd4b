// P1, P2: cycles that a worker spends on one SOLICIT, with many leases loaded. In process: frames come from memory and
// the answers' frames go to memory; the stages are those of dataplane/worker without the NIC.
#include <fmt/format.h>
#include <x86intrin.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <random>
#include <vector>

#include "dataplane/lease/engine.h"
#include "dataplane/wire/frame.h"
#include "dataplane/wire/require.h"

using namespace tandem6;

namespace {

constexpr AbsoluteTime kNow{800'000'000};
constexpr size_t kBurst = 32;
constexpr MacAddress kServerMac{std::byte{2}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{1}};

struct Options {
  uint64_t leases = 1'000'000;
  uint64_t packets = 2'000'000;
  unsigned runs = 5;
  bool relayed = false;
};

Duid client_duid(uint64_t number) {
  std::array<std::byte, 14> bytes{std::byte{0}, std::byte{1}, std::byte{0}, std::byte{1}};
  wire::store_be64(bytes.data() + 6, number * 0x9e3779b97f4a7c15);  // spread, as MAC addresses of many makers are
  return *Duid::from_bytes(bytes);
}

std::unique_ptr<lease::Snapshot> make_snapshot(lease::PoolBook& book) {
  lease::Subnet subnet;
  subnet.id = 1;
  subnet.prefix = *Ipv6Prefix::parse("2001:db8::/32");
  subnet.port = 0;
  subnet.counters = std::make_shared<lease::SubnetCounters>(1);
  const Ipv6Prefix addresses = *Ipv6Prefix::parse("2001:db8:1::/64");
  subnet.address_pools.push_back({.type = lease::LeaseType::kAddress,
                                  .unit_length = 128,
                                  .first = addresses.address,
                                  .last = addresses.last(),
                                  .space = book.sparse(addresses.address, addresses.last()),
                                  .options = {},
                                  .text = "addresses"});
  const Ipv6Prefix prefixes = *Ipv6Prefix::parse("2001:db8:8000::/33");
  subnet.prefix_pools.push_back({.type = lease::LeaseType::kPrefix,
                                 .unit_length = 56,
                                 .first = prefixes.address,
                                 .last = prefixes.last(),
                                 .space = book.dense(lease::LeaseType::kPrefix, prefixes.address, 56, 1U << 23),
                                 .options = {},
                                 .text = "prefixes"});
  lease::Snapshot::Content content;
  content.server_duid = *Duid::parse("0002000000017465");
  content.search_key = {1, 2};
  content.subnets.push_back(std::move(subnet));
  return std::make_unique<lease::Snapshot>(std::move(content));
}

// Each client gets an address and a prefix, as if it had asked.
void load(lease::ShardGroup& group, const lease::Snapshot& snapshot, uint64_t leases) {
  const lease::Subnet& subnet = snapshot.subnets().front();
  for (uint64_t client = 0; client < leases / 2; ++client) {
    const Duid duid = client_duid(client);
    const lease::Request request{.received = nullptr,
                                 .port = 0,
                                 .source = {},
                                 .client_duid = duid.bytes(),
                                 .duid_hash = lease::duid_hash(duid.bytes())};
    for (lease::LeaseType type : {lease::LeaseType::kAddress, lease::LeaseType::kPrefix}) {
      const lease::UnitWish wish{.type = type, .iaid = 1, .unit = std::nullopt, .classes = {}};
      const lease::Terms terms = subnet.lifetimes.granted({});
      require(group.allocate(request, subnet, snapshot, wish, terms, kNow) != nullptr, "the pools are large enough");
    }
    group.log().drain(8, [](const lease::LeaseChange&) {});
    group.log().publish_committed(group.log().written());
  }
  group.settle(snapshot);
}

// A SOLICIT as a home gateway sends it: IA_NA, IA_PD, ORO, elapsed time; through one relay if asked for.
std::vector<std::byte> solicit_frame(const Duid& duid, bool relayed) {
  std::array<std::byte, 512> payload;
  wire::Writer out(payload);
  wire::Writer::OpenOption relay_message{};
  if (relayed) {
    out.u8(static_cast<uint8_t>(wire::MessageType::kRelayForward));
    out.u8(0);
    out.address(*Ipv6Address::parse("2001:db8::1"));
    out.address(*Ipv6Address::parse("fe80::1"));
    out.option(wire::OptionCode::kInterfaceId, wire::bytes_of("ge-0/0/1.100"));
    relay_message = out.begin(wire::OptionCode::kRelayMessage);
  }
  out.message_header(wire::MessageType::kSolicit, 0x123456);
  out.option(wire::OptionCode::kClientId, duid.bytes());
  for (wire::OptionCode ia : {wire::OptionCode::kIaNa, wire::OptionCode::kIaPd}) {
    out.end(wire::begin_ia(out, ia, 1, Seconds{0}, Seconds{0}));
  }
  const std::array<std::byte, 4> requested{std::byte{0}, std::byte{23}, std::byte{0}, std::byte{24}};
  out.option(wire::OptionCode::kOptionRequest, requested);
  out.option(wire::OptionCode::kElapsedTime, std::array<std::byte, 2>{});
  if (relayed) out.end(relay_message);

  wire::FrameHeader header;
  header.source_mac = {std::byte{2}, std::byte{9}};
  header.destination_mac = kServerMac;
  header.source = *Ipv6Address::parse(relayed ? "2001:db8::1" : "fe80::9");
  header.destination = relayed ? *Ipv6Address::parse("2001:db8::547") : kAllRelayAgentsAndServers;
  header.source_port = relayed ? wire::kServerPort : wire::kClientPort;
  header.destination_port = wire::kServerPort;
  std::vector<std::byte> frame(wire::frame_overhead(header) + out.size());
  std::copy_n(payload.begin(), out.size(), frame.begin() + static_cast<ptrdiff_t>(wire::frame_overhead(header)));
  require(wire::build_frame(header, out.size(), frame) == frame.size(), "the frame fits");
  return frame;
}

struct Slot {
  wire::ParsedFrame frame;
  wire::ReceivedMessage received;
  lease::Request request;
};

// What worker.cc does with a burst, with memory in place of the NIC.
class Pipeline {
 public:
  Pipeline(lease::ShardGroup& group, const lease::Snapshot& snapshot)
      : group_(group), snapshot_(snapshot), slots_(kBurst) {}

  /// Where the frames of the next burst lie: as a NIC would put them, into cache.
  std::vector<std::byte>& frame(size_t place) { return frames_[place]; }

  void burst() {
    for (size_t i = 0; i < kBurst; ++i) read(frames_[i], slots_[i]);
    for (const Slot& slot : slots_) group_.shard(slot.request.shard()).prefetch(slot.request.client_duid);
    for (const Slot& slot : slots_) answer(slot);
  }

 private:
  void read(const std::vector<std::byte>& frame, Slot& slot) {
    wire::parse_frame(frame, {}, {}, slot.frame);
    require(slot.frame.fault == wire::FrameFault::kNone, "the frame is good");
    const auto fault = slot.received.parse(Bytes(frame).subspan(slot.frame.payload_offset, slot.frame.payload_size));
    require(fault == wire::MessageFault::kNone, "the message is good");
    slot.request = {
        .received = &slot.received, .port = 0, .source = slot.frame.header.source, .client_duid = {}, .duid_hash = 0};
    require(slot.request.identify_client(), "the client names itself");
  }

  void answer(const Slot& slot) {
    const lease::Answer answer = lease::answer(slot.request, group_, snapshot_, kNow, scratch_);
    require(answer.dropped == lease::DropReason::kNone && answer.type == wire::MessageType::kAdvertise, "an ADVERTISE");
    wire::FrameHeader header = slot.frame.header;
    std::swap(header.source_mac, header.destination_mac);
    std::swap(header.source, header.destination);
    header.destination_port = wire::kClientPort;
    std::copy_n(scratch_.begin(), answer.size, out_.begin() + static_cast<ptrdiff_t>(wire::frame_overhead(header)));
    require(wire::build_frame(header, answer.size, out_) != 0, "the answer fits");
  }

  lease::ShardGroup& group_;
  const lease::Snapshot& snapshot_;
  std::array<std::vector<std::byte>, kBurst> frames_;
  std::vector<Slot> slots_;
  std::array<std::byte, 2048> scratch_;
  std::array<std::byte, 2048> out_;
};

/// Cycles a packet.
double measure(Pipeline& pipeline, const std::vector<std::vector<std::byte>>& frames, uint64_t packets, uint64_t seed) {
  // Clients in random order: what the server knows of them is in no cache.
  std::mt19937_64 random(seed);
  uint64_t cycles = 0;
  const uint64_t bursts = packets / kBurst;
  for (uint64_t burst = 0; burst < bursts; ++burst) {
    for (size_t place = 0; place < kBurst; ++place) pipeline.frame(place) = frames[random() % frames.size()];
    const uint64_t from = __rdtsc();
    pipeline.burst();
    cycles += __rdtsc() - from;
  }
  return static_cast<double>(cycles) / static_cast<double>(bursts * kBurst);
}

/// The TSC's rate.
double cycles_per_second() {
  const auto began = std::chrono::steady_clock::now();
  const uint64_t from = __rdtsc();
  while (std::chrono::steady_clock::now() - began < std::chrono::milliseconds(100)) {
  }
  const uint64_t cycles = __rdtsc() - from;
  return static_cast<double>(cycles) / std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Cycles a SOLICIT (frame in memory to ADVERTISE frame in memory), one worker. Goal P1: at most 600, 5 M/s "
      "(relayed 4 M/s), with 1 M leases."};
  Options options;
  app.add_option("--leases", options.leases, "Leases loaded before: an address and a prefix for each client")
      ->capture_default_str();
  app.add_option("--packets", options.packets, "Packets in a run")->capture_default_str();
  app.add_option("--runs", options.runs, "Runs; the median counts")->capture_default_str()->check(CLI::PositiveNumber);
  app.add_flag("--relayed", options.relayed, "Through one relay, with an Interface-Id");
  CLI11_PARSE(app, argc, argv);

  lease::PoolBook book;
  const auto snapshot = make_snapshot(book);
  lease::ShardGroup group(0, 1, {3, 4}, 1024);
  load(group, *snapshot, options.leases);
  std::vector<std::vector<std::byte>> frames;
  for (uint64_t client = 0; client < std::max<uint64_t>(options.leases / 2, 1); ++client) {
    frames.push_back(solicit_frame(client_duid(client), options.relayed));
  }

  Pipeline pipeline(group, *snapshot);
  std::vector<double> cycles;
  for (unsigned run = 0; run < options.runs; ++run)
    cycles.push_back(measure(pipeline, frames, options.packets, run + 1));
  std::ranges::sort(cycles);
  const double median = cycles[cycles.size() / 2];
  fmt::print(
      "SOLICIT -> ADVERTISE{}, {} leases: {:.0f} cycles a packet (min {:.0f}, max {:.0f}), {:.2f} M packets/s, "
      "{:.0f} bytes of RAM a lease\n",
      options.relayed ? ", relayed" : "", options.leases, median, cycles.front(), cycles.back(),
      cycles_per_second() / median / 1e6,
      static_cast<double>(group.memory()) / static_cast<double>(std::max<uint64_t>(options.leases, 1)));
  fmt::print("goal P1: at most 600 cycles, at least {} M packets/s; cycles are the TSC's\n", options.relayed ? 4 : 5);
  return 0;
}
