// Keys that say how clients are called (RFC 4704): `ddns-…` as far as they shape names, and `hostname-char-…`.
#pragma once

#include "control/config/json_text.h"
#include "control/config/remarks.h"
#include "dataplane/lease/fqdn_policy.h"

namespace tandem6::control {

/// What holds in `scope`: what it says itself, else what `outer` says. In the file's outermost scope, what an old file
/// says in its `dhcp-ddns` comes before `outer`.
lease::FqdnPolicy read_name_policy(const Node& scope, const lease::FqdnPolicy& outer, Remarks& remarks);

}  // namespace tandem6::control
