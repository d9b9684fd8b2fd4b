#include "perf/blast/scenario.h"

#include <doctest/doctest.h>

#include <map>

namespace tandem6::scenario_test {

using namespace tandem6::blast;

TEST_CASE("scenarios are known by the names that they are told by") {
  for (const char* name : {"four-way", "rapid-commit", "solicit", "renew", "release", "mixed", "reboot"}) {
    REQUIRE(scenario_named(name));
    CHECK(to_string(*scenario_named(name)) == name);
  }
  CHECK_FALSE(scenario_named("fourway"));
}

TEST_CASE("a mix is read as it is written, and nonsense is refused") {
  const auto mix = Mix::parse("renew=70,release=30");
  REQUIRE(mix);
  CHECK(mix->renew == 70);
  CHECK(mix->release == 30);
  CHECK(mix->rebind == 0);
  for (const char* bad :
       {"", "renew", "renew=", "renew=x", "renew=-1", "renew=0", "confirm=1", "renew=1,,", "renew=nan"}) {
    CAPTURE(bad);
    CHECK_FALSE(Mix::parse(bad));
  }
}

TEST_CASE("clients with leases do what the mix says, those without get some") {
  TaskChooser chooser(Scenario::kMixed, *Mix::parse("renew=3,release=1"), 1);
  Client client;
  CHECK(chooser.choose(client) == Task::kFourWay);
  client.bound = true;
  std::map<Task, int> chosen;
  for (int i = 0; i < 10'000; ++i) ++chosen[chooser.choose(client)];
  CHECK(chosen[Task::kRenew] == doctest::Approx(7500).epsilon(0.05));
  CHECK(chosen[Task::kRelease] == doctest::Approx(2500).epsilon(0.1));
  CHECK(chosen.size() == 2);
}

TEST_CASE("only clients that have leases release or renew them") {
  Client client;
  CHECK(TaskChooser(Scenario::kRelease, {}, 1).choose(client) == Task::kNone);
  CHECK(TaskChooser(Scenario::kRenew, {}, 1).choose(client) == Task::kFourWay);
  client.bound = true;
  CHECK(TaskChooser(Scenario::kRelease, {}, 1).choose(client) == Task::kRelease);
  CHECK(TaskChooser(Scenario::kRenew, {}, 1).choose(client) == Task::kRenew);
}

}  // namespace tandem6::scenario_test
