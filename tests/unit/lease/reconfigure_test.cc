// RFC 8415 §18.3.11 and §20.4: Reconfigure messages and their keys; RFC 2104: HMAC.
#include "dataplane/lease/reconfigure.h"

#include <doctest/doctest.h>

#include "dataplane/lease/hmac.h"
#include "tests/support/server_fixture.h"

namespace tandem6::reconfigure_test {

using namespace tandem6::testing;
namespace lease = tandem6::lease;
namespace wire = tandem6::wire;
using tandem6::AbsoluteTime;

TEST_CASE("RFC 2202 2: HMAC-MD5") {
  CHECK(to_hex(lease::hmac_md5(Octets(16, std::byte{0x0b}), text("Hi There"))) ==
        "92 94 72 7a 36 38 bb 1c 13 f4 8e f8 15 8b fc 9d");
  CHECK(to_hex(lease::hmac_md5(text("Jefe"), text("what do ya want for nothing?"))) ==
        "75 0c 78 3e 6a b0 b5 03 ea a8 6e 31 0a 5d b7 38");
}

TEST_CASE("RFC 4231 4.3: HMAC-SHA-256") {
  CHECK(to_hex(lease::hmac_sha256(text("Jefe"), text("what do ya want for nothing?"))) ==
        "5b dc c1 46 bf 60 75 4e 6a 04 24 26 08 95 75 c7 5a 00 3f 08 9d 27 39 83 9d ec 58 b9 64 ec 38 43");
}

TEST_CASE("RFC 8415 20.4.2: a client's key follows from its DUID and the server's secret, and from nothing else") {
  const lease::HashKey secret{1, 2};
  const auto key = lease::reconfigure_key(secret, kClientDuid);
  CHECK(key == lease::reconfigure_key(secret, kClientDuid));
  CHECK(key != lease::reconfigure_key(secret, kOtherClientDuid));
  CHECK(key != lease::reconfigure_key({1, 3}, kClientDuid));
  CHECK(key != lease::reconfigure_key({2, 1}, kClientDuid));
}

TEST_CASE("RFC 8415 18.3.11, 20.4.2: a Reconfigure message, to the octet: its digest is over itself with zeros there") {
  const lease::ReconfigureKey key = lease::reconfigure_key({1, 2}, kClientDuid);
  for (const auto type :
       {wire::MessageType::kRenew, wire::MessageType::kRebind, wire::MessageType::kInformationRequest}) {
    const uint64_t replay = lease::replay_detection(AbsoluteTime{0x01020304}, 5);
    Octets out(200);
    const size_t size = lease::build_reconfigure(
        {.server_duid = kServerDuid, .client_duid = kClientDuid, .answer_with = type, .replay = replay}, key, out);
    out.resize(size);
    const auto with_digest = [&](const Octets& digest) {
      return message(10, 0,
                     {server_id(kServerDuid), client_id(kClientDuid), option(19, u8(static_cast<uint8_t>(type))),
                      option(11, hex("03 01 00 01020304 00000005 02") + digest)});
    };
    CHECK(to_hex(out) == to_hex(with_digest(Octets(lease::hmac_md5(key, with_digest(zeros(16)))))));
  }
}

TEST_CASE("RFC 8415 19.3: to a relayed client it goes inside Relay-replies by the way that its last message came") {
  const Octets inner =
      relay_forward(0, "2001:db8:1::1", "fe80::c", {interface_id(text("line 7")), relay_message(message(1, 1, {}))});
  const Octets datagram = relay_forward(1, "::", "2001:db8:a::1",
                                        {relay_message(inner), relay_source_port(0), echo_request({37}),
                                         option(37, hex("00000009aabb")), option(38, text("x"))});
  wire::ReceivedMessage received;
  REQUIRE(received.parse(datagram) == wire::MessageFault::kNone);
  lease::ClientDataBuilder data;
  REQUIRE(data.relays(received.relays(), ip("2001:db8:b::1")));
  const lease::KeptRelays relays = lease::ClientDataView::parse(data.bytes())->relays();

  const lease::ReconfigureOrder direct{
      .server_duid = kServerDuid, .client_duid = kClientDuid, .answer_with = wire::MessageType::kRebind, .replay = 9};
  Octets plain(200);
  plain.resize(lease::build_reconfigure(direct, {}, plain));
  lease::ReconfigureOrder through = direct;
  through.relays = relays;
  Octets out(500);
  out.resize(lease::build_reconfigure(through, {}, out));
  // The digest is the message's alone.
  CHECK(to_hex(out) ==
        to_hex(relay_reply(1, "::", "2001:db8:a::1",
                           {relay_source_port(0), option(37, hex("00000009aabb")),
                            relay_message(relay_reply(0, "2001:db8:1::1", "fe80::c",
                                                      {interface_id(text("line 7")), relay_message(plain)}))})));
  for (size_t room = 0; room < out.size(); ++room) {
    Octets less(room);
    CHECK(lease::build_reconfigure(through, {}, less) == 0);
  }
}

TEST_CASE("RFC 8415 20.4.2: who configures the same text makes the same keys") {
  const auto secret = lease::reconfigure_secret("0123456789abcdef");
  const auto again = lease::reconfigure_secret("0123456789abcdef");
  const auto other = lease::reconfigure_secret("0123456789abcdeg");
  CHECK(lease::reconfigure_key(secret, kClientDuid) == lease::reconfigure_key(again, kClientDuid));
  CHECK(lease::reconfigure_key(secret, kClientDuid) != lease::reconfigure_key(other, kClientDuid));
}

TEST_CASE("RFC 8415 18.3.11: a Reconfigure message that does not fit is not written beyond its room") {
  const lease::ReconfigureOrder order{
      .server_duid = kServerDuid, .client_duid = kClientDuid, .answer_with = wire::MessageType::kRenew, .replay = 1};
  Octets out(200, std::byte{0xee});
  const size_t size = lease::build_reconfigure(order, {}, out);
  for (size_t room = 0; room < size; ++room) {
    Octets less(room);
    CHECK(lease::build_reconfigure(order, {}, less) == 0);
  }
}

TEST_CASE("RFC 8415 20.3: replay detection grows from second to second, and within one") {
  const auto at = [](uint32_t seconds, uint32_t count) {
    return lease::replay_detection(AbsoluteTime{seconds}, count);
  };
  CHECK(at(7, 0) < at(7, 1));
  CHECK(at(7, 0xffffffff) < at(8, 0));
}

}  // namespace tandem6::reconfigure_test
