// Kea's `store-extended-info`: what the relays of a client's last message said is kept as long as it has leases.
#include <doctest/doctest.h>

#include "dataplane/lease/client_data.h"
#include "tests/support/server_fixture.h"

namespace tandem6::engine_client_data_test {

using namespace tandem6::testing;
namespace lease = tandem6::lease;
using Kind = lease::LeaseChange::Kind;

namespace {

lease::Subnet keeping_subnet(Pools& pools, bool keep = true) {
  lease::Subnet lan = subnet(1, "2001:db8:1::/64", 0);
  lan.keep_relays = keep;
  lan.address_pools = {pools.addresses("2001:db8:1::100", "2001:db8:1::107")};
  lan.prefix_pools = {pools.prefixes("2001:db8:8000::/52", 56)};
  return lan;
}

Octets through_relay(const Octets& inner, const char* line = "eth0") {
  return relay_forward(0, "2001:db8:1::1", "fe80::c", {interface_id(text(line)), relay_message(inner)});
}
Octets kept(const char* line = "eth0") {
  return u8(1) + u8(3) + u16(16) + address("fe80::a") + u8(1) + u16(41) + u8(0) + address("2001:db8:1::1") +
         address("fe80::c") + interface_id(text(line));
}

/// The only kRemember among the changes; nothing when there is none.
std::optional<Octets> remembered(Server& server) {
  std::optional<Octets> found;
  for (const lease::LeaseChange& change : server.changes()) {
    if (change.kind != Kind::kRemember) continue;
    CHECK_FALSE(found);
    CHECK(to_hex(change.record.duid.bytes()) == to_hex(kClientDuid));
    found = Octets(change.client_data);
  }
  return found;
}

}  // namespace

TEST_CASE("a relayed client's relays go to the log behind its lease, once") {
  Pools pools;
  Server server({keeping_subnet(pools)});
  REQUIRE(server.send(through_relay(from_client(kRequest, {ia_na(7)}))).answered());
  const auto changes = server.changes();
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].kind == Kind::kPut);
  CHECK(changes[1].kind == Kind::kRemember);
  CHECK(to_hex(changes[1].client_data) == to_hex(kept()));

  REQUIRE(server.send(through_relay(from_client(kRenew, {ia_na(7)}))).answered());
  CHECK(remembered(server) == std::nullopt);
  REQUIRE(server.send(through_relay(from_client(kRenew, {ia_na(7)}), "eth1")).answered());
  CHECK(remembered(server) == kept("eth1"));
  REQUIRE(server.send(from_client(kRenew, {ia_na(7)})).answered());
  CHECK(remembered(server) == Octets{});
  REQUIRE(server.send(from_client(kRenew, {ia_na(7)})).answered());
  CHECK(remembered(server) == std::nullopt);
}

TEST_CASE("an answer that is about no lease keeps nothing") {
  Pools pools;
  Server server({keeping_subnet(pools)});
  REQUIRE(server.send(through_relay(from_client(kSolicit, {ia_na(7)}))).answered());
  REQUIRE(server.send(through_relay(from_client(kRenew, {ia_na(7)}))).answered());  // NoBinding
  CHECK(server.changes().empty());
}

TEST_CASE("without store-extended-info nothing is kept") {
  Pools pools;
  Server server({keeping_subnet(pools, false)});
  REQUIRE(server.send(through_relay(from_client(kRequest, {ia_na(7)}))).answered());
  CHECK(remembered(server) == std::nullopt);
  CHECK(server.group.lease_count() == 1);
}

TEST_CASE("what is kept goes with the client's last lease, by Release and by time") {
  Pools pools;
  Server server({keeping_subnet(pools)});
  const auto request = [&] {
    const Response response = server.send(through_relay(from_client(kRequest, {ia_na(7), ia_pd(8)})));
    CHECK(remembered(server) == kept());
    return response.ias().at(0).leases.at(0).address.to_string();
  };
  const std::string address = request();
  REQUIRE(server.send(through_relay(from_client(kRelease, {ia_na(7, {ia_address(address)})}))).answered());
  auto changes = server.changes();
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].kind == Kind::kDelete);
  CHECK_FALSE(changes[0].forgets_client);  // the prefix is still there

  server.now = server.now + tandem6::Seconds{5000};
  CHECK(server.group.expire(server.now, server.snapshot(), 100) > 0);
  changes = server.changes();
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].kind == Kind::kDelete);
  CHECK(changes[0].forgets_client);
  CHECK(server.group.client_count() == 0);
  request();  // as a new client
}

TEST_CASE("a client of which nothing is kept is not forgotten either: that would be a write for each") {
  Pools pools;
  Server server({keeping_subnet(pools)});
  const Response response = server.send(from_client(kRequest, {ia_na(7)}));
  server.changes();
  REQUIRE(server.send(from_client(kRelease, {ia_na(7, {ia_address(response.address())})})).answered());
  const auto changes = server.changes();
  REQUIRE(changes.size() == 1);
  CHECK_FALSE(changes[0].forgets_client);
}

TEST_CASE("RFC 8415 18.3.8: the last lease of a client in quarantine keeps what is known of it until it ends") {
  Pools pools;
  Server server({keeping_subnet(pools)});
  const Response response = server.send(through_relay(from_client(kRequest, {ia_na(7)})));
  server.changes();
  REQUIRE(server.send(through_relay(from_client(kDecline, {ia_na(7, {ia_address(response.address())})}))).answered());
  for (const auto& change : server.changes()) CHECK_FALSE(change.forgets_client);
  server.now = server.now + tandem6::Seconds{86410};
  CHECK(server.group.expire(server.now, server.snapshot(), 100) > 0);
  const auto changes = server.changes();
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].forgets_client);
}

TEST_CASE("after a restart a renewal through the same relays writes nothing but the lease") {
  Pools pools;
  Server server({keeping_subnet(pools)});
  lease::LeaseRecord record;
  record.key = {lease::LeaseType::kAddress, 128, ip("2001:db8:1::100")};
  record.iaid = 7;
  record.subnet_id = 1;
  record.valid = tandem6::Seconds{4000};
  record.last_contact = server.now;
  record.duid = tandem6::Duid::from_bytes(kClientDuid).value();
  REQUIRE(server.group.load(record, server.snapshot()));
  server.group.load_client(kClientDuid, kept());
  server.group.load_client(kOtherClientDuid, kept());  // has no leases: nobody to keep it for
  REQUIRE(server.send(through_relay(from_client(kRenew, {ia_na(7)}))).answered());
  CHECK(server.changes().size() == 1);
}

TEST_CASE("the longest data that relays can make has room after the most changes that a message can make") {
  Pools pools;
  Server server({keeping_subnet(pools)});
  lease::ShardGroup small(0, 1, lease::HashKey{1, 2}, 128);
  CHECK(small.log().room() >= lease::kMaxChangesPerMessage);
  Octets long_line = text(std::string(900, 'x'));
  for (int i = 0; i < 100; ++i) {
    long_line[0] = static_cast<std::byte>(i);
    const Octets inner = from_client(i == 0 ? kRequest : kRenew, {ia_na(7)});
    REQUIRE(server.send(relay_forward(0, "2001:db8:1::1", "fe80::c", {interface_id(long_line), relay_message(inner)}))
                .answered());
    const auto data = remembered(server);
    REQUIRE(data);
    CHECK(lease::ClientDataView::parse(*data)->relays().begin()->options.size() == 904);
  }
}

}  // namespace tandem6::engine_client_data_test
