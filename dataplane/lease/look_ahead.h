// Memory of a burst's clients, asked for before the first of them is answered. The tables of a million clients lie in
// DRAM; answering one packet after the other waits some 100 ns for each step from the table to the client to its
// leases. A burst takes each step for all packets at once, so that the waits lie on top of each other.
#pragma once

#include <cstddef>
#include <span>

#include "dataplane/lease/request.h"
#include "dataplane/lease/shard_group.h"

namespace tandem6::lease {

/// What is looked at ahead at once: more than a core has misses on their way is of no use.
inline constexpr size_t kLookAhead = 32;

/// Fills Request::table_hash and starts fetching what answer() will look at. Up to kLookAhead requests whose shards the
/// group owns, or whose clients do not name themselves. Changes nothing that an answer depends on.
void look_ahead(std::span<Request* const> requests, ShardGroup& group);

}  // namespace tandem6::lease
