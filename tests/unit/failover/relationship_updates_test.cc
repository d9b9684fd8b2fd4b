// RFC 8156 §7: binding updates in both directions, UPDREQ and UPDDONE, as the endpoint sees them.
#include "tests/unit/failover/relationship_fixture.h"

namespace tandem6::failover::relationship_updates_test {
namespace {

BindingUpdate update_in(const Octets& message) {
  const ReadUpdate read = read_binding_update(view_of(message));
  REQUIRE(read.fault == StatusCode::kSuccess);
  return read.update;
}

/// BNDUPDs that were sent, by transaction-id.
std::vector<std::pair<uint32_t, BindingUpdate>> updates_sent(Endpoint& endpoint) {
  std::vector<std::pair<uint32_t, BindingUpdate>> found;
  for (const Octets& message : endpoint.take_sent()) {
    const auto view = view_of(message);
    if (view.type == MessageType::kBndUpd) found.emplace_back(view.transaction_id, update_in(message));
  }
  return found;
}

BindingUpdate refused(BindingUpdate update, StatusCode why) {
  for (LeaseUpdate& lease : update.leases) lease.verdict = why;
  return update;
}

BindingUpdate update_of(uint8_t number, AbsoluteTime now) {
  BindingUpdate update{.client = client(number), .base_time = now};
  LeaseUpdate lease;
  lease.key = lease_of(number, now).key;
  lease.iaid = 7;
  lease.preferred = {3000};
  lease.valid = {4000};
  lease.start_of_state = now;
  lease.state_expiration = now + Seconds{4000};
  lease.client_contact = now;
  lease.partner_lifetime = now + Seconds{5500};
  update.leases = {lease};
  return update;
}

// --- ours ---

TEST_CASE("RFC 8156 7.4: a change is told to the partner with the times of 7.3") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  LeaseRecord lease = lease_of(1, endpoint->now.wall);
  lease.partner->expiration_time = {811'111'111};
  lease.partner->partner_raw_contact = {722'222'222};
  endpoint->it.changed(lease, 0);
  CHECK(endpoint->sent().empty());
  endpoint->it.flush(endpoint->now);
  const auto sent = updates_sent(*endpoint);
  REQUIRE(sent.size() == 1);
  const BindingUpdate& update = sent[0].second;
  CHECK(update.client == client(1));
  CHECK(update.base_time == endpoint->now.wall);
  REQUIRE(update.leases.size() == 1);
  const LeaseUpdate& told = update.leases[0];
  CHECK(told.key == lease.key);
  CHECK(told.iaid == 7);
  CHECK(told.t1 == Seconds{1500});
  CHECK(told.t2 == Seconds{2400});
  CHECK(told.preferred == Seconds{3000});
  CHECK(told.valid == Seconds{4000});
  CHECK(told.start_of_state == endpoint->now.wall);
  CHECK(told.state_expiration == endpoint->now.wall + Seconds{4000});
  CHECK(told.client_contact == endpoint->now.wall);
  CHECK(told.partner_lifetime == endpoint->now.wall + Seconds{5500});
  CHECK(told.expiration == AbsoluteTime{811'111'111});
  CHECK(told.partner_raw_contact == AbsoluteTime{722'222'222});
}

TEST_CASE(
    "RFC 8156 7.7: an accepted update is acknowledged with what the partner says it was sent; a rejection is not") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->it.changed(lease_of(1, endpoint->now.wall, 42), 0);
  endpoint->it.changed(lease_of(2, endpoint->now.wall, 43), 0);
  endpoint->it.flush(endpoint->now);
  const auto sent = updates_sent(*endpoint);
  REQUIRE(sent.size() == 2);
  CHECK(endpoint->it.status().unacked == 2);
  endpoint->pass(250);
  endpoint->reply(sent[1].first, refused(sent[1].second, StatusCode::kOutdatedBindingInformation));
  CHECK(endpoint->host.acks.empty());
  endpoint->reply(sent[0].first, sent[0].second);
  REQUIRE(endpoint->host.acks.size() == 1);
  CHECK(endpoint->host.acks[0].client == client(1));
  CHECK(endpoint->host.acks[0].key == lease_of(1, {}).key);
  CHECK(endpoint->host.acks[0].version == 42);
  CHECK(endpoint->host.acks[0].partner_lifetime == endpoint->now.wall + Seconds{5500});
  const RelationshipStatus status = endpoint->it.status();
  CHECK(status.updates_sent == 2);
  CHECK(status.updates_acked == 1);
  CHECK(status.updates_rejected == 1);
  CHECK(status.unacked == 0);
  CHECK(status.lag_milliseconds == 250);
  // A second time, and one for nothing: not expected.
  endpoint->reply(sent[0].first, sent[0].second);
  endpoint->reply(0xbad, sent[0].second);
  CHECK(endpoint->host.acks.size() == 1);
  CHECK(endpoint->it.status().malformed == 2);
}

