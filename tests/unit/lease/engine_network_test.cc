// Shared networks, class guards, lifetime bounds, the lease cache and allocators, through answer().
#include <doctest/doctest.h>

#include <set>

#include "tests/support/server_fixture.h"

namespace tandem6::engine_network_test {

using namespace tandem6::testing;
using tandem6::Seconds;
namespace lease = tandem6::lease;

namespace {

lease::Snapshot::Content network(std::vector<lease::Subnet> subnets) {
  lease::Snapshot::Content content;
  content.networks.push_back({.name = "east"});
  for (lease::Subnet& subnet : subnets) subnet.network = 0;
  content.subnets = std::move(subnets);
  return content;
}

/// Two subnets with two addresses each, on port 0.
std::vector<lease::Subnet> two_small(Pools& pools) {
  std::vector<lease::Subnet> subnets{subnet(1, "2001:db8:1::/64", 0), subnet(2, "2001:db8:2::/64", 0)};
  subnets[0].address_pools = {pools.addresses("2001:db8:1::10", "2001:db8:1::11")};
  subnets[1].address_pools = {pools.addresses("2001:db8:2::10", "2001:db8:2::11")};
  return subnets;
}

Octets numbered_duid(uint8_t number) { return hex("0003 0001 0200000001") + u8(number); }

}  // namespace

TEST_CASE("shared network: when a subnet is full the next one goes on, and then there is NoAddrsAvail, counted once") {
  Pools pools;
  Server server(network(two_small(pools)));
  std::set<std::string> given;
  for (uint8_t client = 0; client < 4; ++client) {
    const Octets duid = numbered_duid(client);
    const std::string offered = server.send(from_client(kSolicit, {ia_na(1)}, duid)).address();
    CHECK(server.send(from_client(kRequest, {ia_na(1)}, duid)).address() == offered);
    given.insert(offered);
  }
  CHECK(given == std::set<std::string>{"2001:db8:1::10", "2001:db8:1::11", "2001:db8:2::10", "2001:db8:2::11"});
  CHECK(server.send(from_client(kRequest, {ia_na(1)}, numbered_duid(9))).ia().status == 2u);
  CHECK(server.snapshot().subnets()[0].counters->cells[0].allocation_failures == 1);
  CHECK(server.snapshot().subnets()[1].counters->cells[0].addresses == 2);
}

TEST_CASE("RFC 8415 18.3.2, 18.3.3: every address of a shared network is on the client's link") {
  Pools pools;
  Server server(network(two_small(pools)));
  const Octets second = ia_na(1, {ia_address("2001:db8:2::11")});
  CHECK(server.send(from_client(kRequest, {second})).address() == "2001:db8:2::11");
  CHECK(server.send(from_client(kConfirm, {second})).status() == 0u);
  CHECK(server.send(from_client(kRenew, {second})).lease().valid == 4000);
  CHECK(server.send(from_client(kRebind, {second})).lease().valid == 4000);
  CHECK(server.send(from_client(kConfirm, {ia_na(1, {ia_address("2001:db8:3::11")})})).status() == 4u);
}

TEST_CASE("shared network: two IAs of one ADVERTISE are not offered the same unit") {
  Pools pools;
  Server server(network(two_small(pools)));
  const Response response = server.send(from_client(kSolicit, {ia_na(1), ia_na(2), ia_na(3), ia_na(4)}));
  std::set<std::string> offered;
  for (const ReadIa& ia : response.ias()) offered.insert(ia.leases.at(0).address.to_string());
  CHECK(offered.size() == 4);
}

TEST_CASE("RFC 8415 14.2: IAs of subnets with different timers get the earliest T1 and T2") {
  Pools pools;
  std::vector<lease::Subnet> subnets = two_small(pools);
  subnets[1].lifetimes.t1 = Seconds{500};
  subnets[1].lifetimes.t2 = Seconds{2500};
  Server server(network(std::move(subnets)));
  const auto ias = server
                       .send(from_client(kRequest, {ia_na(1, {ia_address("2001:db8:1::10")}),
                                                    ia_na(2, {ia_address("2001:db8:2::10")})}))
                       .ias();
  REQUIRE(ias.size() == 2);
  for (const ReadIa& ia : ias) {
    CHECK(ia.t1 == 500);
    CHECK(ia.t2 == 2000);
  }
}

TEST_CASE("shared network: options of pool, subnet, network and the file, the narrower scope wins") {
  Pools pools;
  std::vector<lease::Subnet> subnets = two_small(pools);
  subnets[0].address_pools[0].options.set(200, u8(1), true);
  for (uint16_t code : {200, 201}) subnets[0].options.set(code, u8(2), true);
  lease::Snapshot::Content content = network(std::move(subnets));
  for (uint16_t code : {200, 201, 202}) content.networks[0].options.set(code, u8(3), true);
  for (uint16_t code : {200, 201, 202, 203}) content.options.set(code, u8(4), true);
  Server server(std::move(content));
  const Response first = server.send(from_client(kRequest, {ia_na(1, {ia_address("2001:db8:1::10")})}));
  for (uint8_t value = 1; value <= 4; ++value) CHECK(first.option(static_cast<uint16_t>(199 + value)) == u8(value));
  const Response second =
      server.send(from_client(kRequest, {ia_na(1, {ia_address("2001:db8:2::10")})}, kOtherClientDuid));
  CHECK(second.option(200) == u8(3));
  CHECK(second.option(203) == u8(4));
}

TEST_CASE("a subnet or pool whose guard does not admit the client gives it nothing, and takes back what it has") {
  Pools pools;
  lease::ClassSet guard;
  guard.add(5);
  std::vector<lease::Subnet> subnets = two_small(pools);
  SUBCASE("subnet") { subnets[0].guard = guard; }
  SUBCASE("pool") { subnets[0].address_pools[0].guard = guard; }
  Server open(network(two_small(pools)));
  const Octets ia = ia_na(1, {ia_address("2001:db8:1::10")});
  REQUIRE(open.send(from_client(kRequest, {ia})).address() == "2001:db8:1::10");
  open.adopt(network(std::move(subnets)));
  CHECK(open.send(from_client(kRequest, {ia}, kOtherClientDuid)).address().starts_with("2001:db8:2::"));
  const auto leases = open.send(from_client(kRenew, {ia})).ia().leases;
  REQUIRE(leases.size() == 2);
  CHECK(leases[0].address.to_string().starts_with("2001:db8:2::"));
  CHECK(leases[1].address == ip("2001:db8:1::10"));
  CHECK(leases[1].valid == 0);
}

TEST_CASE("RFC 8415 21.6: lifetimes that the client would like are held to the configured bounds") {
  Pools pools;
  std::vector<lease::Subnet> subnets = two_small(pools);
  subnets[0].lifetimes = {.preferred = {Seconds{100}, Seconds{200}, Seconds{300}},
                          .valid = {Seconds{1000}, Seconds{2000}, Seconds{3000}}};
  Server server(network(std::move(subnets)));
  const auto granted = [&](uint8_t type, uint32_t preferred, uint32_t valid) {
    const Response response =
        server.send(from_client(type, {ia_na(1, {ia_address("2001:db8:1::10", preferred, valid)})}));
    return std::pair(response.lease().preferred, response.lease().valid);
  };
  using Pair = std::pair<uint32_t, uint32_t>;
  CHECK(granted(kSolicit, 0, 0) == Pair{200, 2000});
  CHECK(granted(kRequest, 0, 0) == Pair{200, 2000});
  CHECK(granted(kRenew, 250, 2500) == Pair{250, 2500});
  CHECK(granted(kRenew, 1, 1) == Pair{100, 1000});
  CHECK(granted(kRenew, 5000, 0xffffffff) == Pair{300, 3000});
  CHECK(server.send(from_client(kRenew, {ia_na(1, {ia_address("2001:db8:1::10", 250, 2500)})})).ia().t1 == 125);
}

TEST_CASE("cache-threshold: an early renewal changes nothing and says what is left") {
  Pools pools;
  std::vector<lease::Subnet> subnets = two_small(pools);
  subnets[0].cache = {.threshold = 0.25F, .max_age = Seconds{600}};
  Server server(network(std::move(subnets)));
  const Octets ia = ia_na(1, {ia_address("2001:db8:1::10")});
  server.send(from_client(kRequest, {ia}));
  server.changes();
  server.now = server.now + Seconds{500};
  const Response early = server.send(from_client(kRenew, {ia}));
  CHECK(early.lease().preferred == 2500);
  CHECK(early.lease().valid == 3500);
  CHECK(server.changes().empty());
  CHECK(server.snapshot().subnets()[0].counters->cells[0].address_reuses == 1);
  server.now = server.now + Seconds{200};  // older than cache-max-age
  CHECK(server.send(from_client(kRenew, {ia})).lease().valid == 4000);
  CHECK(server.changes().size() == 1);
}

TEST_CASE("allocator iterative: the lowest free unit first") {
  Pools pools;
  lease::Subnet lan = subnet(1, "2001:db8:1::/64", 0);
  lan.address_pools = {pools.addresses("2001:db8:1::100", "2001:db8:1::1ff")};
  lan.address_allocator = lease::Allocator::kIterative;
  Server server({lan});
  for (uint8_t client = 0; client < 16; ++client) {
    const auto expected = tandem6::Ipv6Address::from_number(ip("2001:db8:1::100").number() + client);
    CHECK(server.send(from_client(kRequest, {ia_na(1)}, numbered_duid(client))).lease().address == expected);
  }
}

}  // namespace tandem6::engine_network_test
