// RFC 8415 §18.3.7 and §18.3.8: RELEASE and DECLINE.
#include <doctest/doctest.h>

#include "engine_fixture.h"

namespace tandem6::engine_release_test {

using namespace tandem6::testing;
using tandem6::Seconds;
namespace lease = tandem6::lease;

namespace {

const Octets kAddressIa = ia_na(7, {ia_address("2001:db8:1::100")});
const Octets kPrefixIa = ia_pd(8, {ia_prefix("2001:db8:8000::", 56)});

ServerWithLeases server_with_leases(Pools& pools) { return {tiny(pools), kAddressIa, kPrefixIa, Seconds{100}}; }

size_t leases_in(const Response& response) {
  size_t count = 0;
  for (const ReadIa& ia : response.ias()) count += ia.leases.size();
  return count;
}

}  // namespace

TEST_CASE(
    "RFC 8415 18.3.7: RELEASE: Success for the message and no IA, the leases free for others once the log is on disk") {
  Pools pools;
  ServerWithLeases server = server_with_leases(pools);
  const Response response = server.send(from_client(kRelease, {kAddressIa, kPrefixIa}));
  REQUIRE(response.answered());
  CHECK(response.type() == kReply);
  CHECK(response.transaction_id() == kTransaction);
  CHECK(response.option(1) == kClientDuid);
  CHECK(response.option(2) == kServerDuid);
  CHECK(response.status() == 0u);
  CHECK(response.options().size() == 3);
  CHECK(response.answer.after_commit);
  CHECK(server.group.lease_count() == 0);

  CHECK(leases_in(server.send(from_client(kSolicit, {ia_na(1), ia_pd(1)}, kOtherClientDuid))) == 0);
  const auto changes = server.changes();
  REQUIRE(changes.size() == 2);
  for (const lease::LeaseChange& change : changes) CHECK(change.kind == lease::LeaseChange::Kind::kDelete);
  CHECK(changes[0].record.key.address == ip("2001:db8:1::100"));
  CHECK(changes[1].record.key.address == ip("2001:db8:8000::"));
  CHECK(leases_in(server.send(from_client(kRequest, {ia_na(1), ia_pd(1)}, kOtherClientDuid))) == 2);
}

TEST_CASE("RFC 8415 18.3.7: an IA without a binding comes back with NoBinding, the message still with Success") {
  Pools pools;
  ServerWithLeases server = server_with_leases(pools);
  const Response response =
      server.send(from_client(kRelease, {ia_na(99, {ia_address("2001:db8:1::100")}), ia_pd(7), kAddressIa}));
  CHECK(response.status() == 0u);
  REQUIRE(response.ias().size() == 2);
  for (const ReadIa& ia : response.ias()) {
    CHECK(ia.status == 3u);
    CHECK(ia.leases.empty());
  }
  CHECK(response.ias()[0].iaid == 99);
  CHECK(response.ias()[1].code == 25);
  CHECK(server.changes().size() == 1);
}

TEST_CASE("RFC 8415 18.3.7: leases that are not the IA's are ignored, also those of another client") {
  Pools pools;
  ServerWithLeases server = server_with_leases(pools);
  CHECK(server.send(from_client(kRelease, {ia_na(7, {ia_address("2001:db8:1::101")})})).status() == 0u);
  CHECK(server.send(from_client(kRelease, {kAddressIa}, kOtherClientDuid)).ia().status == 3u);
  CHECK(server.send(from_client(kRelease, {ia_na(7)})).status() == 0u);
  CHECK(server.send(from_client(kRelease, {ia_pd(8, {ia_prefix("2001:db8:8000::", 57)})})).status() == 0u);
  CHECK(server.changes().empty());
  CHECK(server.group.lease_count() == 2);
}

TEST_CASE("RFC 8415 18.3.7: a lease named twice is released once") {
  Pools pools;
  ServerWithLeases server = server_with_leases(pools);
  const Octets twice = ia_na(7, {ia_address("2001:db8:1::100"), ia_address("2001:db8:1::100")});
  CHECK(server.send(from_client(kRelease, {twice})).status() == 0u);
  CHECK(server.changes().size() == 1);
  CHECK(server.group.lease_count() == 1);
}

TEST_CASE("RFC 8415 18.3.7: RELEASE works from a link that we know nothing about, and after the subnet is gone") {
  Pools pools;
  ServerWithLeases server = server_with_leases(pools);
  server.port = 5;
  CHECK(server.send(from_client(kRelease, {kAddressIa})).status() == 0u);
  server.configure({});
  CHECK(server.send(from_client(kRelease, {kPrefixIa})).status() == 0u);
  CHECK(server.changes().size() == 2);
  CHECK(server.group.lease_count() == 0);
}

TEST_CASE("RFC 8415 18.3.7, 18.3.8: IAs behind the limit come back with a status and keep their leases") {
  Pools pools;
  lease::Subnet lan = subnet(1, "2001:db8:1::/64", 0);
  lan.address_pools = {pools.addresses("2001:db8:1::100", "2001:db8:1::1ff")};
  Server server({lan});
  Octets first;
  for (uint32_t iaid = 0; iaid < lease::kMaxIasPerMessage; ++iaid) first += ia_na(iaid);
  const Octets last = ia_na(50, {ia_address("2001:db8:1::1f0")});
  REQUIRE(server.send(from_client(kRequest, {last})).address() == "2001:db8:1::1f0");
  server.changes();
  for (const uint8_t type : {kRelease, kDecline}) {
    const Response response = server.send(from_client(type, {first, last}));
    CHECK(response.status() == 0u);
    REQUIRE(response.ias().size() == lease::kMaxIasPerMessage + 1);
    CHECK(response.ias().back().iaid == 50);
    CHECK(response.ias().back().status == 1u);
  }
  CHECK(server.changes().empty());
}

TEST_CASE(
    "RFC 8415 18.3.8: DECLINE: Success; the address is nobody's until decline-probation-period has passed, and that is "
    "logged") {
  Pools pools;
  ServerWithLeases server = server_with_leases(pools);
  const Response response = server.send(from_client(kDecline, {kAddressIa}));
  REQUIRE(response.answered());
  CHECK(response.type() == kReply);
  CHECK(response.status() == 0u);
  CHECK(response.options().size() == 3);
  CHECK(response.answer.after_commit);
  const auto changes = server.changes();
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].kind == lease::LeaseChange::Kind::kPut);
  CHECK(changes[0].record.key.address == ip("2001:db8:1::100"));
  CHECK(changes[0].record.status == lease::BindingStatus::kAbandoned);
  CHECK(changes[0].record.expires() == server.now + Seconds{86400});

  CHECK(leases_in(server.send(from_client(kRequest, {kAddressIa}))) == 0);
  CHECK(leases_in(server.send(from_client(kRequest, {kAddressIa}, kOtherClientDuid))) == 0);
  server.now = server.now + Seconds{86410};
  server.group.expire(server.now, server.snapshot(), 100);
  server.changes();
  CHECK(leases_in(server.send(from_client(kRequest, {kAddressIa}, kOtherClientDuid))) == 1);
}

