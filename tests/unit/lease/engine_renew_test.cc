// RFC 8415 §18.3.4: RENEW.
#include <doctest/doctest.h>

#include "engine_fixture.h"

namespace tandem6::engine_renew_test {

using namespace tandem6::testing;
using tandem6::Seconds;
namespace lease = tandem6::lease;

namespace {

const Octets kAddressIa = ia_na(7, {ia_address("2001:db8:1::123")});
const Octets kPrefixIa = ia_pd(8, {ia_prefix("2001:db8:8000:4200::", 56)});

ServerWithLeases server_with_leases(lease::Subnet subnet) {
  return {std::move(subnet), kAddressIa, kPrefixIa, Seconds{1500}};
}

}  // namespace

TEST_CASE("RFC 8415 18.3.4: RENEW of known leases: new lifetimes, one T1 and T2 for all, to the octet, and logged") {
  Pools pools;
  ServerWithLeases server = server_with_leases(lan(pools));
  const Response response = server.send(from_client(kRenew, {kAddressIa, kPrefixIa}));
  REQUIRE(response.answered());
  CHECK(to_hex(response.bytes) ==
        to_hex(message(kReply, kTransaction,
                       {client_id(kClientDuid), server_id(kServerDuid),
                        ia_na(7, {ia_address("2001:db8:1::123", 3000, 4000)}, 1000, 2000),
                        ia_pd(8, {ia_prefix("2001:db8:8000:4200::", 56, 3000, 4000)}, 1000, 2000)})));
  CHECK(response.answer.after_commit);
  const auto changes = server.changes();
  REQUIRE(changes.size() == 2);
  for (const lease::LeaseChange& change : changes) {
    CHECK(change.kind == lease::LeaseChange::Kind::kPut);
    CHECK(change.record.last_contact == server.now);
  }
}

TEST_CASE("RFC 8415 18.3.4: an IA that we never saw gets NoBinding, the others are renewed") {
  Pools pools;
  ServerWithLeases server = server_with_leases(lan(pools));
  const Response response =
      server.send(from_client(kRenew, {ia_na(99, {ia_address("2001:db8:1::150")}), kAddressIa, ia_pd(7)}));
  REQUIRE(response.ias().size() == 3);
  CHECK(response.ias()[0].iaid == 99);
  CHECK(response.ias()[0].status == 3u);
  CHECK(response.ias()[0].leases.empty());
  CHECK(response.ias()[1].leases.size() == 1);
  CHECK_FALSE(response.ias()[1].status);
  CHECK(response.ias()[2].status == 3u);
  CHECK_FALSE(response.status());
  CHECK(server.changes().size() == 1);
}

TEST_CASE("RFC 8415 18.3.4: another client's lease is not renewed by naming it") {
  Pools pools;
  ServerWithLeases server = server_with_leases(lan(pools));
  CHECK(server.send(from_client(kRenew, {kAddressIa}, kOtherClientDuid)).ia().status == 3u);
  CHECK(server.changes().empty());
}

TEST_CASE(
    "RFC 8415 18.3.4: an address in the IA that the client does not have comes back with lifetimes of 0 beside the one "
    "it has") {
  Pools pools;
  ServerWithLeases server = server_with_leases(lan(pools));
  const Response response =
      server.send(from_client(kRenew, {ia_na(7, {ia_address("2001:db8:1::123"), ia_address("2001:db8:9::1")})}));
  const ReadIa ia = response.ia();
  REQUIRE(ia.leases.size() == 2);
  CHECK(ia.leases[0].address == ip("2001:db8:1::123"));
  CHECK(ia.leases[0].valid == 4000);
  CHECK(ia.leases[1].address == ip("2001:db8:9::1"));
  CHECK(ia.leases[1].preferred == 0);
  CHECK(ia.leases[1].valid == 0);
  CHECK(ia.t1 == 1000);
}

TEST_CASE("RFC 8415 18.3.4, RFC 8168 3.5: a prefix-length hint in a RENEW is no prefix and does not come back") {
  Pools pools;
  ServerWithLeases server = server_with_leases(lan(pools));
  const Response response =
      server.send(from_client(kRenew, {ia_pd(8, {ia_prefix("2001:db8:8000:4200::", 56), ia_prefix("::", 60)})}));
  CHECK(response.lease().address == ip("2001:db8:8000:4200::"));
}

TEST_CASE("RFC 8415 18.3.4: RENEW without naming the lease extends what the IA has") {
  Pools pools;
  ServerWithLeases server = server_with_leases(lan(pools));
  CHECK(server.send(from_client(kRenew, {ia_na(7)})).address() == "2001:db8:1::123");
}

TEST_CASE(
    "RFC 8415 18.3.4: the pool is gone: the old lease with lifetimes of 0, a new one in the same IA, the old record "
    "deleted") {
  Pools pools;
  ServerWithLeases server = server_with_leases(lan(pools));
  lease::Subnet renumbered = lan(pools);
  renumbered.address_pools = {pools.addresses("2001:db8:1::a00", "2001:db8:1::a00")};
  renumbered.prefix_pools = {pools.prefixes("2001:db8:9000::/60", 60)};
  server.configure({renumbered});
  const Response response = server.send(from_client(kRenew, {kAddressIa, kPrefixIa}));
  REQUIRE(response.answered());
  CHECK(to_hex(response.bytes) ==
        to_hex(message(
            kReply, kTransaction,
            {client_id(kClientDuid), server_id(kServerDuid),
             ia_na(7, {ia_address("2001:db8:1::a00", 3000, 4000), ia_address("2001:db8:1::123", 0, 0)}, 1000, 2000),
             ia_pd(8, {ia_prefix("2001:db8:9000::", 60, 3000, 4000), ia_prefix("2001:db8:8000:4200::", 56, 0, 0)}, 1000,
                   2000)})));
  const auto changes = server.changes();
  REQUIRE(changes.size() == 4);
  CHECK(changes[0].kind == lease::LeaseChange::Kind::kDelete);
  CHECK(changes[0].record.key.address == ip("2001:db8:1::123"));
  CHECK(changes[1].kind == lease::LeaseChange::Kind::kPut);
  CHECK(changes[1].record.key.address == ip("2001:db8:1::a00"));
  CHECK(changes[2].kind == lease::LeaseChange::Kind::kDelete);
  CHECK(changes[3].record.key.prefix_length == 60);
  CHECK(server.group.lease_count() == 2);
}

TEST_CASE(
    "RFC 8415 18.3.4: the pool is gone and nothing can replace it: only the old lease, with lifetimes, T1 and T2 of "
    "0") {
  Pools pools;
  ServerWithLeases server = server_with_leases(lan(pools));
  server.configure({subnet(1, "2001:db8:1::/64", 0)});
  const Response response = server.send(from_client(kRenew, {kAddressIa}));
  REQUIRE(response.answered());
  CHECK(to_hex(response.bytes) == to_hex(message(kReply, kTransaction,
                                                 {client_id(kClientDuid), server_id(kServerDuid),
                                                  ia_na(7, {ia_address("2001:db8:1::123", 0, 0)}, 0, 0)})));
  CHECK(server.changes().size() == 1);
  CHECK(server.group.lease_count() == 1);
}

TEST_CASE(
    "RFC 8415 18.3.4: the client has moved: the address of its old link with lifetimes of 0, one of its new link") {
  Pools pools;
  lease::Subnet other = subnet(2, "2001:db8:2::/64", uint16_t{2});
  other.address_pools = {pools.addresses("2001:db8:2::1", "2001:db8:2::1")};
  Server server({lan(pools), other});
  REQUIRE(server.send(from_client(kRequest, {kAddressIa})).address() == "2001:db8:1::123");
  server.port = 2;
  const ReadIa ia = server.send(from_client(kRenew, {kAddressIa})).ia();
  REQUIRE(ia.leases.size() == 2);
  CHECK(ia.leases[0].address == ip("2001:db8:2::1"));
  CHECK(ia.leases[0].valid == 4000);
  CHECK(ia.leases[1].address == ip("2001:db8:1::123"));
  CHECK(ia.leases[1].valid == 0);
  server.changes();
  server.port = 0;
  CHECK(server.send(from_client(kRequest, {kAddressIa}, kOtherClientDuid)).address() == "2001:db8:1::123");
}

TEST_CASE(
    "RFC 8415 18.3.4: on a link that we know nothing about: lifetimes of 0 for what we know, NoBinding for the rest") {
  Pools pools;
  ServerWithLeases server = server_with_leases(lan(pools));
  server.port = 5;
  const Response response = server.send(from_client(kRenew, {kAddressIa, ia_na(99)}));
  REQUIRE(response.ias().size() == 2);
  REQUIRE(response.ias()[0].leases.size() == 1);
  CHECK(response.ias()[0].leases[0].valid == 0);
  CHECK(response.ias()[0].t1 == 0);
  CHECK(response.ias()[1].status == 3u);
  const auto changes = server.changes();
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].kind == lease::LeaseChange::Kind::kDelete);
}

TEST_CASE("RFC 8415 18.3.4: RENEW sends the options it is asked for, those of the pool of its lease") {
  Pools pools;
  lease::Subnet configured = lan(pools);
  configured.address_pools[0].options.set(23, Octets(ip("2001:db8::53").octets), false);
  ServerWithLeases server = server_with_leases(configured);
  const Response response = server.send(from_client(kRenew, {kAddressIa, option_request({23})}));
  CHECK(response.option(23) == Octets(ip("2001:db8::53").octets));
}

TEST_CASE("RFC 8415 18.3.4: IAs behind the limit are answered with a status") {
  Pools pools;
  ServerWithLeases server = server_with_leases(lan(pools));
  Octets ias = kAddressIa;
  for (uint32_t iaid = 100; iaid < 117; ++iaid) ias += ia_na(iaid);
  const Response response = server.send(from_client(kRenew, {ias}));
  REQUIRE(response.ias().size() == 18);
  CHECK(response.ias()[0].leases.size() == 1);
  CHECK(response.ias()[15].status == 3u);
  CHECK(response.ias()[16].status == 2u);
  CHECK(response.ias()[17].status == 2u);
}

}  // namespace tandem6::engine_renew_test
