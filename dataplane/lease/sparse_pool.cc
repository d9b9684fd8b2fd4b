#include "dataplane/lease/sparse_pool.h"

#include <tbb/concurrent_unordered_set.h>

namespace tandem6::lease {
namespace {

/// Bits 119 to 126, where an address carries its shard's number.
constexpr unsigned kShardShift = 1;
constexpr U128 kShardMask = static_cast<U128>(kShardCount - 1) << kShardShift;

/// A second 64 bits out of the first (the finalizer of MurmurHash3), for pools wider than a /64.
uint64_t stretch(uint64_t hash) {
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53;
  return hash ^ hash >> 33;
}

/// A number from 0 to `span` that `hash` names.
U128 spread(uint64_t hash, U128 span) {
  constexpr U128 kOne = 1;
  if (span < kOne << 64) return static_cast<U128>(hash) * (span + 1) >> 64;
  const U128 wide = static_cast<U128>(stretch(hash)) << 64 | hash;
  return span + 1 == 0 ? wide : wide % (span + 1);
}

}  // namespace

class SparsePool::ForeignAddresses {
 public:
  struct Hash {
    size_t operator()(const Ipv6Address& address) const {
      const U128 number = address.number();
      return stretch(static_cast<uint64_t>(number) + stretch(static_cast<uint64_t>(number >> 64)));
    }
  };
  tbb::concurrent_unordered_set<Ipv6Address, Hash> set;
};

SparsePool::SparsePool(const Ipv6Address& first, const Ipv6Address& last)
    : first_(first), last_(last), foreign_(std::make_unique<ForeignAddresses>()) {}

SparsePool::~SparsePool() = default;

std::optional<Ipv6Address> SparsePool::candidate(uint64_t hash, unsigned shard) const {
  const U128 first = first_.number();
  const U128 anywhere = first + spread(hash, last_.number() - first);
  const U128 number = (anywhere & ~kShardMask) | static_cast<U128>(shard) << kShardShift;
  const Ipv6Address address = Ipv6Address::from_number(number);
  if (!contains(address) || has_zero_interface_id(address)) return std::nullopt;
  return address;
}

bool SparsePool::mark_foreign(const Ipv6Address& address) { return foreign_->set.insert(address).second; }

bool SparsePool::is_foreign(const Ipv6Address& address) const { return foreign_->set.contains(address); }

}  // namespace tandem6::lease
