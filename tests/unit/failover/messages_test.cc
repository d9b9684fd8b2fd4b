// The messages between partners that are not about leases (RFC 8156 §6), octet by octet from the figures of §5.5.
#include "failover/messages.h"

#include <string>
#include <vector>

#include "tests/unit/failover/wire_fixture.h"

namespace tandem6::failover::messages_test {
namespace {

using namespace tandem6::testing;
using wire::MessageType;
using wire::StatusCode;

// --- CONNECT and CONNECTREPLY ---

const Connect kConnect{.version = {.major = 1, .minor = 2},
                       .mclt = {3600},
                       .keepalive = {60},
                       .max_unacked = 1024,
                       .relationship = "nörd",
                       .fixed_pd_length = true};
const Octets kVersion = hex("007f 0004 0001 0002");    // §5.5.11
const Octets kMclt = hex("007a 0004 00000e10");        // §5.5.6
const Octets kKeepalive = hex("0080 0004 0000003c");   // §5.5.12
const Octets kMaxUnacked = hex("0079 0004 00000400");  // §5.5.5
const Octets kName = hex("0082 0005 6e c3b6 72 64");   // §5.5.14
const Octets kFlags = hex("0073 0002 0001");           // §5.5.2
const Octets kConnectBytes = failover_message(31, {kVersion, kMclt, kKeepalive, kMaxUnacked, kName, kFlags});
const Octets kReplyBytes = failover_message(32, {kVersion, kMclt, kKeepalive, kMaxUnacked, kFlags});

Octets written_connect(MessageType type, const Connect& connect) {
  return written([&](wire::Writer& out) { put_connect(out, type, kTransaction, kSent, connect); });
}
std::optional<Connect> connect_in(const Octets& message) { return read_connect(view_of(message)); }
std::optional<Connect> connect_of(std::initializer_list<Octets> options) {
  return connect_in(failover_message(31, options));
}

TEST_CASE("RFC 8156 6.1.1: CONNECT, octet by octet, written and read") {
  CHECK(to_hex(written_connect(MessageType::kConnect, kConnect)) == to_hex(kConnectBytes));
  CHECK(connect_in(kConnectBytes) == kConnect);
}

TEST_CASE("RFC 8156 6.1.2: CONNECTREPLY has no relationship name") {
  Connect reply = kConnect;
  CHECK(to_hex(written_connect(MessageType::kConnectReply, reply)) == to_hex(kReplyBytes));
  reply.relationship.clear();
  CHECK(connect_in(kReplyBytes) == reply);
}

TEST_CASE("RFC 8156 6.1.1: a CONNECT without a name is for the only relationship") {
  Connect only = kConnect;
  only.relationship.clear();
  const Octets bytes = failover_message(31, {kVersion, kMclt, kKeepalive, kMaxUnacked, kFlags});
  CHECK(to_hex(written_connect(MessageType::kConnect, only)) == to_hex(bytes));
  CHECK(connect_in(bytes) == only);
  CHECK(connect_of({kVersion, kMclt, kKeepalive, kMaxUnacked, hex("0082 0000"), kFlags}) == only);
}

TEST_CASE("RFC 8156 5.5.2: FIXED_PD_LENGTH is bit 15; the others are not looked at") {
  Connect varied = kConnect;
  varied.fixed_pd_length = false;
  const auto with_flags = [](const char* flags) {
    return failover_message(31, {kVersion, kMclt, kKeepalive, kMaxUnacked, kName, hex(flags)});
  };
  CHECK(to_hex(written_connect(MessageType::kConnect, varied)) == to_hex(with_flags("0073 0002 0000")));
  CHECK(connect_in(with_flags("0073 0002 fffe")) == varied);
  CHECK(connect_in(with_flags("0073 0002 ffff")) == kConnect);
}

TEST_CASE("RFC 8156 6.1.2: a CONNECTREPLY that rejects says why, and need not say more") {
  const Connect rejection{.status = StatusCode::kExcessiveTimeSkew, .text = "9 s"};
  const Octets bytes = failover_message(32, {hex("000d 0005 0016 392073")});
  CHECK(to_hex(written_connect(MessageType::kConnectReply, rejection)) == to_hex(bytes));
  CHECK(connect_in(bytes) == rejection);
  CHECK(connect_in(failover_message(32, {hex("000d 0005 0016 392073"), kVersion, kMclt})) == rejection);
}

TEST_CASE("RFC 8156 6.1.2: a refusal says as much as is read, and no half of a character") {
  const auto text_of = [](const std::string& why) {
    const auto reply = connect_in(written(
        [&](wire::Writer& out) { put_refusal(out, kTransaction, kSent, StatusCode::kConfigurationConflict, why); }));
    REQUIRE(reply);
    CHECK(reply->status == StatusCode::kConfigurationConflict);
    return reply->text;
  };
  CHECK(text_of("another name") == "another name");
  CHECK(text_of(std::string(kMaxStatusText - 1, 'x') + "\xc3\xb6 and more") == std::string(kMaxStatusText - 1, 'x'));
}

TEST_CASE("RFC 8156 6.1.2: a status of success rejects nothing, and replaces nothing") {
  Connect reply = kConnect;
  reply.relationship.clear();
  const Octets success = hex("000d 0002 0000");
  CHECK(connect_in(failover_message(32, {success, kVersion, kMclt, kKeepalive, kMaxUnacked, kFlags})) == reply);
  CHECK_FALSE(connect_in(failover_message(32, {success})));
}

TEST_CASE("RFC 8156 6.1.2: only a CONNECTREPLY rejects") {
  CHECK(connect_of({hex("000d 0002 0016"), kVersion, kMclt, kKeepalive, kMaxUnacked, kName, kFlags}) == kConnect);
  CHECK_FALSE(connect_of({hex("000d 0002 0016")}));
}

TEST_CASE("RFC 8156 6.1.1: a CONNECT or CONNECTREPLY that lacks what it must have is not read") {
  const std::vector<Octets> needed{kVersion, kMclt, kKeepalive, kMaxUnacked, kFlags};
  for (const uint8_t type : {31, 32}) {
    for (size_t missing = 0; missing < needed.size(); ++missing) {
      Octets message = failover_message(type, {});
      for (size_t i = 0; i < needed.size(); ++i) message += i == missing ? Octets() : needed[i];
      CHECK_FALSE(connect_in(message));
    }
  }
}

TEST_CASE("RFC 8156 6.1.1: no prefix of a CONNECT or CONNECTREPLY is one") {
  for (const Octets& whole : {kConnectBytes, kReplyBytes}) {
    for (size_t size = 0; size < whole.size(); ++size) {
      const auto view = wire::FailoverMessageView::parse(Bytes(whole).first(size));
      CHECK_FALSE((view && read_connect(*view)));
    }
  }
}

TEST_CASE("RFC 8156 5.5: options of CONNECT with another length, and values that mean nothing, are malformed") {
  REQUIRE(connect_of({kVersion, kMclt, kKeepalive, kMaxUnacked, kFlags}));
  for (const char* version : {"007f 0003 000100", "007f 0005 0001000200"}) {
    CHECK_FALSE(connect_of({hex(version), kMclt, kKeepalive, kMaxUnacked, kFlags}));
  }
  for (const char* mclt : {"007a 0003 000e10", "007a 0004 00000000", "007a 0004 80000000", "007a 0004 ffffffff"}) {
    CHECK_FALSE(connect_of({kVersion, hex(mclt), kKeepalive, kMaxUnacked, kFlags}));
  }
  for (const char* keepalive : {"0080 0002 003c", "0080 0004 00000000"}) {
    CHECK_FALSE(connect_of({kVersion, kMclt, hex(keepalive), kMaxUnacked, kFlags}));
  }
  for (const char* unacked : {"0079 0002 0400", "0079 0004 00000000"}) {
    CHECK_FALSE(connect_of({kVersion, kMclt, kKeepalive, hex(unacked), kFlags}));
  }
  for (const char* flags : {"0073 0001 01", "0073 0004 00000001"}) {
    CHECK_FALSE(connect_of({kVersion, kMclt, kKeepalive, kMaxUnacked, hex(flags)}));
  }
  CHECK_FALSE(connect_in(failover_message(32, {hex("000d 0001 00")})));
}

TEST_CASE("RFC 8156 5.5.14: a relationship name is UTF-8, not null-terminated, and of bounded length") {
  const auto named = [](const Octets& name) {
    return connect_of({kVersion, kMclt, kKeepalive, kMaxUnacked, option(130, name), kFlags});
  };
  CHECK(named(text(std::string(255, 'x')))->relationship == std::string(255, 'x'));
  CHECK_FALSE(named(text(std::string(256, 'x'))));
  CHECK_FALSE(named(text("north") + u8(0)));
  CHECK_FALSE(named(hex("61 ff")));
  CHECK_FALSE(named(hex("c3")));
}

TEST_CASE("RFC 8156: options that are not known are passed over, and of two the first counts") {
  const Octets unknown = hex("fffe 0003 aabbcc  0000 0000");
  CHECK(connect_of({unknown, kVersion, unknown, kMclt, kKeepalive, kMaxUnacked, kName, kFlags, unknown,
                    hex("007a 0004 00000001")}) == kConnect);
}

TEST_CASE("RFC 8156 6.1: other messages are no CONNECT") {
  CHECK_FALSE(connect_in(failover_message(34, {kVersion, kMclt, kKeepalive, kMaxUnacked, kFlags})));
}

// --- STATE ---

const StateMessage kState{
    .state = State::kNormal, .flags = {.communicated = true}, .since = {0x2faf0700}, .partner_down_since = {}};
const Octets kServerState = hex("0084 0001 02");        // §5.5.16
const Octets kServerFlags = hex("0083 0001 01");        // §5.5.15
const Octets kSince = hex("0085 0004 2faf0700");        // §5.5.17
const Octets kPartnerDown = hex("007d 0004 2faf0600");  // §5.5.9

Octets written_state(const StateMessage& state) {
  return written([&](wire::Writer& out) { put_state(out, kTransaction, kSent, state); });
}
std::optional<StateMessage> state_of(std::initializer_list<Octets> options) {
  const Octets message = failover_message(34, options);
  return read_state(view_of(message));
}

TEST_CASE("RFC 8156 6.3: STATE, octet by octet, written and read") {
  CHECK(to_hex(written_state(kState)) == to_hex(failover_message(34, {kServerState, kServerFlags, kSince})));
  CHECK(state_of({kServerState, kServerFlags, kSince}) == kState);
}

TEST_CASE("RFC 8156 6.3: STATE has a partner-down time in PARTNER-DOWN, and only there") {
  StateMessage down = kState;
  down.state = State::kPartnerDown;
  down.partner_down_since = AbsoluteTime{0x2faf0600};
  const Octets state = hex("0084 0001 04");
  CHECK(to_hex(written_state(down)) == to_hex(failover_message(34, {state, kServerFlags, kSince, kPartnerDown})));
  CHECK(state_of({state, kServerFlags, kSince, kPartnerDown}) == down);
  CHECK_FALSE(state_of({state, kServerFlags, kSince}));
  CHECK_FALSE(state_of({state, kServerFlags, kSince, hex("007d 0003 af0600")}));
  down.state = State::kNormal;
  CHECK(to_hex(written_state(down)) == to_hex(failover_message(34, {kServerState, kServerFlags, kSince})));
  CHECK(state_of({kServerState, kServerFlags, kSince, kPartnerDown}) == kState);
}

TEST_CASE("RFC 8156 5.5.15: COMMUNICATED is bit 7, STARTUP bit 6, ACK_STARTUP bit 5") {
  const auto octet = [](const ServerFlags& flags) {
    StateMessage state = kState;
    state.flags = flags;
    const Octets message = written_state(state);
    CHECK(read_state(view_of(message)) == state);
    return std::to_integer<unsigned>(message[8 + 5 + 4]);
  };
  CHECK(octet({}) == 0);
  CHECK(octet({.communicated = true}) == 0x01);
  CHECK(octet({.startup = true}) == 0x02);
  CHECK(octet({.ack_startup = true}) == 0x04);
  CHECK(octet({.communicated = true, .startup = true, .ack_startup = true}) == 0x07);
  CHECK(state_of({kServerState, hex("0083 0001 f8"), kSince})->flags == ServerFlags{});
}

TEST_CASE("RFC 8156 5.5.16: the states that are sent are 2 to 10: \"The STARTUP state is never sent\"") {
  for (unsigned state = 0; state <= 255; ++state) {
    const auto read = state_of({option(132, u8(static_cast<uint8_t>(state))), kServerFlags, kSince, kPartnerDown});
    CHECK(read.has_value() == (state >= 2 && state <= 10));
    if (read) CHECK(static_cast<unsigned>(read->state) == state);
  }
}

TEST_CASE("RFC 8156 6.3: a STATE that is cut, or lacks or mars what it must have, is not read") {
  const Octets whole = failover_message(34, {kServerState, kServerFlags, kSince});
  for (size_t size = 0; size < whole.size(); ++size) {
    const auto view = wire::FailoverMessageView::parse(Bytes(whole).first(size));
    CHECK_FALSE((view && read_state(*view)));
  }
  CHECK_FALSE(state_of({kServerFlags, kSince}));
  CHECK_FALSE(state_of({kServerState, kSince}));
  CHECK_FALSE(state_of({hex("0084 0000"), kServerFlags, kSince}));
  CHECK_FALSE(state_of({hex("0084 0002 0002"), kServerFlags, kSince}));
  CHECK_FALSE(state_of({kServerState, hex("0083 0002 0001"), kSince}));
  CHECK_FALSE(state_of({kServerState, kServerFlags, hex("0085 0002 0700")}));
  const Octets contact = failover_message(35, {kServerState, kServerFlags, kSince});
  CHECK_FALSE(read_state(view_of(contact)));
}

// --- DISCONNECT ---

TEST_CASE("RFC 8156 5.3.10: DISCONNECT, octet by octet, written and read") {
  const Octets bytes = failover_message(33, {hex("000d 0005 0014 627965")});
  CHECK(to_hex(written([](wire::Writer& out) {
          put_disconnect(out, kTransaction, kSent, {StatusCode::kServerShuttingDown, "bye"});
        })) == to_hex(bytes));
  const Disconnect read = read_disconnect(view_of(bytes));
  CHECK(read.status == StatusCode::kServerShuttingDown);
  CHECK(read.text == "bye");
}

TEST_CASE("RFC 8156 5.3.10: a DISCONNECT is one whatever it says; of its text what people can read is kept") {
  const auto read = [](const Octets& options) {
    const Octets message = failover_message(33, {options});
    return read_disconnect(view_of(message));
  };
  CHECK(read({}).status == StatusCode::kSuccess);
  CHECK(read(hex("000d 0001 00")).status == StatusCode::kSuccess);
  CHECK(read(status(20, "off\xff now")).text == "off");
  CHECK(read(status(20, std::string(300, 'x'))).text == std::string(255, 'x'));
  CHECK(read(status(20, std::string(254, 'x') + "ü")).text == std::string(254, 'x'));
  CHECK(read(status(20, std::string_view("a\0b", 3))).text == "a");
}

// --- those without options ---

TEST_CASE("RFC 8156 5.3: POOLREQ, POOLRESP, UPDREQ, UPDREQALL, UPDDONE and CONTACT are headers") {
  for (const uint8_t type : {26, 27, 28, 29, 30, 35}) {
    const Octets bytes = written([&](wire::Writer& out) { put_bare(out, MessageType{type}, kTransaction, kSent); });
    CHECK(to_hex(bytes) == to_hex(failover_message(type, {})));
    CHECK(view_of(bytes).type == MessageType{type});
  }
}

TEST_CASE("RFC 7653 6.2.2: STARTTLS is a message of RFC 8415 8, without sent-time") {
  CHECK(to_hex(written([](wire::Writer& out) { put_bare(out, MessageType::kStartTls, kTransaction, kSent); })) ==
        "17 12 34 56");
}

}  // namespace
}  // namespace tandem6::failover::messages_test
