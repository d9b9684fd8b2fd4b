#include "perf/blast/histogram.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "perf/blast/split_mix.h"

namespace tandem6::histogram_test {

using namespace tandem6::blast;

TEST_CASE("an empty histogram says zero") {
  const Histogram histogram;
  CHECK(histogram.count() == 0);
  CHECK(histogram.percentile(50).count() == 0);
  CHECK(histogram.max().count() == 0);
  CHECK(histogram.distribution().empty());
}

TEST_CASE("values up to 127 ns are kept exactly") {
  Histogram histogram;
  for (int i = 0; i < 100; ++i) histogram.add(Nanoseconds(i));
  CHECK(histogram.percentile(1).count() == 0);
  CHECK(histogram.percentile(50).count() == 49);
  CHECK(histogram.percentile(100).count() == 99);
}

TEST_CASE("percentiles of random values are within the stated error of the exact ones") {
  Random random(7);
  Histogram histogram;
  std::vector<int64_t> values;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(static_cast<int64_t>(std::exp(random.unit() * 25)));  // 1 ns to 72 s
    histogram.add(Nanoseconds(values.back()));
  }
  std::ranges::sort(values);
  for (const double percent : {1.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
    const auto rank = static_cast<size_t>(std::ceil(percent / 100 * static_cast<double>(values.size())));
    const auto exact = static_cast<double>(values[rank - 1]);
    const auto told = static_cast<double>(histogram.percentile(percent).count());
    CAPTURE(percent);
    CHECK(told >= exact);
    CHECK(told <= exact * (1 + Histogram::kRelativeError) + 1);
  }
  CHECK(histogram.max().count() == values.back());
}

TEST_CASE("every power of two and its neighbours lie in a bucket that holds them") {
  for (int bit = 0; bit < 40; ++bit) {
    for (const int64_t value : {(int64_t{1} << bit) - 1, int64_t{1} << bit, (int64_t{1} << bit) + 1}) {
      Histogram histogram;
      histogram.add(Nanoseconds(value));
      histogram.add(Nanoseconds((int64_t{1} << 40) - 1));  // so that the maximum does not hide the bucket's end
      CAPTURE(value);
      const int64_t told = histogram.percentile(50).count();
      CHECK(told >= value);
      CHECK(static_cast<double>(told) <= static_cast<double>(value) * (1 + Histogram::kRelativeError));
    }
  }
}

TEST_CASE("values out of range are kept at its ends") {
  Histogram histogram;
  histogram.add(Nanoseconds(-5));
  CHECK(histogram.max().count() == 0);
  histogram.add(std::chrono::hours(10));
  CHECK(histogram.percentile(100) == histogram.max());
  CHECK(histogram.max() < std::chrono::hours(1));
}

TEST_CASE("the distribution counts all values once, until they are cleared") {
  Histogram one;
  for (int i = 1; i <= 1000; ++i) one.add(std::chrono::microseconds(i));
  CHECK(one.count() == 1000);
  CHECK(one.distribution().back().below == 1000);
  CHECK(one.distribution().back().value == std::chrono::milliseconds(1));
  one.clear();
  CHECK(one.count() == 0);
  CHECK(one.max().count() == 0);
}

}  // namespace tandem6::histogram_test
