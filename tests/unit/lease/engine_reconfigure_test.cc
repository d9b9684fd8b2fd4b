// RFC 8415 §20.4 and §21.20: Reconfigure Accept, and the key that a client is given.
#include <doctest/doctest.h>

#include "dataplane/lease/reconfigure.h"
#include "tests/support/server_fixture.h"

using namespace tandem6::testing;
namespace lease = tandem6::lease;

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

}  // namespace

TEST_CASE("RFC 8415 20.4.2: the Replies that begin something with a client that accepts Reconfigure tell it its key") {
  Server server = reconfiguring();
  const Octets key = Octets(lease::reconfigure_key(server.snapshot().search_key(), kClientDuid));
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
