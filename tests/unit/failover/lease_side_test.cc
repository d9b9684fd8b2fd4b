// RFC 8156 §7 at the leases: the times of §7.3, what an update leaves (§7.5.5, Figure 5), acks, scans, what is over.
#include "failover/lease_side.h"

#include <doctest/doctest.h>

#include "tests/support/shared_server.h"

namespace tandem6::failover::lease_side_test {
namespace {

using namespace tandem6::testing;
using lease::BindingStatus;
using lease::FailoverRole;
using lease::LeaseKey;
using lease::LeaseRecord;
using lease::PartnerTimes;
using wire::StatusCode;

const Duid kClient = Duid::from_bytes(kClientDuid).value();
const Duid kOther = Duid::from_bytes(kOtherClientDuid).value();
/// Changes that the feed of a SharedServer takes.
constexpr size_t kFedOfFull = 56;

struct Pair : SharedServer {
  using SharedServer::SharedServer;
  AbsoluteTime now() const { return server.now; }
  AbsoluteTime in(uint32_t seconds) const { return server.now + Seconds{seconds}; }
  void pass(uint32_t seconds) { server.now = in(seconds); }
  lease::ErrandPlace place() { return {server.group, server.snapshot(), server.now}; }

  void fill_log() {
    LeaseRecord record;
    record.duid = kClient;
    while (server.group.log().room() != 0) server.group.log().append(lease::LeaseChange::Kind::kPut, record);
  }

  /// With changes, all that it takes of them: other clients get addresses.
  void fill_feed() {
    for (uint16_t number = 0; number < kFedOfFull; ++number) {
      REQUIRE(server.group.feed().has_room());
      server.send(from_client(kRequest, {ia_na(7)}, duid_of(number)));
    }
    REQUIRE_FALSE(server.group.feed().has_room());
  }

  /// The client gets an address.
  LeaseKey request(const Octets& duid = kClientDuid) {
    const LeaseKey key = key_of(server.send(from_client(kRequest, {ia_na(7)}, duid)).lease());
    server.changes();
    fed();
    return key;
  }
  void release(const LeaseKey& key) {
    server.send(from_client(kRelease, {ia_na(7, {ia_address(key.address.to_string())})}));
  }

  IncomingUpdate incoming(const Duid& client, const LeaseUpdate& lease, std::vector<std::byte> client_data = {}) {
    IncomingUpdate made;
    made.update.client = client;
    made.update.base_time = now();
    made.update.leases = {lease};
    made.update.client_data = std::move(client_data);
    return made;
  }
  StatusCode apply(const Duid& client, const LeaseUpdate& lease) {
    IncomingUpdate update = incoming(client, lease);
    REQUIRE(failover::apply(place(), *scope, update) == Applied::kDone);
    CHECK(update.sequence == server.group.log().written());
    return update.update.leases[0].verdict;
  }
  void ack(const LeaseKey& key, const Duid& client = kClient, std::optional<AbsoluteTime> lifetime = std::nullopt) {
    REQUIRE(acknowledge(place(), {client, key, times(key).version, lifetime}));
  }
  std::vector<LeaseRecord> scan(ScanKind kind) {
    std::vector<FoundLease> found;
    WalkCursor cursor;
    while (!cursor.finished) failover::scan(place(), *scope, kind, cursor, 1000, found);
    std::vector<LeaseRecord> records;
    for (const FoundLease& one : found) records.push_back(one.record);
    return records;
  }
};

/// An address of the secondary's, as it tells of it.
LeaseUpdate theirs(const Pair& it, BindingStatus status = BindingStatus::kActive) {
  LeaseUpdate update;
  update.key = {.type = lease::LeaseType::kAddress, .address = ip("2001:db8:1::110")};
  update.iaid = 9;
  update.preferred = {1000};
  update.valid = {2000};
  update.status = status;
  update.start_of_state = {it.now().since_2000 - 30};
  update.client_contact = {it.now().since_2000 - 10};
  if (status == BindingStatus::kActive) {
    update.state_expiration = it.in(1990);
    update.partner_lifetime = it.in(4444);
    update.expiration = it.in(333);
  }
  update.partner_raw_contact = {it.now().since_2000 - 500};
  return update;
}

// --- §7.3 ---

TEST_CASE("RFC 8156 7.3: the times of a lease that a client gets, and of its renewal") {
  Pair it(FailoverRole::kPrimary);
  const AbsoluteTime begin = it.now();
  const LeaseKey key = it.request();
  PartnerTimes times = it.times(key);
  CHECK(times.start_of_state == begin);
  CHECK(times.client_contact == begin);
  CHECK(times.partner_lifetime == begin + Seconds{300 + 4000});
  CHECK(times.acked_partner_lifetime == AbsoluteTime{});
  CHECK(times.expiration_time == AbsoluteTime{});
  CHECK(times.partner_raw_contact == AbsoluteTime{});
  CHECK(times.unacked);
  CHECK(times.sent);
  const uint32_t version = times.version;

  it.pass(100);
  it.server.send(from_client(kRenew, {ia_na(7, {ia_address(key.address.to_string())})}));
  times = it.times(key);
  CHECK(times.start_of_state == begin);
  CHECK(times.client_contact == it.now());
  CHECK(times.partner_lifetime == it.in(300 + 4000));
  CHECK(times.version != version);
  // What is logged and what is fed are the same.
  const auto changes = it.server.changes();
  REQUIRE(changes.size() == 1);
  const auto fed = it.fed();
  REQUIRE(fed.size() == 1);
  CHECK(fed[0] == changes[0].record);
  CHECK(fed[0].partner == times);
}

TEST_CASE("RFC 8156 7.2, 7.3: a release is RELEASED, at that time, by the client's own word") {
  Pair it(FailoverRole::kPrimary);
  const LeaseKey key = it.request();
  it.pass(100);
  it.release(key);
  const auto record = it.record(key);
  REQUIRE(record);
  CHECK(record->status == BindingStatus::kReleased);
  CHECK(record->partner->start_of_state == it.now());
  CHECK(record->partner->client_contact == it.now());
  CHECK(record->partner->unacked);
  CHECK(it.fed().size() == 1);
  CHECK(it.server.changes().size() == 1);
}

TEST_CASE("RFC 8156 7.2, 7.4: an expired lease is EXPIRED, 5 seconds late; the client has said nothing then") {
  Pair it(FailoverRole::kPrimary);
  const AbsoluteTime begin = it.now();
  const LeaseKey key = it.request();
  it.pass(kMclt.count + 4);
  it.expire();
  CHECK(it.record(key)->status == BindingStatus::kActive);
  it.pass(1);
  it.expire();
  const auto record = it.record(key);
  REQUIRE(record);
  CHECK(record->status == BindingStatus::kExpired);
  CHECK(record->partner->start_of_state == it.now());
  CHECK(record->partner->client_contact == begin);
  CHECK(record->duid == kClient);
  CHECK(it.fed().size() == 1);
  CHECK(it.server.snapshot().subnets()[0].counters->cells[0].addresses == 0);
}

TEST_CASE("RFC 8156 Figure 2 (9), (10): a declined lease is ABANDONED, then RESET, then gone when the partner knows") {
  Pair it(FailoverRole::kPrimary);
  const LeaseKey key = it.request();
  it.server.send(from_client(kDecline, {ia_na(7, {ia_address(key.address.to_string())})}));
  CHECK(it.record(key)->status == BindingStatus::kAbandoned);
  CHECK(it.times(key).start_of_state == it.now());
  CHECK(it.times(key).partner_lifetime == it.in(86400));
  CHECK(it.fed().size() == 1);
  it.ack(key);
  CHECK(it.record(key)->status == BindingStatus::kAbandoned);
  it.pass(86400 + 5);
  it.expire();
  CHECK(it.record(key)->status == BindingStatus::kReset);
  CHECK(it.fed().size() == 1);
  it.ack(key);
  CHECK(it.find(key) == nullptr);
}

TEST_CASE("RFC 8156 4.3: without a partner that listens a change stays marked, and is not sent") {
  Pair it(FailoverRole::kPrimary);
  lease::FailoverPolicy interrupted = kServing;
  interrupted.streaming = false;
  it.set(interrupted);
  const LeaseKey key = it.request();
  CHECK(it.fed().empty());
  CHECK(it.times(key).unacked);
  CHECK_FALSE(it.times(key).sent);
}

TEST_CASE("RFC 8156 4.3: a change that finds no room in the feed says so, and stays marked") {
  Pair it(FailoverRole::kPrimary);
  it.fill_feed();
  CHECK_FALSE(it.server.group.feed().take_overflow());
  const LeaseKey key = key_of(it.server.send(from_client(kRequest, {ia_na(7)})).lease());
  CHECK(it.server.group.feed().take_overflow());
  CHECK_FALSE(it.server.group.feed().take_overflow());
  CHECK(it.times(key).unacked);
  CHECK_FALSE(it.times(key).sent);
  CHECK(it.fed().size() == kFedOfFull);
}

// Simulator seed 1795715989850: the withdrawal found no room, and the partner heard what was overtaken.
TEST_CASE("RFC 8156 7.5.5: what withdraws finds room in a feed that is full of changes; else the update waits") {
  Pair it(FailoverRole::kSecondary);
  const LeaseKey key = it.request();
  it.fill_feed();
  it.pass(100);
  LeaseUpdate update = theirs(it, BindingStatus::kReleased);
  update.key = key;
  REQUIRE(it.apply(kClient, update) == StatusCode::kSuccess);
  CHECK_FALSE(it.times(key).sent);
  while (it.server.group.feed().can_withdraw()) it.server.group.feed().push(1, 3, {});
  IncomingUpdate incoming = it.incoming(kOther, theirs(it));
  CHECK(failover::apply(it.place(), *it.scope, incoming) == Applied::kNoRoom);
  const auto fed = it.fed();
  CHECK(fed[kFedOfFull].key == key);
  CHECK(fed[kFedOfFull].status == BindingStatus::kFree);
  CHECK(failover::apply(it.place(), *it.scope, incoming) == Applied::kDone);
}

TEST_CASE("RFC 8156 7.5.2: a change is not taken from the feed before it is on the disk") {
  Pair it(FailoverRole::kPrimary);
  it.server.send(from_client(kRequest, {ia_na(7)}));
  const uint64_t sequence = it.server.group.log().written();
  const auto take = [&](uint64_t committed) {
    return it.server.group.feed().take(committed, 10,
                                       [](const lease::UpdateFeed::Entry& entry) { CHECK(entry.scope == 3); });
  };
  CHECK(take(sequence - 1) == 0);
  CHECK(take(sequence) == 1);
  CHECK(take(sequence) == 0);
}

// --- §7.5.5, Figure 5 ---

TEST_CASE("RFC 8156 7.5.5, Figure 5: what an update leaves of a lease that was not here, field by field") {
  Pair it(FailoverRole::kPrimary);
  const LeaseUpdate update = theirs(it);
  CHECK(it.apply(kClient, update) == StatusCode::kSuccess);
  const auto record = it.record(update.key);
  REQUIRE(record);
  CHECK(record->status == BindingStatus::kActive);
  CHECK(record->duid == kClient);
  CHECK(record->iaid == 9);
  CHECK(record->subnet_id == 1);
  CHECK(record->preferred == Seconds{1000});
  CHECK(record->valid == Seconds{2000});
  CHECK(record->expires() == update.state_expiration);
  const PartnerTimes& times = *record->partner;
  CHECK(times.expiration_time == update.partner_lifetime);
  CHECK(times.partner_raw_contact == update.client_contact);
  CHECK(times.start_of_state == update.start_of_state);
  CHECK(times.partner_lifetime == update.expiration);
  CHECK(times.client_contact == update.partner_raw_contact);
  CHECK(times.acked_partner_lifetime == AbsoluteTime{});
  CHECK_FALSE(times.unacked);
  // Stored, and not told back.
  const auto changes = it.server.changes();
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].record == *record);
  CHECK(it.fed().empty());
  CHECK(it.addresses().partition()->is_leased(0x10));
  CHECK(it.server.snapshot().subnets()[0].counters->cells[0].addresses == 1);
}

