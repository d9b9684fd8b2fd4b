// Host reservations (Kea's manual, "Host Reservations in DHCPv6"), through answer().
#include <doctest/doctest.h>

#include "tests/support/server_fixture.h"

namespace tandem6::engine_reservation_test {

using namespace tandem6::testing;
using tandem6::Ipv6Prefix;
namespace lease = tandem6::lease;

namespace {

lease::Subnet reserving_lan(Pools& pools) {
  lease::Subnet subnet = tandem6::testing::subnet(1, "2001:db8:1::/64", 0);
  subnet.address_pools = {pools.addresses("2001:db8:1::10", "2001:db8:1::12")};
  subnet.prefix_pools = {pools.prefixes("2001:db8:8000::/48", 56)};
  return subnet;
}

lease::LeaseKey address_unit(std::string_view text) { return {lease::LeaseType::kAddress, 128, ip(text)}; }
lease::LeaseKey prefix_unit(std::string_view text) {
  const Ipv6Prefix prefix = Ipv6Prefix::parse(text).value();
  return {lease::LeaseType::kPrefix, prefix.length, prefix.address};
}

lease::Reservation host(const Octets& duid, std::vector<lease::LeaseKey> units, uint32_t scope = 1) {
  lease::Reservation reservation;
  reservation.scope = scope;
  reservation.value = duid;
  reservation.units = std::move(units);
  return reservation;
}

/// Keeps what outlives a configuration.
struct World {
  Pools pools;
  lease::PoolBook reserved_units;

