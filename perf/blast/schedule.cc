#include "perf/blast/schedule.h"

#include <cmath>

namespace tandem6::blast {

Schedule::Schedule(double rate, Nanoseconds ramp, Arrivals arrivals, uint64_t seed)
    : rate_(rate), ramp_(in_seconds(ramp)), arrivals_(arrivals), random_(seed) {}

// While the rate grows, rate * t^2 / (2 * ramp) arrivals have been at time t.
Nanoseconds Schedule::time_of(double arrivals) const {
  const double in_ramp = rate_ * ramp_ / 2;
  if (arrivals < in_ramp) return from_seconds(std::sqrt(2 * ramp_ * arrivals / rate_));
  return from_seconds(ramp_ + (arrivals - in_ramp) / rate_);
}

void Schedule::take() {
  ++taken_;
  position_ += arrivals_ == Arrivals::kConstant ? 1 : -std::log1p(-random_.unit());
  next_ = time_of(position_);
}

}  // namespace tandem6::blast