TEST_CASE("RFC 8156 Figure 5: always update; update only if later") {
  Pair it(FailoverRole::kPrimary);
  LeaseUpdate update = theirs(it);
  REQUIRE(it.apply(kClient, update) == StatusCode::kSuccess);
  it.times(update.key).acked_partner_lifetime = {123};
  const PartnerTimes before = it.times(update.key);
  it.pass(1000);
  LeaseUpdate later = theirs(it);
  later.expiration = {before.partner_lifetime.since_2000 - 1};
  later.partner_raw_contact = {before.client_contact.since_2000 - 1};
  REQUIRE(it.apply(kClient, later) == StatusCode::kSuccess);
  PartnerTimes times = it.times(update.key);
  CHECK(times.partner_lifetime == before.partner_lifetime);
  CHECK(times.client_contact == before.client_contact);
  CHECK(times.partner_raw_contact == later.client_contact);
  CHECK(times.start_of_state == later.start_of_state);
  CHECK(times.expiration_time == later.partner_lifetime);
  CHECK(times.acked_partner_lifetime == AbsoluteTime{123});
  CHECK(times.version != before.version);
  later.expiration = {before.partner_lifetime.since_2000 + 1};
  later.partner_raw_contact = {before.client_contact.since_2000 + 1};
  REQUIRE(it.apply(kClient, later) == StatusCode::kSuccess);
  times = it.times(update.key);
  CHECK(times.partner_lifetime == later.expiration);
  CHECK(times.client_contact == later.partner_raw_contact);
  CHECK(it.server.group.lease_count() == 1);
  CHECK(it.server.snapshot().subnets()[0].counters->cells[0].addresses == 1);
}

TEST_CASE("RFC 8156 7.3: expiration-time is the greatest that we ever acked") {
  Pair it(FailoverRole::kPrimary);
  LeaseUpdate update = theirs(it);
  REQUIRE(it.apply(kClient, update) == StatusCode::kSuccess);
  LeaseUpdate shorter = update;
  shorter.partner_lifetime = it.in(10);
  REQUIRE(it.apply(kClient, shorter) == StatusCode::kSuccess);
  CHECK(it.times(update.key).expiration_time == update.partner_lifetime);
}

