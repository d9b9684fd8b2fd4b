#include "dataplane/lease/unit_bitmap.h"

#include <doctest/doctest.h>

#include <random>
#include <vector>

namespace tandem6::lease::unit_bitmap_test {
namespace {

TEST_CASE("a bitmap of any awkward size finds what a plain vector of bits finds, through all its levels") {
  for (const uint32_t count : {1U, 2U, 63U, 64U, 65U, 4096U, 4097U, 70000U}) {
    CAPTURE(count);
    UnitBitmap bitmap(count);
    std::vector<bool> plain(count);
    uint32_t set = 0;
    const auto first_clear = [&](uint64_t start) -> std::optional<uint32_t> {
      for (uint32_t i = 0; i < count; ++i) {
        const auto unit = static_cast<uint32_t>((start + i) % count);
        if (!plain[unit]) return unit;
      }
      return std::nullopt;
    };
    std::mt19937 random(count);
    bool same = true;
    for (unsigned i = 0; i < 4000 && same; ++i) {
      const auto unit = static_cast<uint32_t>(random() % count);
      if (random() % 16 == 0) {
        bitmap.clear(unit);
        set -= plain[unit] ? 1 : 0;
        plain[unit] = false;
      } else if (random() % 2 == 0) {
        same = bitmap.set(unit) == !plain[unit];
        set += plain[unit] ? 0 : 1;
        plain[unit] = true;
      } else if (const auto expected = first_clear(unit); expected) {
        same = bitmap.set_from(unit) == expected;
        plain[*expected] = true;
        ++set;
      } else {
        same = !bitmap.set_from(unit);
      }
      const auto start = static_cast<uint32_t>(random() % count);
      same = same && bitmap.is_set(start) == plain[start] && bitmap.find_from(start) == first_clear(start);
    }
    CHECK(same);
    CHECK(bitmap.count_set() == set);
  }
}

TEST_CASE("a bitmap that is full says so, and finds again what is cleared, from anywhere") {
  UnitBitmap bitmap(300'000);
  for (uint32_t unit = 0; unit < bitmap.count(); ++unit) bitmap.set(unit);
  CHECK(bitmap.count_set() == 300'000);
  CHECK_FALSE(bitmap.find_from(0));
  CHECK_FALSE(bitmap.set_from(299'999));
  for (const uint32_t unit : {0U, 4095U, 4096U, 299'999U}) {
    bitmap.clear(unit);
    for (const uint64_t start : {uint64_t{0}, uint64_t{unit}, uint64_t{150'000}, ~uint64_t{0}}) {
      CHECK(bitmap.find_from(start) == unit);
    }
    CHECK(bitmap.set_from(7) == unit);
    CHECK_FALSE(bitmap.find_from(unit));
  }
}

}  // namespace
}  // namespace tandem6::lease::unit_bitmap_test
