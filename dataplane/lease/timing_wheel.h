// When leases end: a hierarchical timing wheel over records that carry their own links. Scheduling, cancelling and
// coming due cost a few steps whatever the number of timers. No locks, no clock: its shard's worker says what time it
// is.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/lease/slab.h"
#include "dataplane/wire/time.h"

namespace tandem6::lease {

/// Inside each record that can be scheduled.
struct WheelLinks {
  uint32_t next = kNoIndex;
  uint32_t previous = kNoIndex;  ///< an index; or the slot, for the first of a slot; kNoIndex: not scheduled
};

/// Six levels of 64 slots; a slot of level k is 64^k seconds wide. A timer sits at the level of the highest 6-bit digit
/// in which its deadline differs from the wheel's time, in the slot of that digit of its deadline. So all timers of a
/// slot stay right as time passes, until the wheel's time enters the slot and they move to lower levels. Empty slots
/// are skipped with the help of one bit a slot: years may pass at once.
///
/// `Entries` in the methods below gives access to the records: WheelLinks& links(index), AbsoluteTime deadline(index).
class TimingWheel {
 public:
  TimingWheel() { heads_.fill(kNoIndex); }

  bool started() const { return started_; }
  /// Sets the wheel's time, once. Timers can be scheduled from then on.
  void start(AbsoluteTime time);

  /// `index` must not be scheduled. A deadline that is past is due at once.
  template <typename Entries>
  void schedule(Entries&& entries, uint32_t index);
  /// Does nothing when it is not scheduled.
  template <typename Entries>
  void cancel(Entries&& entries, uint32_t index);

  /// Lets time pass until `now`, and calls `due(index)` for timers that come due. They are not scheduled any more
  /// then. `budget` limits how many timers are touched: those that are called and those that move to a lower level.
  /// Returns how many were touched; when that is the budget, there may be more to do and the wheel's time lags behind.
  template <typename Entries, typename Due>
  unsigned advance(Entries&& entries, AbsoluteTime now, unsigned budget, Due&& due);

 private:
  static constexpr unsigned kDigit = 6;
  static constexpr unsigned kLevels = 6;  // 36 bits: more than there are in a time
  static constexpr uint32_t kSlots = 1 << kDigit;
  static constexpr uint32_t kIsSlot = 0x80000000;  // in WheelLinks::previous

  static uint32_t digit(uint32_t time, unsigned level) { return time >> (kDigit * level) & (kSlots - 1); }
  uint32_t current_slot(unsigned level) const { return level * kSlots + digit(time_, level); }
  /// The slot for a deadline, as of now.
  uint32_t slot_for(AbsoluteTime deadline) const;
  /// The slot to work on at this moment: the highest one that time has entered and that still holds timers.
  uint32_t busy_slot() const;
  /// Moves time to the start of the next slot that holds timers, but not beyond `now`.
  void skip_to_next(AbsoluteTime now);

  template <typename Entries>
  void unlink(Entries& entries, WheelLinks& links);

  bool started_ = false;
  uint32_t time_ = 0;
  std::array<uint64_t, kLevels> occupied_{};
  std::array<uint32_t, kLevels * kSlots> heads_;
};

template <typename Entries>
void TimingWheel::schedule(Entries&& entries, uint32_t index) {
  const uint32_t slot = slot_for(entries.deadline(index));
  const uint32_t head = heads_[slot];
  if (head != kNoIndex) entries.links(head).previous = index;
  entries.links(index) = {.next = head, .previous = kIsSlot | slot};
  heads_[slot] = index;
  occupied_[slot / kSlots] |= uint64_t{1} << slot % kSlots;
}

template <typename Entries>
void TimingWheel::cancel(Entries&& entries, uint32_t index) {
  WheelLinks& links = entries.links(index);
  if (links.previous != kNoIndex) unlink(entries, links);
}

template <typename Entries>
void TimingWheel::unlink(Entries& entries, WheelLinks& links) {
  if (links.next != kNoIndex) entries.links(links.next).previous = links.previous;
  if ((links.previous & kIsSlot) == 0) {
    entries.links(links.previous).next = links.next;
  } else {
    const uint32_t slot = links.previous & ~kIsSlot;
    heads_[slot] = links.next;
    if (links.next == kNoIndex) occupied_[slot / kSlots] &= ~(uint64_t{1} << slot % kSlots);
  }
  links = WheelLinks{};
}

template <typename Entries, typename Due>
unsigned TimingWheel::advance(Entries&& entries, AbsoluteTime now, unsigned budget, Due&& due) {
  if (!started_) start(now);
  if (now < AbsoluteTime{time_}) return 0;  // the clock was set back: wait until it is here again
  unsigned used = 0;
  for (;;) {
    for (uint32_t slot = busy_slot(); slot != kNoIndex; slot = busy_slot()) {
      if (used == budget) return used;
      ++used;
      const uint32_t index = heads_[slot];
      unlink(entries, entries.links(index));
      if (slot < kSlots) {
        due(index);
      } else {
        schedule(entries, index);  // to a lower level
      }
    }
    if (time_ == now.since_2000) return used;
    skip_to_next(now);
  }
}

}  // namespace tandem6::lease