TEST_CASE(
    "RFC 8156 7.5.4: a client that both have served keeps the longer promise, and the partner still hears of ours") {
  Pair it(FailoverRole::kPrimary);
  const LeaseKey key = it.request();
  it.times(key).acked_partner_lifetime = it.in(10'000);
  it.server.send(from_client(kRenew, {ia_na(7, {ia_address(key.address.to_string())})}));
  REQUIRE(it.record(key)->expires() == it.in(4000));
  LeaseUpdate update = theirs(it);
  update.key = key;
  CHECK(it.apply(kClient, update) == StatusCode::kSuccess);
  CHECK(it.record(key)->expires() == it.in(4000));
  CHECK(it.record(key)->valid == Seconds{4000});
  CHECK(it.times(key).unacked);
  // A longer one of the partner's takes its place.
  update.valid = {9000};
  update.state_expiration = it.in(8990);
  update.client_contact = it.in(1);
  CHECK(it.apply(kClient, update) == StatusCode::kSuccess);
  CHECK(it.record(key)->expires() == it.in(8990));
  CHECK_FALSE(it.times(key).unacked);
}

TEST_CASE("RFC 8156 7.5.4: what ended while nobody looked ended then: a server that was down has no news") {
  Pair it(FailoverRole::kPrimary);
  const LeaseKey key = it.request();
  const LeaseKey declined = it.request(kOtherClientDuid);
  it.server.send(from_client(kDecline, {ia_na(7, {ia_address(declined.address.to_string())})}, kOtherClientDuid));
  REQUIRE(it.record(declined)->status == BindingStatus::kAbandoned);
  const AbsoluteTime released = it.record(declined)->expires();
  it.pass(10'000'000);
  it.expire();
  REQUIRE(it.record(key)->status == BindingStatus::kExpired);
  CHECK(it.times(key).start_of_state == it.record(key)->expires() + lease::kClockTolerance);
  REQUIRE(it.record(declined)->status == BindingStatus::kReset);
  CHECK(it.times(declined).start_of_state == released + lease::kClockTolerance);
}

TEST_CASE("RFC 8156 7.4: what the partner hears in return of an update has the client data of the update") {
  Pair it(FailoverRole::kPrimary);
  const LeaseKey key = it.request();
  it.times(key).acked_partner_lifetime = it.in(10'000);
  it.server.send(from_client(kRenew, {ia_na(7, {ia_address(key.address.to_string())})}));
  it.ack(key);
  it.server.changes();
  LeaseUpdate shorter = theirs(it);
  shorter.key = key;
  shorter.client_contact = it.now();
  shorter.partner_raw_contact = it.now();
  lease::ClientDataBuilder data;
  data.hostname({.forward = false, .reverse = false, .name = "cpe."});
  IncomingUpdate update = it.incoming(kClient, shorter, {data.bytes().begin(), data.bytes().end()});
  REQUIRE(apply(it.place(), *it.scope, update) == Applied::kDone);
  REQUIRE(it.times(key).unacked);  // it has the longer promise
  const auto changes = it.server.changes();
  REQUIRE_FALSE(changes.empty());
  CHECK(changes.front().kind == lease::LeaseChange::Kind::kRemember);
}

TEST_CASE("RFC 8156 7.3: a renewal by the partner ends when the partner was acked that it may: the timer is moved") {
  Pair it(FailoverRole::kPrimary);
  const LeaseUpdate update = theirs(it);
  REQUIRE(it.apply(kClient, update) == StatusCode::kSuccess);
  it.pass(1500);
  REQUIRE(it.apply(kClient, theirs(it)) == StatusCode::kSuccess);
  it.pass(1000);
  it.expire();
  CHECK(it.record(update.key)->status == BindingStatus::kActive);
  // The end that the client was told is past; the partner may have promised more and forgotten it.
  it.pass(1000);
  it.expire();
  CHECK(it.record(update.key)->expires() < it.in(0));
  CHECK(it.record(update.key)->status == BindingStatus::kActive);
  it.pass(10'000);
  it.expire();
  CHECK(it.record(update.key)->status == BindingStatus::kExpired);
}

TEST_CASE("RFC 8156 4.4: a lease that only the partner remembers lasts as long as we may have promised") {
  Pair it(FailoverRole::kPrimary);
  LeaseUpdate update = theirs(it);
  update.expiration = it.in(5000);  // acked to us; the client may have been told as much, and the MCLT
  REQUIRE(it.apply(kClient, update) == StatusCode::kSuccess);
  CHECK(it.record(update.key)->expires() == it.in(5000 + kMclt.count));
  CHECK(it.times(update.key).unacked);
}

TEST_CASE("RFC 8156 7.2: an ABANDONED lease of the partner's is in quarantine here, for as long as there") {
  for (const bool ends : {false, true}) {
    Pair it(FailoverRole::kPrimary);
    LeaseUpdate update = theirs(it, BindingStatus::kAbandoned);
    if (ends) update.state_expiration = it.in(500);
    REQUIRE(it.apply(kClient, update) == StatusCode::kSuccess);
    CHECK(it.record(update.key)->status == BindingStatus::kAbandoned);
    CHECK(it.record(update.key)->valid.infinite() != ends);
    CHECK(it.server.snapshot().subnets()[0].counters->cells[0].declined == 1);
    it.pass(506);
    it.expire();
    CHECK(it.record(update.key)->status == (ends ? BindingStatus::kReset : BindingStatus::kAbandoned));
  }
}

TEST_CASE(
    "RFC 8156 7.2: EXPIRED, RELEASED, FREE and RESET of the partner's end what was here; unknown ones leave nothing") {
  for (const BindingStatus status : {BindingStatus::kExpired, BindingStatus::kReleased, BindingStatus::kFree,
                                     BindingStatus::kFreeBackup, BindingStatus::kReset}) {
    CAPTURE(to_string(status));
    Pair it(FailoverRole::kPrimary);
    const LeaseUpdate active = theirs(it);
    REQUIRE(it.apply(kClient, active) == StatusCode::kSuccess);
    it.pass(2000);
    CHECK(it.apply(kClient, theirs(it, status)) == StatusCode::kSuccess);
    CHECK(it.find(active.key) == nullptr);
    it.server.changes();
    CHECK_FALSE(it.addresses().partition()->is_leased(0x10));
    CHECK(it.server.snapshot().subnets()[0].counters->cells[0].addresses == 0);
    CHECK(it.apply(kClient, theirs(it, status)) == StatusCode::kSuccess);
    CHECK(it.server.changes().empty());
  }
}

TEST_CASE("RFC 8156 7.5.4: a lease of no subnet, or of one that is not in this relationship: ConfigurationConflict") {
  Pair it(FailoverRole::kPrimary);
  LeaseUpdate update = theirs(it);
  update.key.address = ip("2001:db8:99::1");
  CHECK(it.apply(kClient, update) == StatusCode::kConfigurationConflict);
  IncomingUpdate incoming = it.incoming(kClient, theirs(it));
  const lease::FailoverScope other(4, "other", FailoverRole::kPrimary);
  REQUIRE(failover::apply(it.place(), other, incoming) == Applied::kDone);
  CHECK(incoming.update.leases[0].verdict == StatusCode::kConfigurationConflict);
  CHECK(it.server.changes().empty());
}

TEST_CASE("RFC 8156 7.5.4: a lease that is rejected as outdated is told to the partner again, once: no storm") {
  Pair it(FailoverRole::kPrimary);
  const LeaseKey key = it.request();
  it.ack(key);
  LeaseUpdate update = theirs(it, BindingStatus::kExpired);
  update.key = key;
  CHECK(it.apply(kClient, update) == StatusCode::kOutdatedBindingInformation);
  CHECK(it.times(key).unacked);
  CHECK(it.fed().size() == 1);
  // Marked already: the next scan has it.
  CHECK(it.apply(kClient, update) == StatusCode::kOutdatedBindingInformation);
  CHECK(it.fed().empty());
  CHECK(it.record(key)->status == BindingStatus::kActive);
}

TEST_CASE(
    "RFC 8156 7.5.4 accept(3): another client's lease: the primary keeps its own, the secondary takes the partner's") {
  for (const FailoverRole role : {FailoverRole::kPrimary, FailoverRole::kSecondary}) {
    Pair it(role);
    const LeaseKey key = it.request();
    LeaseUpdate update = theirs(it);
    update.key = key;
    const bool primary = role == FailoverRole::kPrimary;
    // What is clearly earlier is nobody's: the partner had queued it before it heard that its client left.
    CHECK(it.apply(kOther, update) == (primary ? StatusCode::kAddressInUse : StatusCode::kOutdatedBindingInformation));
    REQUIRE(it.record(key)->duid == kClient);
    update.client_contact = it.now();
    CHECK(it.apply(kOther, update) == (primary ? StatusCode::kAddressInUse : StatusCode::kSuccess));
    CHECK(it.record(key)->duid == (primary ? kClient : kOther));
    CHECK(it.server.group.lease_count() == 1);
    CHECK(it.server.snapshot().subnets()[0].counters->cells[0].addresses == 1);
    CHECK(it.addresses().partition()->is_leased(it.addresses().index_of(key.address).value()));
    const auto changes = it.server.changes();
    REQUIRE(changes.size() == (primary ? 0 : 3));
    if (!primary) {
      CHECK(changes[0].kind == lease::LeaseChange::Kind::kDelete);
      CHECK(changes[1].kind == lease::LeaseChange::Kind::kPut);
      // The unit did not become free in between.
      CHECK(it.addresses().taken(it.addresses().index_of(key.address).value()));
      // The one who has lost it finds out.
      CHECK(it.server.send(from_client(kRenew, {ia_na(7, {ia_address(key.address.to_string())})})).ia().status == 3U);
    }
  }
}

TEST_CASE("RFC 8156 7.5.5: what the partner was to be told of a lease is withdrawn when its own update overtakes it") {
  struct Case {
    const char* what;
    BindingStatus status;
    Duid client;
  };
  for (const Case& test : {Case{"the client left there", BindingStatus::kReleased, kClient},
                           Case{"it renewed there", BindingStatus::kActive, kClient},
                           Case{"another client has it from there", BindingStatus::kActive, kOther}}) {
    CAPTURE(test.what);
    Pair it(FailoverRole::kSecondary);
    const LeaseKey key = it.request();  // the partner is to be told
    it.pass(100);
    LeaseUpdate update = theirs(it, test.status);
    update.key = key;
    if (test.status == BindingStatus::kActive) update.state_expiration = it.in(5000);
    REQUIRE(it.apply(test.client, update) == StatusCode::kSuccess);
    const auto fed = it.fed();
    REQUIRE(!fed.empty());
    CHECK(fed[0].status == BindingStatus::kFree);
    CHECK(fed[0].key == key);
    CHECK(fed[0].duid == kClient);
    // The partner may have accepted it: it hears of the end, or whose the unit is.
    const bool same_active = test.client == kClient && test.status == BindingStatus::kActive;
    CHECK(fed.size() == (same_active ? 1 : 2));
  }
}

// Simulator seed 1795705925065: each took the other's word; here the unit was free, and the partner gave it to the
// client of before.
TEST_CASE("RFC 8156 7.5.5: what the partner ends while our update is on its way to it is free when it has heard that") {
  Pair it(FailoverRole::kPrimary);
  const LeaseKey key = it.request();
  it.pass(it.record(key)->valid.count + 1);
  LeaseUpdate update = theirs(it, BindingStatus::kExpired);
  update.key = key;
  SUBCASE("our update may have arrived") {
    REQUIRE(it.apply(kClient, update) == StatusCode::kSuccess);
    REQUIRE(it.record(key));
    CHECK(it.record(key)->status == BindingStatus::kExpired);
    CHECK(it.times(key).unacked);
    CHECK(it.fed().back().status == BindingStatus::kExpired);
    it.ack(key);
    CHECK_FALSE(it.record(key));
  }
  SUBCASE("so may that our client has left since: seed 1795709022686") {
    it.release(key);
    it.fed();
    REQUIRE(it.apply(kClient, update) == StatusCode::kSuccess);
    REQUIRE(it.record(key));
    CHECK(it.record(key)->status == BindingStatus::kReleased);
    CHECK(it.times(key).unacked);
    CHECK(it.fed().empty());
  }
  SUBCASE("a declined one is out of quarantine") {
    it.server.group.abandon(*it.find(key), it.server.snapshot(), it.now());
    update.status = BindingStatus::kReset;
    update.start_of_state = it.in(1);
    REQUIRE(it.apply(kClient, update) == StatusCode::kSuccess);
    REQUIRE(it.record(key));
    CHECK(it.record(key)->status == BindingStatus::kReset);
    it.ack(key);
    CHECK_FALSE(it.record(key));
  }
  SUBCASE("it was not told") {
    it.times(key).sent = false;
    REQUIRE(it.apply(kClient, update) == StatusCode::kSuccess);
    CHECK_FALSE(it.record(key));
  }
  SUBCASE("it was acked") {
    it.ack(key);
    REQUIRE(it.apply(kClient, update) == StatusCode::kSuccess);
    CHECK_FALSE(it.record(key));
  }
}

TEST_CASE("RFC 8156 7.5.5: two clients of a unit whose updates cross: the partner hears whose it is") {
  Pair it(FailoverRole::kSecondary);
  const LeaseKey key = it.request();
  LeaseUpdate update = theirs(it);
  update.key = key;
  update.client_contact = it.now();
  SUBCASE("the partner may accept ours as we accept its own") {
    REQUIRE(it.apply(kOther, update) == StatusCode::kSuccess);
    CHECK(it.record(key)->duid == kOther);
    CHECK(it.times(key).unacked);
    const auto fed = it.fed();
    REQUIRE(fed.size() == 2);
    CHECK(fed[1].duid == kOther);
    CHECK(fed[1].status == BindingStatus::kActive);
    // And once only.
    it.ack(key, kOther);
    REQUIRE(it.apply(kOther, update) == StatusCode::kSuccess);
    CHECK_FALSE(it.times(key).unacked);
    CHECK(it.fed().empty());
  }
  SUBCASE("it was not sent") {
    it.times(key).sent = false;
    REQUIRE(it.apply(kOther, update) == StatusCode::kSuccess);
    CHECK_FALSE(it.times(key).unacked);
    CHECK(it.fed().size() == 1);
  }
  SUBCASE("our client has left: the end of one's lease is not the end of another's") {
    it.release(key);
    it.fed();
    REQUIRE(it.apply(kOther, update) == StatusCode::kSuccess);
    CHECK_FALSE(it.times(key).unacked);
    CHECK(it.fed().size() == 1);
  }
  SUBCASE("the other lease of the update is not told") {
    IncomingUpdate incoming = it.incoming(kOther, update);
    incoming.update.leases.push_back(theirs(it));
    incoming.update.leases[1].key = prefix_key(3);
    REQUIRE(failover::apply(it.place(), *it.scope, incoming) == Applied::kDone);
    CHECK_FALSE(it.times(prefix_key(3)).unacked);
  }
}

TEST_CASE("RFC 8156 7.5.4: whose client is rejected hears whose the unit is, also when it was told before") {
  Pair it(FailoverRole::kPrimary);
  const LeaseKey key = it.request();
  it.ack(key);
  LeaseUpdate update = theirs(it);
  update.key = key;
  REQUIRE(it.apply(kOther, update) == StatusCode::kAddressInUse);
  auto fed = it.fed();
  REQUIRE(fed.size() == 1);
  CHECK(fed[0].duid == kClient);
  // No storm: it waits for the partner's answer, or the next scan.
  REQUIRE(it.apply(kOther, update) == StatusCode::kAddressInUse);
  CHECK(it.fed().empty());
}

TEST_CASE(
    "RFC 8156 7.5.5: nothing is withdrawn of what the partner knows, of a longer promise, or when it is refused") {
  Pair it(FailoverRole::kPrimary);
  const LeaseKey key = it.request();
  LeaseUpdate update = theirs(it);
  update.key = key;
  SUBCASE("known") {
    it.ack(key);
    it.pass(100);
    update = theirs(it, BindingStatus::kReleased);
    update.key = key;
    CHECK(it.apply(kClient, update) == StatusCode::kSuccess);
    CHECK(it.find(key) == nullptr);
  }
  SUBCASE("ours lasts longer") {
    update.client_contact = it.now();
    update.state_expiration = it.in(10);
    CHECK(it.apply(kClient, update) == StatusCode::kSuccess);
    CHECK(it.times(key).unacked);
  }
  SUBCASE("refused") { CHECK(it.apply(kOther, update) == StatusCode::kAddressInUse); }
  CHECK(it.fed().empty());
}

TEST_CASE("RFC 8156 7.6: each lease of an update has its own verdict") {
  Pair it(FailoverRole::kPrimary);
  IncomingUpdate incoming = it.incoming(kClient, theirs(it));
  LeaseUpdate elsewhere = theirs(it);
  elsewhere.key.address = ip("2001:db8:99::1");
  incoming.update.leases.push_back(elsewhere);
  LeaseUpdate prefix = theirs(it);
  prefix.key = prefix_key(3);
  incoming.update.leases.push_back(prefix);
  REQUIRE(failover::apply(it.place(), *it.scope, incoming) == Applied::kDone);
  CHECK(incoming.update.leases[0].verdict == StatusCode::kSuccess);
  CHECK(incoming.update.leases[1].verdict == StatusCode::kConfigurationConflict);
  CHECK(incoming.update.leases[2].verdict == StatusCode::kSuccess);
  CHECK(it.record(prefix_key(3)));
  CHECK(it.prefixes().partition()->is_leased(3));
}

TEST_CASE("an update that finds no room in the log goes on where it stopped") {
  Pair it(FailoverRole::kPrimary);
  IncomingUpdate incoming = it.incoming(kClient, theirs(it));
  it.fill_log();
  CHECK(failover::apply(it.place(), *it.scope, incoming) == Applied::kNoRoom);
  CHECK(it.server.group.lease_count() == 0);
  it.server.changes();
  CHECK(failover::apply(it.place(), *it.scope, incoming) == Applied::kDone);
  CHECK(it.server.group.lease_count() == 1);
}

// --- leases that another worker holds ---

struct TwoWorkers {
  explicit TwoWorkers(FailoverRole role) : it(role) {}
  lease::ErrandPlace second() { return {other, it.server.snapshot(), it.now()}; }
  Pair it;  // its group plays the first worker, and owns all shards: what it has not is at the other's
  lease::ShardGroup other{1, 2, lease::HashKey{1, 2}, 64, 64};
};

Duid client_of_worker(unsigned worker) {
  for (uint16_t number = 0;; ++number) {
    const Duid duid = Duid::from_bytes(duid_of(number)).value();
    if (lease::shard_of(lease::duid_hash(duid.bytes())) % 2 == worker) return duid;
  }
}

/// The second worker has leased it to a client of its own.
LeaseRecord held_by_second(const Pair& it, const LeaseKey& key, PartnerTimes times = {}) {
  times.client_contact = times.start_of_state = it.now();
  return {.key = key,
          .status = BindingStatus::kActive,
          .iaid = 1,
          .subnet_id = 1,
          .preferred = {1000},
          .valid = {2000},
          .last_contact = it.now(),
          .duid = client_of_worker(1),
          .partner = times};
}

TEST_CASE(
    "RFC 8156 7.5.4: a unit that another worker's client holds is judged there, and evicted when the partner is "
    "right") {
  for (const FailoverRole role : {FailoverRole::kPrimary, FailoverRole::kSecondary}) {
    TwoWorkers two(role);
    Pair& it = two.it;
    LeaseUpdate update = theirs(it);
    update.key.address = ip(role == FailoverRole::kPrimary ? "2001:db8:1::111" : "2001:db8:1::110");
    update.client_contact = it.now();
    two.other.adopt(held_by_second(it, update.key), it.server.snapshot());
    const uint64_t before = two.other.log().written();
    IncomingUpdate incoming = it.incoming(client_of_worker(0), update);
    REQUIRE(failover::apply(it.place(), *it.scope, incoming) == Applied::kHeldElsewhere);
    CHECK(it.server.group.lease_count() == 0);
    CHECK(displace(it.place(), *it.scope, incoming) == Applied::kHeldElsewhere);
    REQUIRE(displace(two.second(), *it.scope, incoming) == Applied::kDone);
    if (role == FailoverRole::kPrimary) {
      CHECK(incoming.update.leases[0].verdict == StatusCode::kAddressInUse);
      CHECK(two.other.lease_count() == 1);
      CHECK(two.other.log().written() == before + 1);  // it is told whose it is
    } else {
      CHECK(two.other.lease_count() == 0);
      CHECK(incoming.sequence == before + 1);
      CHECK(it.addresses().taken(it.addresses().index_of(update.key.address).value()));
      // One that comes right behind finds nobody either, and has to wait for the end of the holder all the same.
      IncomingUpdate next = it.incoming(client_of_worker(0), update);
      REQUIRE(failover::apply(it.place(), *it.scope, next) == Applied::kHeldElsewhere);
      CHECK(displace(two.second(), *it.scope, next) == Applied::kHeldElsewhere);
      CHECK(next.sequence == before + 1);
    }
    incoming.next_is_unheld = true;
    REQUIRE(failover::apply(it.place(), *it.scope, incoming) == Applied::kDone);
    CHECK(it.server.group.lease_count() == (role == FailoverRole::kPrimary ? 0 : 1));
    CHECK_FALSE(incoming.next_is_unheld);
  }
}

TEST_CASE("RFC 8156 7.5.5: updates that cross, of two workers' clients: the partner hears whose the unit is") {
  TwoWorkers two(FailoverRole::kSecondary);
  Pair& it = two.it;
  LeaseUpdate update = theirs(it);
  update.client_contact = it.now();
  two.other.adopt(held_by_second(it, update.key, {.unacked = true, .sent = true}), it.server.snapshot());
  IncomingUpdate incoming = it.incoming(client_of_worker(0), update);
  REQUIRE(failover::apply(it.place(), *it.scope, incoming) == Applied::kHeldElsewhere);
  REQUIRE(displace(two.second(), *it.scope, incoming) == Applied::kDone);
  incoming.next_is_unheld = true;  // as the host does
  REQUIRE(failover::apply(it.place(), *it.scope, incoming) == Applied::kDone);
  CHECK(it.times(update.key).unacked);
}

TEST_CASE("RFC 8156 7.5.4: who has lost a lease that two clients had is told, for the log") {
  for (const FailoverRole role : {FailoverRole::kPrimary, FailoverRole::kSecondary}) {
    Pair it(role);
    const LeaseKey key = it.request();
    LeaseUpdate update = theirs(it);
    update.key = key;
    update.client_contact = it.now();
    IncomingUpdate other = it.incoming(kOther, update);
    REQUIRE(failover::apply(it.place(), *it.scope, other) == Applied::kDone);
    REQUIRE(other.conflicts.size() == 1);
    const bool ours_stays = role == FailoverRole::kPrimary;
    CHECK(other.conflicts[0].lease == key);
    CHECK(other.conflicts[0].kept == (ours_stays ? kClient : kOther));
    CHECK(other.conflicts[0].lost == (ours_stays ? kOther : kClient));
    // One client's lease at both is none.
    IncomingUpdate same = it.incoming(ours_stays ? kClient : kOther, update);
    REQUIRE(failover::apply(it.place(), *it.scope, same) == Applied::kDone);
    CHECK(same.conflicts.empty());
  }
}

TEST_CASE("RFC 8156 7.5.4: a unit that nobody turns out to hold is the client's") {
  Pair it(FailoverRole::kPrimary);
  const LeaseUpdate update = theirs(it);
  it.addresses().mark(0x10);
  IncomingUpdate incoming = it.incoming(kClient, update);
  REQUIRE(failover::apply(it.place(), *it.scope, incoming) == Applied::kHeldElsewhere);
  CHECK(displace(it.place(), *it.scope, incoming) == Applied::kHeldElsewhere);
  incoming.next_is_unheld = true;
  REQUIRE(failover::apply(it.place(), *it.scope, incoming) == Applied::kDone);
  CHECK(it.record(update.key)->duid == kClient);
}

TEST_CASE("RFC 8156 7.5.4: the end of one client's lease is not the end of another's, of whom the partner is to hear") {
  for (const bool active : {true, false}) {
    CAPTURE(active);
    Pair it(FailoverRole::kPrimary);
    const LeaseKey key = it.request();
    it.ack(key);
    it.pass(100);
    if (!active) it.release(key);
    it.fed();
    it.pass(100);
    LeaseUpdate update = theirs(it, BindingStatus::kReleased);
    update.key = key;
    CHECK(it.apply(kOther, update) == StatusCode::kSuccess);
    REQUIRE(it.record(key));
    CHECK(it.record(key)->duid == kClient);
    CHECK(it.times(key).unacked == !active);
    CHECK(it.fed().empty());
  }
}

TEST_CASE(
    "RFC 8156 7.5.5: a unit that rests after a lease's end is marked for the client that the partner gave it to") {
  Pair it(FailoverRole::kPrimary);
  const LeaseKey key = it.request();
  const uint32_t unit = it.addresses().index_of(key.address).value();
  it.release(key);
  it.ack(key);
  REQUIRE(it.find(key) == nullptr);
  REQUIRE(it.addresses().partition()->is_leased(unit));  // the disk does not know yet
  LeaseUpdate update = theirs(it);
  update.key = key;
  IncomingUpdate incoming = it.incoming(kOther, update);
  REQUIRE(failover::apply(it.place(), *it.scope, incoming) == Applied::kHeldElsewhere);
  SUBCASE("in this worker's shards") {}
  SUBCASE("in another's") { REQUIRE(displace(it.place(), *it.scope, incoming) == Applied::kHeldElsewhere); }
  incoming.next_is_unheld = true;
  REQUIRE(failover::apply(it.place(), *it.scope, incoming) == Applied::kDone);
  it.server.changes();
  CHECK(it.record(key)->duid == kOther);
  CHECK(it.addresses().partition()->is_leased(unit));
}

// --- what is kept of a client ---

const std::vector<std::byte> kData = {std::byte{1}, std::byte{9}, std::byte{0}, std::byte{1}, std::byte{'a'}};

TEST_CASE("RFC 8156 7.5.5: what an update tells of its client is stored, once, until an update tells nothing") {
  Pair it(FailoverRole::kPrimary);
  IncomingUpdate incoming = it.incoming(kClient, theirs(it), kData);
  REQUIRE(failover::apply(it.place(), *it.scope, incoming) == Applied::kDone);
  CHECK(it.server.changes().size() == 2);
  // A renewal at the partner, with the same.
  it.pass(100);
  IncomingUpdate renewed = it.incoming(kClient, theirs(it), kData);
  REQUIRE(failover::apply(it.place(), *it.scope, renewed) == Applied::kDone);
  CHECK(it.server.changes().size() == 1);
  // One without: the client says no more than its last message does.
  it.pass(100);
  REQUIRE(it.apply(kClient, theirs(it)) == StatusCode::kSuccess);
  const auto changes = it.server.changes();
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].kind == lease::LeaseChange::Kind::kRemember);
  CHECK(changes[0].client_data.empty());
}

TEST_CASE("RFC 8156 7.5.5: who gives up says nothing of what is kept of him, which goes with his last lease") {
  Pair it(FailoverRole::kPrimary);
  IncomingUpdate incoming = it.incoming(kClient, theirs(it), kData);
  REQUIRE(failover::apply(it.place(), *it.scope, incoming) == Applied::kDone);
  it.server.changes();
  it.pass(100);
  REQUIRE(it.apply(kClient, theirs(it, BindingStatus::kReleased)) == StatusCode::kSuccess);
  const auto changes = it.server.changes();
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].kind == lease::LeaseChange::Kind::kDelete);
  CHECK(changes[0].forgets_client);
}

