// RFC 8415 §18.3.10 and §19.3: answers through relay agents.
#include <doctest/doctest.h>

#include "tests/support/server_fixture.h"

namespace tandem6::engine_relay_test {

using namespace tandem6::testing;
namespace lease = tandem6::lease;

namespace {

lease::Subnet relayed_subnet(Pools& pools) {
  lease::Subnet lan = subnet(1, "2001:db8:1::/64");
  lan.address_pools = {pools.addresses("2001:db8:1::100", "2001:db8:1::100")};
  return lan;
}

Octets one_relay(const Octets& inner) {
  return relay_forward(0, "2001:db8:1::1", "fe80::c", {interface_id(text("eth0")), relay_message(inner)});
}
/// Client, then A on the client's link with an Interface-Id, B, and C with another one, which talks to the server.
Octets three_relays(const Octets& inner) {
  const Octets a = relay_forward(0, "2001:db8:1::1", "fe80::c", {interface_id(text("port 7")), relay_message(inner)});
  const Octets b = relay_forward(1, "::", "2001:db8:a::1", {relay_message(a)});
  return relay_forward(2, "2001:db8:ffff::1", "2001:db8:b::1", {interface_id(text("core")), relay_message(b)});
}
Octets back_through_three(const Octets& inner) {
  const Octets a = relay_reply(0, "2001:db8:1::1", "fe80::c", {interface_id(text("port 7")), relay_message(inner)});
  const Octets b = relay_reply(1, "::", "2001:db8:a::1", {relay_message(a)});
  return relay_reply(2, "2001:db8:ffff::1", "2001:db8:b::1", {interface_id(text("core")), relay_message(b)});
}

Octets leased(uint8_t type) {
  return message(type, kTransaction,
                 {client_id(kClientDuid), server_id(kServerDuid),
                  ia_na(7, {ia_address("2001:db8:1::100", 3000, 4000)}, 1000, 2000)});
}

}  // namespace

TEST_CASE("RFC 8415 19.3: through one relay, to the octet: hop count, addresses and Interface-Id come back") {
  Pools pools;
  Server server({relayed_subnet(pools)});
  const Response response = server.send(one_relay(from_client(kSolicit, {ia_na(7)})));
  REQUIRE(response.answered());
  CHECK(to_hex(response.bytes) == to_hex(relay_reply(0, "2001:db8:1::1", "fe80::c",
                                                     {interface_id(text("eth0")), relay_message(leased(kAdvertise))})));
  CHECK(response.answer.type == tandem6::wire::MessageType::kAdvertise);
}

TEST_CASE("RFC 8415 19.3: through three relays, to the octet; the subnet is that of the relay nearest to the client") {
  Pools pools;
  Server server({relayed_subnet(pools)});
  for (const uint8_t type : {kSolicit, kRequest, kRenew, kRebind}) {
    CAPTURE(type);
    const Response response = server.send(three_relays(from_client(type, {ia_na(7)})));
    REQUIRE(response.answered());
    CHECK(to_hex(response.bytes) == to_hex(back_through_three(leased(type == kSolicit ? kAdvertise : kReply))));
  }
  const Response released =
      server.send(three_relays(from_client(kRelease, {ia_na(7, {ia_address("2001:db8:1::100")})})));
  REQUIRE(released.answered());
  CHECK(released.status() == 0u);
  CHECK(server.group.lease_count() == 0);
}

TEST_CASE("RFC 8415 18.3.3, 18.3.6, 18.3.8: CONFIRM, INFORMATION-REQUEST and DECLINE through relays") {
  Pools pools;
  Server server({relayed_subnet(pools)});
  const Octets ia = ia_na(7, {ia_address("2001:db8:1::100")});
  CHECK(server.send(one_relay(from_client(kConfirm, {ia}))).status() == 0u);
  CHECK(server.send(three_relays(from_client(kConfirm, {ia}))).status() == 0u);
  CHECK(server.send(three_relays(message(kInformationRequest, 5, {}))).transaction_id() == 5);
  REQUIRE(server.send(one_relay(from_client(kRequest, {ia}))).lease().valid == 4000);
  CHECK(server.send(three_relays(from_client(kDecline, {ia}))).status() == 0u);
}

TEST_CASE("RFC 8415 13.1: a lease taken through one relay is the same client's when it comes from another link") {
  Pools pools;
  lease::Subnet other = subnet(2, "2001:db8:2::/64");
  other.address_pools = {pools.addresses("2001:db8:2::1", "2001:db8:2::1")};
  Server server({relayed_subnet(pools), other});
  REQUIRE(server.send(one_relay(from_client(kRequest, {ia_na(7)}))).address() == "2001:db8:1::100");
  const Octets elsewhere =
      relay_forward(0, "2001:db8:2::fe", "fe80::c",
                    {relay_message(from_client(kRenew, {ia_na(7, {ia_address("2001:db8:1::100")})}))});
  const ReadIa ia = server.send(elsewhere).ia();
  REQUIRE(ia.leases.size() == 2);
  CHECK(ia.leases[0].address == ip("2001:db8:2::1"));
  CHECK(ia.leases[1].address == ip("2001:db8:1::100"));
  CHECK(ia.leases[1].valid == 0);
}

TEST_CASE("RFC 8415 19.3: the Relay-replies count when an answer must fit") {
  Pools pools;
  Server server({relayed_subnet(pools)});
  const Octets ask = three_relays(message(kInformationRequest, 5, {}));
  const size_t needed = server.send(ask).bytes.size();
  CHECK(server.send(ask, needed).answered());
  for (size_t room = 0; room < needed; ++room) CHECK(server.send(ask, room).dropped() == "reply-too-big");
}

TEST_CASE("RFC 6422 6: what a relay supplies is in the answer, unless the server sends that option itself") {
  Pools pools;
  lease::Snapshot::Content content;
  content.subnets = {relayed_subnet(pools)};
  content.options.set(23, text("server"), true);
  content.relay_supplied = lease::RelaySuppliableCodes({23});
  Server server(std::move(content));
  const Octets supplied =
      option(66, join({option(65, text("erp")), option(23, text("relay")), option(24, text("no"))}));
  const Octets request = from_client(kSolicit, {ia_na(7)});
  const Response response =
      server.send(relay_forward(0, "2001:db8:1::1", "fe80::c", {supplied, relay_message(request)}));
  CHECK(response.option(65) == text("erp"));
  CHECK(response.option(23) == text("server"));
  CHECK_FALSE(response.option(24));
}

}  // namespace tandem6::engine_relay_test
