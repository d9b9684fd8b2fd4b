// RFC 8415 §18.3.11, §20.4 and §21.20: Reconfigure Accept, the key that a client is given, what is kept to reach it.
#include <doctest/doctest.h>

#include <optional>

#include "dataplane/lease/client_data.h"
#include "dataplane/lease/reconfigure.h"
#include "tests/support/server_fixture.h"

namespace tandem6::engine_reconfigure_test {

using namespace tandem6::testing;
namespace lease = tandem6::lease;
namespace wire = tandem6::wire;

namespace {

Server reconfiguring(bool on = true) {
  Pools pools;
  lease::Subnet lan = subnet(1, "2001:db8:1::/64", 0);
  lan.rapid_commit = true;
  lan.address_pools = {pools.addresses("2001:db8:1::100", "2001:db8:1::100")};
  lease::Snapshot::Content content;
  content.subnets = {lan};
  content.reconfigure = on;
  return Server(std::move(content));
}

const Octets kAccept = option(20, {});

using Kind = lease::LeaseChange::Kind;

/// The only kRemember among the changes; nothing when there is none.
std::optional<Octets> remembered(Server& server) {
  std::optional<Octets> found;
  for (const lease::LeaseChange& change : server.changes()) {
    if (change.kind == Kind::kRemember) found = Octets(change.client_data);
  }
  return found;
}

/// Port 0, UDP port, the fixture's MAC address and source, no VLAN.
Octets path(uint16_t udp_port) {
  return u8(6) + u16(26) + u16(0) + u16(udp_port) + hex("0200 0000 000a") + address("fe80::a");
}

Octets through_relay(const Octets& inner) {
  return relay_forward(0, "2001:db8:1::1", "fe80::c", {interface_id(text("eth0")), relay_message(inner)});
}

}  // namespace

TEST_CASE("RFC 8415 20.4.2: the Replies that begin something with a client that accepts Reconfigure tell it its key") {
  Server server = reconfiguring();
  const Octets key = Octets(lease::reconfigure_key(server.snapshot().reconfigure_secret(), kClientDuid));
  const Octets told = hex("03 01 00") + u32(server.now.since_2000) + u32(0) + u8(1) + key;
  CHECK(server.send(from_client(kRequest, {ia_na(1), kAccept})).option(11) == told);
  CHECK(server.send(from_client(kSolicit, {ia_na(1), rapid_commit(), kAccept})).option(11) == told);
  CHECK(server.send(from_client(kInformationRequest, {kAccept})).option(11) == told);
  for (const uint8_t type : {kSolicit, kRenew, kRebind}) {
    CAPTURE(type);
    const Response response = server.send(from_client(type, {ia_na(1), kAccept}));
    CHECK(response.option(20) == Octets{});
    CHECK_FALSE(response.option(11));
  }
}

TEST_CASE("RFC 8415 21.20: a client that does not accept Reconfigure, or names no DUID, hears nothing of it") {
  Server server = reconfiguring();
  for (const Octets& ask : {from_client(kRequest, {ia_na(1)}), message(kInformationRequest, 1, {kAccept})}) {
    const Response response = server.send(ask);
    REQUIRE(response.answered());
    CHECK_FALSE(response.option(20));
    CHECK_FALSE(response.option(11));
  }
}

TEST_CASE("Reconfigure is off unless the configuration says otherwise") {
  Server server = reconfiguring(false);
  const Response response = server.send(from_client(kRequest, {ia_na(1), kAccept}));
  REQUIRE(response.answered());
  CHECK_FALSE(response.option(20));
  CHECK_FALSE(response.option(11));
}

TEST_CASE("RFC 8415 18.3.11: the way to a client that accepts Reconfigure is kept with its lease") {
  Server server = reconfiguring();
  REQUIRE(server.send(from_client(kRequest, {ia_na(1), kAccept})).answered());
  CHECK(remembered(server) == u8(1) + path(546));
}

TEST_CASE(
    "RFC 8415 19.3: of a relayed client that accepts Reconfigure its relays are kept, whatever store-extended-info "
    "says") {
  Server server = reconfiguring();
  REQUIRE(server.send(through_relay(from_client(kRequest, {ia_na(1), kAccept}))).answered());
  const Octets relays = u8(3) + u16(16) + address("fe80::a") + u8(1) + u16(41) + u8(0) + address("2001:db8:1::1") +
                        address("fe80::c") + interface_id(text("eth0"));
  CHECK(remembered(server) == u8(1) + relays + path(547));
}

TEST_CASE("the way to a client has its VLAN tags") {
  Server server = reconfiguring();
  server.frame.vlan = {.tags = {{{0x88a8, 7}, {0x8100, 9}}}, .count = 2};
  REQUIRE(server.send(from_client(kRequest, {ia_na(1), kAccept})).answered());
  const auto kept = remembered(server);
  REQUIRE(kept);
  const auto view = lease::ClientDataView::parse(*kept);
  REQUIRE(view);
  const auto way = view->return_path();
  REQUIRE(way);
  CHECK(way->vlan.count == 2);
  CHECK(way->vlan.tags[0].protocol == 0x88a8);
  CHECK(way->vlan.tags[1].control == 9);
  CHECK(way->mac == server.frame.source_mac);
  CHECK(way->address == ip("fe80::a"));
}

TEST_CASE("RFC 8415 19.3: through relays of which not all is kept there is no way back") {
  Server server = reconfiguring();
  const Octets relayed =
      relay_forward(0, "2001:db8:1::1", "fe80::c",
                    {option(4242, zeros(1100)), relay_message(from_client(kRequest, {ia_na(1), kAccept}))});
  REQUIRE(server.send(relayed).answered());
  const auto kept = remembered(server);
  REQUIRE(kept);
  CHECK_FALSE(lease::ClientDataView::parse(*kept)->accepts_reconfigure());
}

TEST_CASE(
    "RFC 8415 21.20: a Renew need not say again that the client accepts Reconfigure; a Request without it takes it "
    "back") {
  Server server = reconfiguring();
  REQUIRE(server.send(from_client(kRequest, {ia_na(1), kAccept})).answered());
  CHECK(remembered(server) == u8(1) + path(546));
  for (const uint8_t type : {kRenew, kRebind}) {
    REQUIRE(server.send(from_client(type, {ia_na(1)})).answered());
    CHECK(remembered(server) == std::nullopt);
  }
  // It is elsewhere now.
  server.port = 0;
  server.frame.source_mac[5] = std::byte{0xb};
  REQUIRE(server.send(from_client(kRenew, {ia_na(1)})).answered());
  CHECK(remembered(server) == u8(1) + u8(6) + u16(26) + u16(0) + u16(546) + hex("0200 0000 000b") + address("fe80::a"));
  REQUIRE(server.send(from_client(kRequest, {ia_na(1)})).answered());
  CHECK(remembered(server) == Octets{});
  REQUIRE(server.send(from_client(kRenew, {ia_na(1)})).answered());
  CHECK(remembered(server) == std::nullopt);
}

TEST_CASE("RFC 8415 21.20: what was kept says after a restart that the client accepts Reconfigure") {
  Server server = reconfiguring();
  REQUIRE(server.send(from_client(kRequest, {ia_na(1), kAccept})).answered());
  const Octets kept = remembered(server).value();
  server.group.load_client(kClientDuid, {});
  server.group.load_client(kClientDuid, kept);
  server.frame.source_mac[5] = std::byte{0xb};
  REQUIRE(server.send(from_client(kRenew, {ia_na(1)})).answered());
  CHECK(remembered(server).has_value());
}

TEST_CASE("RFC 8156 5.5.13: beside a partner the client's key is kept, to be told") {
  Pools pools;
  lease::Subnet lan = subnet(1, "2001:db8:1::/64", 0);
  lan.address_pools = {pools.addresses("2001:db8:1::100", "2001:db8:1::1ff")};
  lan.failover = std::make_shared<lease::FailoverScope>(uint8_t{0}, "pair", lease::FailoverRole::kPrimary);
  lan.failover->set_policy({.responsiveness = lease::Responsiveness::kResponsive});
  lease::Snapshot::Content content;
  content.subnets = {lan};
  content.reconfigure = true;
  content.reconfigure_secret = lease::reconfigure_secret("what both were told");
  Server server(std::move(content));
  const Octets key = Octets(lease::reconfigure_key(lease::reconfigure_secret("what both were told"), kClientDuid));
  const Response response = server.send(from_client(kRequest, {ia_na(1), kAccept}));
  CHECK(response.option(11) == hex("03 01 00") + u32(server.now.since_2000) + u32(0) + u8(1) + key);
  CHECK(remembered(server) == u8(1) + path(546) + u8(4) + u16(20) + u32(0) + key);
}

TEST_CASE("RFC 8415 18.3.11: the Renew, Rebind or Information-request of a client that was called is noticed") {
  const uint64_t hash = lease::duid_hash(kClientDuid);
  for (const auto& [type, wanted] : {std::pair{kRenew, wire::MessageType::kRenew},
                                     {kRebind, wire::MessageType::kRebind},
                                     {kInformationRequest, wire::MessageType::kInformationRequest}}) {
    Server server = reconfiguring();
    REQUIRE(server.send(from_client(kRequest, {ia_na(1), kAccept})).answered());
    REQUIRE(server.group.awaited().expect(hash, wanted));
    REQUIRE(server.send(from_client(kSolicit, {ia_na(1)})).answered());
    CHECK_FALSE(server.group.awaited().has_answered(hash));
    const Octets no_client = message(type, 1, {client_id(kOtherClientDuid), server_id(kServerDuid), ia_na(1)});
    server.send(type == kRenew ? no_client : from_client(type, {}, kOtherClientDuid));
    CHECK_FALSE(server.group.awaited().has_answered(hash));
    REQUIRE(
        server.send(type == kInformationRequest ? from_client(type, {}) : from_client(type, {ia_na(1)})).answered());
    CHECK(server.group.awaited().has_answered(hash));
  }
}

TEST_CASE("RFC 8415 16.6: a Renew to another server answers no Reconfigure of ours") {
  Server server = reconfiguring();
  REQUIRE(server.send(from_client(kRequest, {ia_na(1), kAccept})).answered());
  const uint64_t hash = lease::duid_hash(kClientDuid);
  REQUIRE(server.group.awaited().expect(hash, wire::MessageType::kRenew));
  server.send(message(kRenew, 1, {client_id(kClientDuid), server_id(kOtherServerDuid), ia_na(1)}));
  CHECK_FALSE(server.group.awaited().has_answered(hash));
}

}  // namespace tandem6::engine_reconfigure_test
