#include <doctest/doctest.h>

#include <array>

#include "dataplane/lease/snapshot.h"
#include "tests/unit/lease/structures_fixture.h"

namespace tandem6::lease::snapshot_test {
namespace {

using testing::address;
using testing::subnet;

/// A message with the relays that it came through, outermost first.
struct Arrival {
  wire::ReceivedMessage received;
  Request request;
  Arrival() { request.received = &received; }
  Arrival& relay(std::string_view link_address, std::optional<Bytes> interface_id = std::nullopt) {
    wire::RelayView& view = received.relay_storage[received.relay_count++];
    view = {};
    view.link_address = address(link_address);
    view.interface_id = interface_id;
    return *this;
  }
  Arrival& direct(uint16_t port, std::string_view source) {
    request.port = port;
    request.source = address(source);
    return *this;
  }
  uint32_t id_in(const Snapshot& snapshot) const {
    const Link* found = snapshot.select(request, {});
    return found == nullptr ? 0 : found->subnets.front()->id;
  }
};

Bytes text(std::string_view bytes) { return wire::bytes_of(bytes); }

Snapshot example() {
  std::vector<Subnet> subnets;
  subnets.push_back(subnet(1, "2001:db8:1::/48"));
  subnets.push_back(subnet(2, "2001:db8:1:2::/64"));
  subnets.push_back(subnet(3, "2001:db8:3::/64"));
  subnets.push_back(subnet(4, "2001:db8:4::/64"));
  subnets.push_back(subnet(5, "2001:db8:5::/64"));
  subnets[2].port = 1;
  subnets[2].interface_id = {std::byte{'v'}, std::byte{'1'}};
  subnets[3].relay_addresses = {address("2001:db8:1:2::99"), address("fe80::7")};
  subnets[4].port = 1;
  subnets[4].interface_id = subnets[2].interface_id;
  return testing::snapshot(std::move(subnets));
}

TEST_CASE("RFC 8415 13.1: a relayed client is on the link that the relay's link-address names, longest prefix first") {
  const Snapshot snapshot = example();
  CHECK(Arrival().relay("2001:db8:1:1::1").id_in(snapshot) == 1);
  CHECK(Arrival().relay("2001:db8:1:2::1").id_in(snapshot) == 2);
  CHECK(Arrival().relay("2001:db8:9::1").id_in(snapshot) == 0);
}

TEST_CASE(
    "RFC 8415 13.1: the relay closest to the client that names a link decides; RFC 6221: unspecified is no name") {
  const Snapshot snapshot = example();
  CHECK(Arrival().relay("2001:db8:1:1::1").relay("2001:db8:3::1").id_in(snapshot) == 3);
  CHECK(Arrival().relay("2001:db8:3::1").relay("::").id_in(snapshot) == 3);
  CHECK(Arrival().relay("2001:db8:3::1").relay("2001:db8:9::1").id_in(snapshot) == 0);
  CHECK(Arrival().relay("::").id_in(snapshot) == 0);
}

TEST_CASE("a relay's address that the configuration names goes before prefixes, its Interface-Id before both") {
  const Snapshot snapshot = example();
  CHECK(Arrival().relay("2001:db8:1:2::99").id_in(snapshot) == 4);
  CHECK(Arrival().relay("fe80::7").id_in(snapshot) == 4);
  CHECK(Arrival().relay("2001:db8:1:2::99", text("v1")).id_in(snapshot) == 3);
  CHECK(Arrival().relay("2001:db8:1:2::99", text("v2")).id_in(snapshot) == 4);
  CHECK(Arrival().relay("::", text("v1")).relay("2001:db8:1:2::1").id_in(snapshot) == 3);
}

TEST_CASE("a direct client is on its port's link, else where its source address is; link-local says nothing") {
  const Snapshot snapshot = example();
  CHECK(Arrival().direct(1, "fe80::1").id_in(snapshot) == 3);  // 5 has the same port: the first in the list wins
  CHECK(Arrival().direct(0, "fe80::1").id_in(snapshot) == 0);
  CHECK(Arrival().direct(0, "2001:db8:1:2::5").id_in(snapshot) == 2);
  CHECK(Arrival().direct(1, "2001:db8:1:2::5").id_in(snapshot) == 3);
}

TEST_CASE("RFC 6221 7.1: behind an LDRA on the server's own link a client is on the link of the port") {
  const Snapshot snapshot = example();
  CHECK(Arrival().relay("::").direct(1, "fe80::1").id_in(snapshot) == 3);
  CHECK(Arrival().relay("::").relay("::").direct(1, "fe80::1").id_in(snapshot) == 3);
  CHECK(Arrival().relay("2001:db8:9::1").direct(1, "fe80::1").id_in(snapshot) == 0);
  CHECK(Arrival().relay("::").direct(1, "2001:db8:3::1").id_in(snapshot) == 0);  // a relay's own: not on this link
}

TEST_CASE("::/0 holds every client that nothing longer holds") {
  std::vector<Subnet> subnets;
  subnets.push_back(subnet(1, "::/0"));
  subnets.push_back(subnet(2, "2001:db8::/32"));
  const Snapshot snapshot = testing::snapshot(std::move(subnets));
  CHECK(Arrival().relay("2001:db8::1").id_in(snapshot) == 2);
  CHECK(Arrival().relay("2001:db9::1").id_in(snapshot) == 1);
}

TEST_CASE("the pool of a lease is its subnet's, else any that holds it") {
  PoolBook book;
  std::vector<Subnet> subnets;
  subnets.push_back(subnet(1, "2001:db8:1::/64"));
  subnets.push_back(subnet(2, "2001:db8:2::/64"));
  subnets[0].address_pools = {testing::address_pool(book, "2001:db8:1::10", "2001:db8:1::1f"),
                              testing::address_pool(book, "2001:db8:1::30", "2001:db8:1::3f")};
  subnets[0].prefix_pools = {testing::prefix_pool(book, "2001:db8:100::/48", 56)};
  subnets[1].address_pools = {testing::address_pool(book, "2001:db8:2::", "2001:db8:2::ffff:ffff:ffff:ffff")};
  const Snapshot snapshot = testing::snapshot(std::move(subnets));
  const Subnet& first = *snapshot.by_id(1);

  CHECK(snapshot.pool_of(testing::address_key("2001:db8:1::3f"), 1) == &first.address_pools[1]);
  CHECK(snapshot.pool_of(testing::address_key("2001:db8:1::10"), 2) == &first.address_pools[0]);
  CHECK(snapshot.pool_of(testing::address_key("2001:db8:1::1f"), 77) == &first.address_pools[0]);
  CHECK(snapshot.pool_of(testing::address_key("2001:db8:1::20"), 1) == nullptr);
  CHECK(snapshot.pool_of(testing::address_key("2001:db8:1::f"), 1) == nullptr);
  CHECK(snapshot.pool_of(testing::prefix_key("2001:db8:100:ff00::/56"), 77) == &first.prefix_pools[0]);
  CHECK(snapshot.pool_of(testing::prefix_key("2001:db8:100:ff00::/60"), 1) == nullptr);
  CHECK(snapshot.pool_of(testing::address_key("2001:db8:2::abcd"), 9) == &snapshot.by_id(2)->address_pools[0]);
  CHECK(snapshot.by_id(3) == nullptr);
  CHECK(snapshot.serial() != example().serial());
}

}  // namespace
}  // namespace tandem6::lease::snapshot_test
