#include <doctest/doctest.h>

#include <random>
#include <set>

#include "dataplane/lease/dense_pool.h"
#include "tests/unit/lease/structures_fixture.h"

namespace tandem6::lease::dense_pool_test {
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

// --- between partners ------------------------------------------------------------------------------------------------

using Shares = DensePool::Shares;

void check_shares(const Shares& shares, uint32_t ours, uint32_t partners, uint32_t leased) {
  CHECK(shares.ours == ours);
  CHECK(shares.partners == partners);
  CHECK(shares.leased == leased);
}

DensePool parted(LeaseType type, uint8_t unit_length, uint32_t count, FailoverRole role) {
  DensePool pool(type, address("2001:db8::"), unit_length, count);
  pool.part(FailoverScope(0, "pair", role));
  return pool;
}

TEST_CASE(
    "RFC 8156 4.2.1.1: the primary claims the addresses that end in a 1 bit, the secondary the others, all of them") {
  for (const FailoverRole role : {FailoverRole::kPrimary, FailoverRole::kSecondary}) {
    const uint32_t parity = role == FailoverRole::kPrimary ? 1 : 0;
    DensePool pool = parted(LeaseType::kAddress, 128, 1001, role);
    CHECK(pool.partition()->blocks() == 0);
    uint32_t claimed = 0;
    while (const auto unit = pool.claim_from(claimed * 7)) {
      CHECK(*unit % 2 == parity);
      ++claimed;
    }
    CHECK(claimed == 500 + (1 - parity));
    CHECK_FALSE(pool.claim(1 - parity));
    check_shares(pool.count_shares(), 0, 1001 - claimed, claimed);
  }
}

TEST_CASE("RFC 8156 4.2.2: all delegable prefixes are the primary's at first") {
  CHECK(parted(LeaseType::kPrefix, 56, 64, FailoverRole::kPrimary).count_shares().ours == 64);
  CHECK(parted(LeaseType::kPrefix, 56, 64, FailoverRole::kSecondary).count_shares().partners == 64);
  CHECK_FALSE(parted(LeaseType::kPrefix, 56, 64, FailoverRole::kSecondary).find_from(0));
}

TEST_CASE("RFC 8156 4.2.2: blocks are no more than 256, equally long, and hold all units between them") {
  for (const uint32_t count : {1U, 2U, 255U, 256U, 257U, 512U, 1000U, 65536U}) {
    CAPTURE(count);
    const DensePool pool = parted(LeaseType::kPrefix, 64, count, FailoverRole::kPrimary);
    const Partition& partition = *pool.partition();
    CHECK(partition.blocks() <= Partition::kMaxBlocks);
    CHECK(partition.block_of(count - 1) == partition.blocks() - 1);
    CHECK(pool.end_of_block(partition.blocks() - 1) == count);
    CHECK(partition.block_of(0) == 0);
    if (count <= 256) CHECK(partition.units_per_block() == 1);
  }
}

TEST_CASE("RFC 8156 4.2.2: a block that was given is not allocated from; what is leased in it stays its client's") {
  DensePool pool = parted(LeaseType::kPrefix, 64, 1024, FailoverRole::kPrimary);
  REQUIRE(pool.partition()->units_per_block() == 4);
  REQUIRE(pool.claim(9));
  pool.give_block(2);
  CHECK(pool.is_block_partners(2));
  CHECK_FALSE(pool.is_block_partners(1));
  check_shares(pool.count_shares(8, 12), 0, 3, 1);
  check_shares(pool.count_shares(), 1020, 3, 1);
  CHECK_FALSE(pool.claim(8));
  CHECK(pool.find_from(8) == 12);

  // Figure 3: when the lease ends, the prefix is the block's owner's.
  pool.release(9);
  CHECK_FALSE(pool.claim(9));
  check_shares(pool.count_shares(8, 12), 0, 4, 0);

  pool.take_block(2);
  CHECK(pool.claim(9));
  check_shares(pool.count_shares(8, 12), 3, 0, 1);
}

TEST_CASE("RFC 8156 4.2.2: a lease of the partner's in a block that comes back keeps its unit until it is released") {
  DensePool pool = parted(LeaseType::kPrefix, 64, 1024, FailoverRole::kSecondary);
  CHECK(pool.mark(5));
  CHECK_FALSE(pool.mark(5));
  pool.take_block(1);
  CHECK_FALSE(pool.claim(5));
  CHECK(pool.claim(4));
  CHECK_FALSE(pool.mark(4));
  pool.release(5);
  CHECK(pool.claim(5));
}

TEST_CASE("RFC 8156 8.4.1: the partner's units are found one by one, ours are not among them") {
  DensePool pool = parted(LeaseType::kPrefix, 64, 256, FailoverRole::kPrimary);
  CHECK_FALSE(pool.find_partners_from(0));
  CHECK_FALSE(pool.claim_partners_from(17));
  for (const uint32_t block : {3U, 4U, 200U}) pool.give_block(block);
  CHECK(pool.find_partners_from(0) == 3);
  CHECK(pool.find_partners_from(5) == 200);
  CHECK(pool.find_partners_from(201) == 3);
  std::set<uint32_t> claimed;
  while (const auto unit = pool.claim_partners_from(4)) claimed.insert(*unit);
  CHECK(claimed == std::set<uint32_t>{3, 4, 200});
  check_shares(pool.count_shares(), 253, 0, 3);
  pool.release(4);
  CHECK(pool.find_partners_from(0) == 4);
  CHECK_FALSE(pool.claim(4));
}

}  // namespace
}  // namespace tandem6::lease::dense_pool_test
