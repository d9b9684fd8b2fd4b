// The parameters of Kea's hook libdhcp_lease_query.so: leasequery (RFC 5007) and Bulk Leasequery (RFC 5460).
#pragma once

#include "control/config/configuration.h"
#include "control/config/json_text.h"
#include "control/config/key_tables.h"
#include "control/config/remarks.h"

namespace tandem6::control {

/// The hook's `parameters`.
const KeyTable& lease_query_keys();

/// From an entry of `hooks-libraries` that names the hook.
LeaseQueryConfig read_lease_query(const Node& hook, Remarks& remarks);

}  // namespace tandem6::control