TEST_CASE("RFC 8156 7.5.5: of what two servers know of a client the later word stays, at both") {
  struct Case {
    const char* what;
    FailoverRole role;
    int contact;  ///< the client's with the partner, seconds after the one with us
    int heard;    ///< of ours, as the partner knows it
    bool taken;
  };
  // simulator seed 1795693743539: the third
  for (const Case& one : {
           Case{"later", FailoverRole::kPrimary, 1, -100, true},
           Case{"earlier", FailoverRole::kSecondary, -1, -100, false},
           Case{"long before ours, of which it has heard", FailoverRole::kSecondary, -100, 0, false},
           Case{"behind ours, by a clock that is behind", FailoverRole::kPrimary, -3, 0, true},
           Case{"in the same second, unheard, the primary's", FailoverRole::kSecondary, 0, -100, true},
           Case{"in the same second, unheard, the secondary's", FailoverRole::kPrimary, 0, -100, false},
           Case{"in the same second, after ours", FailoverRole::kPrimary, 0, 0, true},
       }) {
    CAPTURE(one.what);
    Pair it(one.role);
    const LeaseKey key = it.request();
    const auto at = [&](int seconds) { return AbsoluteTime{it.now().since_2000 + static_cast<uint32_t>(seconds)}; };
    LeaseUpdate update = theirs(it);
    update.key = key;
    update.client_contact = at(one.contact);
    update.partner_raw_contact = at(one.heard);
    it.pass(1);
    IncomingUpdate incoming = it.incoming(kClient, update, kData);
    REQUIRE(failover::apply(it.place(), *it.scope, incoming) == Applied::kDone);
    const auto changes = it.server.changes();
    const bool taken = std::ranges::any_of(
        changes, [](const auto& change) { return change.kind == lease::LeaseChange::Kind::kRemember; });
    CHECK(taken == one.taken);
    // What stays has to be heard: the partner, whose lease lasts as long as ours, does not know it yet.
    REQUIRE(it.record(key)->expires() == update.state_expiration);
    CHECK(it.times(key).unacked == !one.taken);
    CHECK(it.times(key).sent == !one.taken);
  }
}

