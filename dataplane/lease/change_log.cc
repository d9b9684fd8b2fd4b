#include "dataplane/lease/change_log.h"

#include <bit>
#include <cassert>

#include "dataplane/wire/require.h"

namespace tandem6::lease {

ChangeLog::ChangeLog(size_t capacity) : capacity_(capacity), slots_(std::make_unique<LeaseChange[]>(capacity)) {
  require(std::has_single_bit(capacity), "a change log's capacity is a power of two");
}

size_t ChangeLog::room() const { return capacity_ - (written_.load(std::memory_order_relaxed) - committed()); }

uint64_t ChangeLog::append(LeaseChange::Kind kind, const LeaseRecord& record) {
  assert(room() != 0);
  const uint64_t written = written_.load(std::memory_order_relaxed);
  LeaseChange& slot = slots_[written & (capacity_ - 1)];
  slot.kind = kind;
  slot.record = record;
  written_.store(written + 1, std::memory_order_release);
  return written + 1;
}

uint64_t ChangeLog::written() const { return written_.load(std::memory_order_relaxed); }

size_t ChangeLog::pending() const { return written_.load(std::memory_order_acquire) - drained_; }

}  // namespace tandem6::lease
