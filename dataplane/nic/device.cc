#include "dataplane/nic/device.h"

#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>
#include <cctype>

namespace tandem6::nic {

namespace {

// Frames of 2 KiB hold an Ethernet frame of 1,518 bytes and the kernel's own header; 4,096 of them ride out 40 ms at
// 100,000 packets a second. A block must be a multiple of the frame and of the page.
constexpr unsigned kRingFrames = 4096;
constexpr unsigned kRingFrameSize = 2048;
constexpr unsigned kRingBlockSize = 65536;

bool is_pci_address(const std::string& device) {
  // [domain:]bus:device.function
  if (device.size() < 7 || device[device.size() - 2] != '.') return false;
  return std::ranges::all_of(device, [](unsigned char c) { return std::isxdigit(c) || c == ':' || c == '.'; }) &&
         std::ranges::count(device, ':') >= 1;
}

tl::expected<std::string, Error> vdev_argument(const std::string& device, uint16_t queues) {
  // The kernel keeps such an interface, which is what tandem6 must know of it.
  if (device.starts_with("net_af_packet") || device.starts_with("eth_af_packet")) {
    return tl::unexpected(
        Error{fmt::format("\"{}\": write the kernel interface's name alone, it is taken through af_packet", device)});
  }
  if (!device.starts_with("net_af_xdp") || device.find(",queue_count=") != std::string::npos) {
    return "--vdev=" + device;
  }
  return fmt::format("--vdev={},queue_count={}", device, queues);
}

}  // namespace

DeviceKind kind_of(const std::string& device) {
  if (is_pci_address(device)) return DeviceKind::kPci;
  // DPDK names its virtual devices after the driver: "net_tap0", "eth_af_packet0,…".
  if (device.starts_with("net_") || device.starts_with("eth_") || device.find(',') != std::string::npos) {
    return DeviceKind::kVdev;
  }
  return DeviceKind::kKernelInterface;
}

std::string dpdk_name(const std::string& device, uint16_t index) {
  switch (kind_of(device)) {
    case DeviceKind::kPci:
      // DPDK calls it by the full address.
      return std::ranges::count(device, ':') == 1 ? "0000:" + device : device;
    case DeviceKind::kVdev:
      return device.substr(0, device.find(','));
    case DeviceKind::kKernelInterface:
      break;
  }
  return fmt::format("net_af_packet{}", index);
}

tl::expected<std::string, Error> eal_argument(const std::string& device, uint16_t index, uint16_t queues) {
  switch (kind_of(device)) {
    case DeviceKind::kPci:
      return "-a" + dpdk_name(device, index);
    case DeviceKind::kVdev:
      return vdev_argument(device, queues);
    case DeviceKind::kKernelInterface:
      break;
  }
  if (if_nametoindex(device.c_str()) == 0) {
    return tl::unexpected(
        Error{fmt::format("there is no network interface '{}': check the name with `ip link`, or give a PCI address "
                          "(0000:3b:00.0) or a DPDK vdev string (net_tap0,iface=…)",
                          device)});
  }
  return fmt::format("--vdev={},iface={},qpairs={},blocksz={},framesz={},framecnt={}", dpdk_name(device, index), device,
                     queues, kRingBlockSize, kRingFrameSize, kRingFrames);
}

}  // namespace tandem6::nic