  lease::Snapshot::Content configure(std::vector<lease::Reservation> reservations) {
    lease::Snapshot::Content content;
    content.subnets = {reserving_lan(pools)};
    content.reservations = lease::Reservations(std::move(reservations), reserved_units);
    return content;
  }
};

Octets third_duid() { return hex("0003 0001 020000000c03"); }

}  // namespace

TEST_CASE("reservation: its client is offered and gets it, in and out of the pool, whatever it asks for") {
  World world;
  for (const char* reserved : {"2001:db8:1::11", "2001:db8:1::beef"}) {
    CAPTURE(reserved);
    Server server(world.configure({host(kClientDuid, {address_unit(reserved)})}));
    const Octets wish = ia_na(7, {ia_address("2001:db8:1::12")});
    CHECK(server.send(from_client(kSolicit, {wish})).address() == reserved);
    CHECK(server.send(from_client(kRequest, {wish})).address() == reserved);
    CHECK(server.send(from_client(kRenew, {ia_na(7, {ia_address(reserved)})})).address() == reserved);
  }
}

TEST_CASE("reservation: nobody else gets the unit, not even the last of a pool by asking for it") {
  World world;
  Server server(world.configure({host(kClientDuid, {address_unit("2001:db8:1::11")})}));
  std::vector<std::string> given;
  for (uint32_t iaid = 1; iaid <= 3; ++iaid) {
    const Response response =
        server.send(from_client(kRequest, {ia_na(iaid, {ia_address("2001:db8:1::11")})}, kOtherClientDuid));
    if (!response.ia().leases.empty()) given.push_back(response.address());
  }
  std::ranges::sort(given);
  CHECK(given == std::vector<std::string>{"2001:db8:1::10", "2001:db8:1::12"});
}

TEST_CASE("reservation: a prefix, also one of another length than any pool's") {
  World world;
  Server server(world.configure({host(kClientDuid, {prefix_unit("2001:db8:9000::/44")})}));
  const Response response = server.send(from_client(kRequest, {ia_pd(1)}));
  CHECK(response.lease().address == ip("2001:db8:9000::"));
  CHECK(response.lease().length == 44);
  CHECK(server.send(from_client(kRenew, {ia_pd(1, {ia_prefix("2001:db8:9000::", 44)})})).lease().length == 44);
}

TEST_CASE("reservation: several units go to the client's IAs in order, further IAs are served from the pools") {
  World world;
  Server server(world.configure({host(kClientDuid, {address_unit("2001:db8:1::a1"), address_unit("2001:db8:1::a2")})}));
  for (const uint8_t type : {kSolicit, kRequest}) {
    const auto ias = server.send(from_client(type, {ia_na(1), ia_na(2), ia_na(3)})).ias();
    REQUIRE(ias.size() == 3);
    CHECK(ias[0].leases.at(0).address == ip("2001:db8:1::a1"));
    CHECK(ias[1].leases.at(0).address == ip("2001:db8:1::a2"));
    CHECK(Ipv6Prefix::parse("2001:db8:1::10/124").value().contains(ias[2].leases.at(0).address));
  }
}

TEST_CASE("reservation made while its client has another lease: the next RENEW replaces it") {
  World world;
  Server server(world.configure({}));
  const std::string dynamic = server.send(from_client(kRequest, {ia_na(7)})).address();
  server.adopt(world.configure({host(kClientDuid, {address_unit("2001:db8:1::beef")})}));
  const auto leases = server.send(from_client(kRenew, {ia_na(7, {ia_address(dynamic)})})).ia().leases;
  REQUIRE(leases.size() == 2);
  CHECK(leases[0].address == ip("2001:db8:1::beef"));
  CHECK(leases[0].valid == 4000);
  CHECK(leases[1].address.to_string() == dynamic);
  CHECK(leases[1].valid == 0);
  CHECK(server.changes().size() == 3);  // made, freed, made
}

TEST_CASE("reservation of an address that another client has: each keeps what it can, then the owner gets it") {
  World world;
  Server server(world.configure({}));
  const Octets held = ia_na(9, {ia_address("2001:db8:1::11")});
  REQUIRE(server.send(from_client(kRequest, {held}, kOtherClientDuid)).address() == "2001:db8:1::11");
  server.changes();

  // What the daemon does at a reload: the new unit learns of the lease before anybody allocates from it.
  lease::Snapshot::Content next = world.configure({host(kClientDuid, {address_unit("2001:db8:1::11")})});
  next.reservations.units()[0].pool.mark_taken(ip("2001:db8:1::11"), 0);
  server.adopt(std::move(next));

  CHECK(server.send(from_client(kRequest, {ia_na(7)})).address() != "2001:db8:1::11");
  const auto other = server.send(from_client(kRenew, {held}, kOtherClientDuid)).ia().leases;
  REQUIRE(other.size() == 2);
  CHECK(other[0].address != ip("2001:db8:1::11"));
  CHECK(other[1].address == ip("2001:db8:1::11"));
  CHECK(other[1].valid == 0);
  server.changes();  // the disk knows: the unit is free
  CHECK(server.send(from_client(kRenew, {ia_na(7, {ia_address("2001:db8:1::10")})})).ia().leases.at(0).address ==
        ip("2001:db8:1::11"));
}

TEST_CASE("reservation by hardware address: two systems of one host have two DUIDs; the first has the address") {
  World world;
  lease::Reservation by_mac = host(hex("020000000a01"), {address_unit("2001:db8:1::beef")});
  by_mac.identifier = lease::HostIdentifier::kHardwareAddress;
  Server server(world.configure({by_mac}));
  const Octets first = hex("0003 0001 020000000a01");
  const Octets second = hex("0001 0001 11223344 020000000a01");
  CHECK(server.send(from_client(kRequest, {ia_na(7)}, first)).address() == "2001:db8:1::beef");
  CHECK(server.send(from_client(kRequest, {ia_na(7)}, second)).address() != "2001:db8:1::beef");
  server.send(from_client(kRelease, {ia_na(7, {ia_address("2001:db8:1::beef")})}, first));
  server.changes();
  CHECK(server.send(from_client(kSolicit, {ia_na(8)}, second)).address() == "2001:db8:1::beef");
}

TEST_CASE("reservation: released, it waits for its client, not for the pool") {
  World world;
  Server server(world.configure({host(kClientDuid, {address_unit("2001:db8:1::11")})}));
  server.send(from_client(kRequest, {ia_na(7)}));
  server.send(from_client(kRelease, {ia_na(7, {ia_address("2001:db8:1::11")})}));
  server.changes();
  CHECK(server.send(from_client(kRequest, {ia_na(1, {ia_address("2001:db8:1::11")})}, kOtherClientDuid)).address() !=
        "2001:db8:1::11");
  CHECK(server.send(from_client(kRequest, {ia_na(7)})).address() == "2001:db8:1::11");
}

TEST_CASE("reservation: taken back by the configuration, the client keeps the address if the pool has it") {
  World world;
  Server server(
      world.configure({host(kClientDuid, {address_unit("2001:db8:1::11"), address_unit("2001:db8:1::beef")})}));
  server.send(from_client(kRequest, {ia_na(7), ia_na(8)}));
  server.adopt(world.configure({}));
  const auto ias = server
                       .send(from_client(kRenew, {ia_na(7, {ia_address("2001:db8:1::11")}),
                                                  ia_na(8, {ia_address("2001:db8:1::beef")})}))
                       .ias();
  REQUIRE(ias.size() == 2);
  CHECK(ias[0].leases.at(0).address == ip("2001:db8:1::11"));
  CHECK(ias[0].leases.at(0).valid == 4000);
  CHECK(ias[1].leases.back().address == ip("2001:db8:1::beef"));
  CHECK(ias[1].leases.back().valid == 0);
}

TEST_CASE("reservation: global ones count where the subnet says so, and only for addresses of the link") {
  World world;
  const auto configure = [&](bool in_subnet, bool global) {
    lease::Snapshot::Content content =
        world.configure({host(kClientDuid, {address_unit("2001:db8:1::51")}),
                         host(kClientDuid, {address_unit("2001:db8:1::61")}, lease::kGlobalScope),
                         host(kOtherClientDuid, {address_unit("2001:db8:2::71")}, lease::kGlobalScope)});
    content.subnets[0].reservations_in_subnet = in_subnet;
    content.subnets[0].reservations_global = global;
    return content;
  };
  const auto offered = [&](bool in_subnet, bool global, const Octets& duid = kClientDuid) {
    return Server(configure(in_subnet, global)).send(from_client(kSolicit, {ia_na(7)}, duid)).address();
  };
  CHECK(offered(true, true) == "2001:db8:1::51");
  CHECK(offered(false, true) == "2001:db8:1::61");
  CHECK(Ipv6Prefix::parse("2001:db8:1::10/124").value().contains(ip(offered(false, false))));
  CHECK(Ipv6Prefix::parse("2001:db8:1::10/124").value().contains(ip(offered(true, true, kOtherClientDuid))));
  CHECK(Ipv6Prefix::parse("2001:db8:1::10/124").value().contains(ip(offered(true, true, third_duid()))));
}

TEST_CASE("reservation: options of the host win over those of the subnet") {
  World world;
  lease::Reservation with_option = host(kClientDuid, {});
  with_option.options.set(23, address("2001:db8::53"), true);
  lease::Snapshot::Content content = world.configure({with_option});
  content.subnets[0].options.set(23, address("2001:db8::54"), true);
  content.options.set(24, hex("00"), true);
  Server server(std::move(content));
  const Response owner = server.send(from_client(kRequest, {ia_na(7)}));
  CHECK(owner.option(23) == address("2001:db8::53"));
  CHECK(owner.option(24) == hex("00"));
  CHECK(server.send(from_client(kRequest, {ia_na(7)}, kOtherClientDuid)).option(23) == address("2001:db8::54"));
  CHECK(server.send(from_client(kInformationRequest, {})).option(23) == address("2001:db8::53"));
}

// --- by flex-id (Kea's hook flex_id) ---

namespace {

/// option[18] of the relay nearest to the client.
lease::ClassExpression line_of_relay() {
  lease::ClassExpression expression;
  expression.add(lease::term::OptionData{{.area = lease::term::OptionPath::Area::kRelay, .relay = -1, .code = 18}});
  return expression;
}

Server known_by(lease::ClassExpression expression, std::vector<lease::HostIdentifier> order, World& world) {
  lease::Reservation at_line = host(text("port 7"), {address_unit("2001:db8:1::beef")});
  at_line.identifier = lease::HostIdentifier::kFlexId;
  lease::Snapshot::Content content =
      world.configure({at_line, host(kOtherClientDuid, {address_unit("2001:db8:1::d")})});
  content.host_lookup.flex_id = std::move(expression);
  content.host_lookup.order = std::move(order);
  return Server(std::move(content));
}

Octets at(const char* line, const Octets& inner) {
  return relay_forward(0, "2001:db8:1::1", "fe80::c", {interface_id(text(line)), relay_message(inner)});
}

}  // namespace

TEST_CASE("flex-id: whoever comes by the line has what is reserved for the line") {
  World world;
  Server server = known_by(line_of_relay(), {lease::HostIdentifier::kFlexId}, world);
  CHECK(server.send(at("port 7", from_client(kRequest, {ia_na(1)}))).address() == "2001:db8:1::beef");
  CHECK(server.send(at("port 8", from_client(kRequest, {ia_na(1)}, third_duid()))).address() != "2001:db8:1::beef");
  // Not through a relay: no line, no identifier.
  CHECK(server.send(from_client(kRequest, {ia_na(2)}, third_duid())).address() != "2001:db8:1::beef");
}

TEST_CASE("flex-id: host-reservation-identifiers say whether and when it is looked at") {
  using enum lease::HostIdentifier;
  World world;
  Server without = known_by(line_of_relay(), {kHardwareAddress, kDuid}, world);
  CHECK(without.send(at("port 7", from_client(kSolicit, {ia_na(1)}))).address() != "2001:db8:1::beef");
  Server duid_first = known_by(line_of_relay(), {kDuid, kFlexId}, world);
  CHECK(duid_first.send(at("port 7", from_client(kSolicit, {ia_na(1)}, kOtherClientDuid))).address() ==
        "2001:db8:1::d");
  Server flex_first = known_by(line_of_relay(), {kFlexId, kDuid}, world);
  CHECK(flex_first.send(at("port 7", from_client(kSolicit, {ia_na(1)}, kOtherClientDuid))).address() ==
        "2001:db8:1::beef");
}

TEST_CASE("an expression that cannot be evaluated is counted, of flex-id and of classes") {
  World world;
  lease::ClassExpression address;
  const auto data = address.add(lease::term::OptionData{{.code = 15}});
  address.add(lease::term::AddressText{data});
  Server server = known_by(address, {lease::HostIdentifier::kFlexId}, world);
  REQUIRE(server.send(from_client(kSolicit, {ia_na(1), option(15, text("no address"))})).answered());
  CHECK(server.group.counters().failed_expressions.read() == 1);
  REQUIRE(server.send(from_client(kSolicit, {ia_na(1)})).answered());
  CHECK(server.group.counters().failed_expressions.read() == 1);

  lease::ClientClass odd;
  odd.name = "odd";
  odd.membership = lease::ClientClass::Membership::kTemplate;
  odd.expression = address;
  lease::Snapshot::Content content = world.configure({});
  content.classes = lease::ClassTable({odd}, {"eth0"});
  Server classed(std::move(content));
  REQUIRE(classed.send(from_client(kSolicit, {ia_na(1), option(15, text("no address"))})).answered());
  CHECK(classed.group.counters().failed_expressions.read() == 1);
}

}  // namespace tandem6::engine_reservation_test
