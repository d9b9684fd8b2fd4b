#include "dataplane/lease/dense_pool.h"

#include <bit>

#include "dataplane/wire/require.h"

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

DensePool::DensePool(LeaseType type, const Ipv6Address& first, uint8_t unit_length, uint32_t count)
    : type_(type), unit_length_(unit_length), count_(count), first_(first) {
  require(count >= 1 && count <= kMaxUnits, "a dense pool has 1 to 2^26 units");
  require(unit_length >= 1 && unit_length <= 128, "a unit's prefix has 1 to 128 bits");
  uint64_t bits = count;
  do {
    const uint64_t words = (bits + 63) / 64;
    auto level = std::make_unique<std::atomic<uint64_t>[]>(words);
    // What is beyond the end is taken forever.
    if (bits % 64 != 0) level[words - 1].store(kFull << bits % 64, std::memory_order_relaxed);
    levels_.push_back({std::move(level), words});
    bits = words;
  } while (bits > 1);
}

std::optional<uint32_t> DensePool::index_of(const Ipv6Address& address) const {
  if (address < first_) return std::nullopt;
  const U128 offset = address.number() - first_.number();
  const unsigned shift = 128U - unit_length_;
  const U128 index = offset >> shift;
  if (index >= count_ || index << shift != offset) return std::nullopt;
  return static_cast<uint32_t>(index);
}

Ipv6Address DensePool::address_of(uint32_t index) const {
  return Ipv6Address::from_number(first_.number() + (static_cast<U128>(index) << (128U - unit_length_)));
}

bool DensePool::set(size_t level, uint64_t index) {
  std::atomic<uint64_t>& word = levels_[level].words[index / 64];
  const uint64_t before = word.fetch_or(bit(index));
  if ((before & bit(index)) != 0) return false;
  if ((before | bit(index)) == kFull && level + 1 < levels_.size()) {
    set(level + 1, index / 64);
    if (word.load() != kFull) clear(level + 1, index / 64);
  }
  return true;
}

void DensePool::clear(size_t level, uint64_t index) {
  const uint64_t before = levels_[level].words[index / 64].fetch_and(~bit(index));
  if (before == kFull && level + 1 < levels_.size()) clear(level + 1, index / 64);
}

std::optional<uint64_t> DensePool::next_clear(size_t level, uint64_t from) const {
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

bool DensePool::claim(uint32_t index) { return set(0, index); }

std::optional<uint32_t> DensePool::find_from(uint64_t start) const {
  auto found = next_clear(0, start % count_);
  if (!found) found = next_clear(0, 0);
  if (!found) return std::nullopt;
  return static_cast<uint32_t>(*found);
}

std::optional<uint32_t> DensePool::claim_from(uint64_t start) {
  for (;;) {
    const auto found = find_from(start);
    if (!found) return std::nullopt;
    if (claim(*found)) return found;
    start = *found;  // another worker was faster
  }
}

void DensePool::release(uint32_t index) { clear(0, index); }

bool DensePool::taken(uint32_t index) const { return (levels_[0].words[index / 64].load() & bit(index)) != 0; }

uint32_t DensePool::count_taken() const {
  const Level& units = levels_[0];
  uint64_t taken = 0;
  for (uint64_t word = 0; word < units.count; ++word) {
    taken += static_cast<uint64_t>(std::popcount(units.words[word].load(std::memory_order_relaxed)));
  }
  return static_cast<uint32_t>(taken - (units.count * 64 - count_));
}

}  // namespace tandem6::lease
