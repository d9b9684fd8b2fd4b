// `excluded-prefix` and `excluded-prefix-len` of a pd-pool, `excluded-prefixes` of a reservation (RFC 6603).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "control/config/json_text.h"
#include "control/config/remarks.h"
#include "dataplane/wire/ipv6.h"

namespace tandem6::control {

/// The data of the option PD_EXCLUDE of every prefix that the pool `entry` delegates; empty when nothing is excluded.
std::vector<std::byte> read_pd_exclude(const Node& entry, const Ipv6Prefix& pool, uint8_t delegated_length,
                                       Remarks& remarks);

/// The same for one prefix: `text` is "2001:db8:1:8000::/56" inside of it, or empty.
std::vector<std::byte> read_excluded_part(const Node& text, const Ipv6Prefix& delegated, Remarks& remarks);

}  // namespace tandem6::control
