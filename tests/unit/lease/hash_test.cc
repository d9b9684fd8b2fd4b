#include <doctest/doctest.h>

#include <array>

#include "dataplane/lease/hash.h"
#include "tests/unit/lease/structures_fixture.h"

namespace tandem6::lease::hash_test {
namespace {

/// The bytes 0, 1, 2, …
struct Counting {
  std::array<std::byte, 130> bytes;
  Counting() {
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i);
  }
  Bytes first(size_t count) const { return Bytes(bytes).first(count); }
};

TEST_CASE("SipHash-1-3 gives the values of CPython's implementation") {
  // python3.11: hash(bytes(range(n))) with PYTHONHASHSEED=0, whose key is zero, and with PYTHONHASHSEED=42.
  struct Vector {
    size_t size;
    uint64_t zero_key;
    uint64_t other_key;
  };
  constexpr Vector kVectors[] = {
      {1, 0x68a914128e01e473, 0xce880c366bcf3489},  {7, 0x2f098ab0c751325a, 0xce280fabc397fbda},
      {8, 0xead411e67ebe2eea, 0x60866c3c108c6afb},  {9, 0x75927f9d95124362, 0x68814005f7469e03},
      {15, 0xf30eb725bb91c9ea, 0x94ace24d68c18cf8}, {18, 0xadc2c0b63044067d, 0xcdd77102531929e2},
      {64, 0x75e05fd5bbc870c6, 0x91639ef7de8d52cb}, {130, 0xcab1536142ba1088, 0x82f5325769bfacb1},
  };
  const Counting counting;
  for (const Vector& vector : kVectors) {
    CAPTURE(vector.size);
    CHECK(keyed_hash({0, 0}, counting.first(vector.size)) == vector.zero_key);
    CHECK(keyed_hash({0xdc504fd368cd90af, 0xb920bb9ffe99e9c1}, counting.first(vector.size)) == vector.other_key);
  }
}

TEST_CASE("the shard of a DUID never changes: duid_hash is XXH3-64 with seed 0") {
  const Counting counting;
  CHECK(duid_hash(counting.first(3)) == 0x5f4299fc161c9cbb);
  CHECK(duid_hash(counting.first(10)) == 0xab69a08ef83d8f77);
  CHECK(duid_hash(counting.first(14)) == 0x4cf45c944a9a2237);
  CHECK(duid_hash(counting.first(18)) == 0xf6912490d4c0eed5);
  CHECK(duid_hash(counting.first(64)) == 0x6187eb9089b0ed55);
  CHECK(duid_hash(counting.first(130)) == 0x4d3224b100908a87);
  CHECK(shard_of(0x5f4299fc161c9cbb) == 0xbb);
}

TEST_CASE("a client's search is the same every time, and another one for each key, DUID, IAID and attempt") {
  const Duid a = testing::duid(1);
  const Duid b = testing::duid(2);
  const uint64_t hash = search_hash(testing::kSearchKey, a.bytes(), 7, 0);
  CHECK(hash == search_hash(testing::kSearchKey, a.bytes(), 7, 0));
  CHECK(hash != search_hash(testing::kTableKey, a.bytes(), 7, 0));
  CHECK(hash != search_hash(testing::kSearchKey, b.bytes(), 7, 0));
  CHECK(hash != search_hash(testing::kSearchKey, a.bytes(), 8, 0));
  CHECK(hash != search_hash(testing::kSearchKey, a.bytes(), 7, 1));
}

}  // namespace
}  // namespace tandem6::lease::hash_test
