// The changes that one worker has made to its leases and that the disk does not hold yet: a ring between one worker
// (producer) and the committer (consumer). Lock-free; nothing is copied but the record itself, and what is to be kept
// of a client (client_data.h), which lies in a ring of bytes beside it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "dataplane/lease/client_data.h"
#include "dataplane/lease/record.h"

namespace tandem6::lease {

struct LeaseChange {
  enum class Kind : uint8_t {
    kPut,       ///< the lease is now as `record` says
    kDelete,    ///< the lease is FREE: forget record.key. The other fields say what it was.
    kRemember,  ///< what is kept of the client record.duid is now `client_data`; nothing when that is empty
  };
  Kind kind = Kind::kPut;
  LeaseRecord record;
  bool forgets_client = false;  ///< with kDelete: what is kept of the client record.duid goes with its last lease
  Bytes client_data{};          ///< valid until the change is committed
};

/// Every change has a sequence number, the first is 1. written() ≥ drained ≥ committed() always.
/// A slot is used again only when its change is committed, so a full ring is how a slow disk holds a worker back. The
/// same goes for the ring of bytes, which has kBytesPerChange for each slot: room() counts what both have.
class ChangeLog {
 public:
  static constexpr size_t kBytesPerChange = 128;

  /// `capacity` is a power of two.
  explicit ChangeLog(size_t capacity);

  // --- the worker's side -------------------------------------------------------------------------------------------
  /// Changes that can be appended before committed() advances; so many that one of them may be a remember() as well, if
  /// it is at least kRoomToRemember.
  size_t room() const;
  /// Copies the change into the ring and returns its sequence number. Needs room.
  uint64_t append(LeaseChange::Kind kind, const LeaseRecord& record, bool forgets_client = false);
  /// Room for the longest client data, wherever in the ring of bytes it has to begin.
  static constexpr size_t kRoomToRemember = 2 * kMaxClientData / kBytesPerChange + 1;
  /// Copies client data into the ring of bytes: a kRemember for this client. Needs kRoomToRemember; up to
  /// kMaxClientData bytes.
  uint64_t remember(const Duid& duid, Bytes client_data);
  /// The last sequence number given; 0 before the first.
  uint64_t written() const;
  /// Everything up to this number is on disk.
  uint64_t committed() const { return committed_.load(std::memory_order_acquire); }
  size_t capacity() const { return capacity_; }
  /// Bytes of RAM that it holds.
  size_t memory() const { return capacity_ * sizeof(Slot) + bytes_capacity_; }

  // --- the committer's side ----------------------------------------------------------------------------------------
  /// Calls `see(const LeaseChange&)` for up to `limit` changes that were not drained before, in order, and returns the
  /// sequence number of the last one drained ever. The slots stay untouched until publish_committed() covers them.
  template <typename See>
  uint64_t drain(size_t limit, See&& see);
  /// Changes that wait to be drained.
  size_t pending() const;
  /// Says that all changes up to `sequence` are on disk. Never goes back.
  void publish_committed(uint64_t sequence);

 private:
  static constexpr size_t kCacheLine = 64;
  struct Slot {
    LeaseChange change;
    uint64_t bytes_end = 0;  // bytes used ever, with this change's
  };

  uint64_t publish(uint64_t sequence);
  Slot& slot_of(uint64_t sequence) const { return slots_[(sequence - 1) & (capacity_ - 1)]; }

  size_t capacity_;
  std::unique_ptr<Slot[]> slots_;
  size_t bytes_capacity_;
  std::unique_ptr<std::byte[]> bytes_;
  uint64_t bytes_written_ = 0;                            // the worker's own; counts what is skipped at the ring's end
  alignas(kCacheLine) std::atomic<uint64_t> written_{0};  // written by the worker
  alignas(kCacheLine) uint64_t drained_ = 0;              // the committer's own
  alignas(kCacheLine) std::atomic<uint64_t> committed_{0};  // written by the committer
  std::atomic<uint64_t> bytes_committed_{0};                // written by the committer
};

template <typename See>
uint64_t ChangeLog::drain(size_t limit, See&& see) {
  const uint64_t end = written_.load(std::memory_order_acquire);
  while (drained_ != end && limit-- != 0) {
    ++drained_;
    see(static_cast<const LeaseChange&>(slot_of(drained_).change));
  }
  return drained_;
}

}  // namespace tandem6::lease
