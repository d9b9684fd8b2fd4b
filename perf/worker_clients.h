// The clients of the worker's benchmark: a server configuration, the leases that they hold, and the frames that they
// send. The same for every run: figures can be compared, and instructions counted.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "dataplane/lease/shard_group.h"
#include "dataplane/lease/snapshot.h"
#include "dataplane/wire/frame.h"
#include "perf/network.h"

namespace tandem6::perf {

enum class Scenario : uint8_t {
  kSolicit,  ///< of clients that hold leases
  kRenew,    ///< the same clients renew both
  kRequest,  ///< of clients that are new: an address and a prefix are allocated
};
std::string_view title_of(Scenario scenario);

inline constexpr MacAddress kServerMac{std::byte{2}, std::byte{0}, std::byte{0},
                                       std::byte{0}, std::byte{0}, std::byte{1}};
Ipv6Address server_address();
Ipv6Address server_link_local();

/// One subnet with a /64 for addresses and a pool of 2^23 prefixes, name servers and a search list for those who ask.
std::shared_ptr<const lease::Snapshot> make_snapshot(lease::PoolBook& book, unsigned workers);

/// Clients by number; each holds an address and a prefix, in the shard group that owns it.
class Clients {
 public:
  /// Makes `count` clients and gives them their leases as if they had asked at `now`.
  Clients(std::span<lease::ShardGroup* const> groups, const lease::Snapshot& snapshot, uint64_t count,
          AbsoluteTime now);

  uint64_t count() const { return bindings_.size(); }
  /// Writes the frame that client `number` sends; its size. Numbers from count() on are clients that are new.
  size_t write_frame(uint64_t number, Scenario scenario, bool relayed, MutableBytes out) const;

 private:
  std::vector<Binding> bindings_;
};

}  // namespace tandem6::perf