TEST_CASE("RFC 8156 7.7: a partner that stops acknowledging shows in the lag before the next BNDREPLY") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  for (uint8_t i = 1; i <= 2; ++i) endpoint->it.changed(lease_of(i, endpoint->now.wall), 0);
  endpoint->it.flush(endpoint->now);
  const auto sent = updates_sent(*endpoint);
  REQUIRE(sent.size() == 2);
  endpoint->pass(4);
  endpoint->reply(sent[0].first, sent[0].second);
  CHECK(endpoint->it.status().lag_milliseconds == 4);
  endpoint->run(30'000);
  CHECK(endpoint->it.status().lag_milliseconds == 30'004);
  endpoint->reply(sent[1].first, sent[1].second);
  CHECK(endpoint->it.status().lag_milliseconds == 30'004);
}

TEST_CASE("RFC 8156 7.5.5: what a worker withdraws is not told any more") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  LeaseRecord lease = lease_of(1, endpoint->now.wall);
  endpoint->it.changed(lease, 0);
  lease.status = lease::BindingStatus::kFree;
  endpoint->it.changed(lease, 0);
  endpoint->it.changed(lease_of(2, endpoint->now.wall), 0);
  endpoint->it.flush(endpoint->now);
  const auto sent = updates_sent(*endpoint);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].second.client == client(2));
}

TEST_CASE("RFC 8156 7.5.4: what was rejected goes out again with the next periodic scan, and not before: no storm") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->host.scans.clear();
  const LeaseRecord lease = lease_of(1, endpoint->now.wall);
  endpoint->it.changed(lease, 0);
  endpoint->it.flush(endpoint->now);
  const auto sent = updates_sent(*endpoint);
  REQUIRE(sent.size() == 1);
  endpoint->reply(sent[0].first, refused(sent[0].second, StatusCode::kOutdatedBindingInformation));
  endpoint->run_in_contact(58);
  CHECK(updates_sent(*endpoint).empty());
  CHECK(endpoint->host.scans.empty());
  endpoint->run_in_contact(3);
  REQUIRE(endpoint->host.scans.size() == 1);
  CHECK(endpoint->host.scans[0] == ScanKind::kUnacked);
  endpoint->scan_finds({lease});
  CHECK(updates_sent(*endpoint).size() == 1);
}

TEST_CASE("RFC 8156 6.1.3: never more BNDUPDs without a reply than the partner takes") {
  for (const FailoverRole role : {FailoverRole::kPrimary, FailoverRole::kSecondary}) {
    auto endpoint = in_normal(role);  // the partner takes 3
    for (uint8_t i = 1; i <= 5; ++i) endpoint->it.changed(lease_of(i, endpoint->now.wall), 0);
    endpoint->it.flush(endpoint->now);
    const auto sent = updates_sent(*endpoint);
    REQUIRE(sent.size() == 3);
    CHECK(endpoint->it.status().unacked == 3);
    endpoint->reply(sent[0].first, sent[0].second);
    endpoint->it.flush(endpoint->now);
    CHECK(updates_sent(*endpoint).size() == 1);
    CHECK(endpoint->it.status().unacked == 3);
  }
}

TEST_CASE("how many leases the partner does not know as they are is told also while it is away") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->it.disconnected("cut", endpoint->now);
  auto& cells = endpoint->host.configuration.subnets()[0].counters->cells;
  cells[0].waiting = 5;
  CHECK(endpoint->it.status().backlog == 5);
  cells[0].waiting = -1;  // another worker's has not been seen yet
  CHECK(endpoint->it.status().backlog == 0);
}

