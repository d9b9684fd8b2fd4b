// What a configuration's `device` names, and what DPDK is told to make a port of it.
#pragma once

#include <cstdint>
#include <string>

#include <tl/expected.hpp>

#include "dataplane/wire/error.h"

namespace tandem6::nic {

enum class DeviceKind : uint8_t {
  kPci,              ///< "0000:3b:00.0"
  kKernelInterface,  ///< "eth1": taken through net_af_packet, the kernel keeps it too
  kVdev,             ///< "net_memif0,role=server", any DPDK vdev string
};

DeviceKind kind_of(const std::string& device);

/// What rte_eth_dev_get_port_by_name() knows the port by. `index` is the port's place in the configuration.
std::string dpdk_name(const std::string& device, uint16_t index);
/// The EAL argument that makes the port: "--vdev=…" or "-a…". An error when there is no such kernel interface.
tl::expected<std::string, Error> eal_argument(const std::string& device, uint16_t index, uint16_t queues);

}  // namespace tandem6::nic
