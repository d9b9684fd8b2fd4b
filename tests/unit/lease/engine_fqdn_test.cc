// RFC 4704: Client FQDN.
#include <doctest/doctest.h>

#include "dataplane/lease/client_data.h"
#include "tests/support/server_fixture.h"

namespace tandem6::engine_fqdn_test {

using namespace tandem6::testing;
namespace lease = tandem6::lease;
namespace wire = tandem6::wire;

namespace {

Server with_suffix() {
  Pools pools;
  lease::Subnet lan = subnet(1, "2001:db8:1::/64", 0);
  lan.address_pools = {pools.addresses("2001:db8:1::100", "2001:db8:1::100")};
  lan.fqdn.suffix = wire::DomainName::parse("lan.").value();
  return Server({lan});
}

constexpr uint8_t kS = 1;
constexpr uint8_t kO = 2;
constexpr uint8_t kN = 4;
Octets label(std::string_view words) { return u8(static_cast<uint8_t>(words.size())) + text(words); }
Octets fqdn(uint8_t flags, const Octets& name) { return option(39, u8(flags) + name); }
const Octets kCpe = label("cpe");
const Octets kAsked = option_request({23, 39});

/// The text of the name in what went to the log last of a client; nothing when nothing did.
std::optional<std::string> remembered(Server& server) {
  std::optional<std::string> name;
  for (const lease::LeaseChange& change : server.changes()) {
    if (change.kind != lease::LeaseChange::Kind::kRemember) continue;
    const auto client = lease::ClientDataView::parse(change.client_data);
    const auto kept = client ? client->hostname() : std::nullopt;
    if (kept) CHECK_FALSE((kept->forward || kept->reverse));  // no update was made
    name = kept ? std::string(kept->name) : "";
  }
  return name;
}

}  // namespace

TEST_CASE(
    "RFC 4704 6: the answers to SOLICIT, REQUEST, RENEW and REBIND have the complete name, and promise no update") {
  Server server = with_suffix();
  for (const uint8_t type : {kSolicit, kRequest, kRenew, kRebind}) {
    CAPTURE(type);
    const Response response = server.send(from_client(type, {ia_na(1), fqdn(kS, kCpe), kAsked}));
    CHECK(response.option(39) == u8(kN | kO) + kCpe + label("lan") + u8(0));
  }
}

TEST_CASE("RFC 4704 4.1: N, and O where S was the client's wish, whatever else its flags are") {
  Server server = with_suffix();
  const Octets whole = kCpe + u8(0);
  const auto flags = [&](uint8_t sent) {
    const auto got = server.send(from_client(kSolicit, {ia_na(1), fqdn(sent, whole), kAsked})).option(39);
    REQUIRE(got);
    CHECK(Octets(std::span(*got).subspan(1)) == whole);
    return static_cast<uint8_t>(got->at(0));
  };
  CHECK(flags(0) == kN);
  CHECK(flags(kN) == kN);
  CHECK(flags(kS) == (kN | kO));
  CHECK(flags(0xf8 | kS) == (kN | kO));  // reserved bits are ignored and cleared
}

TEST_CASE("RFC 4704 6: only for a client that sent the option and asks for it") {
  Server server = with_suffix();
  CHECK_FALSE(server.send(from_client(kSolicit, {ia_na(1), fqdn(0, kCpe)})).option(39));
  CHECK_FALSE(server.send(from_client(kSolicit, {ia_na(1), kAsked})).option(39));
  CHECK_FALSE(server.send(from_client(kInformationRequest, {fqdn(0, kCpe), kAsked})).option(39));
}

TEST_CASE("RFC 4704 4.2: an empty name asks for one; without an address to make it of it comes back empty") {
  Server server = with_suffix();
  const Octets made = label("myhost-2001-db8-1--100") + label("lan") + u8(0);
  CHECK(server.send(from_client(kRequest, {ia_na(1), fqdn(0, {}), kAsked})).option(39) == u8(kN) + made);
  CHECK(server.send(from_client(kRequest, {ia_pd(1), fqdn(0, {}), kAsked})).option(39) == u8(kN));
}

TEST_CASE("RFC 4704 4.2: a malformed name is as none, and the client gets its lease") {
  Server server = with_suffix();
  for (const Octets& bad : {option(39, {}), fqdn(0, hex("05 61")), fqdn(0, hex("c00c"))}) {
    const Response response = server.send(from_client(kRequest, {ia_na(1), bad, kAsked}));
    CHECK(response.lease().valid == 4000);
    CHECK_FALSE(response.option(39));
  }
}

TEST_CASE("RFC 4704 6: the complete name is kept with the client's leases, asked for or not, and written once") {
  Server server = with_suffix();
  CHECK(server.send(from_client(kSolicit, {ia_na(1), fqdn(kS, kCpe), kAsked})).answered());
  CHECK_FALSE(remembered(server));  // an offer is no lease
  CHECK(server.send(from_client(kRequest, {ia_na(1), fqdn(kS, kCpe)})).answered());
  CHECK(remembered(server) == "cpe.lan.");
  CHECK(server.send(from_client(kRenew, {ia_na(1), fqdn(0, kCpe), kAsked})).answered());
  CHECK_FALSE(remembered(server));
  CHECK(server.send(from_client(kRebind, {ia_na(1), fqdn(0, label("other"))})).answered());
  CHECK(remembered(server) == "other.lan.");
  CHECK(server.send(from_client(kRenew, {ia_na(1)})).answered());
  CHECK(remembered(server) == "");
}

TEST_CASE("RFC 4704 5: a Release names nobody: the client's other leases keep its name") {
  Pools pools;
  lease::Subnet lan = subnet(1, "2001:db8:1::/64", 0);
  lan.address_pools = {pools.addresses("2001:db8:1::100", "2001:db8:1::107")};
  lan.prefix_pools = {pools.prefixes("2001:db8:8000::/52", 56)};
  Server server({lan});
  const Response response = server.send(from_client(kRequest, {ia_na(1), ia_pd(2), fqdn(0, kCpe)}));
  CHECK(remembered(server) == "cpe.");
  const std::string address = response.ias().at(0).leases.at(0).address.to_string();
  CHECK(server.send(from_client(kRelease, {ia_na(1, {ia_address(address)})})).answered());
  CHECK_FALSE(remembered(server));
  CHECK(server.group.client_count() == 1);
}

TEST_CASE("RFC 4704 4.2: what cannot be in a name is kept as RFC 1035 writes it; no name is not kept") {
  Server server = with_suffix();
  CHECK(server.send(from_client(kRequest, {ia_pd(1), ia_na(2), fqdn(0, {})})).answered());
  CHECK(remembered(server) == "myhost-2001-db8-1--100.lan.");
  CHECK(server.send(from_client(kRenew, {ia_na(2), fqdn(0, hex("00"))})).answered());
  CHECK(remembered(server).value_or("") != ".");
}

TEST_CASE("a relayed client's relays and name are kept together") {
  Pools pools;
  lease::Subnet lan = subnet(1, "2001:db8:1::/64", 0);
  lan.keep_relays = true;
  lan.address_pools = {pools.addresses("2001:db8:1::100", "2001:db8:1::107")};
  Server server({lan});
  const Octets inner = from_client(kRequest, {ia_na(7), fqdn(0, kCpe)});
  REQUIRE(server.send(relay_forward(0, "2001:db8:1::1", "fe80::c", {relay_message(inner)})).answered());
  const auto changes = server.changes();
  REQUIRE(changes.size() == 2);
  const auto client = lease::ClientDataView::parse(changes[1].client_data);
  REQUIRE(client);
  CHECK(client->hostname()->name == "cpe.");
  CHECK(client->relays().size() == 1);
}

}  // namespace tandem6::engine_fqdn_test
