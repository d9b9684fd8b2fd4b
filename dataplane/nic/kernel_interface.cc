#include "dataplane/nic/kernel_interface.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "dataplane/wire/codes.h"

namespace tandem6::nic {

namespace {

Error failed(const std::string& interface, const char* what, const char* advice) {
  return Error{fmt::format("interface {}: cannot {}: {}{}", interface, what, std::strerror(errno), advice)};
}

// A filter that takes nothing: the kernel drops each datagram at the socket, before it is queued.
bool drop_everything(int socket) {
  sock_filter take_nothing = BPF_STMT(BPF_RET | BPF_K, 0);
  sock_fprog program{1, &take_nothing};
  return setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

bool bind_to_server_port(int socket) {
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  any.sin6_port = htons(wire::kServerPort);
  return bind(socket, reinterpret_cast<const sockaddr*>(&any), sizeof any) == 0;
}

void join(int socket, unsigned interface, const Ipv6Address& group) {
  ipv6_mreq request{};
  std::memcpy(&request.ipv6mr_multiaddr, group.octets.data(), 16);
  request.ipv6mr_interface = interface;
  // EADDRINUSE: joined already, which is what we want. Others mean that the interface is away: tried again later.
  (void)setsockopt(socket, IPPROTO_IPV6, IPV6_JOIN_GROUP, &request, sizeof request);
}

}  // namespace

tl::expected<std::unique_ptr<KernelInterface>, Error> KernelInterface::open(const std::string& name) {
  const int socket = ::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
  if (socket < 0) return tl::unexpected(failed(name, "open a UDP socket", ""));
  std::unique_ptr<KernelInterface> interface(new KernelInterface(name, socket));
  const int on = 1;
  if (setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0 || !drop_everything(socket)) {
    return tl::unexpected(failed(name, "prepare a UDP socket", ""));
  }
  if (setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, name.c_str(), static_cast<socklen_t>(name.size())) != 0) {
    return tl::unexpected(failed(name, "bind a socket to it", " (tandem6d needs to be root)"));
  }
  if (!bind_to_server_port(socket)) {
    return tl::unexpected(
        failed(name, "take UDP port 547", ": is another DHCPv6 server running? See `ss -ulnp 'sport = 547'`"));
  }
  interface->keep_groups();
  return interface;
}

KernelInterface::~KernelInterface() { close(socket_); }

void KernelInterface::keep_groups() {
  const unsigned index = if_nametoindex(name_.c_str());
  if (index == 0) return;
  join(socket_, index, kAllRelayAgentsAndServers);
  join(socket_, index, kAllServers);
}

std::vector<Ipv6Address> KernelInterface::addresses() const {
  std::vector<Ipv6Address> found;
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return found;
  for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
    if (entry->ifa_addr == nullptr || entry->ifa_addr->sa_family != AF_INET6 || name_ != entry->ifa_name) continue;
    sockaddr_in6 address;
    std::memcpy(&address, entry->ifa_addr, sizeof address);
    found.push_back(Ipv6Address::load(reinterpret_cast<const std::byte*>(&address.sin6_addr)));
  }
  freeifaddrs(list);
  return found;
}

bool KernelInterface::link_up() const {
  ifreq request{};
  name_.copy(request.ifr_name, IFNAMSIZ - 1);
  if (ioctl(socket_, SIOCGIFFLAGS, &request) != 0) return false;
  return (request.ifr_flags & IFF_UP) != 0 && (request.ifr_flags & IFF_RUNNING) != 0;
}

uint16_t KernelInterface::mtu() const {
  constexpr int kEthernetMtu = 1500;
  ifreq request{};
  name_.copy(request.ifr_name, IFNAMSIZ - 1);
  const int mtu = ioctl(socket_, SIOCGIFMTU, &request) == 0 ? request.ifr_mtu : kEthernetMtu;
  return static_cast<uint16_t>(std::clamp(mtu, 0, 0xffff));
}

}  // namespace tandem6::nic
