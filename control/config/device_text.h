// What a port's `device` can look like.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tandem6::control {

/// Why this can be neither a PCI address, nor a kernel interface, nor a DPDK vdev string; nothing when it can. Whether
/// there is such a device is found out when the port is opened.
std::optional<std::string> device_problem(std::string_view device);

}  // namespace tandem6::control