TEST_CASE("RFC 8156 4.3: changes are told while the partner listens, else they wait for a scan") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->it.disconnected("cut", endpoint->now);
  endpoint->it.changed(lease_of(1, endpoint->now.wall), 0);
  endpoint->it.flush(endpoint->now);
  CHECK(updates_sent(*endpoint).empty());
  endpoint->meet(State::kCommunicationsInterrupted);
  REQUIRE(endpoint->it.state() == State::kNormal);
  CHECK(endpoint->host.scans.back() == ScanKind::kUnacked);
  CHECK(endpoint->host.pieces_wanted > 0);
  endpoint->take_sent();
  endpoint->scan_finds({lease_of(1, endpoint->now.wall)});
  CHECK(updates_sent(*endpoint).size() == 1);
}

TEST_CASE("a feed that overflowed, and a reply to an earlier connection's update") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  const size_t before = endpoint->host.scans.size();
  endpoint->it.feed_overflowed();
  endpoint->it.flush(endpoint->now);
  CHECK(endpoint->host.scans.size() == before + 1);
  endpoint->scan_finds({});
  endpoint->it.changed(lease_of(1, endpoint->now.wall), 0);
  endpoint->it.flush(endpoint->now);
  const auto sent = updates_sent(*endpoint);
  REQUIRE(sent.size() == 1);
  endpoint->it.disconnected("cut", endpoint->now);
  endpoint->meet(State::kCommunicationsInterrupted);
  endpoint->reply(sent[0].first, sent[0].second);
  CHECK(endpoint->host.acks.empty());
}

TEST_CASE(
    "RFC 8156 8.8: entering NORMAL: what is unacknowledged first, then the secondary's POOLREQ when it is replied to") {
  Endpoint secondary(FailoverRole::kSecondary, stable_in(State::kNormal));
  secondary.meet(State::kCommunicationsInterrupted);
  REQUIRE(secondary.it.state() == State::kNormal);
  secondary.take_sent();
  secondary.scan_finds({lease_of(1, secondary.now.wall)}, false);
  CHECK(secondary.host.pieces_wanted == 2);
  secondary.scan_finds({lease_of(2, secondary.now.wall)});
  const auto sent = updates_sent(secondary);
  REQUIRE(sent.size() == 2);
  secondary.reply(sent[0].first, sent[0].second);
  secondary.it.flush(secondary.now);
  CHECK(secondary.sent().empty());
  secondary.reply(sent[1].first, refused(sent[1].second, StatusCode::kAddressInUse));
  secondary.it.flush(secondary.now);
  CHECK(secondary.sent() == "POOLREQ");
  secondary.hear_bare(MessageType::kPoolResp);
  secondary.it.flush(secondary.now);
  CHECK(secondary.sent().empty());
  CHECK(secondary.it.status().malformed == 0);
}

// --- the partner's ---

TEST_CASE("RFC 8156 7.5.2: the BNDREPLY comes when the host has it in the database, with the same transaction-id") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->hear_update(0xabc123, update_of(1, endpoint->now.wall));
  CHECK(endpoint->sent().empty());
  REQUIRE(endpoint->host.applying.size() == 1);
  CHECK(endpoint->host.applying[0].update.client == client(1));
  endpoint->it.applied(endpoint->host.applying[0], endpoint->now);
  const auto message = endpoint->last(MessageType::kBndReply);
  REQUIRE(message);
  CHECK(view_of(*message).transaction_id == 0xabc123);
  const auto reply = read_binding_reply(view_of(*message));
  REQUIRE(reply);
  CHECK(reply->leases[0].verdict == StatusCode::kSuccess);
  CHECK(reply->leases[0].partner_lifetime == endpoint->now.wall + Seconds{5500});
  CHECK(endpoint->it.status().updates_received == 1);
  CHECK(endpoint->it.status().updates_refused == 0);
}

