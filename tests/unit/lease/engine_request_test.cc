// RFC 8415 §18.3.2: REQUEST.
#include <doctest/doctest.h>

#include <set>

#include "engine_fixture.h"

namespace tandem6::engine_request_test {

using namespace tandem6::testing;
using tandem6::Seconds;
namespace lease = tandem6::lease;

TEST_CASE("RFC 8415 18.3.2: REQUEST for an address and a prefix gets both, to the octet, and both are logged") {
  Pools pools;
  Server server({lan(pools)});
  const Response response = server.send(from_client(
      kRequest, {ia_na(7, {ia_address("2001:db8:1::123")}), ia_pd(8, {ia_prefix("2001:db8:8000:4200::", 56)})}));
  REQUIRE(response.answered());
  CHECK(to_hex(response.bytes) ==
        to_hex(message(kReply, kTransaction,
                       {client_id(kClientDuid), server_id(kServerDuid),
                        ia_na(7, {ia_address("2001:db8:1::123", 3000, 4000)}, 1000, 2000),
                        ia_pd(8, {ia_prefix("2001:db8:8000:4200::", 56, 3000, 4000)}, 1000, 2000)})));
  CHECK(response.answer.type == tandem6::wire::MessageType::kReply);
  CHECK(response.answer.after_commit);

  const auto changes = server.changes();
  REQUIRE(changes.size() == 2);
  const lease::LeaseRecord& address = changes[0].record;
  CHECK(changes[0].kind == lease::LeaseChange::Kind::kPut);
  CHECK(address.key == lease::LeaseKey{lease::LeaseType::kAddress, 128, ip("2001:db8:1::123")});
  CHECK(address.status == lease::BindingStatus::kActive);
  CHECK(address.iaid == 7);
  CHECK(address.subnet_id == 1);
  CHECK(address.preferred == Seconds{3000});
  CHECK(address.valid == Seconds{4000});
  CHECK(address.last_contact == server.now);
  CHECK(to_hex(address.duid.bytes()) == to_hex(kClientDuid));
  CHECK(changes[1].record.key == lease::LeaseKey{lease::LeaseType::kPrefix, 56, ip("2001:db8:8000:4200::")});
  CHECK(changes[1].record.iaid == 8);
}

TEST_CASE("RFC 8415 18.3.2: a REQUEST sent again gets the same lease, its lifetimes begun anew") {
  Pools pools;
  Server server({lan(pools)});
  const std::string first = server.send(from_client(kRequest, {ia_na(7)})).address();
  server.changes();
  server.now = server.now + Seconds{10};
  CHECK(server.send(from_client(kRequest, {ia_na(7)})).address() == first);
  CHECK(server.group.lease_count() == 1);
  const auto changes = server.changes();
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].kind == lease::LeaseChange::Kind::kPut);
  CHECK(changes[0].record.last_contact == server.now);
}

TEST_CASE(
    "RFC 8415 18.3.2: an address that does not belong to the link: the IA comes back with NotOnLink and nothing else") {
  Pools pools;
  Server server({lan(pools)});
  const Response response = server.send(
      from_client(kRequest, {ia_na(7, {ia_address("2001:db8:1::123"), ia_address("2001:db8:9::1")}), ia_na(9)}));
  REQUIRE(response.answered());
  REQUIRE(response.ias().size() == 2);
  CHECK(response.ias()[0].iaid == 7);
  CHECK(response.ias()[0].status == 4u);
  CHECK(response.ias()[0].leases.empty());
  CHECK(response.ias()[1].leases.size() == 1);
  CHECK_FALSE(response.status());
  CHECK(server.changes().size() == 1);
}

TEST_CASE(
    "RFC 8415 18.3.2: NotOnLink is said of addresses only: a prefix of no pool of ours is replaced by one of ours") {
  Pools pools;
  Server server({lan(pools)});
  const Response response = server.send(from_client(kRequest, {ia_pd(8, {ia_prefix("2001:db8:f000::", 56)})}));
  CHECK(ip("2001:db8:8000::") <= response.lease().address);
  CHECK(response.lease().address <= ip("2001:db8:8000:ff00::"));
}

