#include <doctest/doctest.h>

#include <random>
#include <set>

#include "dataplane/lease/dense_pool.h"
#include "tests/unit/lease/structures_fixture.h"

namespace tandem6::lease {
namespace {

using testing::address;

TEST_CASE("units and addresses name each other; what is no unit has no index") {
  const DensePool pool(LeaseType::kPrefix, address("2001:db8:100::"), 56, 256);
  CHECK(pool.address_of(0) == address("2001:db8:100::"));
  CHECK(pool.address_of(255) == address("2001:db8:100:ff00::"));
  CHECK(pool.index_of(address("2001:db8:100:ff00::")) == 255);
  CHECK_FALSE(pool.index_of(address("2001:db8:100:ff01::")));
  CHECK_FALSE(pool.index_of(address("2001:db8:101::")));
  CHECK_FALSE(pool.index_of(address("2001:db8:ff::")));
  CHECK_FALSE(pool.index_of(address("2001:db8:100::1")));

  const DensePool addresses(LeaseType::kAddress, address("2001:db8::ffff:ffff:ffff:fff0"), 128, 32);
  CHECK(addresses.address_of(31) == address("2001:db8:0:1::f"));
  CHECK(addresses.index_of(address("2001:db8:0:1::f")) == 31);
  CHECK_FALSE(addresses.index_of(address("2001:db8:0:1::10")));

  const DensePool half(LeaseType::kPrefix, address("8000::"), 1, 1);
  CHECK(half.index_of(address("8000::")) == 0);
  CHECK_FALSE(half.index_of(address("::")));
}

TEST_CASE("pools of all awkward sizes are used to the last unit, once each") {
  for (const uint32_t count : {1U, 2U, 63U, 64U, 65U, 127U, 4095U, 4096U, 4097U, 262143U, 262145U}) {
    CAPTURE(count);
    DensePool pool(LeaseType::kAddress, address("2001:db8::"), 128, count);
    CHECK(pool.count_taken() == 0);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; ++i) {
      const auto found = pool.find_from(i * uint64_t{0x9e3779b97f4a7c15});
      const auto index = pool.claim_from(i * uint64_t{0x9e3779b97f4a7c15});
      REQUIRE(index);
      REQUIRE(found == index);
      REQUIRE(*index < count);
      sum += *index;
    }
    CHECK(sum == uint64_t{count} * (count - 1) / 2);
    CHECK(pool.count_taken() == count);
    CHECK_FALSE(pool.find_from(0));
    CHECK_FALSE(pool.claim_from(count / 2));
    for (const uint32_t freed : {0U, count / 2, count - 1}) {
      pool.release(freed);
      CHECK_FALSE(pool.taken(freed));
      for (const uint32_t start : {0U, freed, count - 1}) REQUIRE(pool.find_from(start) == freed);
      CHECK(pool.claim_from(freed + 1) == freed);
      CHECK(pool.taken(freed));
    }
  }
}

TEST_CASE("a unit is claimed once, and again only after its release") {
  DensePool pool(LeaseType::kAddress, address("2001:db8::"), 128, 100);
  CHECK(pool.claim(42));
  CHECK_FALSE(pool.claim(42));
  CHECK(pool.claim_from(42) == 43);
  pool.release(42);
  CHECK(pool.claim(42));
}

TEST_CASE("the last free unit of 2^26 is found from anywhere") {
  DensePool pool(LeaseType::kPrefix, address("2000::"), 64, 1U << 26);
  for (uint32_t unit = 0; unit < pool.count(); ++unit) {
    if (unit != 12'345'678) pool.claim(unit);
  }
  for (const uint64_t start : {uint64_t{0}, uint64_t{12'345'678}, uint64_t{12'345'679}, ~uint64_t{0}}) {
    CHECK(pool.find_from(start) == 12'345'678);
  }
}

TEST_CASE("DensePool finds the first free unit at or after the start, as a std::set does") {
  for (const uint32_t count : {70U, 5000U, 300000U}) {
    std::mt19937 random(count);
    DensePool pool(LeaseType::kAddress, address("2001:db8::"), 128, count);
    std::set<uint32_t> free_units;
    for (uint32_t unit = 0; unit < count; ++unit) pool.claim(unit);
    for (int step = 0; step < 20000; ++step) {
      const uint32_t unit = random() % count;
      if (random() % 2 == 0 && free_units.size() < 50) {
        if (free_units.insert(unit).second) pool.release(unit);
      } else if (!free_units.empty()) {
        auto expected = free_units.lower_bound(unit);
        if (expected == free_units.end()) expected = free_units.begin();
        REQUIRE(pool.claim_from(unit) == *expected);
        free_units.erase(expected);
      } else {
        REQUIRE_FALSE(pool.claim_from(unit));
      }
    }
    CHECK(pool.count_taken() == count - free_units.size());
  }
}

}  // namespace
}  // namespace tandem6::lease
