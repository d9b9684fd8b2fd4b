#include "dataplane/nic/tap.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace tandem6::nic {

namespace {

Error tap_failed(const std::string& interface, const char* what, const char* advice = "") {
  return Error{fmt::format("exception path {}: cannot {}: {}{}", interface, what, std::strerror(errno), advice)};
}

ifreq request_for(const std::string& interface) {
  ifreq request{};
  interface.copy(request.ifr_name, IFNAMSIZ - 1);
  return request;
}

// An interface's settings are made through any socket.
class Settings {
 public:
  Settings() : socket_(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {}
  ~Settings() {
    if (socket_ >= 0) close(socket_);
  }
  Settings(const Settings&) = delete;
  Settings& operator=(const Settings&) = delete;
  bool apply(unsigned long command, ifreq& request) { return ioctl(socket_, command, &request) == 0; }

 private:
  int socket_;
};

// Link-local addresses by EUI-64, whatever this machine has as its default for new interfaces.
void use_eui64(const std::string& interface) {
  std::ofstream(fmt::format("/proc/sys/net/ipv6/conf/{}/addr_gen_mode", interface)) << "0\n";
}

}  // namespace

std::string tap_name(const std::string& port) {
  std::string name = "t6-" + port.substr(0, port.find(','));
  // ':' would be an alias, '/' and '.' could be paths below /proc/sys.
  std::ranges::replace_if(name, [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '_'; }, '-');
  return name.substr(0, IFNAMSIZ - 1);
}

tl::expected<std::unique_ptr<Tap>, Error> Tap::open(const std::string& port, const MacAddress& mac, uint16_t mtu) {
  const std::string name = tap_name(port);
  const int descriptor = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (descriptor < 0) return tl::unexpected(tap_failed(name, "open /dev/net/tun", " (try `modprobe tun`)"));
  std::unique_ptr<Tap> tap(new Tap(name, descriptor));
  ifreq request = request_for(name);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (if_nametoindex(name.c_str()) != 0 || ioctl(descriptor, TUNSETIFF, &request) != 0) {
    if (errno == 0) errno = EEXIST;
    return tl::unexpected(
        tap_failed(name, "make this TAP device", " (an interface of that name may be there already: name the port)"));
  }
  if (auto configured = tap->configure(mac, mtu); !configured) return tl::unexpected(configured.error());
  return tap;
}

tl::expected<void, Error> Tap::configure(const MacAddress& mac, uint16_t mtu) {
  Settings settings;
  use_eui64(name_);
  ifreq request = request_for(name_);
  request.ifr_hwaddr.sa_family = ARPHRD_ETHER;
  std::memcpy(request.ifr_hwaddr.sa_data, mac.data(), mac.size());
  if (!settings.apply(SIOCSIFHWADDR, request)) return tl::unexpected(tap_failed(name_, "set its MAC address"));
  request = request_for(name_);
  request.ifr_mtu = mtu;
  if (!settings.apply(SIOCSIFMTU, request)) return tl::unexpected(tap_failed(name_, "set its MTU"));
  request = request_for(name_);
  if (!settings.apply(SIOCGIFFLAGS, request)) return tl::unexpected(tap_failed(name_, "read its flags"));
  request.ifr_flags |= IFF_UP;
  if (!settings.apply(SIOCSIFFLAGS, request)) return tl::unexpected(tap_failed(name_, "bring it up"));
  return {};
}

Tap::~Tap() { close(descriptor_); }

void Tap::set_carrier(bool up) {
  if (up == carrier_) return;
  int carrier = up ? 1 : 0;
  // Kernels before 5.0 lack it: there the interface always has a carrier.
  (void)ioctl(descriptor_, TUNSETCARRIER, &carrier);
  carrier_ = up;
}

size_t Tap::read(MutableBytes frame) {
  const ssize_t size = ::read(descriptor_, frame.data(), frame.size());
  return size > 0 ? static_cast<size_t>(size) : 0;
}

bool Tap::write(Bytes frame) {
  return ::write(descriptor_, frame.data(), frame.size()) == static_cast<ssize_t>(frame.size());
}

}  // namespace tandem6::nic
