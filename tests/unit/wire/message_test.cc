#include "dataplane/wire/message.h"

#include <doctest/doctest.h>

#include <memory>

#include "tests/support/packet.h"

namespace tandem6::message_test {

using namespace tandem6::testing;
using namespace tandem6::wire;

namespace {

const Octets kDuid = hex("00 03 00 01 02 00 5e 10 20 30");

/// A SOLICIT inside this many Relay-forwards, the innermost with hop-count 0.
Octets relayed(size_t levels) {
  Octets inner = message(1, 0x123456, {client_id(kDuid), ia_na(1)});
  for (size_t i = 0; i < levels; ++i) {
    const auto hops = static_cast<uint8_t>(i);
    inner = relay_forward(hops, "2001:db8::" + std::to_string(i), "fe80::" + std::to_string(i),
                          {interface_id(u8(hops)), relay_message(inner)});
  }
  return inner;
}

MessageFault fault_of(Bytes datagram) { return ReceivedMessage().parse(datagram); }

}  // namespace

TEST_CASE("RFC 8415 8: the header of a client/server message") {
  const Octets bytes = message(1, 0xabcdef, {client_id(kDuid), elapsed_time(7)});
  const auto view = MessageView::parse(bytes);
  REQUIRE(view.has_value());
  CHECK(view->type == MessageType::kSolicit);
  CHECK(view->transaction_id == 0xabcdef);
  CHECK(to_hex(view->options) == to_hex(client_id(kDuid) + elapsed_time(7)));
}

TEST_CASE("RFC 8415 8: a message without options is four octets, and never fewer") {
  for (size_t size = 0; size < 4; ++size) {
    CHECK_FALSE(MessageView::parse(Bytes(hex("03 00 00 01")).first(size)).has_value());
  }
  const Octets bytes = hex("03 00 00 01");
  CHECK(MessageView::parse(bytes)->type == MessageType::kRequest);
  for (size_t size = 0; size < 4; ++size) CHECK(fault_of(Bytes(bytes).first(size)) == MessageFault::kTooShort);
  CHECK(fault_of(bytes) == MessageFault::kNone);
}

TEST_CASE("RFC 8415 7.3: every type of client/server message is read, unknown ones too") {
  for (const int type : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 36, 255}) {
    const Octets bytes = message(static_cast<uint8_t>(type), 1, {});
    ReceivedMessage received;
    CAPTURE(type);
    CHECK(received.parse(bytes) == MessageFault::kNone);
    CHECK(static_cast<int>(received.message.type) == type);
    CHECK_FALSE(received.relayed());
  }
}

TEST_CASE("RFC 8415 7.3: message types have their names") {
  CHECK(to_string(MessageType::kSolicit) == "SOLICIT");
  CHECK(to_string(MessageType::kAdvertise) == "ADVERTISE");
  CHECK(to_string(MessageType::kRequest) == "REQUEST");
  CHECK(to_string(MessageType::kConfirm) == "CONFIRM");
  CHECK(to_string(MessageType::kRenew) == "RENEW");
  CHECK(to_string(MessageType::kRebind) == "REBIND");
  CHECK(to_string(MessageType::kReply) == "REPLY");
  CHECK(to_string(MessageType::kRelease) == "RELEASE");
  CHECK(to_string(MessageType::kDecline) == "DECLINE");
  CHECK(to_string(MessageType::kReconfigure) == "RECONFIGURE");
  CHECK(to_string(MessageType::kInformationRequest) == "INFORMATION-REQUEST");
  CHECK(to_string(MessageType::kRelayForward) == "RELAY-FORW");
  CHECK(to_string(MessageType::kRelayReply) == "RELAY-REPL");
  CHECK(to_string(static_cast<MessageType>(0)) == "unknown");
  CHECK(to_string(MessageType::kLeasequery) == "LEASEQUERY");
  CHECK(to_string(MessageType::kLeasequeryReply) == "LEASEQUERY-REPLY");
  CHECK(to_string(MessageType::kLeasequeryDone) == "LEASEQUERY-DONE");
  CHECK(to_string(MessageType::kLeasequeryData) == "LEASEQUERY-DATA");
  CHECK(to_string(static_cast<MessageType>(18)) == "unknown");
}