TEST_CASE("RFC 8415 18.3.2: an on-link address that another client has is replaced by a free one") {
  Pools pools;
  Server server({lan(pools)});
  const Octets wants = ia_na(7, {ia_address("2001:db8:1::123")});
  REQUIRE(server.send(from_client(kRequest, {wants}, kOtherClientDuid)).address() == "2001:db8:1::123");
  CHECK(server.send(from_client(kRequest, {wants})).address() != "2001:db8:1::123");
}

TEST_CASE("RFC 8415 18.3.2: the unspecified address as a hint asks for any address") {
  Pools pools;
  Server server({lan(pools)});
  CHECK(server.send(from_client(kRequest, {ia_na(7, {ia_address("::")})})).ia().leases.size() == 1);
}

TEST_CASE(
    "RFC 8415 18.3.2: a pool is used to its last unit, then NoAddrsAvail and NoPrefixAvail, and nothing is given "
    "twice") {
  Pools pools;
  lease::Subnet small = tandem6::testing::subnet(1, "2001:db8:1::/64", 0);
  small.address_pools = {pools.addresses("2001:db8:1::100", "2001:db8:1::1ff")};
  small.prefix_pools = {pools.prefixes("2001:db8:8000::/48", 56)};
  Server server({small});
  std::set<std::string> given;
  for (uint16_t i = 0; i < 256; ++i) {
    const Response response = server.send(from_client(kRequest, {ia_na(1), ia_pd(1)}, kClientDuid + u16(i)));
    REQUIRE(response.ias().size() == 2);
    for (const ReadIa& ia : response.ias()) {
      REQUIRE(ia.leases.size() == 1);
      CHECK(given.insert(ia.leases[0].address.to_string()).second);
    }
    server.changes();
  }
  const Response response = server.send(from_client(kRequest, {ia_na(1), ia_pd(1)}, kOtherClientDuid));
  REQUIRE(response.answered());
  CHECK(response.answer.after_commit);
  CHECK(response.ias().at(0).status == 2u);
  CHECK(response.ias().at(0).t1 == 0);
  CHECK(response.ias().at(1).status == 6u);
  CHECK(server.changes().empty());
}

TEST_CASE(
    "RFC 8415 18.3.2: on a link without a subnet NotOnLink for IAs with addresses, NoAddrsAvail, NoPrefixAvail for the "
    "rest") {
  Pools pools;
  Server server({lan(pools)});
  server.port = 5;
  const Response response = server.send(from_client(
      kRequest, {ia_na(7, {ia_address("2001:db8:1::123")}), ia_na(8), ia_pd(9, {ia_prefix("2001:db8:8000::", 56)})}));
  REQUIRE(response.ias().size() == 3);
  CHECK(response.ias()[0].status == 4u);
  CHECK(response.ias()[1].status == 2u);
  CHECK(response.ias()[2].status == 6u);
  CHECK(server.changes().empty());
}

TEST_CASE(
    "RFC 8415 18.3.2: a client that has moved and asks anew gets a lease of its new link, and its old one is freed") {
  Pools pools;
  lease::Subnet other = tandem6::testing::subnet(2, "2001:db8:2::/64", uint16_t{2});
  other.address_pools = {pools.addresses("2001:db8:2::1", "2001:db8:2::ff")};
  Server server({lan(pools), other});
  const std::string old = server.send(from_client(kRequest, {ia_na(7)})).address();
  server.changes();
  server.port = 2;
  const Response response = server.send(from_client(kRequest, {ia_na(7)}));
  CHECK(other.prefix.contains(response.lease().address));
  const auto changes = server.changes();
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].kind == lease::LeaseChange::Kind::kDelete);
  CHECK(changes[0].record.key.address == ip(old));
  CHECK(changes[1].kind == lease::LeaseChange::Kind::kPut);
  CHECK(changes[1].record.subnet_id == 2);
  CHECK(server.group.lease_count() == 1);
}

