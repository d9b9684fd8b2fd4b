// From a hash to an index into a slab: open addressing, linear probing, eight bytes a slot. The slot keeps half of the
// hash, so that growing and deleting never touch the records. No locks: its shard's worker is alone with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>

#include "dataplane/lease/prefetch.h"
#include "dataplane/lease/slab.h"

namespace tandem6::lease {

/// The hashes must come from a keyed function when somebody outside chooses what is hashed.
class IndexTable {
 public:
  explicit IndexTable(std::pmr::memory_resource* memory = std::pmr::new_delete_resource()) : memory_(memory) {}
  ~IndexTable() { release(slots_, capacity_); }
  IndexTable(const IndexTable&) = delete;
  IndexTable& operator=(const IndexTable&) = delete;

  /// The index that was inserted with this hash and of which `equal(index)` is true; kNoIndex when there is none.
  template <typename Equal>
  uint32_t find(uint64_t hash, Equal&& equal) const {
    if (capacity_ == 0) return kNoIndex;
    const uint32_t tag = tag_of(hash);
    for (size_t at = tag & mask();; at = (at + 1) & mask()) {
      const Slot& slot = slots_[at];
      if (slot.index == kNoIndex) return kNoIndex;
      if (slot.tag == tag && equal(slot.index)) return slot.index;
    }
  }
  /// The caller has made sure that no equal one is in the table.
  void insert(uint64_t hash, uint32_t index) {
    if ((size_ + 1) * 4 > capacity_ * 3) grow();
    place({tag_of(hash), index});
    ++size_;
  }
  /// Takes out what was inserted with exactly these.
  void erase(uint64_t hash, uint32_t index);

  /// What find(hash) will most likely give, without a look at the record; kNoIndex when it certainly gives nothing.
  uint32_t guess(uint64_t hash) const {
    return find(hash, [](uint32_t) { return true; });
  }

  /// Starts fetching the memory that find(hash) will look at.
  void prefetch(uint64_t hash) const {
    if (capacity_ != 0) lease::prefetch(&slots_[tag_of(hash) & mask()]);
  }

  size_t size() const { return size_; }
  size_t memory() const { return capacity_ * sizeof(Slot); }

 private:
  struct Slot {
    uint32_t tag = 0;
    uint32_t index = kNoIndex;
  };
  static constexpr size_t kFirstCapacity = 16;

  static uint32_t tag_of(uint64_t hash) { return static_cast<uint32_t>(hash); }
  size_t mask() const { return capacity_ - 1; }
  void place(Slot slot);
  void grow();
  void release(Slot* slots, size_t capacity);

  std::pmr::memory_resource* memory_;  // of the slots
  size_t capacity_ = 0;                // 0 or a power of two
  size_t size_ = 0;                    // at most 3/4 of the capacity
  Slot* slots_ = nullptr;
};

}  // namespace tandem6::lease