TEST_CASE("RFC 8415 18.3.8: a declined address is not renewed, released or declined again") {
  Pools pools;
  ServerWithLeases server = server_with_leases(pools);
  REQUIRE(server.send(from_client(kDecline, {kAddressIa})).answered());
  server.changes();
  for (const uint8_t type : {kRenew, kRelease, kDecline}) {
    CAPTURE(type);
    CHECK(server.send(from_client(type, {kAddressIa})).ia().status == 3u);
  }
  CHECK(server.changes().empty());
}

TEST_CASE("RFC 8415 18.3.8: addresses that are not the client's cannot be declined") {
  Pools pools;
  ServerWithLeases server = server_with_leases(pools);
  CHECK(server.send(from_client(kDecline, {kAddressIa}, kOtherClientDuid)).ia().status == 3u);
  CHECK(server.send(from_client(kDecline, {ia_na(7, {ia_address("2001:db8:1::101")})})).status() == 0u);
  CHECK(server.changes().empty());
}

TEST_CASE(
    "RFC 8415 18.2.8: prefixes are not declined: the client keeps them; NoBinding for an IA_PD that we do not know") {
  Pools pools;
  ServerWithLeases server = server_with_leases(pools);
  const Response response = server.send(from_client(kDecline, {kPrefixIa, ia_pd(99)}));
  CHECK(response.status() == 0u);
  CHECK(response.ia().iaid == 99);
  CHECK(response.ia().status == 3u);
  CHECK(server.changes().empty());
  CHECK(server.group.lease_count() == 2);
}

}  // namespace tandem6::engine_release_test
