// How packets find a worker's queue.
#pragma once

#include <cstdint>
#include <string_view>

namespace tandem6::nic {

/// What is in force on a port, best first.
enum class Steering : uint8_t {
  kOneQueue,  ///< one worker: there is nothing to choose
  kFlowRule,  ///< an rte_flow rule spreads UDP to port 547 over the workers' queues, by its addresses and ports
  kRss,       ///< the device spreads all packets by the same hash
  kDevice,    ///< the device's own way, e.g. af_packet's fanout
};

std::string_view to_string(Steering steering);

/// Makes the best of what the started device `port` can do. `rss`: it was configured with receive-side scaling.
Steering steer(uint16_t port, uint16_t queues, bool rss);

}  // namespace tandem6::nic
