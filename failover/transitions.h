// RFC 8156 §8 and Figure 6 as tables: where an endpoint goes from each state. Pure.
#pragma once

#include "dataplane/lease/failover_scope.h"
#include "failover/host.h"
#include "failover/state.h"

namespace tandem6::failover {

/// Communications are "OK", and the partner says that it is in this state (without the STARTUP flag): the state that
/// follows from ours; our own when nothing does.
State after_partner_state(State ours, State partner, lease::FailoverRole role);
/// Communications are not "OK" any more.
State after_communications_failed(State ours);
/// UPDDONE has come (§8.5.2, §8.10.2).
State after_update_done(State ours, lease::FailoverRole role);
/// May the operator, or auto-partner-down, say that the partner is down now?
bool can_declare_partner_down(State ours);

/// What workers may do in a state (§8.1: responsiveness, allocation, MCLT).
lease::Responsiveness responsiveness_of(State state, lease::FailoverRole role);
/// Is the partner kept up to date in this state, when it listens?
bool sends_updates(State state);
/// How loudly it is said that this state has begun, or that it goes on without communications.
Weight weight_of(State state, bool communicating);

}  // namespace tandem6::failover
