#include "failover/transitions.h"

#include <array>
#include <span>

namespace tandem6::failover {
namespace {

using enum State;

struct Transition {
  State partner;
  State next;
};

// §8.4.2. RECOVER and RECOVER-WAIT: stay.
constexpr std::array kFromPartnerDown = {
    Transition{.partner = kNormal, .next = kPotentialConflict},
    Transition{.partner = kCommunicationsInterrupted, .next = kPotentialConflict},
    Transition{.partner = kPartnerDown, .next = kPotentialConflict},
    Transition{.partner = kPotentialConflict, .next = kPotentialConflict},
    Transition{.partner = kResolutionInterrupted, .next = kPotentialConflict},
    Transition{.partner = kConflictDone, .next = kPotentialConflict},
    Transition{.partner = kRecoverDone, .next = kNormal},
};

// §8.5.2. In every other state of the partner's we stay, and ask it for what we miss.
constexpr std::array kFromRecover = {
    Transition{.partner = kPotentialConflict, .next = kPotentialConflict},
    Transition{.partner = kResolutionInterrupted, .next = kPotentialConflict},
    Transition{.partner = kConflictDone, .next = kPotentialConflict},
};

// §8.7.2.
constexpr std::array kFromRecoverDone = {
    Transition{.partner = kNormal, .next = kNormal},
    Transition{.partner = kRecoverDone, .next = kNormal},
    Transition{.partner = kRecover, .next = kCommunicationsInterrupted},
    Transition{.partner = kRecoverWait, .next = kCommunicationsInterrupted},
    Transition{.partner = kPotentialConflict, .next = kPotentialConflict},
};

// §8.8.2: what is not expected leads "into COMMUNICATIONS-INTERRUPTED state", and from there by kFromInterrupted. That
// is written out here. Expected are NORMAL, what leads there, and, of the primary, CONFLICT-DONE.
constexpr std::array kFromNormal = {
    Transition{.partner = kRecover, .next = kCommunicationsInterrupted},
    Transition{.partner = kRecoverWait, .next = kCommunicationsInterrupted},
    Transition{.partner = kPartnerDown, .next = kPotentialConflict},
    Transition{.partner = kPotentialConflict, .next = kPotentialConflict},
    Transition{.partner = kResolutionInterrupted, .next = kPotentialConflict},
};

// §8.9.2. RECOVER, and RECOVER-WAIT which follows it: stay.
constexpr std::array kFromInterrupted = {
    Transition{.partner = kNormal, .next = kNormal},
    Transition{.partner = kCommunicationsInterrupted, .next = kNormal},
    Transition{.partner = kRecoverDone, .next = kNormal},
    Transition{.partner = kPartnerDown, .next = kPotentialConflict},
    Transition{.partner = kPotentialConflict, .next = kPotentialConflict},
    Transition{.partner = kConflictDone, .next = kPotentialConflict},
    Transition{.partner = kResolutionInterrupted, .next = kPotentialConflict},
};

// §8.12.2.
constexpr std::array kFromConflictDone = {
    Transition{.partner = kNormal, .next = kNormal},
};

std::span<const Transition> transitions_from(State state) {
  switch (state) {
    case kPartnerDown:
      return kFromPartnerDown;
    case kRecover:
      return kFromRecover;
    case kRecoverDone:
      return kFromRecoverDone;
    case kNormal:
      return kFromNormal;
    case kCommunicationsInterrupted:
      return kFromInterrupted;
    case kConflictDone:
      return kFromConflictDone;
    case kNone:
    case kStartup:                // §8.3.2 is not a table
    case kRecoverWait:            // §8.6.2: only time passes
    case kPotentialConflict:      // §8.10.2: UPDDONE
    case kResolutionInterrupted:  // §8.11.2: whatever the partner's state
      break;
  }
  return {};
}

}  // namespace

State after_partner_state(State ours, State partner, lease::FailoverRole role) {
  if (ours == kResolutionInterrupted) return kPotentialConflict;
  // Two primaries are not; a partner that says so has our role wrong, and resolving is what helps.
  if (ours == kNormal && partner == kConflictDone && role == lease::FailoverRole::kPrimary) return kPotentialConflict;
  for (const Transition& transition : transitions_from(ours)) {
    if (transition.partner == partner) return transition.next;
  }
  return ours;
}

State after_communications_failed(State ours) {
  switch (ours) {
    case kNormal:
      return kCommunicationsInterrupted;  // §8.8.2
    case kPotentialConflict:
      return kResolutionInterrupted;  // §8.10.2
    default:
      return ours;
  }
}

State after_update_done(State ours, lease::FailoverRole role) {
  switch (ours) {
    case kRecover:
      return kRecoverWait;
    case kPotentialConflict:
      return role == lease::FailoverRole::kPrimary ? kConflictDone : kNormal;
    default:
      return ours;
  }
}

bool can_declare_partner_down(State ours) {
  switch (ours) {
    case kNormal:                     // §8.8.2
    case kCommunicationsInterrupted:  // §8.9.2
    case kResolutionInterrupted:      // §8.11.2
    case kConflictDone:               // the partner may never come back to fetch the rest (§8.4)
    case kRecover:                    // the first server of a new pair, told to serve alone (§8.3.2 step 1)
    case kRecoverDone:                // not in RECOVER-WAIT: what it gave away and has forgotten has yet to end
      return true;
    default:
      return false;
  }
}

lease::Responsiveness responsiveness_of(State state, lease::FailoverRole role) {
  switch (state) {
    case kNormal:  // §8.8.1
      return role == lease::FailoverRole::kPrimary ? lease::Responsiveness::kResponsive
                                                   : lease::Responsiveness::kRenewResponsive;
    case kCommunicationsInterrupted:  // §8.9.1
    case kPartnerDown:                // §8.4.1
    case kResolutionInterrupted:      // §8.11.1
    case kConflictDone:               // §8.12.1
      return lease::Responsiveness::kResponsive;
    case kRecoverDone:  // §8.7.1
      return lease::Responsiveness::kKnownRenewals;
    default:
      return lease::Responsiveness::kUnresponsive;
  }
}

bool sends_updates(State state) {
  switch (state) {
    case kNormal:
    case kCommunicationsInterrupted:  // the partner is in RECOVER or RECOVER-WAIT
    case kPartnerDown:                // likewise
    case kConflictDone:
      return true;
    default:
      return false;
  }
}

Weight weight_of(State state, bool communicating) {
  switch (state) {
    case kCommunicationsInterrupted:  // §8.9: "SHOULD raise an alarm condition"; not on the way to NORMAL
      return communicating ? Weight::kInfo : Weight::kAlarm;
    case kRecover:  // no client is answered: by the partner, if it is there
      return communicating ? Weight::kWarning : Weight::kAlarm;
    case kResolutionInterrupted:  // §8.11: "SHOULD raise an alarm condition"
    case kPartnerDown:
    case kPotentialConflict:
      return Weight::kAlarm;
    default:
      return Weight::kInfo;
  }
}

}  // namespace tandem6::failover
