// RFC 8415 §16: which messages a server discards, and for which reason it counts them.
#include <doctest/doctest.h>

#include "tests/support/server_fixture.h"

namespace tandem6::engine_validation_test {

using namespace tandem6::testing;
namespace lease = tandem6::lease;

namespace {

Server one_subnet() {
  Pools pools;
  lease::Subnet lan = subnet(1, "2001:db8:1::/64", 0);
  lan.address_pools = {pools.addresses("2001:db8:1::100", "2001:db8:1::1ff")};
  return Server({lan});
}

Octets without_client_id(uint8_t type) {
  return message(type, kTransaction, {server_id(kServerDuid), ia_na(1, {ia_address("2001:db8:1::100")})});
}
Octets with_server_id(uint8_t type, const Octets& duid) {
  return message(type, kTransaction,
                 {client_id(kClientDuid), server_id(duid), ia_na(1, {ia_address("2001:db8:1::100")})});
}
Octets without_server_id(uint8_t type) {
  return message(type, kTransaction, {client_id(kClientDuid), ia_na(1, {ia_address("2001:db8:1::100")})});
}

}  // namespace

TEST_CASE("RFC 8415 16.2, 16.4 to 16.9: a message without a Client Identifier is discarded") {
  Server server = one_subnet();
  for (const uint8_t type : {kSolicit, kRequest, kConfirm, kRenew, kRebind, kDecline, kRelease}) {
    CAPTURE(type);
    CHECK(server.send(without_client_id(type)).dropped() == "no-client-id");
  }
  CHECK(server.changes().empty());
}

TEST_CASE(
    "RFC 8415 16.2, 16.5, 16.7: SOLICIT, CONFIRM and REBIND with a Server Identifier are discarded, even with ours") {
  Server server = one_subnet();
  for (const uint8_t type : {kSolicit, kConfirm, kRebind}) {
    CAPTURE(type);
    CHECK(server.send(with_server_id(type, kServerDuid)).dropped() == "unexpected-server-id");
    CHECK(server.send(with_server_id(type, kOtherServerDuid)).dropped() == "unexpected-server-id");
  }
}

TEST_CASE(
    "RFC 8415 16.4, 16.6, 16.8, 16.9: REQUEST, RENEW, DECLINE and RELEASE without a Server Identifier are discarded") {
  Server server = one_subnet();
  for (const uint8_t type : {kRequest, kRenew, kDecline, kRelease}) {
    CAPTURE(type);
    CHECK(server.send(without_server_id(type)).dropped() == "no-server-id");
  }
  CHECK(server.changes().empty());
}

TEST_CASE(
    "RFC 8415 16.4, 16.6, 16.8, 16.9, 18.3.2: REQUEST, RENEW, DECLINE and RELEASE with another server's id are "
    "discarded") {
  Server server = one_subnet();
  REQUIRE(server.send(from_client(kRequest, {ia_na(1, {ia_address("2001:db8:1::100")})})).answered());
  server.changes();
  for (const uint8_t type : {kRequest, kRenew, kDecline, kRelease}) {
    CAPTURE(type);
    CHECK(server.send(with_server_id(type, kOtherServerDuid)).dropped() == "other-server");
    CHECK(server.send(with_server_id(type, kServerDuid + hex("00"))).dropped() == "other-server");
  }
  CHECK(server.changes().empty());
}

TEST_CASE("RFC 8415 16.12: INFORMATION-REQUEST with another server's id is discarded, with ours or none answered") {
  Server server = one_subnet();
  const auto ask = [&](const Octets& options) { return server.send(message(kInformationRequest, 1, {options})); };
  CHECK(ask(server_id(kOtherServerDuid)).dropped() == "other-server");
  CHECK(ask(server_id(kServerDuid)).answered());
  CHECK(ask({}).answered());
}

TEST_CASE("RFC 8415 16.12: INFORMATION-REQUEST with an IA is discarded") {
  Server server = one_subnet();
  CHECK(server.send(from_client(kInformationRequest, {ia_na(1)})).dropped() == "unexpected-option");
  CHECK(server.send(from_client(kInformationRequest, {ia_pd(1)})).dropped() == "unexpected-option");
}

TEST_CASE("RFC 8415 16.3, 16.10, 16.11, 16.14 and RFC 7283: message types that are not for servers are discarded") {
  Server server = one_subnet();
  for (const int type : {0, 2, 7, 10, 15, 36, 200, 255}) {
    CAPTURE(type);
    const auto octet = static_cast<uint8_t>(type);
    CHECK(server.send(message(octet, 1, {client_id(kClientDuid), ia_na(1)})).dropped() == "unknown-type");
  }
}

TEST_CASE("RFC 8415 16: unknown options, also inside an IA, are ignored as if they were not there") {
  Server server = one_subnet();
  const Octets unknown = option(65001, hex("c0ffee"));
  const Response response = server.send(from_client(kSolicit, {unknown, ia_na(1, {unknown})}));
  REQUIRE(response.answered());
  CHECK(response.ia().leases.size() == 1);
  CHECK_FALSE(response.option(65001));
}

TEST_CASE("RFC 9915 21.5, RFC 8415 18.3: IA_TA gets nothing but a status, and the rest of the message is answered") {
  Server server = one_subnet();
  const auto refused = [](uint32_t iaid, uint16_t code, std::string_view why) { return u32(iaid) + status(code, why); };
  for (const uint8_t type : {kSolicit, kRequest, kRenew, kRebind}) {
    CAPTURE(type);
    const bool asks = type == kSolicit || type == kRequest;
    const Response response = server.send(from_client(type, {ia_ta(5, {ia_address("2001:db8:1::9")}), ia_na(1)}));
    REQUIRE(response.answered());
    CHECK(response.lease().valid == 4000);
    CHECK(response.option(4) ==
          (asks ? refused(5, 2, "no address available") : refused(5, 3, "no binding for this IA")));
  }
  CHECK(server.send(from_client(kRelease, {ia_ta(5)})).option(4) == refused(5, 3, "no binding for this IA"));
  CHECK(server.send(from_client(kRebind, {ia_ta(5)})).dropped() == "nothing-asked");
  CHECK_FALSE(server.send(from_client(kInformationRequest, {ia_ta(5)})).option(4));
  CHECK_FALSE(server.send(from_client(kSolicit, {option(4, hex("0000")), ia_na(1)})).option(4));
}

TEST_CASE("RFC 9915 21.5: of any number of IA_TAs so many are answered as of other IAs") {
  Server server = one_subnet();
  Octets many;
  for (uint32_t iaid = 0; iaid < 40; ++iaid) many += ia_ta(iaid);
  const Response response = server.send(from_client(kSolicit, {many, ia_na(1)}));
  REQUIRE(response.answered());
  size_t answered = 0;
  for (const ReadOption& option : response.options()) answered += option.code == 4;
  CHECK(answered == lease::kMaxIasPerMessage);
}

TEST_CASE(
    "RFC 8415 21: an IA, address, prefix or Option Request with a wrong length discards the message before it changes "
    "anything") {
  Server server = one_subnet();
  const Octets good = ia_na(9);
  const Octets bad[] = {
      option(3, hex("00000001 00000000 000000")),  // IA_NA of 11 octets
      option(25, hex("00000001")),                 // IA_PD of 4
      ia_na(1, {option(5, zeros(23))}),            // IAADDR
      ia_pd(1, {option(26, zeros(24))}),           // IAPREFIX
      ia_pd(1, {ia_prefix("2001:db8::", 129)}),    // no prefix length
      ia_na(1, {hex("0005 0018 00")}),             // longer than its IA
      option(6, hex("001700")),                    // Option Request of 3
  };
  for (const Octets& option : bad) {
    CAPTURE(to_hex(option));
    CHECK(server.send(from_client(kRequest, {good, option})).dropped() == "malformed");
  }
  CHECK(server.changes().empty());
  CHECK(server.group.lease_count() == 0);
}

}  // namespace tandem6::engine_validation_test
