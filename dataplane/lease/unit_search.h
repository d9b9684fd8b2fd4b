// The search for a unit that a client can have (architecture.md §3): what ShardGroup::allocate() and look_for() share.
#pragma once

#include <cstdint>
#include <optional>

#include "dataplane/lease/shard.h"
#include "dataplane/lease/snapshot.h"

namespace tandem6::lease {

/// What an IA wants of a subnet.
struct UnitWish {
  LeaseType type = LeaseType::kAddress;
  uint32_t iaid = 0;
  /// The client's own wish. An unspecified address with a length is a hint (RFC 8168 §3.2).
  std::optional<LeaseKey> unit = std::nullopt;
  ClassSet classes = {};  ///< that the client belongs to: pools with other guards are closed to it
  /// RFC 8156 §8.4.1: when our own prefixes are gone, the failover partner's will do.
  bool partner_prefixes = false;
};

/// One search for one IA. Lives on the stack of the worker that owns the client's shard.
class UnitSearch {
 public:
  enum class Mode : uint8_t {
    kLook,  ///< say what kTake would take now; changes nothing
    kTake,  ///< mark the unit as taken
  };
  UnitSearch(Shard& shard, const Request& request, const Snapshot& snapshot, Mode mode)
      : shard_(shard), request_(request), snapshot_(snapshot), take_(mode == Mode::kTake) {}

  /// The wanted unit if it can be had and is nobody's reservation; else the first unit on the client's search path
  /// through the subnet's pools in their order. Pools whose units have the wanted prefix length come first.
  std::optional<LeaseKey> run(const Subnet& subnet, const UnitWish& wish);
  /// Just this unit of this pool.
  bool obtain(const Pool& pool, const LeaseKey& key);

 private:
  bool obtain_wanted(const Subnet& subnet, const UnitWish& wish);
  bool obtain_sparse(const SparsePool& space, const LeaseKey& key);
  std::optional<LeaseKey> search_partners(const Subnet& subnet, const UnitWish& wish);
  std::optional<LeaseKey> search(const Subnet& subnet, const Pool& pool, uint32_t iaid);
  std::optional<LeaseKey> search_dense(const Pool& pool, DensePool& space, uint64_t start);
  std::optional<LeaseKey> search_sparse(const SparsePool& space, uint32_t iaid);
  bool is_ours(const Ipv6Address& address) const { return scope_ == nullptr || scope_->is_ours(address); }
  bool is_in_shard(const LeaseKey& key) { return shard_.find(key) != nullptr; }
  bool obtain_incoming(const LeaseKey& key);

  Shard& shard_;
  const Request& request_;
  const Snapshot& snapshot_;
  const FailoverScope* scope_ = nullptr;  // of the subnet that is searched
  bool take_;
};

}  // namespace tandem6::lease
