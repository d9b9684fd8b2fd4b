#include "perf/blast/population.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/unit/blast/fixtures.h"

namespace tandem6::population_test {

using namespace tandem6::blast;

TEST_CASE("a client is found by its DUID, and no other DUID finds one") {
  Profile profile = test::small_profile();
  profile.clients = 1000;
  profile.first_client = 5000;
  const Population population(profile);
  for (uint32_t number : {0U, 1U, 999U}) CHECK(population.client_with(population.duid(number)) == number);
  auto beyond = population.duid(999);
  beyond[13] = static_cast<std::byte>(std::to_integer<unsigned>(beyond[13]) + 1);
  CHECK_FALSE(population.client_with(beyond));
  CHECK_FALSE(population.client_with(Bytes(population.duid(0)).first(13)));
  profile.seed = 2;
  CHECK_FALSE(population.client_with(Population(profile).duid(0)));
}

TEST_CASE("generators with other first clients have other clients and other stations") {
  Profile profile = test::small_profile();
  const Population one(profile);
  profile.first_client = profile.clients;
  const Population other(profile);
  CHECK_FALSE(one.client_with(other.duid(0)));
  CHECK(one.stations()[0].mac != other.stations()[0].mac);
}

TEST_CASE("stations: as many as relays, found by MAC address, their addresses counted up from the given one") {
  Profile profile = test::relayed_profile();
  profile.relay_source = test::address("2001:db8::ffff");
  const Population population(profile);
  REQUIRE(population.stations().size() == 2);
  CHECK(population.stations()[1].address == test::address("2001:db8::1:0"));
  CHECK(population.station_with(population.stations()[1].mac) == 1U);
  MacAddress other = population.stations()[1].mac;
  other[5] = std::byte{99};
  CHECK_FALSE(population.station_with(other));
}

TEST_CASE("behind relays each client has a link and an Interface-Id of its own") {
  const Population population(test::relayed_profile());
  CHECK(population.link_address(0) == test::address("2001:db8:1::1"));
  CHECK(population.link_address(1) == test::address("2001:db8:1:1::1"));
  CHECK(population.link_address(2) == population.link_address(0));
  std::set<std::array<std::byte, Population::kInterfaceIdSize>> ids;
  for (uint32_t i = 0; i < population.size(); ++i) ids.insert(population.interface_id(i));
  CHECK(ids.size() == population.size());
}

TEST_CASE("the IAIDs of an address and of a prefix differ") {
  const Population population(test::small_profile());
  for (uint32_t i = 0; i < 4; ++i) {
    CHECK(population.transaction_id(i, 1) == ((population.transaction_id(i, 0) + 1) & 0xffffff));
  }
}

}  // namespace tandem6::population_test
