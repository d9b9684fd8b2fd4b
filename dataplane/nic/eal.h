// DPDK's Environment Abstraction Layer: started once, before any port, by the management thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "dataplane/wire/error.h"

namespace tandem6::nic {

struct PortSpec {
  std::string name;    ///< for people
  std::string device;  ///< see kind_of()
  uint16_t queues = 1;
};

struct EalPlan {
  std::vector<unsigned> worker_cores;  ///< CPU numbers; worker i becomes lcore i + 1
  std::vector<PortSpec> ports;
  unsigned memory_megabytes = 256;  ///< for packet buffers, rings and the ports' own needs
  /// DPDK's own lines of level WARNING and above, one a call, from any thread.
  std::function<void(std::string_view line)> log;
};

/// CPUs that this process may use, in order.
std::vector<unsigned> usable_cores();

/// Starts the EAL with hugepages when enough are free, without them otherwise. The calling thread becomes the main
/// lcore and keeps the CPUs that are no worker's, if there are any.
tl::expected<void, Error> start_eal(const EalPlan& plan);
/// Is DPDK's memory on hugepages? For status.
bool uses_hugepages();
/// DPDK's version, for version-get.
std::string dpdk_version();
/// Gives back what the EAL holds, if it was started. Last of all.
void stop_eal();

}  // namespace tandem6::nic
