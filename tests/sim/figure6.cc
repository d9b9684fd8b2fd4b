#include "tests/sim/figure6.h"

namespace tandem6::sim {

using failover::State;
using lease::FailoverRole;
using lease::Responsiveness;

namespace {

bool is_one_of(State state, std::initializer_list<State> states) {
  for (const State each : states) {
    if (state == each) return true;
  }
  return false;
}

constexpr auto kResolving = {State::kPotentialConflict, State::kResolutionInterrupted, State::kConflictDone};

// "Comm. OK, Other State: …". Where the text knows no way, `from` stays.
bool may_follow_partner(State from, State to, State partner) {
  switch (from) {
    case State::kPartnerDown:  // §8.4.2
      if (to == State::kNormal) return partner == State::kRecoverDone;
      return to == State::kPotentialConflict &&
             !is_one_of(partner, {State::kRecover, State::kRecoverWait, State::kRecoverDone});
    case State::kRecover:  // §8.5.2
      return to == State::kPotentialConflict && is_one_of(partner, kResolving);
    case State::kRecoverDone:  // §8.7.2
      if (to == State::kNormal) return is_one_of(partner, {State::kNormal, State::kRecoverDone});
      if (to == State::kPotentialConflict) return partner == State::kPotentialConflict;
      return to == State::kCommunicationsInterrupted && is_one_of(partner, {State::kRecover, State::kRecoverWait});
    case State::kNormal:  // §8.8.2: by way of COMMUNICATIONS-INTERRUPTED
      if (to == State::kCommunicationsInterrupted) return is_one_of(partner, {State::kRecover, State::kRecoverWait});
      return to == State::kPotentialConflict && (is_one_of(partner, kResolving) || partner == State::kPartnerDown);
    case State::kCommunicationsInterrupted:  // §8.9.2
      if (to == State::kNormal) {
        return is_one_of(partner, {State::kNormal, State::kCommunicationsInterrupted, State::kRecoverDone});
      }
      return to == State::kPotentialConflict && (is_one_of(partner, kResolving) || partner == State::kPartnerDown);
    case State::kResolutionInterrupted:  // §8.11.2
      return to == State::kPotentialConflict;
    case State::kConflictDone:  // §8.12.2
      return to == State::kNormal && partner == State::kNormal;
    default:
      return false;
  }
}

bool may_end_startup(State from, State to, const Circumstances& now) {
  if (to == from) return true;  // steps 5 and 6: PREVIOUS-STATE
  if (now.communicating && now.partner == State::kPartnerDown) {
    return is_one_of(to, {State::kRecover, State::kPotentialConflict});  // step 5
  }
  // Step 1: "move directly into PARTNER-DOWN state after the startup period expires".
  return to == State::kPartnerDown && !now.had_record && !now.communicating;
}

}  // namespace

bool may_move(State from, State to, const Circumstances& now) {
  if (now.in_startup) return may_end_startup(from, to, now);
  if (to == State::kPartnerDown) {
    // §8.4, §8.8.2, §8.9.2, §8.11.2; §8.3.2 step 1 for a server that waits for a partner it never had.
    return now.told_by_operator && !is_one_of(from, {State::kPotentialConflict, State::kPartnerDown});
  }
  if (now.communicating && !now.partner_is_starting && may_follow_partner(from, to, now.partner)) return true;
  switch (from) {
    case State::kNormal:
      return to == State::kCommunicationsInterrupted && !now.communicating;
    case State::kPotentialConflict:
      if (to == State::kResolutionInterrupted) return !now.communicating;
      if (!now.update_done) return false;
      return to == (now.role == FailoverRole::kPrimary ? State::kConflictDone : State::kNormal);
    case State::kRecover:
      return to == State::kRecoverWait && now.update_done;
    case State::kRecoverWait:
      return to == State::kRecoverDone && (now.waited_mclt || now.never_ran);
    default:
      return false;
  }
}

Responsiveness most_responsive(State state, FailoverRole role) {
  switch (state) {
    case State::kNormal:
      return role == FailoverRole::kPrimary ? Responsiveness::kResponsive : Responsiveness::kRenewResponsive;
    case State::kPartnerDown:
    case State::kCommunicationsInterrupted:
    case State::kResolutionInterrupted:
    case State::kConflictDone:
      return Responsiveness::kResponsive;
    case State::kRecoverDone:
      return Responsiveness::kKnownRenewals;
    default:
      return Responsiveness::kUnresponsive;
  }
}

State after_restart(State recorded) {
  if (recorded == State::kNormal) return State::kCommunicationsInterrupted;
  if (recorded == State::kPotentialConflict) return State::kResolutionInterrupted;
  return recorded;
}

}  // namespace tandem6::sim
