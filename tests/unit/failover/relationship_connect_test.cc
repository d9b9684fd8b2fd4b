// RFC 8156 §6: connections between partners, what they agree on, and how they find out that the other is gone.
#include "tests/unit/failover/relationship_fixture.h"

namespace tandem6::failover::relationship_connect_test {
namespace {

constexpr std::array kBothRoles = {FailoverRole::kPrimary, FailoverRole::kSecondary};

std::optional<Connect> connect_in(const std::optional<Octets>& message) {
  REQUIRE(message);
  return read_connect(view_of(*message));
}

StatusCode disconnect_status(Endpoint& endpoint) {
  const auto message = endpoint.last(MessageType::kDisconnect);
  REQUIRE(message);
  return read_disconnect(view_of(*message)).status;
}

// --- CONNECT and CONNECTREPLY ---

TEST_CASE(
    "RFC 8156 6.1.1: a primary's CONNECT says the version, MCLT, keepalive, window and name of its configuration") {
  Endpoint primary(FailoverRole::kPrimary);
  primary.it.connected(primary.now);
  const auto connect = connect_in(primary.last(MessageType::kConnect));
  REQUIRE(connect);
  CHECK(connect->version == ProtocolVersion{.major = 1, .minor = 0});
  CHECK(connect->mclt == Seconds{3600});
  CHECK(connect->keepalive == Seconds{60});
  CHECK(connect->max_unacked == 10);
  CHECK(connect->relationship == "pair");
  CHECK(connect->fixed_pd_length);
}

TEST_CASE("RFC 8156 6.1.2: a secondary's CONNECTREPLY has the primary's MCLT and its own other terms") {
  Endpoint secondary(FailoverRole::kSecondary);
  Connect connect = secondary.terms();
  connect.mclt = Seconds{1234};
  secondary.connect(connect);
  const auto message = secondary.last(MessageType::kConnectReply);
  REQUIRE(message);
  CHECK(view_of(*message).transaction_id == 0x321);
  const auto reply = connect_in(message);
  REQUIRE(reply);
  CHECK(reply->status == StatusCode::kSuccess);
  CHECK(reply->mclt == Seconds{1234});
  CHECK(reply->keepalive == Seconds{60});
  CHECK(reply->max_unacked == 10);
  CHECK(reply->relationship.empty());
}

TEST_CASE("RFC 8156 6.1.2: the primary's MCLT is used until another one comes, over a restart as well") {
  Endpoint secondary(FailoverRole::kSecondary);
  Connect connect = secondary.terms();
  connect.mclt = Seconds{1234};
  secondary.connect(connect);
  secondary.disk();
  CHECK(secondary.stored().state.mclt == Seconds{1234});
  CHECK(secondary.scope->policy().mclt == Seconds{1234});
  const Endpoint again(FailoverRole::kSecondary, secondary.stored());
  CHECK(again.it.status().mclt == Seconds{1234});
  CHECK(again.scope->policy().mclt == Seconds{1234});
}

TEST_CASE("RFC 8156 6.1.1: a primary's MCLT is that of its configuration, whatever it was before") {
  Stable stable = stable_in(State::kNormal);
  stable.state.mclt = Seconds{99};
  Endpoint primary(FailoverRole::kPrimary, stable);
  primary.it.connected(primary.now);
  CHECK(connect_in(primary.last(MessageType::kConnect))->mclt == Seconds{3600});
}

void check_refused(const Connect& connect, int64_t skew, StatusCode status) {
  Endpoint secondary(FailoverRole::kSecondary);
  secondary.connect(connect, skew);
  const auto sent = secondary.take_sent();
  REQUIRE(sent.size() == 1);
  REQUIRE(view_of(sent[0]).type == MessageType::kConnectReply);
  const auto reply = read_connect(view_of(sent[0]));
  REQUIRE(reply);
  CHECK(reply->status == status);
  CHECK_FALSE(reply->text.empty());
  CHECK(secondary.host.disconnects == 1);
  CHECK_FALSE(secondary.it.is_connected());
  CHECK(secondary.host.notes_of("failover-refused") == 1);
  secondary.disk();
  CHECK(secondary.sent().empty());
}

TEST_CASE("RFC 8156 6.1.2: what a secondary refuses, with which status") {
  const Endpoint any(FailoverRole::kSecondary);
  SUBCASE("clocks that differ by more than 5 seconds") {
    check_refused(any.terms(), 6, StatusCode::kExcessiveTimeSkew);
    check_refused(any.terms(), -6, StatusCode::kExcessiveTimeSkew);
    check_refused(any.terms(), 1'000'000, StatusCode::kExcessiveTimeSkew);
  }
  SUBCASE("another version of the protocol") {
    Connect connect = any.terms();
    connect.version.major = 2;
    check_refused(connect, 0, StatusCode::kNotSupported);
  }
  SUBCASE("prefixes of several lengths out of one delegable prefix") {
    Connect connect = any.terms();
    connect.fixed_pd_length = false;
    check_refused(connect, 0, StatusCode::kNotSupported);
  }
}

TEST_CASE("RFC 8156 6.1.2: clocks that differ by 5 seconds, and a higher minor version, are accepted") {
  for (const int64_t skew : {-5, 0, 5}) {
    Endpoint secondary(FailoverRole::kSecondary);
    Connect connect = secondary.terms();
    connect.version.minor = 7;
    secondary.connect(connect, skew);
    CHECK(connect_in(secondary.last(MessageType::kConnectReply))->status == StatusCode::kSuccess);
    CHECK(secondary.host.disconnects == 0);
    CHECK(secondary.it.status().skew_seconds == skew);
  }
}

TEST_CASE("RFC 8156 6.1.2: a CONNECT that lacks something, or is none, ends the connection") {
  Endpoint secondary(FailoverRole::kSecondary);
  secondary.it.connected_by(
      written([&](wire::Writer& out) { put_bare(out, MessageType::kConnect, 0x321, secondary.now.wall); }),
      secondary.now);
  CHECK(connect_in(secondary.last(MessageType::kConnectReply))->status == StatusCode::kUnspecFail);
  CHECK(secondary.host.disconnects == 1);
  secondary.it.connected_by(testing::hex("1f 00"), secondary.now);
  CHECK(disconnect_status(secondary) == StatusCode::kUnspecFail);
  CHECK(secondary.host.disconnects == 2);
  CHECK(secondary.it.status().malformed == 2);
  CHECK_FALSE(secondary.it.is_connected());
}

TEST_CASE(
    "RFC 8156 6.1.3: what a primary does not accept in a CONNECTREPLY: DISCONNECT, and the connection is dropped") {
  Endpoint primary(FailoverRole::kPrimary);
  Connect reply = primary.terms();
  StatusCode expected = StatusCode::kNotSupported;
  SUBCASE("another version") { reply.version.major = 2; }
  SUBCASE("another MCLT") {
    reply.mclt = Seconds{3601};
    expected = StatusCode::kConfigurationConflict;
  }
  SUBCASE("several lengths") { reply.fixed_pd_length = false; }
  primary.connect(reply);
  CHECK(disconnect_status(primary) == expected);
  CHECK(primary.host.disconnects == 1);
  CHECK_FALSE(primary.it.is_connected());
}

TEST_CASE("a link that ends before it was OK is in the log: once for each reason, until the two were in contact") {
  Endpoint primary(FailoverRole::kPrimary);
  const auto fails = [&](std::string_view reason) {
    primary.it.connected(primary.now);
    primary.it.disconnected(reason, primary.now);
    return primary.host.notes_of("failover-link-failed");
  };
  CHECK(fails("gone") == 1);
  CHECK(primary.host.notes.back().text ==
        "gone, before it answered CONNECT: it may want TLS, which is not configured "
        "here; its log says why");
  CHECK(primary.it.status().last_disconnect == primary.host.notes.back().text);
  CHECK(fails("gone") == 1);
  CHECK(fails("cut") == 2);
  CHECK(fails("gone") == 3);
  primary.meet(State::kRecover);
  primary.it.disconnected("over", primary.now);
  CHECK(primary.it.status().last_disconnect == "over");
  CHECK(fails("gone") == 4);
}

TEST_CASE("a refusal that comes again and again is in the log once") {
  Endpoint secondary(FailoverRole::kSecondary);
  for (int i = 0; i < 3; ++i) secondary.connect(secondary.terms(), 20);
  CHECK(secondary.host.notes_of("failover-refused") == 1);
  CHECK(secondary.host.notes_of("failover-link-failed") == 0);
  Endpoint primary(FailoverRole::kPrimary);
  Connect reply = primary.terms();
  reply.status = StatusCode::kConfigurationConflict;
  reply.text = "another name";
  for (int i = 0; i < 3; ++i) primary.connect(reply);
  CHECK(primary.host.notes_of("failover-refused") == 1);
  CHECK(primary.host.notes_of("failover-link-failed") == 0);
}

TEST_CASE("RFC 8156 6.1.3: a refusal is passed on to people, with its text") {
  Endpoint primary(FailoverRole::kPrimary);
  Connect reply = primary.terms();
  reply.status = StatusCode::kExcessiveTimeSkew;
  reply.text = "your clock";
  primary.connect(reply);
  CHECK(primary.sent() == "CONNECT");
  CHECK(primary.host.disconnects == 1);
  CHECK(primary.host.notes_of("failover-refused") == 1);
  CHECK(primary.host.notes.back().text.find("your clock") != std::string::npos);
  CHECK(primary.it.status().last_disconnect.find("your clock") != std::string::npos);
}

TEST_CASE("RFC 8156 6.1.3: a CONNECTREPLY that lacks something, or another message before it, is malformed") {
  for (const MessageType type : {MessageType::kConnectReply, MessageType::kState, MessageType::kBndUpd,
                                 MessageType::kConnect, MessageType::kContact}) {
    Endpoint primary(FailoverRole::kPrimary);
    primary.it.connected(primary.now);
    primary.hear_bare(type);
    CHECK(primary.it.status().malformed == 1);
    CHECK(primary.host.disconnects == 1);
    CHECK(disconnect_status(primary) == StatusCode::kUnspecFail);
  }
}

// --- STATE comes first, and when the disk knows ---

TEST_CASE(
    "RFC 8156 6.1, 6.3: after CONNECT and CONNECTREPLY comes STATE, when it is in stable storage, and not before") {
  for (const FailoverRole role : kBothRoles) {
    Endpoint endpoint(role, stable_in(State::kNormal));
    endpoint.connect(endpoint.terms());
    CHECK(endpoint.sent() == (role == FailoverRole::kPrimary ? "CONNECT" : "CONNECTREPLY"));
    endpoint.it.tick(endpoint.now);
    CHECK(endpoint.sent().empty());
    endpoint.disk();
    const auto state = endpoint.last_state();
    REQUIRE(state);
    CHECK(state->state == State::kCommunicationsInterrupted);
    CHECK(state->flags == ServerFlags{.communicated = true, .startup = true, .ack_startup = false});
    CHECK_FALSE(state->partner_down_since);
  }
}

TEST_CASE("RFC 8156 6.1: nothing overtakes our STATE over a slow disk, be it CONTACT or an update") {
  Endpoint endpoint(FailoverRole::kSecondary, stable_in(State::kNormal));
  Connect connect = endpoint.terms();
  connect.keepalive = Seconds{4};  // CONTACT each second
  endpoint.connect(connect);
  endpoint.take_sent();
  endpoint.hear_state(State::kCommunicationsInterrupted);
  CHECK(endpoint.it.state() == State::kNormal);
  endpoint.it.changed(lease_of(1, endpoint.now.wall), 0);
  CHECK_FALSE(endpoint.it.command(OperatorCommand::kResync, endpoint.now));
  for (int i = 0; i < 5; ++i) {
    endpoint.pass(1000);
    endpoint.contact();
    endpoint.it.tick(endpoint.now);
    endpoint.it.flush(endpoint.now);
  }
  CHECK(endpoint.sent().empty());
  endpoint.disk();
  CHECK(endpoint.sent() == "STATE BNDUPD");
}

TEST_CASE("RFC 8156 6.1: nothing but CONNECT goes over a connection that the partner has not agreed to yet") {
  Endpoint primary(FailoverRole::kPrimary, stable_in(State::kNormal));
  Connect reply = primary.terms();
  reply.keepalive = Seconds{4};
  primary.connect(reply);
  primary.disk();
  primary.it.disconnected("cut", primary.now);
  primary.take_sent();
  primary.it.connected(primary.now);
  primary.run(5000);
  CHECK(primary.sent() == "CONNECT");
}

TEST_CASE("RFC 8156 6.3: each change of state is told, after the disk knows it, with the time it began") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->pass(20'000);
  endpoint->hear_state(State::kPotentialConflict);
  CHECK(endpoint->it.state() == State::kPotentialConflict);
  CHECK(endpoint->sent().empty());
  // What was written before, for the partner's state, says nothing of ours.
  REQUIRE(endpoint->host.saves.size() == 2);
  endpoint->it.persisted(endpoint->host.saves[0].token, endpoint->now);
  CHECK(endpoint->sent().empty());
  endpoint->disk();
  CHECK(endpoint->stored().state.state == State::kPotentialConflict);
  CHECK(endpoint->stored().state.previous == State::kNormal);
  CHECK(endpoint->stored().state.partner == State::kPotentialConflict);
  const auto state = endpoint->last_state();
  REQUIRE(state);
  CHECK(state->state == State::kPotentialConflict);
  CHECK(state->since == endpoint->now.wall);
}

TEST_CASE("RFC 8156 6.3: in PARTNER-DOWN the STATE says since when, in other states it does not") {
  Endpoint endpoint(FailoverRole::kPrimary, stable_in(State::kPartnerDown));
  endpoint.run(10'000);
  endpoint.connect(endpoint.terms());
  endpoint.disk();
  const auto state = endpoint.last_state();
  REQUIRE(state);
  CHECK(state->state == State::kPartnerDown);
  REQUIRE(state->partner_down_since);
}

TEST_CASE("RFC 8156 5.5.15: COMMUNICATED says whether there was a partner before, ACK_STARTUP that it starts up") {
  Endpoint fresh(FailoverRole::kPrimary);
  fresh.connect(fresh.terms());
  fresh.disk();
  CHECK(fresh.last_state()->flags == ServerFlags{.communicated = false, .startup = true, .ack_startup = false});
  fresh.hear_state(State::kRecover, {.communicated = false, .startup = true});
  fresh.disk();
  CHECK(fresh.last_state()->flags == ServerFlags{.communicated = false, .startup = false, .ack_startup = true});
  // The next connection.
  fresh.it.disconnected("cut", fresh.now);
  fresh.connect(fresh.terms());
  fresh.disk();
  CHECK(fresh.last_state()->flags.communicated);
}

// --- communications "OK" ---

TEST_CASE("RFC 8156 6.1: communications are OK with the partner's STATE, not with its CONNECT") {
  for (const FailoverRole role : kBothRoles) {
    Endpoint endpoint(role, stable_in(State::kNormal));
    endpoint.connect(endpoint.terms());
    endpoint.disk();
    CHECK_FALSE(endpoint.it.status().communicating);
    CHECK(endpoint.it.state() == State::kStartup);
    CHECK(endpoint.host.settled_count == 0);
    endpoint.hear_state(State::kCommunicationsInterrupted);
    CHECK(endpoint.it.status().communicating);
    CHECK(endpoint.it.state() == State::kNormal);
    CHECK(endpoint.host.settled_count == 1);
    CHECK(endpoint.it.status().partner == State::kCommunicationsInterrupted);
    CHECK(endpoint.it.status().partner_since == AbsoluteTime{700'000'000});
  }
}

TEST_CASE("RFC 8156 6.1: a message other than CONTACT before the partner's STATE ends the connection") {
  for (const MessageType type : {MessageType::kBndUpd, MessageType::kUpdReq, MessageType::kPoolReq}) {
    Endpoint endpoint(FailoverRole::kPrimary, stable_in(State::kNormal));
    endpoint.connect(endpoint.terms());
    endpoint.disk();
    endpoint.contact();
    CHECK(endpoint.it.is_connected());
    endpoint.hear_bare(type);
    CHECK_FALSE(endpoint.it.is_connected());
    CHECK(endpoint.host.disconnects == 1);
  }
}

TEST_CASE("RFC 8156 6.4: a STATE that says no state of the figure is malformed") {
  for (const State state : {State::kNone, State::kStartup, State{11}}) {
    auto endpoint = in_normal(FailoverRole::kPrimary);
    endpoint->hear_state(state);
    CHECK(endpoint->it.state() == State::kCommunicationsInterrupted);
    CHECK(endpoint->it.status().malformed == 1);
    CHECK(endpoint->host.disconnects == 1);
  }
}

TEST_CASE("RFC 8156 6.4: the partner's state and when it began are in stable storage") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->hear_state(State::kRecoverDone, {.communicated = true}, {712'345'678});
  endpoint->disk();
  CHECK(endpoint->stored().state.partner == State::kRecoverDone);
  CHECK(endpoint->stored().state.partner_since == AbsoluteTime{712'345'678});
}

TEST_CASE("a partner that connects anew takes the place of its old connection") {
  auto secondary = in_normal(FailoverRole::kSecondary);
  secondary->connect(secondary->terms());
  CHECK(secondary->it.state() == State::kCommunicationsInterrupted);
  CHECK(secondary->it.is_connected());
  secondary->disk();
  CHECK(secondary->sent() == "CONNECTREPLY STATE");
}

// --- §6.6 ---

TEST_CASE(
    "RFC 8156 6.5, 6.6: CONTACT goes out after a fourth of the partner's keepalive time without another message") {
  for (const FailoverRole role : kBothRoles) {
    auto endpoint = in_normal(role);  // the partner's keepalive is 40
    endpoint->it.tick(endpoint->now);
    CHECK(endpoint->sent() == "CONTACT");  // the first, with the configuration's digest
    endpoint->pass(9'900);
    endpoint->contact();
    endpoint->it.tick(endpoint->now);
    CHECK(endpoint->sent().empty());
    endpoint->pass(100);
    endpoint->it.tick(endpoint->now);
    CHECK(endpoint->sent() == "CONTACT");
    // Any other message sets the timer back.
    endpoint->pass(5'000);
    endpoint->hear_update(1, {.client = client(1), .base_time = endpoint->now.wall, .leases = {}});
    CHECK(endpoint->sent() == "BNDREPLY");
    endpoint->pass(9'900);
    endpoint->contact();
    endpoint->it.tick(endpoint->now);
    CHECK(endpoint->sent().empty());
  }
}

TEST_CASE("RFC 8156 6.6: a partner that was silent for our keepalive time is gone; any message is a sign of life") {
  for (const FailoverRole role : kBothRoles) {
    auto endpoint = in_normal(role);
    endpoint->run_in_contact(200);
    CHECK(endpoint->it.state() == State::kNormal);
    endpoint->run(58'000);  // and one second since the last CONTACT
    CHECK(endpoint->it.state() == State::kNormal);
    endpoint->run(1'000);
    CHECK(endpoint->it.state() == State::kCommunicationsInterrupted);
    CHECK(endpoint->host.disconnects == 1);
    CHECK_FALSE(endpoint->it.status().communicating);
    CHECK(endpoint->host.notes_of("failover-link-down") == 1);
  }
}

TEST_CASE("RFC 8156 6.1: a partner that does not answer CONNECT, or never says its state, is not waited for forever") {
  Endpoint primary(FailoverRole::kPrimary);
  primary.it.connected(primary.now);
  primary.run(10'000);
  CHECK(primary.it.is_connected());
  primary.run(1'000);
  CHECK_FALSE(primary.it.is_connected());
  Endpoint secondary(FailoverRole::kSecondary);
  secondary.connect(secondary.terms());
  secondary.run(11'000);
  CHECK_FALSE(secondary.it.is_connected());
  CHECK(secondary.host.disconnects == 1);
}

// --- §7.5.1 ---

TEST_CASE("RFC 8156 7.5.1: a clock that is more than 5 seconds ahead ends the connection at once") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  const auto contact = [&](int64_t skew) {
    const AbsoluteTime sent{static_cast<uint32_t>(endpoint->now.wall.since_2000 + skew)};
    endpoint->hear(written([&](wire::Writer& out) { put_bare(out, MessageType::kContact, 9, sent); }));
  };
  contact(5);
  CHECK(endpoint->it.state() == State::kNormal);
  CHECK(endpoint->it.status().skew_seconds == 5);
  CHECK(endpoint->host.notes_of("failover-clock-skew") == 1);
  contact(6);
  CHECK(endpoint->it.state() == State::kCommunicationsInterrupted);
  CHECK(disconnect_status(*endpoint) == StatusCode::kExcessiveTimeSkew);
}

TEST_CASE("RFC 8156 7.5.1: messages that come late one after the other end the connection, a single delay does not") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  const auto late_contact = [&] {
    const AbsoluteTime sent{endpoint->now.wall.since_2000 - 8};
    endpoint->hear(written([&](wire::Writer& out) { put_bare(out, MessageType::kContact, 9, sent); }));
  };
  endpoint->contact();
  for (int second = 0; second < 9; ++second) {
    endpoint->pass(1000);
    late_contact();
  }
  CHECK(endpoint->it.state() == State::kNormal);
  endpoint->contact();
  endpoint->pass(9000);
  late_contact();
  CHECK(endpoint->it.state() == State::kNormal);
  endpoint->pass(9000);
  late_contact();
  CHECK(endpoint->it.state() == State::kNormal);
  endpoint->pass(1000);
  late_contact();
  CHECK(endpoint->it.state() == State::kCommunicationsInterrupted);
}

TEST_CASE("RFC 8156 7.5.1: on a link with nothing to tell, where a CONTACT comes every 15 seconds, one may be late") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  for (int i = 0; i < 3; ++i) {
    endpoint->pass(15'000);
    endpoint->contact();
  }
  endpoint->pass(15'000);
  const AbsoluteTime sent{endpoint->now.wall.since_2000 - 8};
  endpoint->hear(written([&](wire::Writer& out) { put_bare(out, MessageType::kContact, 9, sent); }));
  CHECK(endpoint->it.state() == State::kNormal);
  endpoint->pass(15'000);
  endpoint->contact();
  CHECK(endpoint->it.state() == State::kNormal);
}

TEST_CASE("clock skew is an alarm long before it ends the connection, and one alarm only") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  const auto contact = [&](int64_t skew) {
    const AbsoluteTime sent{static_cast<uint32_t>(endpoint->now.wall.since_2000 + skew)};
    endpoint->hear(written([&](wire::Writer& out) { put_bare(out, MessageType::kContact, 9, sent); }));
  };
  contact(1);
  CHECK(endpoint->host.notes_of("failover-clock-skew") == 0);
  contact(-2);
  contact(-1);  // 1.5 s: now the one, now the other
  contact(-3);
  CHECK(endpoint->host.notes_of("failover-clock-skew") == 1);
  contact(0);
  contact(2);
  CHECK(endpoint->host.notes_of("failover-clock-skew") == 2);
}

// --- DISCONNECT, malformed and unknown messages ---

TEST_CASE("RFC 8156 5.3.10, 8.8.2: after a DISCONNECT from the partner communications are not OK") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->hear(written([&](wire::Writer& out) {
    put_disconnect(out, 5, endpoint->now.wall, {StatusCode::kServerShuttingDown, "bye"});
  }));
  CHECK(endpoint->it.state() == State::kCommunicationsInterrupted);
  CHECK(endpoint->host.disconnects == 1);
  CHECK(endpoint->sent().empty());
  CHECK(endpoint->it.status().last_disconnect.find("bye") != std::string::npos);
  CHECK(endpoint->it.status().last_disconnect_at == endpoint->now.wall);
  const AbsoluteTime ended = endpoint->now.wall;
  endpoint->run(20'000);
  CHECK(endpoint->it.status().last_disconnect_at == ended);
  endpoint->meet(State::kCommunicationsInterrupted);
  CHECK(endpoint->it.status().last_disconnect.empty());
  CHECK(endpoint->it.status().last_disconnect_at == AbsoluteTime{});
}

TEST_CASE("RFC 8156 5.3.10: a server that ends in good order says so") {
  auto endpoint = in_normal(FailoverRole::kSecondary);
  endpoint->it.shut_down(endpoint->now);
  CHECK(disconnect_status(*endpoint) == StatusCode::kServerShuttingDown);
  CHECK(endpoint->host.disconnects == 1);
  endpoint->it.shut_down(endpoint->now);
  CHECK(endpoint->sent().empty());
}

TEST_CASE("a message that does not parse ends the connection; what comes behind it is not looked at") {
  auto endpoint = in_normal(FailoverRole::kPrimary);
  endpoint->hear(testing::hex("18 000001 2faf"));
  CHECK(endpoint->it.state() == State::kCommunicationsInterrupted);
  CHECK(disconnect_status(*endpoint) == StatusCode::kUnspecFail);
  const auto received = endpoint->it.status().messages_received;
  endpoint->hear_bare(MessageType::kPoolReq);
  CHECK(endpoint->sent().empty());
  CHECK(endpoint->it.status().messages_received == received);
}

TEST_CASE("RFC 7031 7: a message of a type that is not known, or not for this role, is counted and passed over") {
  auto secondary = in_normal(FailoverRole::kSecondary);
  secondary->hear_bare(MessageType{200});
  secondary->hear_bare(MessageType::kPoolReq);
  secondary->hear_bare(MessageType::kConnect);
  CHECK(secondary->it.status().malformed == 3);
  CHECK(secondary->it.state() == State::kNormal);
  CHECK(secondary->sent().empty());
}

TEST_CASE("without a connection nothing that is received counts") {
  Endpoint endpoint(FailoverRole::kSecondary, stable_in(State::kNormal));
  endpoint.hear_state(State::kNormal);
  CHECK(endpoint.it.state() == State::kStartup);
  endpoint.it.disconnected("nothing", endpoint.now);
  endpoint.it.shut_down(endpoint.now);
  CHECK(endpoint.sent().empty());
}

}  // namespace
}  // namespace tandem6::failover::relationship_connect_test
