#include "dataplane/lease/look_ahead.h"

#include <array>
#include <cassert>

namespace tandem6::lease {

// Each loop is one step for the whole burst. What a step reads was fetched by the one before, as far as memory was fast
// enough; each is short, so that as many misses as possible are on their way at a time.
void look_ahead(std::span<Request* const> requests, ShardGroup& group) {
  assert(requests.size() <= kLookAhead);
  std::array<uint32_t, kLookAhead> at;  // a client, then one of its leases
  const size_t count = requests.size();
  for (Request* request : requests) {
    if (request->client_duid.empty()) continue;
    const Shard& shard = group.shard(request->shard());
    request->table_hash = shard.table_hash(request->client_duid);
    shard.prefetch_slot(request->table_hash);
  }
  for (size_t i = 0; i < count; ++i) {
    at[i] = kNoIndex;
    if (requests[i]->client_duid.empty()) continue;
    at[i] = group.shard(requests[i]->shard()).prefetch_client(requests[i]->table_hash);
  }
  for (size_t i = 0; i < count; ++i) {
    if (at[i] != kNoIndex) at[i] = group.shard(requests[i]->shard()).prefetch_first_lease(at[i]);
  }
  for (size_t i = 0; i < count; ++i) {
    if (at[i] != kNoIndex) group.shard(requests[i]->shard()).prefetch_next_lease(at[i]);
  }
}

}  // namespace tandem6::lease
