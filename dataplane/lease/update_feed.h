// What a worker tells the failover reactor of its leases: changes that the partner is to know, in their order. A ring
// between one worker (producer) and the reactor (consumer). Lock-free.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "dataplane/lease/record.h"

namespace tandem6::lease {

/// Holds no more than its capacity: what finds no room stays marked as unacked in its shard, and a scan sends it later.
/// What withdraws has no such mark. An eighth of the feed is kept for it, and who would withdraw waits when that is
/// full.
class UpdateFeed {
 public:
  struct Entry {
    uint64_t sequence = 0;  ///< of the change in the worker's log: not to be told before that is committed
    uint8_t scope = 0;      ///< number of the relationship
    LeaseRecord record;     ///< FREE: what this client's lease was before is not to be told any more
  };

  /// `capacity` is a power of two; 0: nobody listens.
  explicit UpdateFeed(size_t capacity) : capacity_(capacity), entries_(std::make_unique<Entry[]>(capacity)) {}
  bool has_listener() const { return capacity_ != 0; }

  // --- the worker ----------------------------------------------------------------------------------------------------
  bool has_room() const { return waiting() < capacity_ - capacity_ / 8; }
  /// Is there room for one that withdraws? Always when nobody listens: there is nothing to withdraw.
  bool can_withdraw() const { return !has_listener() || waiting() < capacity_; }
  /// Needs room.
  void push(uint64_t sequence, uint8_t scope, const LeaseRecord& record) {
    entries_[pushed_++ & (capacity_ - 1)] = {sequence, scope, record};
    if (!held_) publish();
  }
  /// While it lives, the reactor sees nothing of what is pushed: it can still be delay()ed. One at a time.
  class Hold {
   public:
    explicit Hold(UpdateFeed& feed) : feed_(feed) { feed_.held_ = true; }
    ~Hold() {
      feed_.held_ = false;
      // Most packets push nothing: the reactor's copy of the cache line stays valid.
      if (feed_.written_.load(std::memory_order_relaxed) != feed_.pushed_) feed_.publish();
    }
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    UpdateFeed& feed_;
  };
  /// What is held of the client's leases is not to be told before `sequence` is committed. False: nothing is.
  bool delay(Bytes client, uint64_t sequence) {
    bool found = false;
    for (uint64_t at = written_.load(std::memory_order_relaxed); at != pushed_; ++at) {
      Entry& entry = entries_[at & (capacity_ - 1)];
      const LeaseRecord& record = entry.record;
      if (record.status != BindingStatus::kActive || !wire::same_bytes(record.duid.bytes(), client)) continue;
      entry.sequence = sequence;
      found = true;
    }
    return found;
  }
  /// Something found no room.
  void note_overflow() { overflowed_.store(true, std::memory_order_release); }

  // --- the reactor ---------------------------------------------------------------------------------------------------
  /// Calls `see(const Entry&)` for up to `limit` changes that are committed. Returns how many there were.
  template <typename See>
  size_t take(uint64_t committed, size_t limit, See&& see) {
    const uint64_t end = written_.load(std::memory_order_acquire);
    uint64_t at = read_.load(std::memory_order_relaxed);
    size_t count = 0;
    for (; at != end && count < limit; ++at, ++count) {
      const Entry& entry = entries_[at & (capacity_ - 1)];
      if (entry.sequence > committed) break;
      see(entry);
    }
    read_.store(at, std::memory_order_release);
    return count;
  }
  /// Did something find no room since the last call?
  bool take_overflow() { return overflowed_.exchange(false, std::memory_order_acq_rel); }

 private:
  uint64_t waiting() const { return pushed_ - read_.load(std::memory_order_acquire); }
  void publish() { written_.store(pushed_, std::memory_order_release); }

  size_t capacity_;
  std::unique_ptr<Entry[]> entries_;
  uint64_t pushed_ = 0;  // the worker's own: what is beyond written_ is held
  bool held_ = false;    // the worker's own
  alignas(64) std::atomic<uint64_t> written_{0};
  alignas(64) std::atomic<uint64_t> read_{0};
  std::atomic<bool> overflowed_{false};
};

}  // namespace tandem6::lease
