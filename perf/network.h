// What the benchmarks of a whole server share: a network of one subnet, its clients, and the frames that they send.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "dataplane/lease/record.h"
#include "dataplane/lease/shard_group.h"
#include "dataplane/lease/snapshot.h"
#include "dataplane/wire/codes.h"

namespace tandem6::perf {

inline constexpr AbsoluteTime kNow{800'000'000};

/// A DUID-LLT; spread, as MAC addresses of many makers are.
Duid client_duid(uint64_t number);

/// One subnet: addresses out of a /64, prefixes of 56 bits out of a /31.
std::unique_ptr<lease::Snapshot> make_snapshot(lease::PoolBook& book);

/// What a client has.
struct Binding {
  uint64_t client = 0;
  Ipv6Address address;
  Ipv6Address prefix;
};

/// Gives client `number` an address and a prefix out of the pools, as if it had asked; two changes in the log. Nothing
/// when the pools are exhausted.
std::optional<Binding> bind(lease::ShardGroup& group, const lease::Snapshot& snapshot, uint64_t number,
                            AbsoluteTime now);

/// Frames of one kind of message, with IA_NA, IA_PD, an ORO and an elapsed time as a home gateway sends them; made once
/// and then only filled in, as the benchmark pays for it. The UDP checksum is left out: a NIC has verified it.
class FrameMaker {
 public:
  /// `with_leases`: the IAs name an address and a prefix. `server`: for messages that carry a Server Identifier.
  FrameMaker(wire::MessageType type, bool with_leases, const Duid* server);

  static constexpr size_t kMaxSize = 384;
  /// The frame of this client; valid until the next call.
  Bytes frame(const Binding& binding);

 private:
  std::array<std::byte, kMaxSize> bytes_{};
  size_t size_ = 0;
  size_t duid_at_ = 0;
  size_t address_at_ = 0;  // 0: without leases
  size_t prefix_at_ = 0;
};

}  // namespace tandem6::perf
