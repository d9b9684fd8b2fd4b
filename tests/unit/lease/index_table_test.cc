#include <doctest/doctest.h>

#include <map>
#include <random>

#include "dataplane/lease/index_table.h"

namespace tandem6::lease::index_table_test {
namespace {

TEST_CASE("an empty IndexTable finds nothing and holds no memory") {
  const IndexTable table;
  CHECK(table.find(1, [](uint32_t) { return true; }) == kNoIndex);
  CHECK(table.memory() == 0);
  table.prefetch(1);
}

TEST_CASE("IndexTable does what a std::map does, through growth, collisions and deletion") {
  for (const uint64_t hash_range : {uint64_t{1}, uint64_t{13}, uint64_t{5000}, ~uint64_t{0}}) {
    CAPTURE(hash_range);
    std::mt19937_64 random(hash_range);
    IndexTable table;
    std::map<uint32_t, uint64_t> model;  // index → hash
    const auto has = [&](uint32_t index, uint64_t hash) {
      return table.find(hash, [&](uint32_t found) { return found == index; }) == index;
    };
    const int steps = hash_range < 100 ? 2000 : 40000;
    for (int step = 0; step < steps; ++step) {
      const auto index = static_cast<uint32_t>(random() % (step < steps / 2 ? 3000 : 300));
      const auto known = model.find(index);
      if (known == model.end()) {
        const uint64_t hash = random() % hash_range;
        REQUIRE_FALSE(has(index, hash));
        table.insert(hash, index);
        model.emplace(index, hash);
      } else {
        REQUIRE(has(index, known->second));
        table.erase(known->second, index);
        REQUIRE_FALSE(has(index, known->second));
        model.erase(known);
      }
      REQUIRE(table.size() == model.size());
    }
    for (const auto& [index, hash] : model) REQUIRE(has(index, hash));
  }
}

TEST_CASE("IndexTable asks only about records whose hash agrees") {
  IndexTable table;
  for (uint32_t index = 0; index < 1000; ++index) table.insert(index * 0x9e3779b97f4a7c15, index);
  unsigned asked = 0;
  CHECK(table.find(500 * 0x9e3779b97f4a7c15, [&](uint32_t index) {
    ++asked;
    return index == 500;
  }) == 500);
  CHECK(asked == 1);
}

TEST_CASE("IndexTable stays between 3/8 and 3/4 full as it grows: at most 21.4 bytes an entry") {
  IndexTable table;
  for (uint32_t index = 0; index < 100000; ++index) {
    table.insert(index * 0x9e3779b97f4a7c15, index);
    if (index > 12) REQUIRE(table.memory() <= (index + 1) * 64 / 3 + 1);
  }
}

}  // namespace
}  // namespace tandem6::lease::index_table_test
