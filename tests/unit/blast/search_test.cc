#include "perf/blast/search.h"

#include <doctest/doctest.h>

#include <initializer_list>

namespace tandem6::search_test {

using namespace tandem6::blast;

namespace {

/// Searches a server that loses above `limit`. How many rates were tried.
template <typename Lossless>
unsigned run(RateSearch& search, Lossless lossless) {
  unsigned tried = 0;
  while (!search.done()) {
    search.report(lossless(search.rate()));
    REQUIRE(++tried < 200);
  }
  return tried;
}

}  // namespace

TEST_CASE("the search ends within its resolution below the true limit") {
  for (const double limit : {1.5, 40.0, 999.0, 1000.0, 14'321.0, 3.3e6}) {
    CAPTURE(limit);
    RateSearch search({.first = 1000, .highest = 10e6, .resolution = 0.02});
    const unsigned tried = run(search, [&](double rate) { return rate <= limit; });
    CHECK(search.best() <= limit);
    CHECK(search.best() >= limit / 1.02 * 0.999);
    CHECK(tried < 60);
  }
}

TEST_CASE("a server without limit is confirmed at the highest rate") {
  RateSearch search({.first = 1000, .highest = 50'000, .resolution = 0.02});
  run(search, [](double) { return true; });
  CHECK(search.best() == 50'000);
}

TEST_CASE("a server that never answers ends the search without a rate") {
  RateSearch search({.first = 1000, .highest = 50'000, .resolution = 0.02});
  run(search, [](double) { return false; });
  CHECK(search.best() == 0);
}

TEST_CASE("one hiccup does not decide, two do") {
  RateSearch patient({.first = 1000, .highest = 1000, .resolution = 0.02, .second_chances = 1});
  patient.report(false);
  CHECK(patient.rate() == 1000);
  patient.report(true);
  CHECK(patient.phase() == RateSearch::Phase::kConfirm);
  patient.report(true);
  CHECK(patient.best() == 1000);

  RateSearch failed({.first = 1000, .highest = 1000, .resolution = 0.02, .second_chances = 1});
  failed.report(false);
  failed.report(false);
  CHECK(failed.rate() == 500);
}

TEST_CASE("what fails its confirmation is stepped down from, and only a confirmed rate is told") {
  RateSearch search({.first = 1000, .highest = 1000, .resolution = 0.02, .second_chances = 0});
  search.report(true);
  REQUIRE(search.phase() == RateSearch::Phase::kConfirm);
  search.report(false);
  CHECK(search.rate() < 1000);
  CHECK(search.best() == 0);
  const double lower = search.rate();
  search.report(true);
  CHECK(search.done());
  CHECK(search.best() == lower);
}

}  // namespace tandem6::search_test