// Simulator seed 1795714286355: the partner's ACTIVE of before was rejected, and its client data taken.
TEST_CASE("RFC 8156 7.5.5: a client that has declined its only lease has told us of itself as well") {
  Pair it(FailoverRole::kSecondary);
  const LeaseKey key = it.request();
  it.pass(100);
  it.server.send(from_client(kDecline, {ia_na(7, {ia_address(key.address.to_string())})}));
  REQUIRE(it.record(key)->status == BindingStatus::kAbandoned);
  it.server.changes();
  LeaseUpdate update = theirs(it);
  update.key = key;
  IncomingUpdate incoming = it.incoming(kClient, update, kData);
  REQUIRE(failover::apply(it.place(), *it.scope, incoming) == Applied::kDone);
  REQUIRE(incoming.update.leases[0].verdict == StatusCode::kOutdatedBindingInformation);
  CHECK_FALSE(incoming.has_news);
}

// --- §7.7 ---

TEST_CASE("RFC 8156 7.7: an ack: acked-partner-lifetime is what the partner was sent, the mark is gone, it is stored") {
  Pair it(FailoverRole::kPrimary);
  const LeaseKey key = it.request();
  it.ack(key, kClient, it.in(4300));
  CHECK(it.times(key).acked_partner_lifetime == it.in(4300));
  CHECK_FALSE(it.times(key).unacked);
  CHECK_FALSE(it.times(key).sent);
  const auto changes = it.server.changes();
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].record == *it.record(key));
  // §7.3: "the greatest".
  it.ack(key, kClient, it.in(100));
  CHECK(it.times(key).acked_partner_lifetime == it.in(4300));
}

