// Every kind of fault is seen, and a good answer has none.
#include "perf/blast/answer.h"

#include <doctest/doctest.h>

#include "tests/unit/blast/fixtures.h"

namespace tandem6::answer_test {

using namespace tandem6::blast;
using test::Answer;
using test::World;

namespace {

constexpr uint32_t kClient = 1;

/// A client asks REQUEST and is answered like that: which faults it has.
std::vector<Fault> faults_of(const Answer& how, const Profile& profile = test::small_profile()) {
  World world(profile);
  world.crowd.begin_with(kClient, Task::kFourWay, Nanoseconds(0), Nanoseconds(0));
  Answer good;
  good.options = profile.requested_options;
  world.answer(kClient, good);
  REQUIRE(world.crowd.client(kClient).question == Question::kRequest);
  world.answer(kClient, how);
  std::vector<Fault> faults;
  for (size_t i = 0; i < kFaults; ++i) {
    if (world.crowd.oddities().faults[i] != 0) faults.push_back(static_cast<Fault>(i));
  }
  return faults;
}

/// A client has its leases, asks this and is answered like that.
std::vector<Fault> faults_of(Task task, const Answer& how) {
  World world;
  world.four_way(kClient);
  REQUIRE(world.crowd.client(kClient).bound);
  world.crowd.begin_with(kClient, task, Nanoseconds(0), Nanoseconds(0));
  world.answer(kClient, how);
  std::vector<Fault> faults;
  for (size_t i = 0; i < kFaults; ++i) {
    if (world.crowd.oddities().faults[i] != 0) faults.push_back(static_cast<Fault>(i));
  }
  return faults;
}

using Faults = std::vector<Fault>;

}  // namespace

TEST_CASE("a good answer has no fault, direct and relayed") {
  CHECK(faults_of(Answer{}).empty());
  CHECK(faults_of(Answer{}, test::relayed_profile()).empty());
  for (const Task task : {Task::kRenew, Task::kRebind, Task::kRelease}) CHECK(faults_of(task, Answer{}).empty());
  CHECK(faults_of(Task::kInformationRequest, {.address_ia = false, .prefix_ia = false}).empty());
}

TEST_CASE("identifiers") {
  CHECK(faults_of({.transaction_offset = 1}) == Faults{Fault::kWrongTransaction});
  CHECK(faults_of({.client_id = false}) == Faults{Fault::kNoClientId});
  CHECK(faults_of({.client_offset = 100}) == Faults{Fault::kNoClientId});
  CHECK(faults_of({.server = nullptr}) == Faults{Fault::kNoServerId});
  CHECK(faults_of({.server = "00:03:00:01:02:00:00:00:00:02"}) == Faults{Fault::kServerIdChanged});
  CHECK(faults_of({.type = wire::MessageType::kAdvertise}) == Faults{Fault::kWrongType});
}

TEST_CASE("what another client's answer would look like is no transaction of this client") {
  // Its DUID, our transaction id: the other one never used it.
  CHECK(faults_of({.client_offset = 1}) == Faults{Fault::kWrongTransaction});
}

TEST_CASE("statuses") {
  CHECK(faults_of({.status = wire::StatusCode::kUnspecFail}) == Faults{Fault::kStatusFailed});
  CHECK(faults_of({.with_leases = false, .address_status = wire::StatusCode::kNoAddrsAvail}) ==
        Faults{Fault::kNoAddrsAvail, Fault::kLeaseMissing});
  CHECK(faults_of({.prefix_status = wire::StatusCode::kNoPrefixAvail}) == Faults{Fault::kNoPrefixAvail});
  CHECK(faults_of({.prefix_status = wire::StatusCode::kNotOnLink}) == Faults{Fault::kIaRefused});
  CHECK(faults_of(Task::kRenew, {.address_status = wire::StatusCode::kNoBinding}) == Faults{Fault::kNoBinding});
  CHECK(faults_of(Task::kRelease, {.with_leases = false, .prefix_status = wire::StatusCode::kNoBinding}) ==
        Faults{Fault::kNoBinding});
}

TEST_CASE("IAs and leases") {
  CHECK(faults_of({.address_ia = false}) == Faults{Fault::kIaMissing});
  CHECK(faults_of({.prefix_ia = false}) == Faults{Fault::kIaMissing});
  CHECK(faults_of({.iaid_offset = 2}) == Faults{Fault::kIaMissing, Fault::kIaUnexpected});
  CHECK(faults_of({.with_leases = false}) == Faults{Fault::kLeaseMissing});
  Profile only_address = test::small_profile();
  only_address.prefixes = false;
  World world(only_address);
  world.crowd.begin_with(kClient, Task::kFourWay, Nanoseconds(0), Nanoseconds(0));
  world.answer(kClient, {});
  CHECK(world.faults(Fault::kIaUnexpected) == 1);
}

TEST_CASE("lifetimes: RFC 8415 21.4, 21.6") {
  CHECK(faults_of({.t1 = {2000}, .t2 = {1000}}) == Faults{Fault::kBadLifetimes});
  CHECK(faults_of({.t1 = {2000}, .t2 = {0}}).empty());
  CHECK(faults_of({.preferred = {5000}, .valid = {4000}}) == Faults{Fault::kBadLifetimes});
  CHECK(faults_of({.preferred = {0}, .valid = {0}}) == Faults{Fault::kLeaseMissing});
}

TEST_CASE("RENEW and REBIND must extend what the client has") {
  for (const Task task : {Task::kRenew, Task::kRebind}) {
    CHECK(faults_of(task, {.address = test::address("2001:db8::9")}) == Faults{Fault::kLeaseChanged});
    CHECK(faults_of(task, {.prefix = Ipv6Prefix::parse("2001:db8:9000::/56")}) == Faults{Fault::kLeaseChanged});
  }
  CHECK(faults_of({.address = test::address("2001:db8::9")}).empty());  // an ADVERTISE promises nothing
}

TEST_CASE("requested options must be there") {
  Profile profile = test::small_profile();
  profile.requested_options = {23, 24};
  CHECK(faults_of({.options = {23, 24}}, profile).empty());
  CHECK(faults_of({.options = {24}}, profile) == Faults{Fault::kOptionMissing});
}

TEST_CASE("RFC 8415 18.3.1: the answer to Rapid Commit is a REPLY that has the option") {
  World world;
  world.crowd.begin_with(0, Task::kRapidCommit, Nanoseconds(0), Nanoseconds(0));
  world.answer(0, {.rapid_commit = true});
  CHECK(world.crowd.client(0).bound);
  world.crowd.begin_with(1, Task::kRapidCommit, Nanoseconds(0), Nanoseconds(0));
  world.answer(1, {.rapid_commit = false});
  CHECK(world.faults(Fault::kOptionMissing) == 1);
  CHECK_FALSE(world.crowd.client(1).bound);
}

TEST_CASE("RFC 8415 19.3: a Relay-reply repeats link-address, peer-address and Interface-Id") {
  const Profile profile = test::relayed_profile();
  CHECK(faults_of({.link_address = test::address("2001:db8::")}, profile) == Faults{Fault::kRelayMismatch});
  CHECK(faults_of({.peer_address = test::address("fe80::1")}, profile) == Faults{Fault::kRelayMismatch});
  CHECK(faults_of({.interface_id = false}, profile) == Faults{Fault::kRelayMismatch});
}

TEST_CASE("bytes that are no message, and a direct answer to a relayed client") {
  const Population direct(test::small_profile());
  const Population relayed(test::relayed_profile());
  Arrival arrival;
  CHECK(read_arrival(direct, Bytes{}, arrival) == Fault::kMalformed);
  CHECK(read_arrival(direct, wire::bytes_of({"\x07zzz\x00\x01\x00\xff", 8}), arrival) == Fault::kMalformed);
  test::Server server(direct);
  CHECK(read_arrival(relayed, server.answer(0, Client{}), arrival) == Fault::kMalformed);
}

TEST_CASE("no answer that is cut short or damaged is read beyond its end") {
  World world(test::relayed_profile());
  world.crowd.begin_with(0, Task::kFourWay, Nanoseconds(0), Nanoseconds(0));
  const Bytes whole = world.server.answer(0, world.crowd.client(0));
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::vector<std::byte> part(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    Arrival arrival;
    CHECK(read_arrival(world.population, part, arrival));
  }
}

}  // namespace tandem6::answer_test
