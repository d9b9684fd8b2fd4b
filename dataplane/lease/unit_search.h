// The search for a unit that a client can have (architecture.md §3): what ShardGroup::allocate() and look_for() share.
#pragma once

#include <cstdint>
#include <optional>

#include "dataplane/lease/shard.h"
#include "dataplane/lease/snapshot.h"

namespace tandem6::lease {

/// One search for one IA. Lives on the stack of the worker that owns the client's shard.
class UnitSearch {
 public:
  enum class Mode : uint8_t {
    kLook,  ///< say what kTake would take now; changes nothing
    kTake,  ///< mark the unit as taken
  };
  UnitSearch(Shard& shard, const Request& request, const Subnet& subnet, const Snapshot& snapshot, LeaseType type,
             uint32_t iaid, Mode mode)
      : shard_(shard),
        request_(request),
        subnet_(subnet),
        snapshot_(snapshot),
        type_(type),
        iaid_(iaid),
        take_(mode == Mode::kTake) {}

  /// `wanted` if it can be had; else the first unit on the client's search path through the pools in their order. Pools
  /// whose units have the wanted prefix length come first: an unspecified address with a length is a hint (RFC 8168
  /// §3.2).
  std::optional<LeaseKey> run(const std::optional<LeaseKey>& wanted);

 private:
  bool obtain(const Pool& pool, const LeaseKey& key);
  bool obtain_sparse(const SparsePool& space, const LeaseKey& key);
  std::optional<LeaseKey> search(const Pool& pool);
  std::optional<LeaseKey> search_dense(const Pool& pool, DensePool& space);
  std::optional<LeaseKey> search_sparse(const SparsePool& space);
  bool is_in_shard(const LeaseKey& key) { return shard_.find(key) != nullptr; }
  bool obtain_incoming(const LeaseKey& key);

  Shard& shard_;
  const Request& request_;
  const Subnet& subnet_;
  const Snapshot& snapshot_;
  LeaseType type_;
  uint32_t iaid_;
  bool take_;
};

}  // namespace tandem6::lease
