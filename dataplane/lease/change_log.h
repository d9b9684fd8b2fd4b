// The changes that one worker has made to its leases and that the disk does not hold yet: a ring between one worker
// (producer) and the committer (consumer). Lock-free; nothing is copied but the record itself.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "dataplane/lease/record.h"

namespace tandem6::lease {

struct LeaseChange {
  enum class Kind : uint8_t {
    kPut,     ///< the lease is now as `record` says
    kDelete,  ///< the lease is FREE: forget record.key. The other fields say what it was.
  };
  Kind kind = Kind::kPut;
  LeaseRecord record;
};

/// Every change has a sequence number, the first is 1. written() ≥ drained ≥ committed() always.
/// A slot is used again only when its change is committed, so a full ring is how a slow disk holds a worker back.
class ChangeLog {
 public:
  /// `capacity` is a power of two.
  explicit ChangeLog(size_t capacity);

  // --- the worker's side -------------------------------------------------------------------------------------------
  /// Changes that can be appended before committed() advances.
  size_t room() const;
  /// Copies the change into the ring and returns its sequence number. Needs room.
  uint64_t append(LeaseChange::Kind kind, const LeaseRecord& record);
  /// The last sequence number given; 0 before the first.
  uint64_t written() const;
  /// Everything up to this number is on disk.
  uint64_t committed() const { return committed_.load(std::memory_order_acquire); }
  size_t capacity() const { return capacity_; }

  // --- the committer's side ----------------------------------------------------------------------------------------
  /// Calls `see(const LeaseChange&)` for up to `limit` changes that were not drained before, in order, and returns the
  /// sequence number of the last one drained ever. The slots stay untouched until publish_committed() covers them.
  template <typename See>
  uint64_t drain(size_t limit, See&& see);
  /// Changes that wait to be drained.
  size_t pending() const;
  /// Says that all changes up to `sequence` are on disk. Never goes back.
  void publish_committed(uint64_t sequence) { committed_.store(sequence, std::memory_order_release); }

 private:
  static constexpr size_t kCacheLine = 64;

  size_t capacity_;
  std::unique_ptr<LeaseChange[]> slots_;
  alignas(kCacheLine) std::atomic<uint64_t> written_{0};    // written by the worker
  alignas(kCacheLine) uint64_t drained_ = 0;                // the committer's own
  alignas(kCacheLine) std::atomic<uint64_t> committed_{0};  // written by the committer
};

template <typename See>
uint64_t ChangeLog::drain(size_t limit, See&& see) {
  const uint64_t end = written_.load(std::memory_order_acquire);
  while (drained_ != end && limit-- != 0) {
    see(static_cast<const LeaseChange&>(slots_[drained_ & (capacity_ - 1)]));
    ++drained_;
  }
  return drained_;
}

}  // namespace tandem6::lease
