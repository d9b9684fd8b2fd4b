// The token bucket of the exception path.
#include "dataplane/worker/rate_limit.h"

#include <doctest/doctest.h>

namespace tandem6::worker {

namespace {
constexpr uint64_t kSecond = 1'000'000;  // cycles
constexpr uint64_t kStart = 5 * kSecond;

unsigned passed(RateLimit& limit, uint64_t from, uint64_t until, uint64_t step) {
  unsigned count = 0;
  for (uint64_t now = from; now < until; now += step) count += limit.take(now) ? 1U : 0U;
  return count;
}
}  // namespace

TEST_CASE("a rate limit lets a burst pass, and then its rate") {
  RateLimit limit(1000, 50, kSecond);
  CHECK(passed(limit, kStart, kStart + 10, 1) == 10);
  CHECK(passed(limit, kStart + 10, kStart + 1000, 1) == 40);
  const unsigned second = passed(limit, kStart + 1000, kStart + 1000 + kSecond, 10);
  CHECK(second >= 999);
  CHECK(second <= 1001);
}

TEST_CASE("a rate limit saves up no more than a burst") {
  RateLimit limit(1000, 50, kSecond);
  CHECK(passed(limit, kStart, kStart + 1000, 1) == 50);
  CHECK(passed(limit, kStart + 100 * kSecond, kStart + 100 * kSecond + 1000, 1) == 50);
}

TEST_CASE("what comes more slowly than the rate always passes") {
  RateLimit limit(1000, 1, kSecond);
  CHECK(passed(limit, kStart, kStart + kSecond, 1001) == 1000);
}

}  // namespace tandem6::worker
