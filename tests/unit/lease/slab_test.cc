#include <doctest/doctest.h>

#include <random>
#include <set>
#include <vector>

#include "dataplane/lease/slab.h"

namespace tandem6::lease::slab_test {
namespace {

struct alignas(64) Record {
  uint32_t value = 77;
};

TEST_CASE("a Slab that was never used holds no chunk") {
  const Slab<Record> slab;
  CHECK(slab.places() == 0);
  CHECK(slab.memory() == 0);
  CHECK_FALSE(slab.is_live(0));
}

TEST_CASE("records of a Slab never move, are fresh when allocated, and their places are used again") {
  Slab<Record> slab;
  std::vector<Record*> where;
  for (uint32_t i = 0; i < 1000; ++i) {
    const uint32_t index = slab.allocate();
    REQUIRE(index == i);
    REQUIRE(slab[index].value == 77);
    REQUIRE(reinterpret_cast<uintptr_t>(&slab[index]) % alignof(Record) == 0);
    slab[index].value = i;
    where.push_back(&slab[index]);
  }
  for (uint32_t i = 0; i < 1000; ++i) REQUIRE((&slab[i] == where[i] && slab[i].value == i));
  const size_t memory = slab.memory();
  for (uint32_t i = 0; i < 1000; i += 2) slab.free(i);
  CHECK_FALSE(slab.is_live(0));
  CHECK(slab.is_live(1));
  std::set<uint32_t> again;
  for (uint32_t i = 0; i < 500; ++i) again.insert(slab.allocate());
  CHECK(again.size() == 500);
  CHECK(*again.rbegin() < 1024);
  for (uint32_t i = 1; i < 1000; i += 2) REQUIRE(slab[i].value == i);
  CHECK(slab.memory() == memory);
}

}  // namespace
}  // namespace tandem6::lease::slab_test
