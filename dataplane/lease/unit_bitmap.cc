#include "dataplane/lease/unit_bitmap.h"

#include <bit>

namespace tandem6::lease {
namespace {

constexpr uint64_t kFull = ~uint64_t{0};
constexpr uint64_t bit(uint64_t index) { return uint64_t{1} << index % 64; }

}  // namespace

// How the levels stay true without locks. Whoever fills a word sets its summary bit *and then looks at the word again*;
// if it is not full any more, they clear the bit. Whoever frees a place in a full word clears its summary bit
// afterwards. So a summary bit that stays set over a word that is not full cannot be: let X be the last to set it. X
// looked again and found the word full (else X cleared the bit); so the place was freed after that, and who freed it
// cleared the bit after X had set it. The other error, a clear bit over a full word, can stay; it costs a search one
// look at that word. For this argument all operations are sequentially consistent.

UnitBitmap::UnitBitmap(uint32_t count) : count_(count) {
  uint64_t bits = count;
  do {
    const uint64_t words = (bits + 63) / 64;
    auto level = std::make_unique<std::atomic<uint64_t>[]>(words);
    // What is beyond the end is set forever.
    if (bits % 64 != 0) level[words - 1].store(kFull << bits % 64, std::memory_order_relaxed);
    levels_.push_back({std::move(level), words});
    bits = words;
  } while (bits > 1);
}

bool UnitBitmap::set(size_t level, uint64_t index) {
  std::atomic<uint64_t>& word = levels_[level].words[index / 64];
  const uint64_t before = word.fetch_or(bit(index));
  if ((before & bit(index)) != 0) return false;
  if ((before | bit(index)) == kFull && level + 1 < levels_.size()) {
    set(level + 1, index / 64);
    if (word.load() != kFull) clear(level + 1, index / 64);
  }
  return true;
}

void UnitBitmap::clear(size_t level, uint64_t index) {
  const uint64_t before = levels_[level].words[index / 64].fetch_and(~bit(index));
  if (before == kFull && level + 1 < levels_.size()) clear(level + 1, index / 64);
}

std::optional<uint64_t> UnitBitmap::next_clear(size_t level, uint64_t from) const {
  const Level& here = levels_[level];
  if (from / 64 >= here.count) return std::nullopt;
  const uint64_t clear_bits = ~here.words[from / 64].load() & kFull << from % 64;
  if (clear_bits != 0) return from / 64 * 64 + static_cast<uint64_t>(std::countr_zero(clear_bits));
  if (level + 1 == levels_.size()) return std::nullopt;
  // The level above knows which of the words behind this one are worth a look.
  auto word = next_clear(level + 1, from / 64 + 1);
  while (word) {
    const uint64_t value = here.words[*word].load();
    if (value != kFull) return *word * 64 + static_cast<uint64_t>(std::countr_one(value));
    word = next_clear(level + 1, *word + 1);
  }
  return std::nullopt;
}

std::optional<uint32_t> UnitBitmap::find_from(uint64_t start) const {
  auto found = next_clear(0, start % count_);
  if (!found) found = next_clear(0, 0);
  if (!found) return std::nullopt;
  return static_cast<uint32_t>(*found);
}

std::optional<uint32_t> UnitBitmap::set_from(uint64_t start) {
  for (;;) {
    const auto found = find_from(start);
    if (!found) return std::nullopt;
    if (set(*found)) return found;
    start = *found;  // another thread was faster
  }
}

bool UnitBitmap::is_set(uint32_t index) const { return (levels_[0].words[index / 64].load() & bit(index)) != 0; }

uint32_t UnitBitmap::count_set() const {
  const Level& units = levels_[0];
  uint64_t set = 0;
  for (uint64_t word = 0; word < units.count; ++word) {
    set += static_cast<uint64_t>(std::popcount(units.words[word].load(std::memory_order_relaxed)));
  }
  return static_cast<uint32_t>(set - (units.count * 64 - count_));
}

}  // namespace tandem6::lease
