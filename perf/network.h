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
#include "dataplane/wire/builder.h"
#include "dataplane/wire/codes.h"

namespace tandem6::perf {

inline constexpr AbsoluteTime kNow{800'000'000};

/// A DUID-LLT; spread, as MAC addresses of many makers are.
Duid client_duid(uint64_t number);

inline constexpr uint8_t kDelegatedLength = 56;

/// A /64 that addresses are leased out of.
lease::Pool address_pool(lease::PoolBook& book);
/// One subnet with that pool, and prefixes of kDelegatedLength bits out of `prefixes`.
lease::Subnet make_subnet(lease::PoolBook& book, const Ipv6Prefix& prefixes, unsigned workers);
/// That of the server.
Duid server_duid();
/// The subnet, with prefixes out of a /31, for one worker.
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

/// A client's message as a home gateway sends it: IA_NA, IA_PD, an ORO and an elapsed time. `with_leases`: the IAs name
/// what the binding says. `server`: for messages that carry a Server Identifier; else null.
void write_message(wire::Writer& out, wire::MessageType type, uint32_t transaction, const Binding& binding,
                   bool with_leases, const Duid* server);

/// Frames of one kind of message, as write_message() makes them; made once and then only filled in, as the benchmark
/// pays for it. The UDP checksum is left out: a NIC has verified it.
class FrameMaker {
 public:
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
