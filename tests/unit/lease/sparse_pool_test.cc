#include <doctest/doctest.h>

#include <random>
#include <set>

#include "dataplane/lease/sparse_pool.h"
#include "tests/unit/lease/structures_fixture.h"

namespace tandem6::lease::sparse_pool_test {
namespace {

using testing::address;

TEST_CASE("bits 119 to 126 of an address are its shard; bit 127 is not among them") {
  CHECK(shard_of_address(address("2001:db8::")) == 0);
  CHECK(shard_of_address(address("2001:db8::1")) == 0);
  CHECK(shard_of_address(address("2001:db8::2")) == 1);
  CHECK(shard_of_address(address("2001:db8::1ff")) == 255);
  CHECK(shard_of_address(address("2001:db8::200")) == 0);
}

TEST_CASE("candidates lie in the pool, carry their shard, and leave bit 127 to chance (RFC 8156 4.2.1.1)") {
  struct Range {
    const char* first;
    const char* last;
  };
  constexpr Range kRanges[] = {{"2001:db8::", "2001:db8::ffff:ffff:ffff:ffff"},
                               {"2001:db8::1:0000", "2001:db8::fff:ffff"},
                               {"2001:db8::1234", "2001:db8::7:0000:0013"},
                               {"2001:db8::", "2001:db8:0:ffff:ffff:ffff:ffff:ffff"},
                               {"::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}};
  for (const Range& range : kRanges) {
    CAPTURE(range.first);
    const SparsePool pool(address(range.first), address(range.last));
    std::mt19937_64 random(1);
    std::set<Ipv6Address> seen;
    unsigned odd = 0;
    for (int i = 0; i < 10000; ++i) {
      const auto shard = static_cast<unsigned>(random() % kShardCount);
      const auto candidate = pool.candidate(random(), shard);
      if (!candidate) continue;
      REQUIRE(pool.contains(*candidate));
      REQUIRE(shard_of_address(*candidate) == shard);
      REQUIRE(static_cast<uint64_t>(candidate->number()) != 0);
      odd += static_cast<unsigned>(candidate->number() & 1);
      seen.insert(*candidate);
    }
    CHECK(seen.size() > 9900);
    CHECK(odd > 4500);
    CHECK(odd < 5500);
  }
}

TEST_CASE("RFC 4291 2.6.1: the Subnet-Router anycast address is never a candidate") {
  const SparsePool pool(address("2001:db8::"), address("2001:db8::ffff:ffff:ffff:ffff"));
  CHECK_FALSE(pool.candidate(0, 0));
  CHECK(pool.candidate(1, 0) == address("2001:db8::1"));
}

TEST_CASE("a candidate outside of an odd range is nothing, not an address of somebody else") {
  const SparsePool pool(address("2001:db8::100"), address("2001:db8::800:0000"));
  CHECK_FALSE(pool.candidate(0, 3));               // would be ::6
  CHECK_FALSE(pool.candidate(~uint64_t{0}, 255));  // would be ::800:1fe
}

TEST_CASE("foreign marks are kept") {
  SparsePool pool(address("2001:db8::"), address("2001:db8::ffff:ffff:ffff:ffff"));
  CHECK_FALSE(pool.is_foreign(address("2001:db8::5")));
  CHECK(pool.mark_foreign(address("2001:db8::5")));
  CHECK_FALSE(pool.mark_foreign(address("2001:db8::5")));
  CHECK(pool.is_foreign(address("2001:db8::5")));
  CHECK_FALSE(pool.is_foreign(address("2001:db8::6")));
}

}  // namespace
}  // namespace tandem6::lease::sparse_pool_test
