// RFC 8156 §8: where each state leads, against tables written from the text of §8.4.2 to §8.12.2.
#include "failover/transitions.h"

#include <doctest/doctest.h>

#include <array>
#include <map>
#include <string>
#include <vector>

namespace tandem6::failover::transitions_test {
namespace {

using lease::FailoverRole;
using lease::Responsiveness;
using enum State;

constexpr std::array kBothRoles = {FailoverRole::kPrimary, FailoverRole::kSecondary};
/// All that a STATE message can say without the STARTUP flag.
constexpr std::array kPartners = {
    kNormal,      kCommunicationsInterrupted, kPartnerDown, kPotentialConflict, kRecover, kRecoverWait,
    kRecoverDone, kResolutionInterrupted,     kConflictDone};

/// In the order of kPartners; kNone: stay.
using Row = std::array<State, 9>;
constexpr State k_ = kNone, PC = kPotentialConflict, CI = kCommunicationsInterrupted, N = kNormal;

const std::map<State, Row> kText = {
    //                          NORMAL C-INT P-DOWN P-CONF RECOV R-WAIT R-DONE RES-I C-DONE
    {kPartnerDown /* 8.4.2 */, {PC, PC, PC, PC, k_, k_, N, PC, PC}},
    {kRecover /* 8.5.2 */, {k_, k_, k_, PC, k_, k_, k_, PC, PC}},
    {kRecoverWait /* 8.6.2 */, {k_, k_, k_, k_, k_, k_, k_, k_, k_}},
    {kRecoverDone /* 8.7.2 */, {N, k_, k_, PC, CI, CI, N, k_, k_}},
    {kCommunicationsInterrupted /* 8.9.2 */, {N, N, PC, PC, k_, k_, N, PC, PC}},
    {kPotentialConflict /* 8.10.2: UPDDONE */, {k_, k_, k_, k_, k_, k_, k_, k_, k_}},
    {kResolutionInterrupted /* 8.11.2 */, {PC, PC, PC, PC, PC, PC, PC, PC, PC}},
    {kConflictDone /* 8.12.2 */, {N, k_, k_, k_, k_, k_, k_, k_, k_}},
};

TEST_CASE("RFC 8156 8.4.2 to 8.12.2: what the partner's state leads to, from every state, for both roles") {
  for (const auto& [ours, row] : kText) {
    for (size_t column = 0; column < kPartners.size(); ++column) {
      for (const FailoverRole role : kBothRoles) {
        INFO("in ", to_string(ours), ", the partner in ", to_string(kPartners[column]));
        const State next = row[column] == kNone ? ours : row[column];
        CHECK(after_partner_state(ours, kPartners[column], role) == next);
      }
    }
  }
}

// §8.8.2: the unexpected leads into COMMUNICATIONS-INTERRUPTED "and take the appropriate state transition from there".
// Expected are NORMAL, what is on its way there, and the primary's CONFLICT-DONE, after Figure 9.
TEST_CASE("RFC 8156 8.8.2: in NORMAL, a state of the partner's that is not expected leads on by 8.9.2") {
  const std::map<State, State> to = {
      {kNormal, N},       {CI, N},           {kPartnerDown, PC},          {PC, PC}, {kRecover, CI},
      {kRecoverWait, CI}, {kRecoverDone, N}, {kResolutionInterrupted, PC}};
  for (const auto& [partner, next] : to) {
    for (const FailoverRole role : kBothRoles) {
      INFO("the partner in ", to_string(partner));
      CHECK(after_partner_state(kNormal, partner, role) == next);
    }
  }
  CHECK(after_partner_state(kNormal, kConflictDone, FailoverRole::kSecondary) == kNormal);
  CHECK(after_partner_state(kNormal, kConflictDone, FailoverRole::kPrimary) == kPotentialConflict);
}

TEST_CASE("RFC 8156 8: of a partner that never said its state nothing follows") {
  for (const State ours : kPartners) {
    if (ours == kResolutionInterrupted) continue;  // §8.11.2 has no condition
    for (const FailoverRole role : kBothRoles) CHECK(after_partner_state(ours, kNone, role) == ours);
  }
}

TEST_CASE("RFC 8156 8.8.2, 8.10.2: communications fail: two states go on to another, the rest stay") {
  for (const State ours : kPartners) {
    CAPTURE(to_string(ours));
    const State next = ours == kNormal              ? kCommunicationsInterrupted
                       : ours == kPotentialConflict ? kResolutionInterrupted
                                                    : ours;
    CHECK(after_communications_failed(ours) == next);
  }
}

TEST_CASE("RFC 8156 8.5.2, 8.10.2: UPDDONE ends RECOVER and POTENTIAL-CONFLICT, and nothing else") {
  for (const State ours : kPartners) {
    CAPTURE(to_string(ours));
    const State primary = ours == kRecover ? kRecoverWait : ours == kPotentialConflict ? kConflictDone : ours;
    const State secondary = ours == kRecover ? kRecoverWait : ours == kPotentialConflict ? kNormal : ours;
    CHECK(after_update_done(ours, FailoverRole::kPrimary) == primary);
    CHECK(after_update_done(ours, FailoverRole::kSecondary) == secondary);
  }
}

TEST_CASE("RFC 8156 8.4, 8.8.2, 8.9.2, 8.11.2: where the operator may say that the partner is down") {
  const std::map<State, bool> may = {{kNormal, true},       {kCommunicationsInterrupted, true},
                                     {kPartnerDown, false}, {kPotentialConflict, false},
                                     {kRecover, true},      {kRecoverWait, false},
                                     {kRecoverDone, true},  {kResolutionInterrupted, true},
                                     {kConflictDone, true}, {kStartup, false}};
  for (const auto& [ours, allowed] : may) {
    CAPTURE(to_string(ours));
    CHECK(can_declare_partner_down(ours) == allowed);
  }
}

TEST_CASE("RFC 8156 8.3.1 to 8.12.1: who is responsive in which state") {
  const std::map<State, Responsiveness> primary = {
      {kNone, Responsiveness::kUnresponsive},
      {kStartup, Responsiveness::kUnresponsive},
      {kPartnerDown, Responsiveness::kResponsive},
      {kRecover, Responsiveness::kUnresponsive},
      {kRecoverWait, Responsiveness::kUnresponsive},
      {kRecoverDone, Responsiveness::kKnownRenewals},
      {kNormal, Responsiveness::kResponsive},
      {kCommunicationsInterrupted, Responsiveness::kResponsive},
      {kPotentialConflict, Responsiveness::kUnresponsive},
      {kResolutionInterrupted, Responsiveness::kResponsive},
      {kConflictDone, Responsiveness::kResponsive},
  };
  for (const auto& [state, how] : primary) {
    CAPTURE(to_string(state));
    CHECK(responsiveness_of(state, FailoverRole::kPrimary) == how);
    const auto secondary = state == kNormal ? Responsiveness::kRenewResponsive : how;
    CHECK(responsiveness_of(state, FailoverRole::kSecondary) == secondary);
  }
}

TEST_CASE("RFC 8156 8: updates go to the partner in the states in which this server changes leases and it listens") {
  for (const State state : {kNormal, kCommunicationsInterrupted, kPartnerDown, kConflictDone}) {
    CAPTURE(to_string(state));
    CHECK(sends_updates(state));
  }
  for (const State state :
       {kNone, kStartup, kRecover, kRecoverWait, kRecoverDone, kPotentialConflict, kResolutionInterrupted}) {
    CAPTURE(to_string(state));
    CHECK_FALSE(sends_updates(state));
  }
}

TEST_CASE("RFC 8156 8.9, 8.11: states that somebody should look at are alarms") {
  for (const bool communicating : {false, true}) {
    for (const State state : {kResolutionInterrupted, kPartnerDown, kPotentialConflict})
      CHECK(weight_of(state, communicating) == Weight::kAlarm);
    for (const State state : {kNormal, kRecoverWait, kRecoverDone, kConflictDone})
      CHECK(weight_of(state, communicating) == Weight::kInfo);
  }
}

TEST_CASE("RFC 8156 8.9, 8.5: COMMUNICATIONS-INTERRUPTED and RECOVER are alarms while the partner is not heard") {
  CHECK(weight_of(kCommunicationsInterrupted, false) == Weight::kAlarm);
  CHECK(weight_of(kCommunicationsInterrupted, true) == Weight::kInfo);
  CHECK(weight_of(kRecover, false) == Weight::kAlarm);
  // It only rejoins: the partner answers the clients. They would miss it all the same if that did not last.
  CHECK(weight_of(kRecover, true) == Weight::kWarning);
}

}  // namespace
}  // namespace tandem6::failover::transitions_test