TEST_CASE("RFC 8415 12.1: IAIDs of IA_NA and IA_PD are apart, and two IAs of one kind hold different leases") {
  Pools pools;
  Server server({lan(pools)});
  const Response response = server.send(from_client(kRequest, {ia_na(1), ia_na(2), ia_pd(1), ia_pd(2)}));
  REQUIRE(response.ias().size() == 4);
  std::set<std::string> given;
  for (const ReadIa& ia : response.ias()) {
    REQUIRE(ia.leases.size() == 1);
    given.insert(ia.leases[0].address.to_string());
    CHECK(ia.t1 == 1000);
    CHECK(ia.t2 == 2000);
  }
  CHECK(given.size() == 4);
  CHECK(server.group.lease_count() == 4);
}

TEST_CASE("RFC 8415 21.4: an IAID that comes twice in a message is one IA") {
  Pools pools;
  Server server({lan(pools)});
  const Response response = server.send(from_client(kRequest, {ia_na(1), ia_na(1), ia_pd(1), ia_pd(1)}));
  CHECK(response.ias().size() == 2);
  CHECK(server.changes().size() == 2);
}

TEST_CASE("RFC 8415 18.3: every IA is answered: those behind the limit with a status, and nothing is taken for them") {
  Pools pools;
  Server server({lan(pools)});
  Octets ias;
  for (uint32_t iaid = 0; iaid < 20; ++iaid) ias += iaid % 2 == 0 ? ia_na(iaid) : ia_pd(iaid);
  ias += ia_na(0);  // again: no excess
  for (const uint8_t type : {kSolicit, kRequest}) {
    const Response response = server.send(from_client(type, {ias}));
    REQUIRE(response.ias().size() == 20);
    for (const ReadIa& ia : response.ias()) {
      CAPTURE(ia.iaid);
      CHECK(ia.code == (ia.iaid % 2 == 0 ? 3 : 25));
      if (ia.iaid < lease::kMaxIasPerMessage) {
        CHECK(ia.leases.size() == 1);
      } else {
        CHECK(ia.status == (ia.code == 3 ? 2u : 6u));
      }
    }
  }
  CHECK(server.group.lease_count() == lease::kMaxIasPerMessage);
  CHECK(server.changes().size() == lease::kMaxIasPerMessage);
}

TEST_CASE("An answer that cannot fit is not begun: nothing is leased that nobody is told of") {
  Pools pools;
  Server server({lan(pools)});
  const Octets request = from_client(kRequest, {ia_na(1), ia_na(2), ia_pd(3)});
  const size_t needed = 4 + 2 * 14 + 2 * 44 + 45;
  CHECK(server.send(request, needed - 1).dropped() == "reply-too-big");
  CHECK(server.send(request, 0).dropped() == "reply-too-big");
  CHECK(server.changes().empty());
  CHECK(server.group.lease_count() == 0);
}

TEST_CASE("Options that do not fit drop the answer; the next try gets the same lease") {
  Pools pools;
  lease::Subnet wordy = lan(pools);
  wordy.address_pools[0].options.set(21, zeros(600), true);
  Server server({wordy});
  CHECK(server.send(from_client(kRequest, {ia_na(1)}), 500).dropped() == "reply-too-big");
  const auto changes = server.changes();
  REQUIRE(changes.size() == 1);
  CHECK(server.send(from_client(kRequest, {ia_na(1)}), 1000).lease().address == changes[0].record.key.address);
}

TEST_CASE("RFC 8415 18.3.2: REQUEST without IAs gets the options it asks for") {
  Pools pools;
  lease::OptionSet options;
  options.set(23, Octets(ip("2001:db8::53").octets), false);
  lease::Subnet configured = lan(pools);
  configured.options = options;
  Server server({configured});
  const Response response = server.send(from_client(kRequest, {option_request({23})}));
  REQUIRE(response.answered());
  CHECK(response.ias().empty());
  CHECK(response.option(23) == Octets(ip("2001:db8::53").octets));
}

}  // namespace tandem6::engine_request_test
