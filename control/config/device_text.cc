#include "control/config/device_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "control/config/characters.h"

namespace tandem6::control {
namespace {

constexpr size_t kMaxInterfaceName = 15;  // IFNAMSIZ, without its terminator

/// `text` is like `pattern`, where x stands for any hexadecimal digit.
bool is_like(std::string_view text, std::string_view pattern) {
  return std::ranges::equal(text, pattern, [](char c, char p) { return p == 'x' ? is_hex(c) : c == p; });
}

bool is_pci_address(std::string_view device) { return is_like(device, "xxxx:xx:xx.x") || is_like(device, "xx:xx.x"); }

bool is_vdev(std::string_view device) {
  return device.starts_with("net_") || device.starts_with("eth_") || device.find(',') != std::string_view::npos;
}

}  // namespace

std::optional<std::string> device_problem(std::string_view device) {
  if (device.empty()) return "a PCI address, a kernel interface or a DPDK vdev string is wanted";
  if (std::ranges::any_of(device, [](unsigned char c) { return c <= 0x20 || c == 0x7f; }))
    return "a device's name has no blanks";
  if (is_pci_address(device) || is_vdev(device)) return std::nullopt;
  if (device.find(':') != std::string_view::npos)
    return fmt::format("\"{}\" is no PCI address, such as 0000:3b:00.0", device);
  // What the kernel wants of an interface's name (dev_valid_name).
  if (device.size() > kMaxInterfaceName || device.find('/') != std::string_view::npos || device == "." ||
      device == "..")
    return fmt::format("\"{}\" cannot be the name of a kernel interface: at most {} characters, no slash", device,
                       kMaxInterfaceName);
  return std::nullopt;
}

}  // namespace tandem6::control
