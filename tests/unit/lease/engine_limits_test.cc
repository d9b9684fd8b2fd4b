// RFC 9915 §23: what one client can take from the others is bounded.
#include <doctest/doctest.h>

#include "tests/support/server_fixture.h"

namespace tandem6::engine_limits_test {

using namespace tandem6::testing;
namespace lease = tandem6::lease;

TEST_CASE("RFC 9915 23: a client that invents IAIDs gets kMaxLeasesPerClient leases, keeps them, and gets no more") {
  Pools pools;
  lease::Subnet lan = subnet(1, "2001:db8:1::/64", 0);
  lan.address_pools = {pools.addresses("2001:db8:1::1000", "2001:db8:1::1fff")};
  Server server({lan});
  for (uint32_t iaid = 1; iaid < lease::kMaxLeasesPerClient; ++iaid) {
    REQUIRE(server.send(from_client(kRequest, {ia_na(iaid)})).ia().leases.size() == 1);
    server.changes();
  }
  const auto offers = server.send(from_client(kSolicit, {ia_na(998), ia_na(999)})).ias();
  CHECK(offers.at(0).leases.size() == 1);
  CHECK(offers.at(1).leases.empty());
  REQUIRE(server.send(from_client(kRequest, {ia_na(998)})).ia().leases.size() == 1);
  server.changes();
  for (const auto type : {kRequest, kSolicit}) {
    const ReadIa refused = server.send(from_client(type, {ia_na(1000)})).ia();
    CHECK(refused.leases.empty());
    CHECK(refused.status == 2);  // NoAddrsAvail
  }
  CHECK(server.group.lease_count() == lease::kMaxLeasesPerClient);
  CHECK(server.send(from_client(kRenew, {ia_na(1)})).ia().leases.size() == 1);
}

}  // namespace tandem6::engine_limits_test
