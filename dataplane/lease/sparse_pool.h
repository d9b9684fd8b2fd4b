// An address range too large for a bit a unit, a /64 for one: candidates come from a hash that carries the shard's
// number, so that no other shard can pick them (architecture.md §3).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "dataplane/lease/hash.h"
#include "dataplane/lease/record.h"

namespace tandem6::lease {

/// The shard that may give this address out of a sparse pool: bits 119 to 126. Bit 127 stays free, because it parts the
/// addresses between failover partners (RFC 8156 §4.2.1.1).
constexpr unsigned shard_of_address(const Ipv6Address& address) {
  return (std::to_integer<unsigned>(address.octets[15]) >> 1 | (std::to_integer<unsigned>(address.octets[14]) & 1)
                                                                   << 7);
}

/// The Subnet-Router anycast address of a /64 (RFC 4291 §2.6.1): nobody's.
inline bool has_zero_interface_id(const Ipv6Address& address) { return static_cast<uint64_t>(address.number()) == 0; }

/// Shared by all workers. Holds nothing but its bounds and the marks; what is taken is known to the shard that owns it.
class SparsePool {
 public:
  /// first..last has more than DensePool::kMaxUnits addresses.
  SparsePool(const Ipv6Address& first, const Ipv6Address& last);
  ~SparsePool();

  const Ipv6Address& first() const { return first_; }
  const Ipv6Address& last() const { return last_; }
  bool contains(const Ipv6Address& address) const { return first_ <= address && address <= last_; }

  /// The address that `hash` (of search_hash()) names in this shard; nothing when it falls outside of the pool, never
  /// an all-zero interface identifier (Subnet-Router anycast, RFC 4291 §2.6.1). Try the next attempt then.
  std::optional<Ipv6Address> candidate(uint64_t hash, unsigned shard) const;

  /// Marks an address that a client of another shard holds (imported, reserved, made under an older layout), so that
  /// the shard its bits name does not give it to anybody. Stays until restart, which is safe: the address only rests.
  /// False when it was marked before.
  bool mark_foreign(const Ipv6Address& address);
  bool is_foreign(const Ipv6Address& address) const;

 private:
  /// A concurrent set of oneTBB, whose headers cost every file that includes a pool a second.
  class ForeignAddresses;

  Ipv6Address first_;
  Ipv6Address last_;
  std::unique_ptr<ForeignAddresses> foreign_;
};

}  // namespace tandem6::lease
