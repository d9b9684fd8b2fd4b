// RFC 8156 §8.2: what a relationship has in stable storage.
#include "tests/unit/failover/relationship_fixture.h"

namespace tandem6::failover::stable_test {
namespace {

Stable with_blocks(uint8_t count) {
  Stable stable = stable_in(State::kNormal);
  for (uint8_t number = 0; number < count; ++number)
    stable.backups.emplace_back(block(number), AbsoluteTime{1000U + number});
  return stable;
}

TEST_CASE("RFC 8156 8.2: what is stored comes back, with the secondary's blocks and since when") {
  for (const uint8_t count : {0, 1, 2, 255}) {
    const Stable stable = with_blocks(count);
    CHECK(decode_stable(encode(stable)) == stable);
  }
}

TEST_CASE(
    "RFC 8156 8.2: what was cut short anywhere, or has more, is refused: blocks would be without an owner, or have "
    "two") {
  for (const uint8_t count : {0, 1, 3}) {
    const auto stored = encode(with_blocks(count));
    for (size_t size = 0; size < stored.size(); ++size) {
      const std::vector<std::byte> cut(stored.begin(), stored.begin() + static_cast<std::ptrdiff_t>(size));
      CAPTURE(size);
      CHECK_FALSE(decode_stable(cut));
    }
    auto more = stored;
    more.push_back(std::byte{0});
    CHECK_FALSE(decode_stable(more));
    more.resize(stored.size() + 21);
    CHECK_FALSE(decode_stable(more));
  }
}

TEST_CASE("RFC 8156 8.2: a flipped bit anywhere is found") {
  const auto stored = encode(with_blocks(2));
  for (size_t bit = 0; bit < stored.size() * 8; ++bit) {
    auto damaged = stored;
    damaged[bit / 8] ^= std::byte{1} << bit % 8;
    CHECK_FALSE(decode_stable(damaged));
  }
}

}  // namespace
}  // namespace tandem6::failover::stable_test