TEST_CASE("RFC 8415 8: a message whose options do not fit is malformed") {
  const Octets bytes = message(1, 1, {client_id(kDuid), rapid_commit()});
  for (size_t size = 4; size <= bytes.size(); ++size) {
    const bool between = size == 4 || size == 18 || size == bytes.size();
    CAPTURE(size);
    CHECK(fault_of(Bytes(bytes).first(size)) == (between ? MessageFault::kNone : MessageFault::kMalformedOptions));
  }
}

TEST_CASE("RFC 8415 21: the insides of options are not looked at when a message is unwrapped") {
  CHECK(fault_of(message(1, 1, {option(3, hex("00"))})) == MessageFault::kNone);
}

TEST_CASE("RFC 8415 9: a relay message is no client/server message, nor the other way round") {
  CHECK_FALSE(MessageView::parse(relayed(1)).has_value());
  CHECK_FALSE(MessageView::parse(relay_reply(0, "::", "::", {relay_message(hex("07 00 00 01"))})).has_value());
  CHECK_FALSE(RelayView::parse(message(1, 1, {option(99, zeros(64))})).has_value());
  CHECK_FALSE(RelayView::parse({}).has_value());
}

TEST_CASE("RFC 8415 9: the fields of a relay message") {
  const Octets inner = message(1, 0x123456, {client_id(kDuid)});
  for (const uint8_t type : {12, 13}) {
    const Octets bytes = relay(type, 3, "2001:db8:1::1", "fe80::abcd",
                               {option(37, hex("aa")), interface_id(text("ge-0/0/1")), relay_message(inner)});
    const auto view = RelayView::parse(bytes);
    REQUIRE(view.has_value());
    CHECK(static_cast<int>(view->type) == type);
    CHECK(view->hop_count == 3);
    CHECK(view->link_address == ip("2001:db8:1::1"));
    CHECK(view->peer_address == ip("fe80::abcd"));
    CHECK(to_hex(view->relayed) == to_hex(inner));
    CHECK(to_hex(view->interface_id.value()) == to_hex(text("ge-0/0/1")));
    CHECK(find_option(view->options, static_cast<OptionCode>(37)).has_value());
  }
}

TEST_CASE("RFC 8415 21.18: an empty Interface-Id is one, and none is none") {
  const Octets with = relay_forward(0, "::", "::", {relay_message(hex("01 00 00 01")), interface_id({})});
  CHECK(RelayView::parse(with)->interface_id.has_value());
  const Octets without = relay_forward(0, "::", "::", {relay_message(hex("01 00 00 01"))});
  CHECK_FALSE(RelayView::parse(without)->interface_id.has_value());
}

TEST_CASE("RFC 8415 21: of two Relay Message or Interface-Id options the first counts") {
  const Octets bytes = relay_forward(
      0, "::", "::",
      {relay_message(hex("01 00 00 01")), interface_id(u8(1)), interface_id(u8(2)), relay_message(hex("03 00 00 02"))});
  ReceivedMessage received;
  REQUIRE(received.parse(bytes) == MessageFault::kNone);
  CHECK(received.message.transaction_id == 1);
  CHECK(to_hex(received.relays()[0].interface_id.value()) == "01");
}

TEST_CASE("RFC 8415 9: a Relay-forward cut at any octet is refused") {
  const Octets bytes = relay_forward(0, "2001:db8::1", "fe80::1", {relay_message(message(1, 1, {rapid_commit()}))});
  for (size_t size = 0; size < bytes.size(); ++size) {
    const MessageFault expected = size < 34    ? MessageFault::kTooShort
                                  : size == 34 ? MessageFault::kNoRelayMessage
                                               : MessageFault::kMalformedOptions;
    CAPTURE(size);
    CHECK(fault_of(Bytes(bytes).first(size)) == expected);
    CHECK_FALSE(RelayView::parse(Bytes(bytes).first(size)).has_value());
  }
  CHECK(fault_of(bytes) == MessageFault::kNone);
}

TEST_CASE("RFC 8415 9: a Relay-forward whose last option does not fit is malformed, whatever came before") {
  CHECK(fault_of(relay_forward(0, "::", "::", {relay_message(message(1, 1, {})), hex("00 12 00 02 aa")})) ==
        MessageFault::kMalformedOptions);
}