TEST_CASE("RFC 8156 7.7: an ack of an earlier version gives the lifetime, and the lease is still to be told") {
  Pair it(FailoverRole::kPrimary);
  const LeaseKey key = it.request();
  const uint32_t version = it.times(key).version;
  it.pass(10);
  it.server.send(from_client(kRenew, {ia_na(7, {ia_address(key.address.to_string())})}));
  REQUIRE(acknowledge(it.place(), {kClient, key, version, it.in(4290)}));
  CHECK(it.times(key).acked_partner_lifetime == it.in(4290));
  CHECK(it.times(key).unacked);
  CHECK(it.times(key).sent);
}

TEST_CASE("RFC 8156 Figure 2 (4): the ack of an ended lease makes it FREE; an ack of what it was before does not") {
  Pair it(FailoverRole::kPrimary);
  const LeaseKey key = it.request();
  const uint32_t version = it.times(key).version;
  it.release(key);
  it.server.changes();
  REQUIRE(acknowledge(it.place(), {kClient, key, version, it.in(4300)}));
  REQUIRE(it.find(key) != nullptr);
  it.ack(key);
  CHECK(it.find(key) == nullptr);
  const uint32_t unit = it.addresses().index_of(key.address).value();
  CHECK(it.addresses().taken(unit));
  const auto changes = it.server.changes();
  CHECK(changes.back().kind == lease::LeaseChange::Kind::kDelete);
  CHECK_FALSE(it.addresses().taken(unit));
}

