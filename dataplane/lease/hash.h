// The two kinds of hash: a fixed one that places a client in its shard, and a keyed one for what an attacker must not
// be able to predict (places in tables, addresses).
#pragma once

#include <cstdint>

#include "dataplane/wire/bytes.h"
#include "dataplane/wire/ipv6.h"

namespace tandem6::lease {

/// 256 virtual shards, always, whatever the core count (architecture.md §2).
inline constexpr unsigned kShardCount = 256;

/// A client's place: fixed and unkeyed (XXH3-64), the same on both partners and after every restart.
uint64_t duid_hash(Bytes duid);
constexpr unsigned shard_of(uint64_t duid_hash) { return static_cast<unsigned>(duid_hash % kShardCount); }

/// 128 bits that nobody outside knows.
struct HashKey {
  uint64_t low = 0;
  uint64_t high = 0;
};
/// SipHash-1-3.
uint64_t keyed_hash(HashKey key, Bytes data);

/// Where a client's search for a unit starts (architecture.md §3): a keyed hash of (DUID, IAID, attempt), so that the
/// client finds its old unit again when that is free, and that nobody else can guess it (RFC 7824).
uint64_t search_hash(HashKey key, Bytes duid, uint32_t iaid, uint32_t attempt);

}  // namespace tandem6::lease
