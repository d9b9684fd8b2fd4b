#include "dataplane/lease/index_table.h"

#include <cassert>
#include <memory>
#include <utility>

namespace tandem6::lease {

void IndexTable::place(Slot slot) {
  size_t at = slot.tag & mask();
  while (slots_[at].index != kNoIndex) at = (at + 1) & mask();
  slots_[at] = slot;
}

void IndexTable::grow() {
  const size_t old_capacity = capacity_;
  capacity_ = old_capacity == 0 ? kFirstCapacity : old_capacity * 2;
  auto* const fresh = static_cast<Slot*>(memory_->allocate(capacity_ * sizeof(Slot), alignof(Slot)));
  std::uninitialized_default_construct_n(fresh, capacity_);
  Slot* const old = std::exchange(slots_, fresh);
  for (size_t at = 0; at < old_capacity; ++at) {
    if (old[at].index != kNoIndex) place(old[at]);
  }
  release(old, old_capacity);
}

void IndexTable::release(Slot* slots, size_t capacity) {
  if (slots != nullptr) memory_->deallocate(slots, capacity * sizeof(Slot), alignof(Slot));
}

void IndexTable::erase(uint64_t hash, uint32_t index) {
  assert(size_ != 0);
  size_t hole = tag_of(hash) & mask();
  while (slots_[hole].index != index) {
    assert(slots_[hole].index != kNoIndex);
    hole = (hole + 1) & mask();
  }
  // Close the gap instead of leaving a tombstone: whatever comes behind it and may stand nearer to its place moves up.
  for (size_t at = (hole + 1) & mask(); slots_[at].index != kNoIndex; at = (at + 1) & mask()) {
    const size_t home = slots_[at].tag & mask();
    if (((at - home) & mask()) >= ((at - hole) & mask())) {
      slots_[hole] = slots_[at];
      hole = at;
    }
  }
  slots_[hole] = Slot{};
  --size_;
}

}  // namespace tandem6::lease
