// RFC 8415 §18.3.5: REBIND.
#include <doctest/doctest.h>

#include "engine_fixture.h"

namespace tandem6::engine_rebind_test {

using namespace tandem6::testing;
using tandem6::Seconds;
namespace lease = tandem6::lease;

namespace {

const Octets kAddressIa = ia_na(7, {ia_address("2001:db8:1::123")});
const Octets kPrefixIa = ia_pd(8, {ia_prefix("2001:db8:8000:4200::", 56)});

ServerWithLeases server_with_leases(lease::Subnet subnet) {
  return {std::move(subnet), kAddressIa, kPrefixIa, Seconds{2500}};
}

}  // namespace

TEST_CASE("RFC 8415 18.3.5: REBIND of known leases: new lifetimes, our Server Identifier, to the octet, and logged") {
  Pools pools;
  ServerWithLeases server = server_with_leases(lan(pools));
  const Response response = server.send(from_client(kRebind, {kAddressIa, kPrefixIa}));
  REQUIRE(response.answered());
  CHECK(to_hex(response.bytes) ==
        to_hex(message(kReply, kTransaction,
                       {client_id(kClientDuid), server_id(kServerDuid),
                        ia_na(7, {ia_address("2001:db8:1::123", 3000, 4000)}, 1000, 2000),
                        ia_pd(8, {ia_prefix("2001:db8:8000:4200::", 56, 3000, 4000)}, 1000, 2000)})));
  CHECK(response.answer.after_commit);
  const auto changes = server.changes();
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].record.last_contact == server.now);
}

TEST_CASE("RFC 8415 18.3.5: an unknown IA with leases that suit the link: silence, another server may know it") {
  Pools pools;
  ServerWithLeases server = server_with_leases(lan(pools));
  const auto rebind = [&](const Octets& ias) { return server.send(from_client(kRebind, {ias}, kOtherClientDuid)); };
  CHECK(rebind(kAddressIa).dropped() == "no-binding");
  CHECK(rebind(kPrefixIa).dropped() == "no-binding");
  CHECK(rebind(ia_na(1)).dropped() == "no-binding");
  CHECK(rebind({}).dropped() == "nothing-asked");
  CHECK(server.changes().empty());
}

TEST_CASE("RFC 8415 18.3.5: what an unknown IA lists that does not suit the link comes back with lifetimes of 0") {
  Pools pools;
  Server server({lan(pools)});
  const Response response =
      server.send(from_client(kRebind, {ia_na(1, {ia_address("2001:db8:9::1"), ia_address("2001:db8:1::150")}),
                                        ia_pd(2, {ia_prefix("2001:db8:f000::", 56)})}));
  REQUIRE(response.answered());
  CHECK(to_hex(response.bytes) ==
        to_hex(message(kReply, kTransaction,
                       {client_id(kClientDuid), server_id(kServerDuid), ia_na(1, {ia_address("2001:db8:9::1", 0, 0)}),
                        ia_pd(2, {ia_prefix("2001:db8:f000::", 56, 0, 0)})})));
  CHECK(server.changes().empty());
}

TEST_CASE("RFC 8415 18.3.5: an unknown IA beside a known one gets NoBinding") {
  Pools pools;
  ServerWithLeases server = server_with_leases(lan(pools));
  const Response response = server.send(from_client(kRebind, {ia_na(99, {ia_address("2001:db8:1::150")}), kAddressIa}));
  REQUIRE(response.ias().size() == 2);
  CHECK(response.ias()[0].status == 3u);
  CHECK(response.ias()[1].leases.size() == 1);
}

TEST_CASE("RFC 8415 18.3.5: a known lease that no longer suits the link comes back with lifetimes of 0") {
  Pools pools;
  ServerWithLeases server = server_with_leases(lan(pools));
  server.configure({subnet(1, "2001:db8:2::/64", 0)});
  const Response response = server.send(from_client(kRebind, {kAddressIa, kPrefixIa}));
  REQUIRE(response.ias().size() == 2);
  for (const ReadIa& ia : response.ias()) {
    REQUIRE(ia.leases.size() == 1);
    CHECK(ia.leases[0].preferred == 0);
    CHECK(ia.leases[0].valid == 0);
  }
  CHECK(server.changes().size() == 2);
  CHECK(server.group.lease_count() == 0);
}

TEST_CASE("RFC 8415 18.3.5: on a link that we know nothing about: silence") {
  Pools pools;
  ServerWithLeases server = server_with_leases(lan(pools));
  server.port = 5;
  CHECK(server.send(from_client(kRebind, {kAddressIa})).dropped() == "no-subnet");
  CHECK(server.changes().empty());
}

}  // namespace tandem6::engine_rebind_test