TEST_CASE("RFC 8156 7.6: a lease that was refused is so in the BNDREPLY, and counted") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->hear_update(5, update_of(1, endpoint->now.wall));
  IncomingUpdate incoming = endpoint->host.applying.at(0);
  incoming.update.leases[0].verdict = StatusCode::kAddressInUse;
  endpoint->it.applied(incoming, endpoint->now);
  const auto reply = read_binding_reply(view_of(*endpoint->last(MessageType::kBndReply)));
  REQUIRE(reply);
  CHECK(reply->leases[0].verdict == StatusCode::kAddressInUse);
  CHECK(endpoint->it.status().updates_refused == 1);
}

TEST_CASE("RFC 8156 7.5.4: leases that two clients had are named in the log, a hundred of them, and counted") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  for (uint32_t i = 0; i < 150; ++i) {
    endpoint->hear_update(i, update_of(1, endpoint->now.wall));
    IncomingUpdate incoming = endpoint->host.applying.at(i);
    incoming.conflicts = {{.lease = incoming.update.leases[0].key, .kept = client(1), .lost = client(2)}};
    endpoint->it.applied(incoming, endpoint->now);
  }
  CHECK(endpoint->it.status().conflicts == 150);
  CHECK(endpoint->host.notes_of("failover-conflict") == 101);
}

TEST_CASE("RFC 8156 7.5.4: what the partner's configuration has no place for is an alarm, as long as it refuses it") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  const auto refuse_one = [&](uint8_t number) {
    endpoint->it.changed(lease_of(number, endpoint->now.wall), 0);
    endpoint->it.flush(endpoint->now);
    const auto sent = updates_sent(*endpoint);
    REQUIRE(sent.size() == 1);
    endpoint->reply(sent[0].first, refused(sent[0].second, StatusCode::kConfigurationConflict));
  };
  CHECK_FALSE(endpoint->it.status().refused_lease);
  refuse_one(1);
  refuse_one(2);
  CHECK(endpoint->it.status().refused_lease == lease_of(2, endpoint->now.wall).key);
  CHECK(endpoint->host.notes_of("failover-refused-lease") == 1);
  endpoint->run_in_contact(400);
  CHECK_FALSE(endpoint->it.status().refused_lease);
}

TEST_CASE("RFC 8156 7.5.2: a BNDREPLY does not go to another connection than the BNDUPD came from") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->hear_update(5, update_of(1, endpoint->now.wall));
  endpoint->it.disconnected("cut", endpoint->now);
  endpoint->meet(State::kCommunicationsInterrupted);
  endpoint->take_sent();
  endpoint->it.applied(endpoint->host.applying.at(0), endpoint->now);
  CHECK(endpoint->sent().empty());
}

TEST_CASE(
    "RFC 8156 7.5.3: an update that lacks something is refused with MissingBindingInformation, without the host") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->hear_update(5, {.client = client(1), .base_time = endpoint->now.wall, .leases = {}});
  CHECK(endpoint->host.applying.empty());
  const auto reply = read_binding_reply(view_of(*endpoint->last(MessageType::kBndReply)));
  REQUIRE(reply);
  CHECK(reply->verdict == StatusCode::kMissingBindingInformation);
  CHECK(endpoint->it.status().updates_refused == 1);
}

TEST_CASE("RFC 8156 7.5: a client's updates are worked on one after the other, different clients' side by side") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  const auto hear = [&](uint32_t transaction, uint8_t client) {
    endpoint->hear_update(transaction, update_of(client, endpoint->now.wall));
  };
  const auto applying = [&](size_t place) { return static_cast<uint32_t>(endpoint->host.applying.at(place).token); };
  hear(11, 1);
  hear(12, 1);
  hear(13, 1);
  hear(21, 2);
  REQUIRE(endpoint->host.applying.size() == 2);
  CHECK(applying(0) == 11);
  CHECK(applying(1) == 21);
  // Also one of the next connection waits for its turn.
  endpoint->it.disconnected("cut", endpoint->now);
  endpoint->meet(State::kCommunicationsInterrupted);
  hear(14, 1);
  REQUIRE(endpoint->host.applying.size() == 2);
  for (uint32_t turn = 0; turn < 4; ++turn) {
    const size_t place = turn == 0 ? 0 : turn + 1;
    REQUIRE(endpoint->host.applying.size() == place + (turn == 0 ? 2 : 1));
    CHECK(applying(place) == 11 + turn);
    endpoint->it.applied(IncomingUpdate(endpoint->host.applying[place]), endpoint->now);
  }
  hear(15, 1);
  CHECK(applying(5) == 15);
}

