// RFC 5007 §4.2.1, §4.4.1: the engine itself tells nobody about other clients.
#include <doctest/doctest.h>

#include "tests/support/server_fixture.h"

namespace tandem6::engine_leasequery_test {

using namespace tandem6::testing;

namespace {

constexpr uint8_t kLeasequery = 14;

Octets by_address(const Octets& query_options = ia_address("2001:db8:1::100")) {
  return option(44, u8(1) + address("::") + query_options);
}

}  // namespace

TEST_CASE("RFC 5007 4.4.1: who may not ask is told NotAllowed, to the octet") {
  Server server(std::vector<tandem6::lease::Subnet>{});
  const Response response = server.send(message(kLeasequery, kTransaction, {client_id(kClientDuid), by_address()}));
  REQUIRE(response.answered());
  CHECK(to_hex(response.bytes) ==
        to_hex(message(15, kTransaction,
                       {client_id(kClientDuid), server_id(kServerDuid), status(10, "not allowed to ask")})));
  CHECK_FALSE(response.answer.after_commit);
}

TEST_CASE("RFC 5007 5: a relayed LEASEQUERY is not allowed either, whoever relays it") {
  Server server(std::vector<tandem6::lease::Subnet>{});
  const Octets question = message(kLeasequery, kTransaction, {client_id(kClientDuid), by_address()});
  const Response response = server.send(relay_forward(0, "2001:db8::1", "fe80::1", {relay_message(question)}));
  REQUIRE(response.answered());
  CHECK(response.status() == 10);
  CHECK(response.bytes[0] == std::byte{13});
}

TEST_CASE("RFC 5007 4.2.1: what is no LEASEQUERY to this server is discarded") {
  Server server(std::vector<tandem6::lease::Subnet>{});
  CHECK(server.send(message(kLeasequery, 1, {by_address()})).dropped() == "no-client-id");
  CHECK(server.send(message(kLeasequery, 1, {client_id(kClientDuid)})).dropped() == "nothing-asked");
  CHECK(server.send(message(kLeasequery, 1, {client_id(kClientDuid), server_id(kOtherServerDuid), by_address()}))
            .dropped() == "other-server");
}

}  // namespace tandem6::engine_leasequery_test
