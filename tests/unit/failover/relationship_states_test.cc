// RFC 8156 §8: the states of an endpoint, as it goes through them.
#include "tests/unit/failover/relationship_fixture.h"

namespace tandem6::failover::relationship_states_test {
namespace {

using lease::Responsiveness;

constexpr std::array kBothRoles = {FailoverRole::kPrimary, FailoverRole::kSecondary};
constexpr ServerFlags kStarting = {.communicated = true, .startup = true};
constexpr ServerFlags kNewPartner = {.communicated = false};

// --- §8.3 ---

TEST_CASE("RFC 8156 8.3.1: nobody is served in STARTUP, whatever the state before was") {
  for (const State state : {State::kNormal, State::kPartnerDown, State::kCommunicationsInterrupted}) {
    Endpoint endpoint(FailoverRole::kPrimary, stable_in(state));
    CHECK(endpoint.it.state() == State::kStartup);
    CHECK(endpoint.scope->policy().responsiveness == Responsiveness::kUnresponsive);
    CHECK(endpoint.scope->policy().limited);
    endpoint.run(9'000);
    CHECK(endpoint.it.state() == State::kStartup);
    CHECK(endpoint.scope->policy().responsiveness == Responsiveness::kUnresponsive);
  }
}

TEST_CASE(
    "RFC 8156 8.3.2: after the startup time without a partner the state before goes on, as one without "
    "communications") {
  const std::map<State, State> to = {{State::kNormal, State::kCommunicationsInterrupted},
                                     {State::kCommunicationsInterrupted, State::kCommunicationsInterrupted},
                                     {State::kPartnerDown, State::kPartnerDown},
                                     {State::kPotentialConflict, State::kResolutionInterrupted},
                                     {State::kResolutionInterrupted, State::kResolutionInterrupted},
                                     {State::kRecover, State::kRecover},
                                     {State::kRecoverDone, State::kRecoverDone},
                                     {State::kConflictDone, State::kConflictDone}};
  for (const auto& [before, after] : to) {
    CAPTURE(to_string(before));
    Endpoint endpoint(FailoverRole::kPrimary, stable_in(before));
    endpoint.run(10'000);
    CHECK(endpoint.it.state() == after);
    CHECK(endpoint.stored().state.state == after);
  }
}

TEST_CASE("RFC 8156 8.3.2 step 1: without a record: RECOVER, in which nobody is served") {
  for (const FailoverRole role : kBothRoles) {
    Endpoint endpoint(role);
    endpoint.run(20'000);
    CHECK(endpoint.it.state() == State::kRecover);
    CHECK(endpoint.scope->policy().responsiveness == Responsiveness::kUnresponsive);
  }
}

TEST_CASE("RFC 8156 8.3.2 step 1: start-partner-down serves alone when there is no record and no partner") {
  RelationshipSettings settings = Endpoint::settings_of(FailoverRole::kPrimary);
  settings.start_partner_down = true;
  Endpoint alone(settings);
  alone.run(10'000);
  CHECK(alone.it.state() == State::kPartnerDown);
  CHECK(alone.scope->policy().responsiveness == Responsiveness::kResponsive);
  CHECK_FALSE(alone.scope->policy().limited);

  Endpoint with_partner(settings);
  with_partner.meet(State::kRecover, kNewPartner);
  with_partner.run(20'000);
  CHECK(with_partner.it.state() != State::kPartnerDown);

  // With a record it is no first start.
  Endpoint again(settings, stable_in(State::kRecover));
  again.run(20'000);
  CHECK(again.it.state() == State::kRecover);
}

TEST_CASE("RFC 8156 8.3.2 step 5: the partner's STATE ends STARTUP, also when it is starting up itself") {
  Endpoint endpoint(FailoverRole::kPrimary, stable_in(State::kNormal));
  endpoint.meet(State::kCommunicationsInterrupted, kStarting);
  CHECK(endpoint.it.state() == State::kCommunicationsInterrupted);
  const auto state = endpoint.last_state();
  REQUIRE(state);
  CHECK_FALSE(state->flags.startup);
  CHECK(state->flags.ack_startup);
  endpoint.hear_state(State::kCommunicationsInterrupted);
  CHECK(endpoint.it.state() == State::kNormal);
}

TEST_CASE("RFC 8156 8.3.2 step 5: a partner that took over after we failed: RECOVER; before: POTENTIAL-CONFLICT") {
  Stable stable = stable_in(State::kNormal);
  stable.state.last_operating = {799'999'000};
  // The disk hears every 10 s that we are here: the failure was that much later at most.
  const std::map<uint32_t, State> to = {{799'000'000, State::kPotentialConflict},
                                        {799'999'000, State::kPotentialConflict},
                                        {799'999'010, State::kPotentialConflict},
                                        {799'999'011, State::kRecover},
                                        {799'999'900, State::kRecover}};
  for (const auto& [since, state] : to) {
    CAPTURE(since);
    Endpoint endpoint(FailoverRole::kSecondary, stable);
    endpoint.meet(State::kPartnerDown, {.communicated = true}, {since});
    CHECK(endpoint.it.state() == state);
  }
}

TEST_CASE("RFC 8156 8.3.2 step 1: the disk knows to 10 seconds when this server was still operating, in every state") {
  Stable before = stable_in(State::kNormal);
  before.state.last_operating = {790'000'000};  // it was down for months
  Endpoint endpoint(FailoverRole::kPrimary, before);
  endpoint.meet(State::kCommunicationsInterrupted);
  REQUIRE(endpoint.scope->policy().responsiveness == Responsiveness::kResponsive);
  // From the first client on, and whatever else is written meanwhile.
  CHECK(endpoint.now.wall - endpoint.stored().state.last_operating <= Seconds{10});
  for (int second = 0; second < 60; ++second) {
    endpoint.hear_state(State::kNormal);
    endpoint.run(1000);
    CHECK(endpoint.now.wall - endpoint.stored().state.last_operating <= Seconds{10});
  }
}

TEST_CASE("RFC 8156 8.6.2: a server that stops while it recovers does not put its time of failure later") {
  Stable before = stable_in(State::kNormal);
  before.state.last_operating = {799'998'000};  // 2000 s ago
  Endpoint first(FailoverRole::kSecondary, before);
  first.meet(State::kPartnerDown, {.communicated = true}, {799'998'500});
  REQUIRE(first.it.state() == State::kRecover);
  first.run_in_contact(30);
  Endpoint second(Endpoint::settings_of(FailoverRole::kSecondary), first.stored(), first.now);
  second.meet(State::kPartnerDown, {.communicated = true}, {799'998'500});
  CHECK(second.it.state() == State::kRecover);
  second.take_sent();
  second.update_done();
  CHECK(second.it.state() == State::kRecoverWait);
  second.run_in_contact(1575);
  CHECK(second.it.state() == State::kRecoverWait);
  second.run_in_contact(20);
  CHECK(second.it.state() == State::kRecoverDone);
}

// --- §8.4 ---

TEST_CASE("RFC 8156 8.4.2: in PARTNER-DOWN a STATE with the STARTUP bit changes nothing") {
  for (const State partner :
       {State::kNormal, State::kPartnerDown, State::kRecoverDone, State::kCommunicationsInterrupted}) {
    CAPTURE(to_string(partner));
    Endpoint endpoint(FailoverRole::kPrimary, stable_in(State::kPartnerDown));
    endpoint.run(10'000);
    REQUIRE(endpoint.it.state() == State::kPartnerDown);
    endpoint.meet(partner, kStarting);
    CHECK(endpoint.it.state() == State::kPartnerDown);
    endpoint.hear_state(partner);
    if (partner == State::kRecoverDone) endpoint.scan_finds({});
    CHECK(endpoint.it.state() == (partner == State::kRecoverDone ? State::kNormal : State::kPotentialConflict));
  }
}

TEST_CASE("RFC 8156 8.3.2 step 5: a server that comes back in PARTNER-DOWN acts on what its partner says") {
  Endpoint endpoint(FailoverRole::kPrimary, stable_in(State::kPartnerDown));
  endpoint.meet(State::kRecoverDone);
  endpoint.scan_finds({});
  CHECK(endpoint.it.state() == State::kNormal);
  Endpoint other(FailoverRole::kPrimary, stable_in(State::kPartnerDown));
  other.meet(State::kRecover);
  CHECK(other.it.state() == State::kPartnerDown);
}

TEST_CASE("RFC 8156 8.4.1: over a restart, PARTNER-DOWN began when it began") {
  Stable stable = stable_in(State::kPartnerDown);
  stable.state.since = stable.state.partner_down_since = {799'990'000};
  Endpoint endpoint(FailoverRole::kPrimary, stable);
  endpoint.run(10'000);
  REQUIRE(endpoint.it.state() == State::kPartnerDown);
  CHECK(endpoint.it.status().since == AbsoluteTime{799'990'000});
  CHECK(endpoint.stored().state.partner_down_since == AbsoluteTime{799'990'000});
  endpoint.connect(endpoint.terms());
  endpoint.disk();
  const auto state = endpoint.last_state();
  REQUIRE(state);
  CHECK(state->since == AbsoluteTime{799'990'000});
  CHECK(state->partner_down_since == AbsoluteTime{799'990'000});
}

TEST_CASE("RFC 8156 8.4.1: the partner's prefixes are free to use when the MCLT after PARTNER-DOWN is over") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->it.disconnected("cut", endpoint->now);
  endpoint->disk();
  REQUIRE(endpoint->it.command(OperatorCommand::kPartnerDown, endpoint->now));
  endpoint->disk();
  CHECK_FALSE(endpoint->scope->policy().limited);
  CHECK_FALSE(endpoint->scope->policy().partner_prefixes);
  const AbsoluteTime from = endpoint->it.status().partner_prefixes_from;
  endpoint->run(3'600'000, 10'000);
  CHECK(from == endpoint->now.wall);
  CHECK_FALSE(endpoint->scope->policy().partner_prefixes);
  endpoint->run(1'000);
  CHECK(endpoint->scope->policy().partner_prefixes);
}

TEST_CASE(
    "RFC 8156 8.4.2: before the partner may serve, it knows what was given of its prefixes, and no more of them is") {
  Endpoint endpoint(FailoverRole::kSecondary, stable_in(State::kPartnerDown));
  endpoint.run(3'700'000, 10'000);
  REQUIRE(endpoint.scope->policy().partner_prefixes);
  endpoint.meet(State::kRecoverDone);
  endpoint.take_sent();
  CHECK(endpoint.it.state() == State::kPartnerDown);
  CHECK_FALSE(endpoint.scope->policy().partner_prefixes);
  CHECK(endpoint.it.status().partner_prefixes_from == AbsoluteTime{});
  CHECK(endpoint.host.scans.back() == ScanKind::kUnacked);
  endpoint.run_in_contact(30);
  CHECK_FALSE(endpoint.scope->policy().partner_prefixes);
  SUBCASE("it hears of them") {
    endpoint.scan_finds({lease_of(1, endpoint.now.wall)});
    CHECK(endpoint.it.state() == State::kPartnerDown);
    const auto update = endpoint.last(MessageType::kBndUpd);
    REQUIRE(update);
    endpoint.reply(view_of(*update).transaction_id, read_binding_update(view_of(*update)).update);
    endpoint.it.flush(endpoint.now);
    CHECK(endpoint.it.state() == State::kNormal);
    CHECK(endpoint.scope->policy().limited);
  }
  SUBCASE("it is lost meanwhile") {
    endpoint.it.disconnected("cut", endpoint.now);
    endpoint.it.tick(endpoint.now);
    CHECK(endpoint.it.state() == State::kPartnerDown);
    CHECK(endpoint.scope->policy().partner_prefixes);
  }
}

TEST_CASE("RFC 8156 4.2.2.1: in PARTNER-DOWN the leases that are over are looked for, from when it began") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->run_in_contact(30);
  CHECK(endpoint->host.overdue.empty());
  REQUIRE(endpoint->it.command(OperatorCommand::kPartnerDown, endpoint->now));
  const AbsoluteTime since = endpoint->now.wall;
  endpoint->run_in_contact(20);
  REQUIRE(endpoint->host.overdue.size() >= 3);
  for (const auto& [began, mclt] : endpoint->host.overdue) {
    CHECK(began == since);
    CHECK(mclt == Seconds{3600});
  }
}

// --- §8.5 to §8.7 ---

TEST_CASE(
    "RFC 8156 8.5.2: RECOVER with a record of the partner: UPDREQ; without, when the partner has one: UPDREQALL") {
  Endpoint known(FailoverRole::kSecondary, stable_in(State::kRecover));
  known.meet(State::kPartnerDown, {.communicated = true}, {799'999'900});
  CHECK(known.it.state() == State::kRecover);
  CHECK(known.sent() == "CONNECTREPLY STATE STATE UPDREQ");

  Endpoint lost(FailoverRole::kSecondary);
  lost.meet(State::kPartnerDown);
  CHECK(lost.it.state() == State::kRecover);
  CHECK(lost.sent() == "CONNECTREPLY STATE STATE UPDREQALL");

  Endpoint fresh(FailoverRole::kSecondary);
  fresh.meet(State::kPartnerDown, kNewPartner);
  CHECK(fresh.sent() == "CONNECTREPLY STATE STATE UPDREQ");
}

TEST_CASE("RFC 8156 8.5.2: it is asked again after a broken connection, for everything when the storage was lost") {
  Endpoint lost(FailoverRole::kSecondary);
  lost.meet(State::kPartnerDown);
  lost.take_sent();
  lost.it.disconnected("cut", lost.now);
  CHECK(lost.it.state() == State::kRecover);
  lost.meet(State::kPartnerDown);
  CHECK(lost.sent() == "CONNECTREPLY STATE UPDREQALL");
}

// Simulator seed 1795715015377: what only the partner knew was unknown here for as long as it lasted.
TEST_CASE("RFC 8156 5.3.6, 8.4: a server that serves without its memory asks for it as soon as the partner is there") {
  Endpoint lost(FailoverRole::kPrimary);
  lost.run(20'000);
  REQUIRE(lost.it.command(OperatorCommand::kPartnerDown, lost.now));
  lost.disk();
  lost.meet(State::kRecover);
  REQUIRE(lost.it.state() == State::kPartnerDown);
  CHECK(lost.sent() == "CONNECT STATE UPDREQALL");
  CHECK_FALSE(lost.stored().state.has_communicated);
  // In NORMAL again, if it has not had its answer.
  lost.hear_state(State::kRecoverDone);
  lost.it.tick(lost.now);
  lost.scan_finds({});
  lost.disk();
  REQUIRE(lost.it.state() == State::kNormal);
  CHECK(lost.sent() == "CONTACT STATE UPDREQALL");
  lost.update_done();
  lost.run(10'000);
  CHECK(lost.stored().state.has_communicated);
  lost.hear_state(State::kNormal);
  CHECK(lost.sent().find("UPDREQ") == std::string::npos);
}

TEST_CASE("RFC 8156 8.5.2: a server that lost its storage asks for everything, also when it is stopped in between") {
  Endpoint lost(FailoverRole::kSecondary);
  lost.meet(State::kPartnerDown);
  lost.run_in_contact(15);
  Endpoint again(Endpoint::settings_of(FailoverRole::kSecondary), lost.stored(), lost.now);
  again.meet(State::kPartnerDown);
  CHECK(again.it.state() == State::kRecover);
  CHECK(again.sent() == "CONNECTREPLY STATE STATE UPDREQALL");
  again.update_done();
  again.disk();
  // Now it has everything.
  Endpoint third(Endpoint::settings_of(FailoverRole::kSecondary), again.stored(), again.now);
  third.connect(third.terms());
  third.disk();
  CHECK(third.last_state()->flags.communicated);
}

TEST_CASE("RFC 8156 8.5.2: a partner that is starting up is not asked yet") {
  Endpoint endpoint(FailoverRole::kSecondary);
  endpoint.meet(State::kPartnerDown, kStarting);
  CHECK(endpoint.sent() == "CONNECTREPLY STATE STATE");
  endpoint.hear_state(State::kPartnerDown);
  endpoint.disk();
  CHECK(endpoint.sent() == "UPDREQALL");
}

TEST_CASE("RFC 8156 8.5.2: without UPDDONE and without updates the connection is dropped") {
  Endpoint endpoint(FailoverRole::kSecondary);
  endpoint.meet(State::kPartnerDown);
  endpoint.run_in_contact(119);
  CHECK(endpoint.it.is_connected());
  endpoint.hear_update(1, {.client = client(1), .base_time = endpoint.now.wall, .leases = {}});
  endpoint.run_in_contact(120);
  CHECK(endpoint.it.is_connected());
  endpoint.run_in_contact(2);
  CHECK_FALSE(endpoint.it.is_connected());
  CHECK(endpoint.it.state() == State::kRecover);
}

TEST_CASE("RFC 8156 Figure 7: RECOVER, RECOVER-WAIT until the MCLT after the failure, RECOVER-DONE, NORMAL") {
  Stable stable = stable_in(State::kNormal);
  stable.state.last_operating = {799'999'000};  // 1000 s ago
  Endpoint endpoint(FailoverRole::kSecondary, stable);
  endpoint.meet(State::kPartnerDown, {.communicated = true}, {799'999'900});
  REQUIRE(endpoint.it.state() == State::kRecover);
  CHECK(endpoint.sent() == "CONNECTREPLY STATE STATE UPDREQ");
  // The answer to another question.
  endpoint.hear_bare(MessageType::kUpdDone, 0xdead);
  CHECK(endpoint.it.state() == State::kRecover);
  endpoint.update_done();
  CHECK(endpoint.it.state() == State::kRecoverWait);
  endpoint.disk();
  CHECK(endpoint.last_state()->state == State::kRecoverWait);
  const AbsoluteTime end = endpoint.it.status().recover_wait_until;
  CHECK(end == AbsoluteTime{799'999'000} + Seconds{3610});
  endpoint.run_in_contact(2609);  // 1000 + 2609 < 3600 + 10
  CHECK(endpoint.it.state() == State::kRecoverWait);
  CHECK(end == endpoint.now.wall + Seconds{1});
  CHECK(endpoint.scope->policy().responsiveness == Responsiveness::kUnresponsive);
  endpoint.run_in_contact(1);
  CHECK(endpoint.it.state() == State::kRecoverDone);
  CHECK(endpoint.it.status().recover_wait_until == AbsoluteTime{});
  CHECK(endpoint.last_state()->state == State::kRecoverDone);
  CHECK(endpoint.scope->policy().responsiveness == Responsiveness::kKnownRenewals);
  endpoint.hear_state(State::kNormal);
  CHECK(endpoint.it.state() == State::kNormal);
  endpoint.disk();
  CHECK(endpoint.last_state()->state == State::kNormal);
}

TEST_CASE("RFC 8156 8.6.2: when the time of failure is not known, the MCLT begins with our start") {
  Endpoint endpoint(FailoverRole::kSecondary);
  endpoint.meet(State::kPartnerDown);
  endpoint.run_in_contact(100);
  endpoint.take_sent();
  endpoint.update_done();
  CHECK(endpoint.it.state() == State::kRecoverWait);
  CHECK(endpoint.it.status().recover_wait_until == endpoint.now.wall + Seconds{3500});
  endpoint.run_in_contact(3499);
  CHECK(endpoint.it.state() == State::kRecoverWait);
  endpoint.run_in_contact(1);
  CHECK(endpoint.it.state() == State::kRecoverDone);
}

TEST_CASE("RFC 8156 8.6.2: RECOVER-WAIT ends in time also without communications, and when the clock is set") {
  for (const uint32_t jump : {0U, 100'000'000U}) {
    Endpoint endpoint(FailoverRole::kSecondary);
    endpoint.meet(State::kPartnerDown);
    endpoint.take_sent();
    endpoint.update_done();
    endpoint.it.disconnected("cut", endpoint.now);
    endpoint.now.wall = endpoint.now.wall + Seconds{jump};  // a new machine has found its NTP server
    endpoint.run(3'590'000, 10'000);
    CHECK(endpoint.it.state() == State::kRecoverWait);
    endpoint.run(10'000, 10'000);
    CHECK(endpoint.it.state() == State::kRecoverDone);
  }
}

TEST_CASE("RFC 8156 8.6.2: two servers that never ran failover do not wait: RECOVER, NORMAL") {
  for (const FailoverRole role : kBothRoles) {
    Endpoint endpoint(role);
    endpoint.meet(State::kRecover, {.communicated = false, .startup = true});
    endpoint.hear_state(State::kRecover, kNewPartner);
    endpoint.disk();
    CHECK(endpoint.it.state() == State::kRecover);
    endpoint.take_sent();
    endpoint.update_done();
    // §8.7.2: the partner is in RECOVER still.
    CHECK(endpoint.it.state() == State::kCommunicationsInterrupted);
    endpoint.hear_state(State::kRecoverDone);
    CHECK(endpoint.it.state() == State::kNormal);
  }
}

TEST_CASE("RFC 8156 8.9: two new servers that meet, and one that comes back to NORMAL, alarm nobody") {
  for (const FailoverRole role : kBothRoles) {
    Endpoint endpoint(role);
    endpoint.meet(State::kRecover, {.communicated = false, .startup = true});
    endpoint.hear_state(State::kRecover, kNewPartner);
    endpoint.disk();
    endpoint.take_sent();
    endpoint.update_done();
    REQUIRE(endpoint.it.state() == State::kCommunicationsInterrupted);
    endpoint.hear_state(State::kRecoverDone);
    REQUIRE(endpoint.it.state() == State::kNormal);
    CHECK(std::ranges::count(endpoint.host.notes, Weight::kAlarm, &FakeHost::Note::weight) == 0);
    CHECK(std::ranges::count(in_normal(role)->host.notes, Weight::kAlarm, &FakeHost::Note::weight) == 0);
  }
}

TEST_CASE("RFC 8156 8.9: COMMUNICATIONS-INTERRUPTED that began with the partner there is an alarm when it is lost") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->hear_state(State::kRecover);
  REQUIRE(endpoint->it.state() == State::kCommunicationsInterrupted);
  CHECK(endpoint->host.notes.back().weight == Weight::kInfo);
  endpoint->it.disconnected("cut", endpoint->now);
  CHECK(endpoint->it.state() == State::kCommunicationsInterrupted);
  CHECK(endpoint->host.notes.back().event == "failover-state");
  CHECK(endpoint->host.notes.back().weight == Weight::kAlarm);
}

TEST_CASE("RFC 8156 8.5: RECOVER without a partner, in which nobody answers clients, is an alarm") {
  Endpoint endpoint(FailoverRole::kSecondary);
  endpoint.run(11'000);
  REQUIRE(endpoint.it.state() == State::kRecover);
  CHECK(endpoint.host.notes.back().weight == Weight::kAlarm);
}

TEST_CASE("RFC 8156 8.7.2: in RECOVER-DONE a failure of communications changes nothing") {
  Endpoint endpoint(FailoverRole::kSecondary, stable_in(State::kRecoverDone));
  endpoint.meet(State::kPartnerDown, kStarting, {799'000'000});
  Endpoint other(FailoverRole::kSecondary, stable_in(State::kRecoverDone));
  other.run(10'000);
  CHECK(other.it.state() == State::kRecoverDone);
  other.meet(State::kConflictDone);
  CHECK(other.it.state() == State::kRecoverDone);
  other.it.disconnected("cut", other.now);
  CHECK(other.it.state() == State::kRecoverDone);
}

// --- §8.8, §8.9 ---

TEST_CASE("RFC 8156 Figure 8: NORMAL, COMMUNICATIONS-INTERRUPTED and back, with an alarm") {
  for (const FailoverRole role : kBothRoles) {
    auto endpoint = in_normal(role);
    endpoint->it.disconnected("cut", endpoint->now);
    CHECK(endpoint->it.state() == State::kCommunicationsInterrupted);
    CHECK(endpoint->host.notes.back().weight == Weight::kAlarm);
    endpoint->disk();
    CHECK(endpoint->scope->policy().responsiveness == Responsiveness::kResponsive);
    CHECK(endpoint->scope->policy().limited);
    endpoint->meet(State::kCommunicationsInterrupted);
    CHECK(endpoint->it.state() == State::kNormal);
  }
}

TEST_CASE("RFC 8156 8.8.2: a partner that keeps the connection and does not answer updates is as good as gone") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->it.changed(lease_of(1, endpoint->now.wall), 0);
  endpoint->it.flush(endpoint->now);
  endpoint->run_in_contact(59);
  CHECK(endpoint->it.state() == State::kNormal);
  endpoint->run_in_contact(1);
  CHECK(endpoint->it.state() == State::kCommunicationsInterrupted);
  CHECK(endpoint->host.disconnects == 1);
}

TEST_CASE("RFC 8156 8.9.2: auto-partner-down after its time without a partner; without it, never") {
  RelationshipSettings settings = Endpoint::settings_of(FailoverRole::kSecondary);
  settings.auto_partner_down = Seconds{300};
  auto endpoint = in_normal(FailoverRole::kSecondary, settings);
  endpoint->it.disconnected("cut", endpoint->now);
  endpoint->run(299'000);
  CHECK(endpoint->it.state() == State::kCommunicationsInterrupted);
  endpoint->run(1'000);
  CHECK(endpoint->it.state() == State::kPartnerDown);
  CHECK(endpoint->host.notes_of("failover-auto-partner-down") == 1);
  CHECK(endpoint->stored().state.partner_down_since == endpoint->now.wall);

  auto never = in_normal(FailoverRole::kSecondary);
  never->it.disconnected("cut", never->now);
  never->run(100'000'000, 100'000);
  CHECK(never->it.state() == State::kCommunicationsInterrupted);
}

TEST_CASE("RFC 8156 8.9.2: auto-partner-down waits its time from when the partner was heard last") {
  RelationshipSettings settings = Endpoint::settings_of(FailoverRole::kSecondary);
  settings.auto_partner_down = Seconds{300};
  auto endpoint = in_normal(FailoverRole::kSecondary, settings);
  endpoint->it.disconnected("cut", endpoint->now);
  endpoint->meet(State::kRecover);
  REQUIRE(endpoint->it.state() == State::kCommunicationsInterrupted);
  for (int i = 0; i < 100; ++i) {
    endpoint->run_in_contact(10);
    endpoint->scan_finds({});
  }
  CHECK(endpoint->it.state() == State::kCommunicationsInterrupted);
  endpoint->it.disconnected("cut", endpoint->now);
  endpoint->run(299'000);
  CHECK(endpoint->it.state() == State::kCommunicationsInterrupted);
  endpoint->run(1'000);
  CHECK(endpoint->it.state() == State::kPartnerDown);
}

// --- §8.10 to §8.12 ---

TEST_CASE(
    "RFC 8156 Figure 9: the primary asks first, is CONFLICT-DONE, answers the secondary, and is NORMAL after it") {
  Endpoint primary(FailoverRole::kPrimary, stable_in(State::kNormal));
  primary.meet(State::kPotentialConflict);
  CHECK(primary.it.state() == State::kPotentialConflict);
  CHECK(primary.scope->policy().responsiveness == Responsiveness::kUnresponsive);
  CHECK(primary.sent() == "CONNECT STATE STATE UPDREQ");
  primary.update_done();
  CHECK(primary.it.state() == State::kConflictDone);
  primary.disk();
  CHECK(primary.scope->policy().responsiveness == Responsiveness::kResponsive);
  CHECK(primary.last_state()->state == State::kConflictDone);
  primary.hear_bare(MessageType::kUpdReq, 0x99);
  REQUIRE(primary.host.scans.size() == 1);
  CHECK(primary.host.scans[0] == ScanKind::kUnacked);
  primary.scan_finds({});
  CHECK(primary.sent() == "UPDDONE");
  primary.hear_state(State::kNormal);
  CHECK(primary.it.state() == State::kNormal);
}

TEST_CASE("RFC 8156 Figure 9: the secondary answers, asks when the primary is CONFLICT-DONE, and is NORMAL first") {
  Endpoint secondary(FailoverRole::kSecondary, stable_in(State::kNormal));
  secondary.meet(State::kPotentialConflict);
  CHECK(secondary.it.state() == State::kPotentialConflict);
  CHECK(secondary.sent() == "CONNECTREPLY STATE STATE");
  secondary.hear_bare(MessageType::kUpdReq, 0x99);
  secondary.scan_finds({});
  CHECK(secondary.sent() == "UPDDONE");
  CHECK(secondary.it.state() == State::kPotentialConflict);
  secondary.hear_state(State::kConflictDone);
  CHECK(secondary.sent() == "UPDREQ");
  secondary.update_done();
  CHECK(secondary.it.state() == State::kNormal);
  secondary.disk();
  secondary.scan_finds({});
  CHECK(secondary.sent() == "STATE POOLREQ");
  secondary.hear_state(State::kNormal);
  CHECK(secondary.it.state() == State::kNormal);
}

TEST_CASE("RFC 8156 8.10.2, 8.11: a connection that breaks in POTENTIAL-CONFLICT: serving, and back to it") {
  for (const FailoverRole role : kBothRoles) {
    Endpoint endpoint(role, stable_in(State::kNormal));
    endpoint.meet(State::kPotentialConflict);
    REQUIRE(endpoint.it.state() == State::kPotentialConflict);
    endpoint.it.disconnected("cut", endpoint.now);
    CHECK(endpoint.it.state() == State::kResolutionInterrupted);
    endpoint.disk();
    CHECK(endpoint.scope->policy().responsiveness == Responsiveness::kResponsive);
    CHECK(endpoint.scope->policy().limited);
    endpoint.meet(State::kResolutionInterrupted);
    CHECK(endpoint.it.state() == State::kPotentialConflict);
  }
}

TEST_CASE("RFC 8156 8.12: CONFLICT-DONE stays when communications fail and come back") {
  Endpoint primary(FailoverRole::kPrimary, stable_in(State::kNormal));
  primary.meet(State::kPotentialConflict);
  primary.take_sent();
  primary.update_done();
  primary.it.disconnected("cut", primary.now);
  CHECK(primary.it.state() == State::kConflictDone);
  primary.meet(State::kResolutionInterrupted);
  CHECK(primary.it.state() == State::kConflictDone);
  primary.hear_state(State::kNormal);
  CHECK(primary.it.state() == State::kNormal);
}

// Simulator seeds 1795714290745, 1795720569833: both waited for the other's word.
TEST_CASE("RFC 8156 8.4.2, 8.7, 8.10: a partner that is told PARTNER-DOWN while we wait for it hears our state again") {
  struct Case {
    FailoverRole role;
    State before;
    State partner;
    bool update_done;
    State waits_in;
  };
  for (const Case& one : {
           Case{FailoverRole::kPrimary, State::kNormal, State::kPotentialConflict, false, State::kPotentialConflict},
           Case{FailoverRole::kSecondary, State::kNormal, State::kPotentialConflict, false, State::kPotentialConflict},
           Case{FailoverRole::kPrimary, State::kNormal, State::kPotentialConflict, true, State::kConflictDone},
           Case{FailoverRole::kSecondary, State::kRecoverDone, State::kCommunicationsInterrupted, false,
                State::kRecoverDone},
       }) {
    CAPTURE(to_string(one.waits_in));
    Endpoint endpoint(one.role, stable_in(one.before));
    endpoint.meet(one.partner);
    endpoint.take_sent();
    if (one.update_done) endpoint.update_done();
    endpoint.disk();
    endpoint.take_sent();
    endpoint.hear_state(State::kPartnerDown);
    const auto said = endpoint.last_state();
    REQUIRE(said);
    CHECK(said->state == one.waits_in);
  }
  // Whose state changes has said it by that.
  auto normal = in_normal(FailoverRole::kPrimary);
  normal->hear_state(State::kPartnerDown);
  normal->disk();
  CHECK(normal->sent() == "STATE UPDREQ");
}

// --- what workers may do, and when ---

TEST_CASE("RFC 8156 8.1, 8.2: what a state forbids holds at once, what it allows when the disk knows it") {
  auto endpoint = in_normal(FailoverRole::kSecondary);
  CHECK(endpoint->scope->policy().responsiveness == Responsiveness::kRenewResponsive);
  CHECK(endpoint->scope->policy().streaming);
  endpoint->it.disconnected("cut", endpoint->now);
  CHECK(endpoint->scope->policy().responsiveness == Responsiveness::kRenewResponsive);
  CHECK_FALSE(endpoint->scope->policy().streaming);
  endpoint->disk();
  CHECK(endpoint->scope->policy().responsiveness == Responsiveness::kResponsive);

  REQUIRE(endpoint->it.command(OperatorCommand::kPartnerDown, endpoint->now));
  CHECK(endpoint->scope->policy().limited);
  endpoint->disk();
  CHECK_FALSE(endpoint->scope->policy().limited);

  endpoint->connect(endpoint->terms());
  endpoint->disk();
  endpoint->hear_state(State::kNormal);
  CHECK(endpoint->it.state() == State::kPotentialConflict);
  CHECK(endpoint->scope->policy().responsiveness == Responsiveness::kUnresponsive);
  CHECK(endpoint->scope->policy().limited);
}

TEST_CASE("RFC 8156 8.2: what was written for an earlier state does not free what a later one allows") {
  auto endpoint = in_normal(FailoverRole::kSecondary);
  endpoint->it.disconnected("cut", endpoint->now);
  const uint64_t interrupted = endpoint->host.saves.back().token;
  REQUIRE(endpoint->it.command(OperatorCommand::kPartnerDown, endpoint->now));
  endpoint->it.persisted(interrupted, endpoint->now);
  CHECK(endpoint->scope->policy().limited);
  endpoint->disk();
  CHECK_FALSE(endpoint->scope->policy().limited);
}

// --- commands ---

TEST_CASE("RFC 8156 8.8.2, 8.9.2, 8.11.2: the operator says that the partner is down, where that makes sense") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  REQUIRE(endpoint->it.command(OperatorCommand::kPartnerDown, endpoint->now));
  CHECK(endpoint->it.state() == State::kPartnerDown);
  CHECK_FALSE(endpoint->it.command(OperatorCommand::kPartnerDown, endpoint->now));

  Endpoint starting(FailoverRole::kPrimary, stable_in(State::kNormal));
  CHECK_FALSE(starting.it.command(OperatorCommand::kPartnerDown, starting.now));
  CHECK(starting.it.state() == State::kStartup);

  Endpoint conflict(FailoverRole::kPrimary, stable_in(State::kNormal));
  conflict.meet(State::kPotentialConflict);
  const auto refused = conflict.it.command(OperatorCommand::kPartnerDown, conflict.now);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("POTENTIAL-CONFLICT") != std::string::npos);
  CHECK(conflict.it.state() == State::kPotentialConflict);

  Endpoint alone(FailoverRole::kPrimary);
  alone.run(10'000);
  REQUIRE(alone.it.state() == State::kRecover);
  CHECK(alone.it.command(OperatorCommand::kPartnerDown, alone.now));
  CHECK(alone.it.state() == State::kPartnerDown);
}

TEST_CASE("the operator has everything sent again: UPDREQALL, once at a time, of a partner that is there") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  REQUIRE(endpoint->it.command(OperatorCommand::kResync, endpoint->now));
  CHECK(endpoint->sent() == "UPDREQALL");
  CHECK(endpoint->it.status().resynchronizing);
  CHECK_FALSE(endpoint->it.command(OperatorCommand::kResync, endpoint->now));
  endpoint->update_done();
  CHECK(endpoint->it.state() == State::kNormal);
  CHECK_FALSE(endpoint->it.status().resynchronizing);
  CHECK(endpoint->it.command(OperatorCommand::kResync, endpoint->now));
  endpoint->it.disconnected("cut", endpoint->now);
  CHECK_FALSE(endpoint->it.command(OperatorCommand::kResync, endpoint->now));
}

}  // namespace
}  // namespace tandem6::failover::relationship_states_test
