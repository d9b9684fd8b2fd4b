// RFC 6603: PD_EXCLUDE.
#include <doctest/doctest.h>

#include "tests/support/server_fixture.h"

namespace tandem6::engine_pd_exclude_test {

using namespace tandem6::testing;
namespace lease = tandem6::lease;

namespace {

Server excluding(const Octets& data) {
  Pools pools;
  lease::Subnet lan = subnet(1, "2001:db8:1::/64", 0);
  lan.prefix_pools = {pools.prefixes("2001:db8:100::/56", 56)};
  lan.prefix_pools[0].pd_exclude = data;
  return Server({lan});
}

Octets delegated(std::initializer_list<Octets> inside) {
  return ia_pd(7, {ia_prefix("2001:db8:100::", 56, 3000, 4000, inside)}, 1000, 2000);
}

}  // namespace

TEST_CASE(
    "RFC 6603 4.2: PD_EXCLUDE is inside the IAPREFIX of every answer to a client that asks for it, to the octet") {
  const Octets exclude = hex("40 ff");
  Server server = excluding(exclude);
  for (const uint8_t type : {kSolicit, kRequest, kRenew, kRebind}) {
    CAPTURE(type);
    const Response response = server.send(from_client(type, {ia_pd(7), option_request({67})}));
    REQUIRE(response.answered());
    CHECK(to_hex(response.bytes) ==
          to_hex(message(type == kSolicit ? kAdvertise : kReply, kTransaction,
                         {client_id(kClientDuid), server_id(kServerDuid), delegated({option(67, exclude)})})));
  }
}

TEST_CASE("RFC 6603 4.2: a reserved prefix has its own excluded part, whatever the pool around it excludes") {
  Pools pools;
  lease::PoolBook reserved_units;
  lease::Subnet lan = subnet(1, "2001:db8:1::/64", 0);
  lan.prefix_pools = {pools.prefixes("2001:db8:100::/48", 56)};
  lan.prefix_pools[0].pd_exclude = hex("3c 50");
  lease::Reservation host;
  host.scope = 1;
  host.value = kClientDuid;
  host.units = {{lease::LeaseType::kAddress, 128, ip("2001:db8:1::5")},
                {lease::LeaseType::kPrefix, 56, ip("2001:db8:100::")},
                {lease::LeaseType::kPrefix, 56, ip("2001:db8:100:100::")}};
  host.pd_exclude = {{}, Octets(hex("40 ff"))};
  lease::Snapshot::Content content;
  content.subnets = {lan};
  content.reservations = lease::Reservations({host}, reserved_units);
  Server server(std::move(content));
  const Response response = server.send(from_client(kRequest, {ia_pd(7), ia_pd(8), option_request({67})}));
  const Octets with = ia_pd(7, {ia_prefix("2001:db8:100::", 56, 3000, 4000, {option(67, hex("40 ff"))})}, 1000, 2000);
  const Octets without = ia_pd(8, {ia_prefix("2001:db8:100:100::", 56, 3000, 4000)}, 1000, 2000);
  CHECK(to_hex(response.bytes) ==
        to_hex(message(kReply, kTransaction, {client_id(kClientDuid), server_id(kServerDuid), with, without})));
}

TEST_CASE("RFC 6603 4.2: not to a client that does not ask, and not from a pool without one") {
  Server server = excluding(hex("40 ff"));
  const auto plain = [](const Response& response) { return to_hex(response.bytes); };
  const std::string expected =
      to_hex(message(kAdvertise, kTransaction, {client_id(kClientDuid), server_id(kServerDuid), delegated({})}));
  CHECK(plain(server.send(from_client(kSolicit, {ia_pd(7)}))) == expected);
  Server without = excluding({});
  CHECK(plain(without.send(from_client(kSolicit, {ia_pd(7), option_request({67})}))) == expected);
}

}  // namespace tandem6::engine_pd_exclude_test
