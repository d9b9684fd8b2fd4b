#include "perf/blast/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace tandem6::blast {

// Values below 128 have a bucket each. Above, the highest eight bits of a value and their place name its bucket.
size_t Histogram::bucket_of(uint64_t value) {
  if (value < kLinear) return value;
  const auto magnitude = static_cast<unsigned>(std::bit_width(value)) - kPrecisionBits - 1;
  return magnitude * kLinear + (value >> magnitude);
}

uint64_t Histogram::highest_in(size_t bucket) {
  if (bucket < kLinear) return bucket;
  const size_t magnitude = bucket / kLinear - 1;
  return ((bucket - magnitude * kLinear + 1) << magnitude) - 1;
}

uint64_t Histogram::value_of(size_t bucket) const { return std::min(highest_in(bucket), max_); }

void Histogram::add(Nanoseconds value) {
  constexpr uint64_t kHighest = (uint64_t{1} << kValueBits) - 1;
  const uint64_t count = std::min(static_cast<uint64_t>(std::max<int64_t>(value.count(), 0)), kHighest);
  ++counts_[bucket_of(count)];
  ++count_;
  max_ = std::max(max_, count);
}

void Histogram::clear() {
  std::ranges::fill(counts_, 0);
  count_ = 0;
  max_ = 0;
}

Nanoseconds Histogram::percentile(double percent) const {
  if (count_ == 0) return Nanoseconds(0);
  const auto wanted = static_cast<uint64_t>(std::ceil(percent / 100 * static_cast<double>(count_)));
  const uint64_t rank = std::clamp<uint64_t>(wanted, 1, count_);
  uint64_t seen = 0;
  for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
    seen += counts_[bucket];
    if (seen >= rank) return Nanoseconds(static_cast<int64_t>(value_of(bucket)));
  }
  return max();
}

std::vector<Histogram::Step> Histogram::distribution() const {
  std::vector<Step> steps;
  uint64_t seen = 0;
  for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
    if (counts_[bucket] == 0) continue;
    seen += counts_[bucket];
    steps.push_back({Nanoseconds(static_cast<int64_t>(value_of(bucket))), seen});
  }
  return steps;
}

}  // namespace tandem6::blast
