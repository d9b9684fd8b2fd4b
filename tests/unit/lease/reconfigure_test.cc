// RFC 8415 §18.3.11 and §20.4: Reconfigure messages and their keys; RFC 2104: HMAC.
#include "dataplane/lease/reconfigure.h"

#include <doctest/doctest.h>

#include "dataplane/lease/hmac.h"
#include "tests/support/server_fixture.h"

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
