// How much each client or relay may ask for (architecture.md §6).
#include "dataplane/worker/token_buckets.h"

#include <doctest/doctest.h>

namespace tandem6::worker::token_buckets_test {
namespace {

// Uniform, as the hash of a DUID is.
uint64_t key(uint64_t number) {
  number = (number + 1) * 0x9e3779b97f4a7c15;
  return (number ^ number >> 29) * 0xbf58476d1ce4e5b9;
}

unsigned take_many(TokenBuckets& buckets, uint64_t who, SenderLimit limit, uint32_t now, unsigned tries) {
  unsigned taken = 0;
  for (unsigned i = 0; i < tries; ++i) taken += buckets.take(who, limit, now) ? 1 : 0;
  return taken;
}

}  // namespace

TEST_CASE("without a limit everything passes") {
  TokenBuckets buckets(64);
  CHECK(take_many(buckets, key(1), {}, 0, 100'000) == 100'000);
}

TEST_CASE("a burst, then the rate, never more than a burst after a pause") {
  TokenBuckets buckets(64);
  const SenderLimit limit{.per_second = 10, .burst = 20};
  CHECK(take_many(buckets, key(1), limit, 1000, 100) == 20);
  CHECK(take_many(buckets, key(1), limit, 1099, 100) == 0);
  CHECK(take_many(buckets, key(1), limit, 1100, 100) == 1);
  CHECK(take_many(buckets, key(1), limit, 2100, 100) == 10);
  CHECK(take_many(buckets, key(1), limit, 900'000, 100) == 20);
}

TEST_CASE("tokens come in thousandths: asking often does not lose what came in between") {
  TokenBuckets buckets(64);
  const SenderLimit limit{.per_second = 3, .burst = 1};
  unsigned taken = 0;
  for (uint32_t now = 0; now < 10'000; ++now) taken += buckets.take(key(1), limit, now) ? 1 : 0;
  CHECK(taken == 30);
}

TEST_CASE("the clock's end is no event") {
  TokenBuckets buckets(64);
  const SenderLimit limit{.per_second = 10, .burst = 5};
  CHECK(take_many(buckets, key(1), limit, 0xffffffff, 10) == 5);
  CHECK(take_many(buckets, key(1), limit, 199, 10) == 2);
}

TEST_CASE("clients do not share a bucket") {
  TokenBuckets buckets(1024);
  const SenderLimit limit{.per_second = 1, .burst = 1};
  unsigned taken = 0;
  for (uint64_t who = 0; who < 100; ++who) taken += take_many(buckets, key(who), limit, 5, 1);
  CHECK(taken == 100);
}

TEST_CASE("a flood of invented clients takes nothing away from a real one") {
  TokenBuckets buckets(64);
  const SenderLimit limit{.per_second = 10, .burst = 10};
  unsigned refused = 0;
  for (uint32_t now = 0; now < 20'000; ++now) {
    for (uint64_t invented = 0; invented < 10; ++invented) buckets.take(key(1000 + now * 10 + invented), limit, now);
    if (now % 200 == 0 && !buckets.take(key(1), limit, now)) ++refused;
  }
  CHECK(refused == 0);
}

}  // namespace tandem6::worker::token_buckets_test
