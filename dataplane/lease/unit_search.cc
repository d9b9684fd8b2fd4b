#include "dataplane/lease/unit_search.h"

namespace tandem6::lease {
namespace {

/// How many candidates of a pool a search looks at, which bounds its time. A sparse pool in which 64 random candidates
/// are taken is as good as full. In a dense pool every candidate was free a moment ago; more than one is rare.
constexpr uint32_t kAttempts = 64;

/// The address that differs in bit 127 only (RFC 8156 §4.2.1.1).
Ipv6Address partner_of(Ipv6Address address) {
  address.octets[15] ^= std::byte{1};
  return address;
}

}  // namespace

std::optional<LeaseKey> UnitSearch::run(const Subnet& subnet, const UnitWish& wish) {
  scope_ = subnet.failover.get();
  if (obtain_wanted(subnet, wish)) return wish.unit;
  const uint8_t hinted_length = wish.unit ? wish.unit->prefix_length : 0;
  for (const bool as_hinted : {true, false}) {
    for (const Pool& pool : subnet.pools(wish.type)) {
      if ((pool.unit_length == hinted_length) != as_hinted || !pool.guard.admits(wish.classes)) continue;
      if (auto key = search(subnet, pool, wish.iaid)) return key;
    }
  }
  return wish.partner_prefixes && wish.type == LeaseType::kPrefix ? search_partners(subnet, wish) : std::nullopt;
}

std::optional<LeaseKey> UnitSearch::search_partners(const Subnet& subnet, const UnitWish& wish) {
  const uint64_t start = search_hash(snapshot_.search_key(), request_.client_duid, wish.iaid, 0);
  for (const Pool& pool : subnet.prefix_pools) {
    const auto* space = std::get_if<std::shared_ptr<DensePool>>(&pool.space);
    if (space == nullptr || pool.partition() == nullptr || !pool.guard.admits(wish.classes)) continue;
    const auto index = take_ ? (*space)->claim_partners_from(start) : (*space)->find_partners_from(start);
    if (!index) continue;
    const LeaseKey key{.type = pool.type, .prefix_length = pool.unit_length, .address = (*space)->address_of(*index)};
    if (obtain_incoming(key)) return key;
  }
  return std::nullopt;
}

bool UnitSearch::obtain_wanted(const Subnet& subnet, const UnitWish& wish) {
  if (!wish.unit || wish.unit->type != wish.type || wish.unit->address.is_unspecified()) return false;
  const Pool* pool = subnet.pool_of(*wish.unit);
  return pool != nullptr && pool->guard.admits(wish.classes) && obtain(*pool, *wish.unit);
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
  return shard_of_address(key.address) == shard_.number() && is_ours(key.address) &&
         !has_zero_interface_id(key.address) && !is_in_shard(key) && !space.is_foreign(key.address) &&
         snapshot_.reservations().unit(key) == nullptr && obtain_incoming(key);
}

std::optional<LeaseKey> UnitSearch::search(const Subnet& subnet, const Pool& pool, uint32_t iaid) {
  if (const auto* sparse = std::get_if<std::shared_ptr<SparsePool>>(&pool.space)) return search_sparse(**sparse, iaid);
  const bool lowest_first = subnet.allocator(pool.type) == Allocator::kIterative;
  const uint64_t start = lowest_first ? 0 : search_hash(snapshot_.search_key(), request_.client_duid, iaid, 0);
  return search_dense(pool, *std::get<std::shared_ptr<DensePool>>(pool.space), start);
}

std::optional<LeaseKey> UnitSearch::search_dense(const Pool& pool, DensePool& space, uint64_t start) {
  for (uint32_t attempt = 0; attempt < kAttempts; ++attempt) {
    const auto index = take_ ? space.claim_from(start) : space.find_from(start);
    if (!index) return std::nullopt;
    const LeaseKey key{.type = pool.type, .prefix_length = pool.unit_length, .address = space.address_of(*index)};
    // The pool's bits are the truth, so looking asks nobody else. Taking makes sure. A unit that turns out to be leased
    // stays marked, as it should have been.
    if (!(take_ && is_in_shard(key)) && obtain_incoming(key)) return key;
    start = uint64_t{*index} + 1;
  }
  return std::nullopt;
}

std::optional<LeaseKey> UnitSearch::search_sparse(const SparsePool& space, uint32_t iaid) {
  for (uint32_t attempt = 0; attempt < kAttempts; ++attempt) {
    const uint64_t hash = search_hash(snapshot_.search_key(), request_.client_duid, iaid, attempt);
    auto address = space.candidate(hash, shard_.number());
    if (!address) continue;
    if (!is_ours(*address)) address = partner_of(*address);
    if (!space.contains(*address)) continue;
    const LeaseKey key{.type = LeaseType::kAddress, .prefix_length = 128, .address = *address};
    if (obtain_sparse(space, key)) return key;
  }
  return std::nullopt;
}

/// The unit is free in the spaces of the coming configuration too. A worker that already has that configuration may
/// have been faster there; then it is not ours, and stays marked where this search marked it before.
bool UnitSearch::obtain_incoming(const LeaseKey& key) {
  if (snapshot_.incoming == nullptr) return true;
  return take_ ? snapshot_.incoming->take(key, shard_.number()) : snapshot_.incoming->is_free(key);
}

}  // namespace tandem6::lease
