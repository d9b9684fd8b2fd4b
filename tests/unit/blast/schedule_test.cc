#include "perf/blast/schedule.h"

#include <doctest/doctest.h>

namespace tandem6::schedule_test {

using namespace tandem6::blast;

namespace {

/// Arrivals before `end`.
uint64_t arrivals_until(Schedule& schedule, Nanoseconds end) {
  while (schedule.next() < end) schedule.take();
  return schedule.taken();
}

}  // namespace

TEST_CASE("constant arrivals are evenly spaced and do not drift") {
  Schedule schedule(3000, Nanoseconds(0), Arrivals::kConstant, 1);
  CHECK(schedule.next().count() == 0);
  for (int i = 0; i < 3'000'000; ++i) schedule.take();
  CHECK(std::abs(in_seconds(schedule.next()) - 1000) < 1e-6);
}

TEST_CASE("a ramp begins half as many exchanges as the full rate does, in a straight line") {
  Schedule schedule(1000, 10 * kSecond, Arrivals::kConstant, 1);
  CHECK(arrivals_until(schedule, 5 * kSecond) == doctest::Approx(1250).epsilon(0.002));
  CHECK(arrivals_until(schedule, 10 * kSecond) == doctest::Approx(5000).epsilon(0.001));
  CHECK(arrivals_until(schedule, 11 * kSecond) == doctest::Approx(6000).epsilon(0.001));
}

TEST_CASE("Poisson arrivals have the rate, and a variance that even ones have not") {
  Schedule schedule(1000, Nanoseconds(0), Arrivals::kPoisson, 3);
  uint64_t before = 0;
  double squares = 0;
  constexpr int kIntervals = 1000;
  for (int i = 1; i <= kIntervals; ++i) {
    const uint64_t count = arrivals_until(schedule, i * kSecond / 10) - before;
    before += count;
    squares += (static_cast<double>(count) - 100) * (static_cast<double>(count) - 100);
  }
  CHECK(static_cast<double>(before) == doctest::Approx(100'000).epsilon(0.02));
  CHECK(squares / kIntervals == doctest::Approx(100).epsilon(0.2));  // of a Poisson distribution: its mean
}

}  // namespace tandem6::schedule_test
