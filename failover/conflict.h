// Accept or reject what the partner says of a lease (RFC 8156 §7.5.4, Figure 4).
#pragma once

#include "dataplane/lease/failover_scope.h"
#include "failover/binding_update.h"

namespace tandem6::failover {

/// kSuccess: accept. Otherwise the status to reject it with. `ours`: the binding here, whoever's; null: none, which is
/// FREE. `client`: whom the partner says it is of. `role`: ours.
wire::StatusCode judge(const lease::LeaseRecord* ours, const LeaseUpdate& theirs, const std::optional<Duid>& client,
                       lease::FailoverRole role, AbsoluteTime now);

/// Moments this close are the same (§7.5.1). Is `a` clearly before `b`?
bool is_clearly_before(AbsoluteTime a, AbsoluteTime b);

}  // namespace tandem6::failover
