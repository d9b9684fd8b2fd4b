// One bit a unit of a pool, with summaries above, shared by all workers without locks.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace tandem6::lease {

/// Any thread may call anything at any time. Summary levels above the bits let a search skip full words, so that the
/// last clear bit of 2^26 is found in a few steps.
class UnitBitmap {
 public:
  explicit UnitBitmap(uint32_t count);

  uint32_t count() const { return count_; }
  bool is_set(uint32_t index) const;
  /// False when it was set before.
  bool set(uint32_t index) { return set(0, index); }
  void clear(uint32_t index) { clear(0, index); }
  /// The first clear bit at or after `start`, going round; nothing when all are set. `start` is taken modulo count.
  std::optional<uint32_t> find_from(uint64_t start) const;
  /// Sets what find_from() finds.
  std::optional<uint32_t> set_from(uint64_t start);
  /// Counts by looking at all of them: not for the packet path.
  uint32_t count_set() const;

 private:
  struct Level {
    std::unique_ptr<std::atomic<uint64_t>[]> words;
    uint64_t count;
  };

  /// Sets a bit and, when that fills its word, the word's bit a level up. False when it was set before.
  bool set(size_t level, uint64_t index);
  /// Clears a bit and, when its word was full, the word's bit a level up.
  void clear(size_t level, uint64_t index);
  /// The first clear bit at or after `from`.
  std::optional<uint64_t> next_clear(size_t level, uint64_t from) const;

  uint32_t count_;
  // levels_[0] has a bit a unit; levels_[k+1] has a bit a word of levels_[k] (1: that word is full).
  std::vector<Level> levels_;
};

}  // namespace tandem6::lease