TEST_CASE("RFC 8156 7.7: an ack for a lease that is another client's by now, or gone, does nothing") {
  Pair it(FailoverRole::kPrimary);
  const LeaseKey key = it.request();
  CHECK(acknowledge(it.place(), {kOther, key, it.times(key).version, it.in(9999)}));
  LeaseKey gone = key;
  gone.address = ip("2001:db8:1::1fe");
  CHECK(acknowledge(it.place(), {kClient, gone, 1, it.in(9999)}));
  CHECK(it.times(key).unacked);
  CHECK(it.times(key).acked_partner_lifetime == AbsoluteTime{});
}

TEST_CASE("what the partner does not know as it is is counted, once, until it is acked or gone") {
  Pair it(FailoverRole::kPrimary);
  const auto waiting = [&] { return it.server.snapshot().subnets()[0].counters->cells[0].waiting.load(); };
  const LeaseKey key = it.request();
  CHECK(waiting() == 1);
  it.server.send(from_client(kRenew, {ia_na(7, {ia_address(key.address.to_string())})}));
  CHECK(waiting() == 1);
  it.ack(key);
  CHECK(waiting() == 0);
  it.ack(key);
  CHECK(waiting() == 0);
  it.release(key);
  CHECK(waiting() == 1);
  it.ack(key);  // and free
  REQUIRE_FALSE(it.record(key));
  CHECK(waiting() == 0);

  // The partner's word on a lease of which ours waited; and a longer promise of ours, which it is to hear.
  const LeaseKey again = it.request();
  LeaseUpdate update = theirs(it);
  update.key = again;
  REQUIRE(it.apply(kClient, update) == StatusCode::kSuccess);
  CHECK(waiting() == (it.times(again).unacked ? 1 : 0));
  it.ack(again);
  update.valid = Seconds{1};
  update.state_expiration = it.in(1);
  REQUIRE(it.apply(kClient, update) == StatusCode::kSuccess);
  REQUIRE(it.times(again).unacked);
  CHECK(waiting() == 1);
  // Another client's at the partner, since then.
  it.pass(100);
  update.client_contact = it.now();
  update.start_of_state = it.now();
  update.expiration.reset();
  REQUIRE(it.apply(kOther, update) == StatusCode::kSuccess);
  REQUIRE(it.times(again).unacked);  // ours may cross it
  CHECK(waiting() == 1);
  it.ack(again, kOther);
  CHECK(waiting() == 0);
}

TEST_CASE("an ack waits while the log has no room") {
  Pair it(FailoverRole::kPrimary);
  const LeaseKey key = it.request();
  it.fill_log();
  CHECK_FALSE(acknowledge(it.place(), {kClient, key, it.times(key).version, it.in(4300)}));
  CHECK(it.times(key).unacked);
}

// --- scans ---

TEST_CASE("RFC 8156 5.3.5, 5.3.6: a scan finds what the partner does not know and marks it as sent, or everything") {
  Pair it(FailoverRole::kPrimary);
  lease::FailoverPolicy interrupted = kServing;
  interrupted.streaming = false;
  it.set(interrupted);
  std::vector<LeaseKey> keys;
  for (uint16_t number = 0; number < 20; ++number) keys.push_back(it.request(duid_of(number)));
  for (uint16_t number = 0; number < 5; ++number) it.ack(keys[number], Duid::from_bytes(duid_of(number)).value());
  const auto unacked = it.scan(ScanKind::kUnacked);
  CHECK(unacked.size() == 15);
  for (const LeaseRecord& record : unacked) {
    CHECK(record.partner->unacked);
    CHECK(it.times(record.key).sent);
  }
  for (uint16_t number = 0; number < 5; ++number) CHECK_FALSE(it.times(keys[number]).sent);
  CHECK(it.scan(ScanKind::kAll).size() == 20);
  // Of all it has heard now it has to say so again.
  const auto waiting = it.server.snapshot().subnets()[0].counters->cells[0].waiting.load();
  CHECK(waiting == 20);
  it.ack(keys[0], Duid::from_bytes(duid_of(0)).value());
  CHECK_FALSE(it.times(keys[0]).unacked);
}

TEST_CASE("a scan goes by pieces, each lease once, and passes over other relationships") {
  Pair it(FailoverRole::kPrimary);
  for (uint16_t number = 0; number < 50; ++number) it.request(duid_of(number));
  std::vector<FoundLease> found;
  WalkCursor cursor;
  unsigned pieces = 0;
  for (; !cursor.finished && pieces < 100'000; ++pieces) {
    failover::scan(it.place(), *it.scope, ScanKind::kAll, cursor, 1, found);
  }
  CHECK(cursor.finished);
  CHECK(pieces > 50);
  CHECK(found.size() == 50);
  const lease::FailoverScope other(4, "other", FailoverRole::kPrimary);
  WalkCursor all;
  found.clear();
  while (!all.finished) failover::scan(it.place(), other, ScanKind::kAll, all, 1000, found);
  CHECK(found.empty());
}

TEST_CASE(
    "RFC 8156 4.4, 8.5.2: what a client left here, a partner without memory may have promised it again: it goes on") {
  Pair it(FailoverRole::kPrimary);
  const LeaseUpdate update = theirs(it);
  REQUIRE(it.apply(kClient, update) == StatusCode::kSuccess);
  const AbsoluteTime acked = *update.partner_lifetime;
  const AbsoluteTime believed = acked + it.scope->policy().mclt;
  it.pass(100);
  it.server.send(from_client(kRelease, {ia_na(9, {ia_address(update.key.address.to_string())})}));
  REQUIRE(it.record(update.key)->status == BindingStatus::kReleased);
  it.server.changes();
  SUBCASE("one that has its memory, or asks for less, hears what is") {
    for (const ScanKind kind : {ScanKind::kUnacked, ScanKind::kAll}) {
      const auto found = it.scan(kind);
      REQUIRE(found.size() == 1);
      CHECK(found[0].status == BindingStatus::kReleased);
    }
    CHECK(it.server.changes().empty());
  }
  SUBCASE("one that has lost it") {
    const uint32_t version = it.times(update.key).version;
    const auto found = it.scan(ScanKind::kForgotten);
    REQUIRE(found.size() == 1);
    CHECK(found[0].status == BindingStatus::kActive);
    CHECK(found[0].duid == kClient);
    CHECK(found[0].expires() == believed);
    CHECK(found[0].partner->start_of_state == it.now());
    CHECK(found[0].partner->version == version + 1);
    CHECK(found[0].partner->unacked);
    CHECK(it.server.changes().size() == 1);
    CHECK(it.server.snapshot().subnets()[0].counters->cells[0].addresses == 1);
    // An ack of what was told before does not free it, and its timer runs.
    REQUIRE(acknowledge(it.place(), {kClient, update.key, version, std::nullopt}));
    REQUIRE(it.find(update.key) != nullptr);
    it.server.now = AbsoluteTime{believed.since_2000 - 10};
    it.expire();
    CHECK(it.record(update.key)->status == BindingStatus::kActive);
    it.pass(20);
    it.expire();
    CHECK(it.record(update.key)->status == BindingStatus::kExpired);
  }
  SUBCASE("nobody believes it any more") {
    it.server.now = believed;
    const auto found = it.scan(ScanKind::kForgotten);
    REQUIRE(found.size() == 1);
    CHECK(found[0].status == BindingStatus::kReleased);
  }
  SUBCASE("without room in the log the scan stays where it is") {
    it.fill_log();
    std::vector<FoundLease> found;
    WalkCursor cursor;
    failover::scan(it.place(), *it.scope, ScanKind::kForgotten, cursor, 1000, found);
    CHECK(found.empty());
    CHECK_FALSE(cursor.finished);
    it.server.changes();
    CHECK(it.scan(ScanKind::kForgotten).size() == 1);
  }
}