TEST_CASE("RFC 8156 6.1.1: a partner that sends far more than it may is cut off") {
  auto endpoint = in_normal(FailoverRole::kPrimary);  // we take 10
  for (uint8_t i = 0; i < 40; ++i) endpoint->hear_update(i, update_of(i, endpoint->now.wall));
  CHECK(endpoint->it.is_connected());
  endpoint->hear_update(40, update_of(40, endpoint->now.wall));
  endpoint->hear_update(41, update_of(41, endpoint->now.wall));
  CHECK_FALSE(endpoint->it.is_connected());
  CHECK(endpoint->host.applying.size() == 41);
}

TEST_CASE("a BNDREPLY that does not parse ends the connection") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->hear_bare(MessageType::kBndReply);
  CHECK(endpoint->it.state() == State::kCommunicationsInterrupted);
  CHECK(endpoint->it.status().malformed == 1);
}

// --- UPDREQ and UPDREQALL ---

TEST_CASE("RFC 8156 5.3.5 to 5.3.7: UPDDONE comes when everything that was asked for is sent and replied to") {
  for (const bool all : {false, true}) {
    auto endpoint = in_normal(FailoverRole::kPrimary);
    endpoint->host.scans.clear();
    endpoint->hear_bare(all ? MessageType::kUpdReqAll : MessageType::kUpdReq, 0x4242);
    REQUIRE(endpoint->host.scans.size() == 1);
    CHECK(endpoint->host.scans[0] == (all ? ScanKind::kAll : ScanKind::kUnacked));
    CHECK(endpoint->it.status().resynchronizing);
    std::vector<LeaseRecord> found;
    for (uint8_t i = 1; i <= 4; ++i) found.push_back(lease_of(i, endpoint->now.wall));
    endpoint->scan_finds(found, false);
    auto sent = updates_sent(*endpoint);
    REQUIRE(sent.size() == 3);
    endpoint->scan_finds({});
    CHECK(endpoint->sent().empty());
    for (size_t i = 0; i < 3; ++i) endpoint->reply(sent[i].first, sent[i].second);
    endpoint->it.flush(endpoint->now);
    sent = updates_sent(*endpoint);
    REQUIRE(sent.size() == 1);
    // What came meanwhile need not be waited for.
    endpoint->it.changed(lease_of(9, endpoint->now.wall), 0);
    endpoint->it.flush(endpoint->now);
    CHECK(endpoint->sent() == "BNDUPD");
    // A rejection is a reply, too.
    endpoint->reply(sent[0].first, refused(sent[0].second, StatusCode::kOutdatedBindingInformation));
    endpoint->it.flush(endpoint->now);
    const auto done = endpoint->last(MessageType::kUpdDone);
    REQUIRE(done);
    CHECK(view_of(*done).transaction_id == 0x4242);
    CHECK_FALSE(endpoint->it.status().resynchronizing);
  }
}

// Simulator seed 1795700490966 had the other order of the same two.
TEST_CASE("RFC 8156 7.4: what a scan found is not told when a later change of it was") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->hear_bare(MessageType::kUpdReqAll, 7);
  endpoint->it.flush(endpoint->now);
  REQUIRE(endpoint->host.pieces_wanted > 0);
  // A worker has looked after the 20th change, and another one's disk is slow.
  LeaseRecord released = lease_of(1, endpoint->now.wall);
  released.status = lease::BindingStatus::kReleased;
  endpoint->it.changed(released, 21);
  endpoint->it.changed(lease_of(2, endpoint->now.wall), 20);
  endpoint->it.flush(endpoint->now);
  CHECK(updates_sent(*endpoint).size() == 2);
  endpoint->scan_finds({lease_of(1, endpoint->now.wall), lease_of(2, endpoint->now.wall)}, false, 20);
  auto sent = updates_sent(*endpoint);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].second.leases.at(0).key == lease_of(2, endpoint->now.wall).key);
}

