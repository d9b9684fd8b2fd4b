// A pool small enough for one bit a unit: every prefix-delegation pool and small address ranges (architecture.md §3).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "dataplane/lease/record.h"

namespace tandem6::lease {

/// Which units of a pool are taken. Shared by all workers, lock-free: claiming is one atomic fetch_or. Any worker may
/// call anything at any time. Summary levels above the bits let a search skip full words, so that the last free unit
/// of 2^26 is found in a few steps.
class DensePool {
 public:
  static constexpr uint64_t kMaxUnits = uint64_t{1} << 26;

  /// `count` units of 2^(128 - unit_length) addresses each, the first of them at `first`. 1 <= count <= kMaxUnits.
  DensePool(LeaseType type, const Ipv6Address& first, uint8_t unit_length, uint32_t count);

  LeaseType type() const { return type_; }
  const Ipv6Address& first() const { return first_; }
  uint8_t unit_length() const { return unit_length_; }
  uint32_t count() const { return count_; }

  /// The unit with this address; nothing when it is outside or not at a unit's start.
  std::optional<uint32_t> index_of(const Ipv6Address& address) const;
  Ipv6Address address_of(uint32_t index) const;

  /// Takes the unit; false when it was taken before.
  bool claim(uint32_t index);
  /// Takes the first free unit at or after `start`, going round; nothing when all are taken. `start` is taken modulo
  /// count.
  std::optional<uint32_t> claim_from(uint64_t start);
  /// What claim_from() would take now.
  std::optional<uint32_t> find_from(uint64_t start) const;
  void release(uint32_t index);
  bool taken(uint32_t index) const;
  /// Counts the taken units by looking at all of them: not for the packet path.
  uint32_t count_taken() const;

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

  LeaseType type_;
  uint8_t unit_length_;
  uint32_t count_;
  Ipv6Address first_;
  // levels_[0] has a bit a unit (1: taken); levels_[k+1] has a bit a word of levels_[k] (1: that word is full).
  std::vector<Level> levels_;
};

}  // namespace tandem6::lease
