#include "dataplane/wire/builder.h"

#include <doctest/doctest.h>

#include "dataplane/wire/duid.h"
#include "tests/support/packet.h"

namespace tandem6::builder_test {

using namespace tandem6::testing;
using namespace tandem6::wire;

namespace {

/// What `write` writes, as hex digits.
template <class Write>
std::string written(Write write) {
  Octets buffer(70000);
  Writer out(buffer);
  write(out);
  CHECK_FALSE(out.overflow());
  return to_hex(out.written());
}

}  // namespace

TEST_CASE("Integers are written in network order") {
  CHECK(written([](Writer& out) {
          out.u8(1);
          out.u16(0x0203);
          out.u32(0x04050607);
          out.u64(0x08090a0b0c0d0e0f);
          out.address(ip("2001:db8::1"));
          out.bytes({});
        }) == to_hex(hex("01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f") + address("2001:db8::1")));
}

TEST_CASE("RFC 8415 8: the message header keeps 24 bits of transaction id") {
  CHECK(written([](Writer& out) { out.message_header(MessageType::kReply, 0xff123456); }) == "07 12 34 56");
}

TEST_CASE("RFC 8415 21: a reply with every nested option") {
  const std::string got = written([](Writer& out) {
    out.message_header(MessageType::kReply, 0x010203);
    out.option(OptionCode::kClientId, hex("00 03 00 01 aa"));
    const auto na = begin_ia(out, OptionCode::kIaNa, 7, Seconds{1000}, Seconds{1600});
    put_ia_address(out, ip("2001:db8::5"), Seconds{2000}, Seconds{4000});
    put_status(out, StatusCode::kSuccess, "ok");
    out.end(na);
    const auto pd = begin_ia(out, OptionCode::kIaPd, 8, Seconds{0}, kInfinity);
    put_ia_prefix(out, {ip("2001:db8:100::"), 56}, Seconds{2000}, kInfinity);
    out.end(pd);
    put_status(out, StatusCode::kNotOnLink, "");
  });
  CHECK(got ==
        to_hex(message(7, 0x010203,
                       {client_id(hex("00 03 00 01 aa")),
                        ia_na(7, {ia_address("2001:db8::5", 2000, 4000), status(0, "ok")}, 1000, 1600),
                        ia_pd(8, {ia_prefix("2001:db8:100::", 56, 2000, 0xffffffff)}, 0, 0xffffffff), status(4, "")})));
}

TEST_CASE("RFC 8415 21: every other option is written with begin and end, or in one go") {
  const auto one = [](OptionCode code, auto fill) {
    return written([&](Writer& out) {
      const auto open = out.begin(code);
      fill(out);
      out.end(open);
    });
  };
  CHECK(one(OptionCode::kIaTa, [](Writer& out) { out.u32(9); }) == to_hex(ia_ta(9)));
  CHECK(one(OptionCode::kOptionRequest, [](Writer& out) {
          out.u16(23);
          out.u16(82);
        }) == to_hex(option_request({23, 82})));
  CHECK(one(OptionCode::kPreference, [](Writer& out) { out.u8(255); }) == "00 07 00 01 ff");
  CHECK(one(OptionCode::kElapsedTime, [](Writer& out) { out.u16(100); }) == to_hex(elapsed_time(100)));
  CHECK(one(OptionCode::kAuthentication, [](Writer& out) {
          out.u8(3);
          out.u8(1);
          out.u8(0);
          out.u64(5);
          out.bytes(hex("01 ff"));
        }) == "00 0b 00 0d 03 01 00 00 00 00 00 00 00 00 05 01 ff");
  CHECK(one(OptionCode::kUnicast, [](Writer& out) { out.address(ip("::1")); }) == to_hex(option(12, address("::1"))));
  CHECK(one(OptionCode::kUserClass, [](Writer& out) {
          out.u16(2);
          out.bytes(bytes_of("ab"));
        }) == "00 0f 00 04 00 02 61 62");
  CHECK(one(OptionCode::kVendorClass, [](Writer& out) {
          out.u32(4491);
          out.u16(1);
          out.bytes(bytes_of("x"));
        }) == "00 10 00 07 00 00 11 8b 00 01 78");
  CHECK(one(OptionCode::kVendorOptions, [](Writer& out) {
          out.u32(4491);
          out.option(uint16_t{32}, hex("aa"));
        }) == "00 11 00 09 00 00 11 8b 00 20 00 01 aa");
  CHECK(one(OptionCode::kReconfigureMessage, [](Writer& out) { out.u8(5); }) == "00 13 00 01 05");
  CHECK(one(OptionCode::kInformationRefreshTime, [](Writer& out) { out.u32(86400); }) == "00 20 00 04 00 01 51 80");
  CHECK(one(OptionCode::kSolMaxRt, [](Writer& out) { out.u32(60); }) == "00 52 00 04 00 00 00 3c");
  CHECK(one(OptionCode::kInfMaxRt, [](Writer& out) { out.u32(60); }) == "00 53 00 04 00 00 00 3c");
  CHECK(written([](Writer& out) { out.option(OptionCode::kRapidCommit, {}); }) == "00 0e 00 00");
  CHECK(written([](Writer& out) { out.option(OptionCode::kReconfigureAccept, {}); }) == "00 14 00 00");
  CHECK(written([](Writer& out) { out.option(OptionCode::kServerId, hex("00 02 aa")); }) == "00 02 00 03 00 02 aa");
}

TEST_CASE("RFC 8415 21.1: an option of 65,535 octets is the longest") {
  Octets buffer(70000);
  Writer longest(buffer);
  longest.option(uint16_t{1000}, zeros(65535));
  CHECK_FALSE(longest.overflow());
  CHECK(longest.size() == 65539);
  CHECK(to_hex(longest.written().first(4)) == "03 e8 ff ff");
  Writer longer(buffer);
  longer.option(uint16_t{1000}, zeros(65536));
  CHECK(longer.overflow());
}

TEST_CASE("A writer never writes behind its span, whatever is written") {
  const auto write_all = [](Writer& out) {
    out.message_header(MessageType::kReply, 1);
    const auto ia = begin_ia(out, OptionCode::kIaNa, 7, Seconds{1}, Seconds{2});
    put_ia_address(out, ip("2001:db8::5"), Seconds{3}, Seconds{4});
    put_status(out, StatusCode::kSuccess, "ok");
    out.end(ia);
    out.u64(1);
    out.u8(1);
  };
  Octets enough(200);
  Writer whole(enough);
  write_all(whole);
  REQUIRE_FALSE(whole.overflow());
  for (size_t size = 0; size <= whole.size(); ++size) {
    Octets buffer(whole.size() + 1, std::byte{0xee});
    Writer out(MutableBytes(buffer).first(size));
    write_all(out);
    CAPTURE(size);
    CHECK(out.overflow() == (size < whole.size()));
    CHECK(out.size() <= size);
    for (size_t i = size; i < buffer.size(); ++i) CHECK(buffer[i] == std::byte{0xee});
  }
}

TEST_CASE("After an overflow nothing more is written, even what would fit") {
  Octets buffer(3);
  Writer out(buffer);
  out.u16(0x0102);
  out.u32(0);
  out.u8(3);
  CHECK(out.overflow());
  CHECK(to_hex(out.written()) == "01 02");
}

TEST_CASE("truncate forgets what was written since, and is no way out of an overflow") {
  Octets buffer(4);
  Writer out(buffer);
  out.u8(1);
  out.u8(2);
  out.truncate(1);
  out.u8(3);
  CHECK(to_hex(out.written()) == "01 03");
  out.truncate(9);
  CHECK(out.size() == 2);
  out.u32(0);
  out.truncate(0);
  out.u8(1);
  CHECK(out.overflow());
  CHECK(out.size() == 0);
}

TEST_CASE("RFC 8415 19.3: the Relay-reply of figure 10 retraces the relays and their Interface-Ids") {
  const Octets solicit = message(1, 0x42, {client_id(hex("00 03 00 01 aa"))});
  const Octets inner =
      relay_forward(0, "2001:db8:1::1", "fe80::c", {interface_id(text("vlan7")), relay_message(solicit)});
  const Octets datagram = relay_forward(1, "::", "2001:db8:2::a", {relay_message(inner), option(37, hex("01 02"))});
  ReceivedMessage received;
  REQUIRE(received.parse(datagram) == MessageFault::kNone);

  const std::string got = written([&](Writer& out) {
    RelayReplies replies(out, received.relays());
    out.message_header(MessageType::kAdvertise, 0x42);
    out.option(OptionCode::kPreference, hex("05"));
    replies.close(out);
  });
  const Octets answer = message(2, 0x42, {option(7, hex("05"))});
  const Octets inner_reply =
      relay_reply(0, "2001:db8:1::1", "fe80::c", {interface_id(text("vlan7")), relay_message(answer)});
  CHECK(got == to_hex(relay_reply(1, "::", "2001:db8:2::a", {relay_message(inner_reply)})));
}

namespace {

/// What a Relay-forward with these options is answered with around an empty message.
std::string reply_to(const Octets& options) {
  const Octets empty = message(1, 1, {});
  const Octets datagram = relay_forward(0, "2001:db8::1", "fe80::c", {options, relay_message(empty)});
  ReceivedMessage received;  // views into the datagram
  REQUIRE(received.parse(datagram) == MessageFault::kNone);
  return written([&](Writer& out) {
    RelayReplies replies(out, received.relays());
    out.bytes(empty);
    replies.close(out);
  });
}
std::string reply_with(const Octets& options) {
  return to_hex(relay_reply(0, "2001:db8::1", "fe80::c", {options, relay_message(message(1, 1, {}))}));
}

}  // namespace

TEST_CASE("RFC 4994 5: options that the Echo Request lists come back verbatim, known or not; others do not") {
  const Octets remote = option(37, u32(9) + hex("0a0b"));
  const Octets unknown = option(4242, hex("01"));
  const Octets subscriber = option(38, text("cpe"));
  CHECK(reply_to(remote + subscriber + unknown + echo_request({4242, 37})) == reply_with(remote + unknown));
  CHECK(reply_to(remote + subscriber) == reply_with({}));
}

TEST_CASE("RFC 4994 5: what is in the Relay-reply already, or was not in the Relay-forward, is passed over") {
  const Octets id = interface_id(text("eth0"));
  CHECK(reply_to(echo_request({18, 9, 99, 18, 37}) + id) == reply_with(id));
  CHECK(reply_to(option(43, hex("000000")) + option(37, hex("00"))) == reply_with({}));
}

TEST_CASE("RFC 8357 5.2: the Relay Source Port option is copied, once, also when it is echoed") {
  const Octets port = relay_source_port(1000);
  CHECK(reply_to(port) == reply_with(port));
  CHECK(reply_to(port + echo_request({135})) == reply_with(port));
}

TEST_CASE("RFC 8415 19.3: without relays nothing is wrapped around the answer") {
  CHECK(written([](Writer& out) {
          RelayReplies replies(out, {});
          out.u8(7);
          replies.close(out);
        }) == "07");
}

TEST_CASE("RFC 8415 7.6, 19.3: nine relays are answered through nine Relay-replies") {
  Octets datagram = message(1, 1, {});
  Octets expected = message(7, 1, {});
  for (uint8_t hops = 0; hops <= 8; ++hops) {
    datagram = relay_forward(hops, "2001:db8::1", "fe80::1", {interface_id(u8(hops)), relay_message(datagram)});
    expected = relay_reply(hops, "2001:db8::1", "fe80::1", {interface_id(u8(hops)), relay_message(expected)});
  }
  ReceivedMessage received;
  REQUIRE(received.parse(datagram) == MessageFault::kNone);
  CHECK(written([&](Writer& out) {
          RelayReplies replies(out, received.relays());
          out.message_header(MessageType::kReply, 1);
          replies.close(out);
        }) == to_hex(expected));
}

}  // namespace tandem6::builder_test
