#include "dataplane/lease/timing_wheel.h"

#include <bit>

namespace tandem6::lease {

void TimingWheel::start(AbsoluteTime time) {
  if (started_) return;
  started_ = true;
  time_ = time.since_2000;
}

uint32_t TimingWheel::slot_for(AbsoluteTime deadline) const {
  if (deadline <= AbsoluteTime{time_}) return current_slot(0);
  // Where time wraps around, the two differ in bit 31, which is level 5's business; its four slots go round.
  const unsigned highest_bit = 31 - static_cast<unsigned>(std::countl_zero(deadline.since_2000 ^ time_));
  const unsigned level = highest_bit / kDigit;
  return level * kSlots + digit(deadline.since_2000, level);
}

uint32_t TimingWheel::busy_slot() const {
  // Above level 0 nothing is ever scheduled into a slot that time is in. What is there came before time entered it.
  for (unsigned level = kLevels; level-- != 0;) {
    const uint32_t slot = current_slot(level);
    if (heads_[slot] != kNoIndex) return slot;
  }
  return kNoIndex;
}

void TimingWheel::skip_to_next(AbsoluteTime now) {
  constexpr unsigned kTop = kLevels - 1;
  uint32_t next = now.since_2000;
  for (unsigned level = 0; level < kLevels; ++level) {
    const uint32_t here = digit(time_, level);
    const unsigned shift = kDigit * level;
    if (level < kTop) {
      const uint64_t later = occupied_[level] & (~uint64_t{1} << here);
      if (later == 0) continue;  // the rest of this level's round is empty: the next slot is a level up
      const uint32_t round = time_ >> shift >> kDigit << kDigit << shift;
      next = round + (static_cast<uint32_t>(std::countr_zero(later)) << shift);
      break;
    }
    for (uint32_t ahead = 1; ahead < 4; ++ahead) {  // the top level's four slots, going round
      const uint32_t there = (here + ahead) % 4;
      if ((occupied_[level] >> there & 1) == 0) continue;
      next = there << shift;
      break;
    }
  }
  const uint32_t until_now = now.since_2000 - time_;
  time_ = next - time_ < until_now ? next : now.since_2000;
}

}  // namespace tandem6::lease