TEST_CASE("RFC 8156 7.4: what a scan found is told when a later change of it found no room to be told") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->hear_bare(MessageType::kUpdReqAll, 7);
  endpoint->it.flush(endpoint->now);
  LeaseRecord filler = lease_of(9, endpoint->now.wall);
  for (uint32_t i = 0; i < UpdateStream::kMostPending; ++i) {
    filler.key.address.octets[12] = static_cast<std::byte>(i >> 16);
    filler.key.address.octets[13] = static_cast<std::byte>(i >> 8);
    filler.key.address.octets[14] = static_cast<std::byte>(i);
    endpoint->it.changed(filler, 1);
  }
  endpoint->it.changed(lease_of(1, endpoint->now.wall), 21);
  endpoint->scan_finds({lease_of(1, endpoint->now.wall)}, true, 20);
  bool is_told = false;
  for (auto sent = updates_sent(*endpoint); !sent.empty() && !is_told; sent = updates_sent(*endpoint)) {
    for (const auto& [transaction, update] : sent) {
      is_told = is_told || update.client == client(1);
      endpoint->reply(transaction, update);
    }
    endpoint->it.flush(endpoint->now);
  }
  CHECK(is_told);
}

TEST_CASE("RFC 8156 5.3.7: each UPDREQ has its UPDDONE, also when they come together") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->hear_bare(MessageType::kUpdReq, 71);
  endpoint->hear_bare(MessageType::kUpdReqAll, 72);
  endpoint->scan_finds({});
  std::vector<uint32_t> done;
  for (const Octets& message : endpoint->take_sent()) {
    if (view_of(message).type == MessageType::kUpdDone) done.push_back(view_of(message).transaction_id);
  }
  CHECK(done == std::vector<uint32_t>{71, 72});
}

TEST_CASE("RFC 8156 5.3.5: a partner that asks on and on does not get answers to all of it") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  for (uint32_t question = 0; question < 16; ++question) endpoint->hear_bare(MessageType::kUpdReq, question);
  CHECK(endpoint->it.is_connected());
  endpoint->hear_bare(MessageType::kUpdReq, 16);
  CHECK_FALSE(endpoint->it.is_connected());
}

TEST_CASE("RFC 8156 5.3.6: an UPDREQ beside an UPDREQALL does not make the scan smaller") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->hear_bare(MessageType::kUpdReqAll, 1);
  endpoint->hear_bare(MessageType::kUpdReq, 2);
  CHECK(endpoint->host.scans.back() == ScanKind::kAll);
}

TEST_CASE("RFC 8156 8.5: a partner in RECOVER is answered in PARTNER-DOWN and COMMUNICATIONS-INTERRUPTED") {
  for (const State state : {State::kPartnerDown, State::kCommunicationsInterrupted}) {
    Endpoint endpoint(FailoverRole::kPrimary, stable_in(state));
    endpoint.run(10'000);
    endpoint.meet(State::kRecover);
    CHECK(endpoint.it.state() == state);
    CHECK(endpoint.scope->policy().streaming);
    endpoint.take_sent();
    endpoint.hear_bare(MessageType::kUpdReqAll, 77);
    // It has no memory, or would have asked for less.
    CHECK(endpoint.host.scans.back() == ScanKind::kForgotten);
    endpoint.scan_finds({});
    CHECK(endpoint.sent() == "UPDDONE");
  }
}

TEST_CASE("RFC 8156 5.3.7: an UPDREQ of a connection that broke is not answered on the next one") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->hear_bare(MessageType::kUpdReq, 77);
  endpoint->it.disconnected("cut", endpoint->now);
  endpoint->meet(State::kCommunicationsInterrupted);
  endpoint->take_sent();
  endpoint->scan_finds({});
  CHECK(endpoint->sent().empty());
}

TEST_CASE("RFC 8156 5.3.7: the piece of a scan that was broken off does not end the next one") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->hear_bare(MessageType::kUpdReqAll, 77);
  endpoint->it.flush(endpoint->now);
  const unsigned pieces = endpoint->host.pieces_wanted;
  endpoint->scan_finds({});
  CHECK(endpoint->sent() == "UPDDONE");
  endpoint->it.flush(endpoint->now);
  CHECK(endpoint->host.pieces_wanted == pieces);
}

}  // namespace
}  // namespace tandem6::failover::relationship_updates_test
