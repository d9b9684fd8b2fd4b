#include "dataplane/lease/unit_search.h"

namespace tandem6::lease {
namespace {

/// How many candidates of a pool a search looks at, which bounds its time. A sparse pool in which 64 random candidates
/// are taken is as good as full. In a dense pool every candidate was free a moment ago; more than one is rare.
constexpr uint32_t kAttempts = 64;

}  // namespace

std::optional<LeaseKey> UnitSearch::run(const std::optional<LeaseKey>& wanted) {
  uint8_t hinted_length = 0;
  if (wanted && wanted->type == type_) {
    hinted_length = wanted->prefix_length;
    const Pool* pool = wanted->address.is_unspecified() ? nullptr : subnet_.pool_of(*wanted);
    if (pool != nullptr && obtain(*pool, *wanted)) return wanted;
  }
  for (const bool as_hinted : {true, false}) {
    for (const Pool& pool : subnet_.pools(type_)) {
      if ((pool.unit_length == hinted_length) != as_hinted) continue;
      if (auto key = search(pool)) return key;
    }
  }
  return std::nullopt;
}

bool UnitSearch::obtain(const Pool& pool, const LeaseKey& key) {
  if (const auto* sparse = std::get_if<std::shared_ptr<SparsePool>>(&pool.space)) return obtain_sparse(**sparse, key);
  DensePool& space = *std::get<std::shared_ptr<DensePool>>(pool.space);
  const auto index = space.index_of(key.address);
  if (!index || !(take_ ? space.claim(*index) : !space.taken(*index))) return false;
  return !is_in_shard(key) && obtain_incoming(key);
}

bool UnitSearch::obtain_sparse(const SparsePool& space, const LeaseKey& key) {
  // A lease that was freed a moment ago may be given out again although its deletion is not on disk yet: only this
  // shard gives this address, so deletion and new lease are in the same log, in this order.
  return shard_of_address(key.address) == shard_.number() && !has_zero_interface_id(key.address) && !is_in_shard(key) &&
         !space.is_foreign(key.address) && obtain_incoming(key);
}

std::optional<LeaseKey> UnitSearch::search(const Pool& pool) {
  if (const auto* sparse = std::get_if<std::shared_ptr<SparsePool>>(&pool.space)) return search_sparse(**sparse);
  return search_dense(pool, *std::get<std::shared_ptr<DensePool>>(pool.space));
}

std::optional<LeaseKey> UnitSearch::search_dense(const Pool& pool, DensePool& space) {
  uint64_t start = search_hash(snapshot_.search_key(), request_.client_duid, iaid_, 0);
  for (uint32_t attempt = 0; attempt < kAttempts; ++attempt) {
    const auto index = take_ ? space.claim_from(start) : space.find_from(start);
    if (!index) return std::nullopt;
    const LeaseKey key{.type = type_, .prefix_length = pool.unit_length, .address = space.address_of(*index)};
    // The pool's bits are the truth, so looking asks nobody else. Taking makes sure. A unit that turns out to be leased
    // stays marked, as it should have been.
    if (!(take_ && is_in_shard(key)) && obtain_incoming(key)) return key;
    start = uint64_t{*index} + 1;
  }
  return std::nullopt;
}

std::optional<LeaseKey> UnitSearch::search_sparse(const SparsePool& space) {
  for (uint32_t attempt = 0; attempt < kAttempts; ++attempt) {
    const uint64_t hash = search_hash(snapshot_.search_key(), request_.client_duid, iaid_, attempt);
    const auto address = space.candidate(hash, shard_.number());
    if (!address) continue;
    const LeaseKey key{.type = LeaseType::kAddress, .prefix_length = 128, .address = *address};
    if (obtain_sparse(space, key)) return key;
  }
  return std::nullopt;
}

/// The unit is free in the spaces of the coming configuration too. A worker that already has that configuration may
/// have been faster there; then it is not ours, and stays marked where this search marked it before.
bool UnitSearch::obtain_incoming(const LeaseKey& key) {
  for (const Pool& pool : snapshot_.incoming) {
    if (take_ && pool.overlaps_misfit(key)) pool.rest_under(key);
    if (!pool.contains(key)) continue;
    if (!(take_ ? pool.mark_taken(key.address, shard_.number()) : !pool.is_taken(key.address))) return false;
  }
  return true;
}

}  // namespace tandem6::lease
