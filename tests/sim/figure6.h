// RFC 8156 Figure 6 and the text of §8 once more, written down for the simulator alone: what failover/transitions.cc
// does is judged by this.
#pragma once

#include "dataplane/lease/failover_scope.h"
#include "failover/state.h"

namespace tandem6::sim {

/// Why a server may have changed its state.
struct Circumstances {
  lease::FailoverRole role = lease::FailoverRole::kPrimary;
  bool in_startup = false;                           ///< this is the end of STARTUP
  bool communicating = false;                        ///< communications are "OK"
  failover::State partner = failover::State::kNone;  ///< as it says
  bool partner_is_starting = false;
  bool update_done = false;       ///< an UPDDONE has just come
  bool told_by_operator = false;  ///< or by auto-partner-down: the partner is down
  bool had_record = true;         ///< of a state, in stable storage
  bool waited_mclt = false;       ///< since it was last known to operate
  bool never_ran = false;         ///< failover: neither of them, or this one was stopped before it served
};

/// May a server go from one to the other, in one step or in several at once?
bool may_move(failover::State from, failover::State to, const Circumstances& now);

/// How responsive a server in this state may be at most.
lease::Responsiveness most_responsive(failover::State state, lease::FailoverRole role);

/// The state that a server that was in this one has after a restart (§8.3.2 step 2).
failover::State after_restart(failover::State recorded);

}  // namespace tandem6::sim
