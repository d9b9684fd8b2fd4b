// The checksum of what the failover endpoint keeps in stable storage.
#pragma once

#include <cstdint>

#include "dataplane/lease/hash.h"
#include "dataplane/wire/bytes.h"

namespace tandem6::failover {

/// XXH3, whatever it is of.
inline uint32_t checksum(Bytes body) { return static_cast<uint32_t>(lease::duid_hash(body)); }

}  // namespace tandem6::failover
