// Subnets and bindings that several of the engine's tests begin with.
#pragma once

#include <doctest/doctest.h>

#include <string_view>
#include <utility>

#include "tests/support/server_fixture.h"

namespace tandem6::testing {

/// 256 addresses, or up to another last one, and 256 prefixes.
inline lease::Subnet lan(Pools& pools, std::string_view last_address = "2001:db8:1::1ff") {
  lease::Subnet made = subnet(1, "2001:db8:1::/64", 0);
  made.address_pools = {pools.addresses("2001:db8:1::100", last_address)};
  made.prefix_pools = {pools.prefixes("2001:db8:8000::/48", 56)};
  return made;
}

/// One address and one prefix, so that every answer is known to the octet.
inline lease::Subnet tiny(Pools& pools) {
  lease::Subnet made = subnet(1, "2001:db8:1::/64", 0);
  made.address_pools = {pools.addresses("2001:db8:1::100", "2001:db8:1::100")};
  made.prefix_pools = {pools.prefixes("2001:db8:8000::/56", 56)};
  return made;
}

/// A server whose client holds what these two IAs list, since `age`.
struct ServerWithLeases : Server {
  ServerWithLeases(lease::Subnet of_client, const Octets& address_ia, const Octets& prefix_ia, Seconds age)
      : Server({std::move(of_client)}) {
    REQUIRE(send(from_client(kRequest, {address_ia, prefix_ia})).ias().size() == 2);
    REQUIRE(changes().size() == 2);
    now = now + age;
  }
};

}  // namespace tandem6::testing
