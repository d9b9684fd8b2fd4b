// When exchanges are to begin in an open loop: decided by the rate alone, whatever the server does. A generator that is
// late begins them late and still measures from these moments, so that no latency is omitted.
#pragma once

#include "perf/blast/durations.h"
#include "perf/blast/split_mix.h"

namespace tandem6::blast {

enum class Arrivals : uint8_t {
  kConstant,  ///< evenly spaced
  kPoisson,   ///< independent of each other, as those of many clients are
};

class Schedule {
 public:
  /// `rate` a second, reached after `ramp` during which it grows from zero in a straight line.
  Schedule(double rate, Nanoseconds ramp, Arrivals arrivals, uint64_t seed);

  /// The moment of the next arrival, since the schedule's start.
  Nanoseconds next() const { return next_; }
  /// It has been taken: moves on.
  void take();
  /// How many were taken.
  uint64_t taken() const { return taken_; }

 private:
  Nanoseconds time_of(double arrivals) const;

  double rate_;
  double ramp_;  // seconds
  Arrivals arrivals_;
  Random random_;
  double position_ = 0;  // of next_, counted in arrivals
  Nanoseconds next_{0};
  uint64_t taken_ = 0;
};

}  // namespace tandem6::blast
