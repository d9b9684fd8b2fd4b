// A token bucket that counts in cycles: no clock, no lock. One thread's own.
#pragma once

#include <algorithm>
#include <cstdint>

namespace tandem6::worker {

class RateLimit {
 public:
  /// `rate` a second on average, `burst` at once. `cycles_per_second` of the clock that take() is told.
  RateLimit(uint64_t rate, uint64_t burst, uint64_t cycles_per_second)
      : cycles_per_token_(std::max<uint64_t>(1, cycles_per_second / rate)), capacity_(burst * cycles_per_token_) {}

  /// May one more pass now?
  bool take(uint64_t now) {
    const uint64_t passed = now - last_;
    last_ = now;
    filled_ = passed >= capacity_ - filled_ ? capacity_ : filled_ + passed;
    if (filled_ < cycles_per_token_) return false;
    filled_ -= cycles_per_token_;
    return true;
  }

 private:
  uint64_t cycles_per_token_;
  uint64_t capacity_;    // in cycles, as filled_ is
  uint64_t filled_ = 0;  // the first call fills it: nobody starts at cycle 0
  uint64_t last_ = 0;
};

}  // namespace tandem6::worker
