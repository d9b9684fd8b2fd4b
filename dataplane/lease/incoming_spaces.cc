#include "dataplane/lease/incoming_spaces.h"

namespace tandem6::lease {

const Pool* IncomingSpaces::reserved_pool(const LeaseKey& key) const {
  if (reservations == nullptr) return nullptr;
  const ReservedUnit* unit = reservations->unit(key);
  return unit != nullptr && unit->fresh ? &unit->pool : nullptr;
}

bool IncomingSpaces::is_free(const LeaseKey& key) const {
  for (const Pool& pool : pools) {
    if (pool.contains(key) && pool.is_taken(key.address)) return false;
  }
  const Pool* reserved = reserved_pool(key);
  return reserved == nullptr || !reserved->is_taken(key.address);
}

bool IncomingSpaces::take(const LeaseKey& key, unsigned shard) const {
  for (const Pool& pool : pools) {
    if (pool.overlaps_misfit(key)) pool.rest_under(key);
    if (pool.contains(key) && !pool.mark_taken(key.address, shard)) return false;
  }
  const Pool* reserved = reserved_pool(key);
  return reserved == nullptr || reserved->mark_taken(key.address, shard);
}

void IncomingSpaces::mark(const LeaseKey& key, unsigned shard) const {
  for (const Pool& pool : pools) {
    if (pool.contains(key)) pool.mark_taken(key.address, shard);
    if (pool.overlaps_misfit(key)) pool.rest_under(key);
  }
  if (const Pool* reserved = reserved_pool(key)) reserved->mark_taken(key.address, shard);
}

void IncomingSpaces::release(const LeaseKey& key) const {
  for (const Pool& pool : pools) {
    if (pool.contains(key)) pool.release(key.address);
  }
  if (const Pool* reserved = reserved_pool(key)) reserved->release(key.address);
}

}  // namespace tandem6::lease
