// RFC 8415 §18.3.3: CONFIRM.
#include <doctest/doctest.h>

#include "tests/support/server_fixture.h"

namespace tandem6::engine_confirm_test {

using namespace tandem6::testing;
namespace lease = tandem6::lease;

namespace {

Server one_subnet() {
  Pools pools;
  lease::Subnet lan = subnet(1, "2001:db8:1::/64", 0);
  lan.address_pools = {pools.addresses("2001:db8:1::100", "2001:db8:1::1ff")};
  return Server({lan});
}

}  // namespace

TEST_CASE(
    "RFC 8415 18.3.3: all addresses on the link: Success, whether we know the bindings or not; no IA, nothing "
    "changed") {
  Server server = one_subnet();
  const Response response =
      server.send(from_client(kConfirm, {ia_na(1, {ia_address("2001:db8:1::100"), ia_address("2001:db8:1::9:9")}),
                                         ia_na(2), ia_na(3, {ia_address("2001:db8:1::200")})}));
  REQUIRE(response.answered());
  CHECK(response.type() == kReply);
  CHECK(response.transaction_id() == kTransaction);
  CHECK(response.status() == 0u);
  CHECK(response.option(1) == kClientDuid);
  CHECK(response.option(2) == kServerDuid);
  CHECK(response.options().size() == 3);
  CHECK_FALSE(response.answer.after_commit);
  CHECK(server.changes().empty());
}

TEST_CASE("RFC 8415 18.3.3: one address that is not on the link: NotOnLink") {
  Server server = one_subnet();
  const Response response = server.send(
      from_client(kConfirm, {ia_na(1, {ia_address("2001:db8:1::100")}), ia_na(2, {ia_address("2001:db8:2::100")})}));
  REQUIRE(response.answered());
  CHECK(response.status() == 4u);
}

TEST_CASE("RFC 8415 18.3.3: the address that is not on the link is seen behind any number of IAs") {
  Server server = one_subnet();
  Octets ias;
  for (uint32_t iaid = 0; iaid < 30; ++iaid) ias += ia_na(iaid, {ia_address("2001:db8:1::100")});
  CHECK(server.send(from_client(kConfirm, {ias})).status() == 0u);
  CHECK(server.send(from_client(kConfirm, {ias, ia_na(31, {ia_address("2001:db8:2::1")})})).status() == 4u);
  CHECK(server.send(from_client(kConfirm, {ias, ia_na(1, {ia_address("2001:db8:2::1")})})).status() == 4u);
}

TEST_CASE("RFC 8415 18.3.3: without addresses, or on a link that we know nothing about, no answer") {
  Server server = one_subnet();
  CHECK(server.send(from_client(kConfirm, {})).dropped() == "nothing-asked");
  CHECK(server.send(from_client(kConfirm, {ia_na(1)})).dropped() == "nothing-asked");
  CHECK(server.send(from_client(kConfirm, {ia_pd(1, {ia_prefix("2001:db8:8000::", 56)})})).dropped() ==
        "nothing-asked");
  server.port = 5;
  CHECK(server.send(from_client(kConfirm, {ia_na(1, {ia_address("2001:db8:1::100")})})).dropped() == "no-subnet");
}

}  // namespace tandem6::engine_confirm_test
