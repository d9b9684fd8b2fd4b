// How often which latency was seen: buckets whose width grows with the value, as HdrHistogram has them, so that every
// value from 1 ns to 18 minutes is kept with a relative error below 1/128. Fixed size; adding costs a few instructions.
// One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "perf/blast/durations.h"

namespace tandem6::blast {

class Histogram {
 public:
  /// Values are told by the upper end of their bucket, which is at most this much above them.
  static constexpr double kRelativeError = 1.0 / 128;

  Histogram() : counts_(kBuckets) {}

  /// Negative values count as zero, those over 18 minutes as 18 minutes.
  void add(Nanoseconds value);
  void clear();

  uint64_t count() const { return count_; }
  /// Exact.
  Nanoseconds max() const { return Nanoseconds(static_cast<int64_t>(max_)); }
  /// The smallest value that at least `percent` of all values do not exceed; zero without values.
  Nanoseconds percentile(double percent) const;

  /// One step of the distribution: `below` of all values are at most `value`.
  struct Step {
    Nanoseconds value;
    uint64_t below;
  };
  /// The whole distribution, ascending, without empty buckets.
  std::vector<Step> distribution() const;

 private:
  static constexpr unsigned kPrecisionBits = 7;  // 128 buckets for each power of two
  static constexpr unsigned kValueBits = 40;
  static constexpr size_t kLinear = size_t{1} << kPrecisionBits;
  static constexpr size_t kBuckets = kLinear * (kValueBits - kPrecisionBits + 1);

  static size_t bucket_of(uint64_t value);
  static uint64_t highest_in(size_t bucket);
  uint64_t value_of(size_t bucket) const;

  std::vector<uint64_t> counts_;
  uint64_t count_ = 0;
  uint64_t max_ = 0;
};

}  // namespace tandem6::blast