TEST_CASE("RFC 8415 19.3: a Relay-forward without a Relay Message, or with nothing in it") {
  CHECK(fault_of(relay_forward(0, "::", "::", {interface_id(u8(1))})) == MessageFault::kNoRelayMessage);
  CHECK(fault_of(relay_forward(0, "::", "::", {relay_message({})})) == MessageFault::kTooShort);
  CHECK(fault_of(relay_forward(0, "::", "::", {relay_message(hex("01 00 00"))})) == MessageFault::kTooShort);
  CHECK(fault_of(relay_forward(0, "::", "::", {relay_message(hex("01 00 00 01 00"))})) ==
        MessageFault::kMalformedOptions);
}

TEST_CASE("RFC 8415 16: a Relay-reply to the server is refused at every level") {
  const Octets reply = relay_reply(0, "::", "::", {relay_message(hex("07 00 00 01"))});
  CHECK(fault_of(reply) == MessageFault::kNotRelayForward);
  CHECK(fault_of(relay_forward(1, "::", "::", {relay_message(reply)})) == MessageFault::kNotRelayForward);
}

TEST_CASE("RFC 8415 7.6, 19.1.2: up to nine nested relays (hop-count 0 to 8) are unwrapped, outermost first") {
  for (size_t levels = 0; levels <= 9; ++levels) {
    const Octets datagram = relayed(levels);
    ReceivedMessage received;
    CAPTURE(levels);
    REQUIRE(received.parse(datagram) == MessageFault::kNone);
    CHECK(received.message.type == MessageType::kSolicit);
    CHECK(received.message.transaction_id == 0x123456);
    REQUIRE(received.relays().size() == levels);
    for (size_t i = 0; i < levels; ++i) {
      const size_t hops = levels - 1 - i;
      CHECK(received.relays()[i].hop_count == hops);
      CHECK(received.relays()[i].link_address == ip("2001:db8::" + std::to_string(hops)));
      CHECK(received.relays()[i].peer_address == ip("fe80::" + std::to_string(hops)));
    }
  }
}

TEST_CASE("RFC 8415 7.6: a tenth nested relay is refused") {
  CHECK(fault_of(relayed(10)) == MessageFault::kTooManyRelays);
  CHECK(fault_of(relayed(40)) == MessageFault::kTooManyRelays);
}

TEST_CASE("A ReceivedMessage can be used again: nothing of the last datagram stays") {
  const Octets with_relays = relayed(3);
  const Octets no_interface = relay_forward(0, "::", "::", {relay_message(message(5, 2, {}))});
  const Octets direct = message(3, 1, {});
  ReceivedMessage received;
  REQUIRE(received.parse(with_relays) == MessageFault::kNone);
  REQUIRE(received.parse(no_interface) == MessageFault::kNone);
  CHECK(received.relays().size() == 1);
  CHECK_FALSE(received.relays()[0].interface_id.has_value());
  REQUIRE(received.parse(direct) == MessageFault::kNone);
  CHECK_FALSE(received.relayed());
  CHECK(received.message.type == MessageType::kRequest);
}

TEST_CASE("RFC 9915 7.2: an answer goes to port 546 of a client and 547 of a relay, whatever port they sent from") {
  ReceivedMessage received;
  REQUIRE(received.parse(message(1, 1, {})) == MessageFault::kNone);
  CHECK(received.reply_port(1000) == 546);
  REQUIRE(received.parse(relay_forward(0, "::", "::", {relay_message(message(1, 1, {}))})) == MessageFault::kNone);
  CHECK(received.reply_port(1000) == 547);
}

TEST_CASE("RFC 8357 5.2: a relay with the Relay Source Port option gets its answer at the port it sent from") {
  const Octets inner = message(1, 1, {});
  ReceivedMessage received;
  REQUIRE(received.parse(relay_forward(0, "::", "::", {relay_source_port(0), relay_message(inner)})) ==
          MessageFault::kNone);
  CHECK(received.reply_port(1000) == 1000);
  CHECK(received.reply_port(0) == 547);
  // Only the relay that talks to us matters.
  const Octets nested = relay_forward(0, "::", "::", {relay_source_port(0), relay_message(inner)});
  REQUIRE(received.parse(relay_forward(1, "::", "::", {relay_message(nested)})) == MessageFault::kNone);
  CHECK(received.reply_port(1000) == 547);
}

}  // namespace tandem6::message_test