// Simulator seed 1795717568040: told behind the BNDREPLY, of a lease that nobody had any more.
TEST_CASE(
    "RFC 8156 7.5.5: the partner's word overtakes also what it has acked, and is being told as it asked for all") {
  Pair it(FailoverRole::kPrimary);
  const LeaseKey key = it.request();
  it.ack(key);
  REQUIRE(it.scan(ScanKind::kAll).size() == 1);
  it.pass(100);
  LeaseUpdate update = theirs(it, BindingStatus::kReleased);
  update.key = key;
  REQUIRE(it.apply(kClient, update) == StatusCode::kSuccess);
  const auto fed = it.fed();
  REQUIRE(fed.size() == 2);
  CHECK(fed[0].status == BindingStatus::kFree);
  // And may have crossed it.
  CHECK(fed[1].status == BindingStatus::kExpired);
  CHECK(it.times(key).unacked);
}

// --- PARTNER-DOWN ---

TEST_CASE(
    "RFC 8156 4.2.2.1, 8.4.1: an ended lease is free when the MCLT is over beyond all that the partner may believe") {
  struct Case {
    const char* name;
    AbsoluteTime PartnerTimes::* time;
  };
  for (const Case& one : {Case{"acked-partner-lifetime", &PartnerTimes::acked_partner_lifetime},
                          Case{"partner-lifetime", &PartnerTimes::partner_lifetime},
                          Case{"expiration-time", &PartnerTimes::expiration_time},
                          Case{"start of state", &PartnerTimes::start_of_state}, Case{"PARTNER-DOWN", nullptr}}) {
    CAPTURE(one.name);
    Pair it(FailoverRole::kPrimary);
    const LeaseKey key = it.request();
    it.release(key);
    it.server.changes();
    PartnerTimes& times = it.times(key);
    times.acked_partner_lifetime = times.partner_lifetime = times.expiration_time = times.start_of_state = it.now();
    AbsoluteTime down = it.now();
    const AbsoluteTime latest = it.in(1000);
    (one.time != nullptr ? times.*one.time : down) = latest;
    const auto free = [&] {
      WalkCursor cursor;
      while (!cursor.finished) free_overdue(it.place(), *it.scope, down, kMclt, cursor, 1000);
    };
    it.server.now = latest + kMclt;
    free();
    CHECK(it.find(key) != nullptr);
    it.pass(1);
    free();
    CHECK(it.find(key) == nullptr);
    CHECK(it.server.changes().size() == 1);
  }
}

TEST_CASE("RFC 8156 8.4.1: what a client still has is not overdue") {
  Pair it(FailoverRole::kPrimary);
  const LeaseKey key = it.request();
  it.pass(1'000'000);
  WalkCursor cursor;
  while (!cursor.finished) free_overdue(it.place(), *it.scope, {1}, kMclt, cursor, 1000);
  CHECK(it.find(key) != nullptr);
}

// --- blocks ---

TEST_CASE("RFC 8156 4.2.2: a block with a lease that the partner does not know cannot change hands") {
  Pair it(FailoverRole::kPrimary);
  for (const uint8_t number : {2, 5, 9}) {
    REQUIRE(it.server
                .send(from_client(kRequest, {ia_pd(1, {ia_prefix(prefix_key(number).address.to_string(), 56)})},
                                  duid_of(number)))
                .lease()
                .address == prefix_key(number).address);
  }
  it.ack(prefix_key(5), Duid::from_bytes(duid_of(5)).value());
  std::vector<LeaseKey> unacked;
  WalkCursor cursor;
  while (!cursor.finished) {
    find_unacked_blocks(it.place(), *it.scope, {prefix_key(2), prefix_key(3), prefix_key(5)}, cursor, 1000, unacked);
  }
  CHECK(unacked == std::vector<LeaseKey>{prefix_key(2)});
  // Blocks of several prefixes.
  LeaseKey wide = prefix_key(8);
  wide.prefix_length = 54;
  unacked.clear();
  cursor = {};
  while (!cursor.finished) find_unacked_blocks(it.place(), *it.scope, {wide, prefix_key(10)}, cursor, 1000, unacked);
  CHECK(unacked == std::vector<LeaseKey>{wide});
}

// --- restart ---

TEST_CASE("RFC 8156 8.2: after a restart the times are what they were; nobody knows whether an update was on its way") {
  Pair it(FailoverRole::kPrimary);
  const LeaseKey key = it.request();
  LeaseRecord record = *it.record(key);
  record.partner->sent = false;
  lease::ShardGroup again(0, 1, lease::HashKey{1, 2}, 64, 64);
  auto& waiting = it.server.snapshot().subnets()[0].counters->cells[0].waiting;
  waiting = 0;
  REQUIRE(again.load(record, it.server.snapshot()));
  CHECK(waiting == 1);
  const lease::Lease* loaded = again.find_anywhere(key);
  REQUIRE(loaded != nullptr);
  const PartnerTimes& times = *again.shard(loaded->shard).times_of(*loaded);
  CHECK(times.sent);
  CHECK(times.unacked);
  CHECK(times.partner_lifetime == record.partner->partner_lifetime);
}

TEST_CASE(
    "RFC 8156 8.3.2: a lease from before there was a partner is news to it; one that ended beside a partner is free "
    "without") {
  Pair it(FailoverRole::kPrimary);
  const LeaseKey key = it.request();
  LeaseRecord alone = *it.record(key);
  alone.partner.reset();
  lease::ShardGroup again(0, 1, lease::HashKey{1, 2}, 64, 64);
  REQUIRE(again.load(alone, it.server.snapshot()));
  const lease::Lease* loaded = again.find_anywhere(key);
  REQUIRE(loaded != nullptr);
  const PartnerTimes* times = again.shard(loaded->shard).times_of(*loaded);
  REQUIRE(times != nullptr);
  CHECK(times->unacked);
  CHECK(times->partner_lifetime == alone.expires());
  CHECK(times->client_contact == alone.last_contact);

  LeaseRecord ended = *it.record(key);
  ended.status = BindingStatus::kExpired;
  Pools pools;
  lease::Subnet without = subnet(1, "2001:db8:1::/64", 0);
  without.address_pools = {pools.addresses("2001:db8:1::100", "2001:db8:1::1ff")};
  Server single({without});
  single.group.load(ended, single.snapshot());
  CHECK(single.group.lease_count() == 0);
  CHECK_FALSE(single.snapshot().subnets()[0].address_pools[0].is_taken(key.address));
}

}  // namespace
}  // namespace tandem6::failover::lease_side_test
