// What the pair's states mean for people.
#include "control/failover_text.h"

#include <set>

#include "control/local_time.h"
#include "tests/unit/control/failover_fixture.h"

namespace tandem6::control::failover_text_test {
namespace {

using failover::State;
using lease::FailoverRole;

constexpr State kStates[] = {State::kStartup,
                             State::kNormal,
                             State::kCommunicationsInterrupted,
                             State::kPartnerDown,
                             State::kPotentialConflict,
                             State::kRecover,
                             State::kRecoverWait,
                             State::kRecoverDone,
                             State::kResolutionInterrupted,
                             State::kConflictDone};

/// Now is when it is the same to everything but certificates.
std::vector<std::string> failover_alarms(const failover::RelationshipStatus& status,
                                         const std::vector<failover::RelationshipSettings>& configured) {
  return control::failover_alarms(status, configured, AbsoluteTime::from_unix(1'800'000'000));
}

failover::RelationshipStatus in(State state, FailoverRole role, bool communicating) {
  failover::RelationshipStatus status;
  status.name = "west";
  status.state = state;
  status.role = role;
  status.communicating = communicating;
  status.secure = true;
  status.mclt = Seconds{1800};
  return status;
}

TEST_CASE("failover: every state has one sentence of meaning and an advice, of its own") {
  std::set<std::string> meanings;
  for (const State state : kStates) {
    for (const FailoverRole role : {FailoverRole::kPrimary, FailoverRole::kSecondary}) {
      for (const bool communicating : {false, true}) {
        const StateText text = explain(in(state, role, communicating));
        CAPTURE(failover::to_string(state));
        CAPTURE(text.means);
        CHECK(text.means.ends_with('.'));
        CHECK(text.means.find(". ") == std::string::npos);
        CHECK(text.advice.ends_with('.'));
      }
    }
    meanings.insert(explain(in(state, FailoverRole::kPrimary, false)).means);
  }
  CHECK(meanings.size() == std::size(kStates));
}

TEST_CASE("RFC 8156 Figure 6: the text says of each state whether clients are answered") {
  for (const State state : kStates) {
    for (const FailoverRole role : {FailoverRole::kPrimary, FailoverRole::kSecondary}) {
      const StateText text = explain(in(state, role, true));
      CAPTURE(failover::to_string(state));
      CAPTURE(text.means);
      const bool says_so = has(text.means, "this server answers all clients") ||
                           has(text.means, "this one answers all") || has(text.means, "and answers all clients");
      CHECK(says_so == serves_all(state, role));
    }
  }
  CHECK(has(explain(in(State::kPartnerDown, FailoverRole::kPrimary, false)).means, "serves all clients alone"));
}

TEST_CASE("failover: partner-down is advised only where the partner is not heard") {
  for (const State state : kStates) {
    CAPTURE(failover::to_string(state));
    CHECK_FALSE(has(explain(in(state, FailoverRole::kPrimary, true)).advice, "partner-down"));
  }
  for (const State state : {State::kCommunicationsInterrupted, State::kConflictDone}) {
    CHECK(has(explain(in(state, FailoverRole::kPrimary, false)).advice, "tandem6ctl failover partner-down"));
  }
}

TEST_CASE("failover: texts that a terminal shows do not speak in names that only the control socket has") {
  for (const State state : kStates) {
    for (const bool communicating : {false, true}) {
      const failover::RelationshipStatus status = in(state, FailoverRole::kPrimary, communicating);
      for (const std::string& text :
           {explain(status).advice, explain(status).means, consequence_of_partner_down(status)}) {
        CAPTURE(text);
        CHECK_FALSE(has(text, "failover-"));
        CHECK_FALSE(has(text, "last-disconnect"));
      }
    }
  }
}

TEST_CASE("failover: in RECOVER partner-down gives away at once what clients hold from the partner, and says so") {
  for (const FailoverRole role : {FailoverRole::kPrimary, FailoverRole::kSecondary}) {
    const std::string text = consequence_of_partner_down(in(State::kRecover, role, false));
    CAPTURE(text);
    CHECK(has(text, "does not know which leases the partner has given"));
    CHECK(has(text, "gives them away at once"));
    CHECK(has(text, "Only for a new pair, or when the partner's database is lost for good."));
    CHECK_FALSE(has(text, "after the MCLT"));
    CHECK(has(explain(in(State::kRecover, role, false)).advice, "give away at once"));
  }
  // Where this server knows its partner's leases, the MCLT protects them.
  const std::string text =
      consequence_of_partner_down(in(State::kCommunicationsInterrupted, FailoverRole::kPrimary, false));
  CHECK(has(text, "after the MCLT (1800 s)"));
  CHECK_FALSE(has(text, "at once"));
}

TEST_CASE("failover alarms: none in NORMAL over TLS with clocks that agree") {
  CHECK(failover_alarms(in(State::kNormal, FailoverRole::kPrimary, true), {}).empty());
  for (const State state : kStates) {
    CAPTURE(failover::to_string(state));
    CHECK(failover_alarms(in(state, FailoverRole::kSecondary, true), {}).empty() == (state == State::kNormal));
  }
  CHECK(failover_alarms(in(State::kNormal, FailoverRole::kPrimary, false), {}).size() == 1);
}

TEST_CASE("failover alarms: start-partner-down that is still set once the partner was met") {
  failover::RelationshipStatus status = in(State::kNormal, FailoverRole::kPrimary, true);
  std::vector<failover::RelationshipSettings> configured(2);
  configured[0].name = "east";
  configured[1].name = "west";
  configured[1].start_partner_down = true;
  CHECK(failover_alarms(status, configured).empty());
  status.has_communicated = true;
  REQUIRE(failover_alarms(status, configured).size() == 1);
  CHECK(has(failover_alarms(status, configured)[0], "\"start-partner-down\" is still set"));
  configured[1].start_partner_down = false;
  configured[0].start_partner_down = true;
  CHECK(failover_alarms(status, configured).empty());
}

TEST_CASE("failover alarms: a certificate that ends within 30 days, and one that has ended") {
  failover::RelationshipStatus status = in(State::kNormal, FailoverRole::kPrimary, true);
  const AbsoluteTime now = AbsoluteTime::from_unix(1'800'000'000);
  const auto alarms_with = [&](int64_t left) {
    status.certificate_until = now.to_unix() + left;
    return control::failover_alarms(status, {}, now);
  };
  CHECK(alarms_with(int64_t{30} * 86400).empty());
  CHECK(alarms_with(int64_t{100'000} * 86400).empty());
  REQUIRE(alarms_with(int64_t{30} * 86400 - 1).size() == 1);
  CHECK(has(alarms_with(86400)[0], "this server's certificate ends at " + local_time(1'800'086'400)));
  REQUIRE(alarms_with(0).size() == 1);
  CHECK(has(alarms_with(-86400)[0], "this server's certificate ended at " + local_time(1'799'913'600)));
}

TEST_CASE("RFC 8156 7.1: a clock that is 2 s off is an alarm, which says in which direction") {
  failover::RelationshipStatus status = in(State::kNormal, FailoverRole::kPrimary, true);
  status.skew_seconds = 1;
  CHECK(failover_alarms(status, {}).empty());
  status.skew_seconds = 2;
  REQUIRE(failover_alarms(status, {}).size() == 1);
  CHECK(has(failover_alarms(status, {})[0], "the partner's clock is 2 s ahead of this server's"));
  status.skew_seconds = -3;
  REQUIRE(failover_alarms(status, {}).size() == 1);
  CHECK(has(failover_alarms(status, {})[0], "3 s behind"));
}

TEST_CASE("RFC 8156 4.1: configurations that differ, and leases that the partner has no place for, are alarms") {
  failover::RelationshipStatus status = in(State::kNormal, FailoverRole::kPrimary, true);
  status.differences = {"pools", "options"};
  REQUIRE(failover_alarms(status, {}).size() == 1);
  CHECK(has(failover_alarms(status, {})[0], "differ: pools, options."));
  status.differences.clear();
  status.refused_lease = lease::LeaseKey{
      .type = lease::LeaseType::kPrefix, .prefix_length = 56, .address = Ipv6Address::parse("2001:db8:8000::").value()};
  REQUIRE(failover_alarms(status, {}).size() == 1);
  CHECK(has(failover_alarms(status, {})[0], "2001:db8:8000::/56 among them"));
}

TEST_CASE("RFC 8156 10: a connection without TLS is an alarm") {
  failover::RelationshipStatus status = in(State::kNormal, FailoverRole::kPrimary, true);
  status.secure = false;
  REQUIRE(failover_alarms(status, {}).size() == 1);
  CHECK(has(failover_alarms(status, {})[0], "plain TCP"));
}

}  // namespace
}  // namespace tandem6::control::failover_text_test
