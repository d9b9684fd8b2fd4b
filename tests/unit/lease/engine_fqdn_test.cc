// RFC 4704: Client FQDN.
#include <doctest/doctest.h>

#include "tests/support/server_fixture.h"

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
