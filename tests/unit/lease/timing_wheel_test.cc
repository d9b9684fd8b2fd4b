#include <doctest/doctest.h>

#include <map>
#include <random>
#include <vector>

#include "dataplane/lease/timing_wheel.h"

namespace tandem6::lease::timing_wheel_test {
namespace {

constexpr unsigned kAll = ~0U;

/// Records for a wheel: nothing but links and deadlines.
struct Records {
  std::vector<WheelLinks> all_links;
  std::vector<AbsoluteTime> deadlines;
  explicit Records(size_t count) : all_links(count), deadlines(count) {}
  WheelLinks& links(uint32_t index) { return all_links[index]; }
  AbsoluteTime deadline(uint32_t index) const { return deadlines[index]; }
};

struct Fixture {
  Records records{64};
  TimingWheel wheel;
  void schedule(uint32_t index, uint32_t deadline) {
    records.deadlines[index] = {deadline};
    wheel.schedule(records, index);
  }
  std::vector<uint32_t> due(uint32_t now, unsigned budget = kAll) {
    std::vector<uint32_t> indexes;
    wheel.advance(records, {now}, budget, [&](uint32_t index) { indexes.push_back(index); });
    return indexes;
  }
};
using List = std::vector<uint32_t>;

TEST_CASE("a timer comes due at its second, not before, not twice") {
  for (const uint32_t distance : {1U, 63U, 64U, 65U, 4095U, 4096U, 300000U, 20'000'000U, 0x7fffffffU}) {
    for (const uint32_t start : {0U, 1U, 63U, 850'000'000U, 0x7fffffffU, 0x80000000U, 0xfffffff0U, 0xffffffffU}) {
      CAPTURE(distance);
      CAPTURE(start);
      Fixture f;
      f.wheel.start({start});
      f.schedule(3, start + distance);
      CHECK(f.due(start + distance - 1) == List{});
      CHECK(f.due(start + distance) == List{3});
      CHECK(f.due(start + distance + 100) == List{});
    }
  }
}

TEST_CASE("a deadline in the past is due at the next look") {
  Fixture f;
  f.wheel.start({1000});
  f.schedule(1, 500);
  f.schedule(2, 1000);
  CHECK(f.due(1000).size() == 2);
}

TEST_CASE("cancelled timers do not come due, wherever they stand in their slot") {
  for (const uint32_t cancelled : {0U, 1U, 2U}) {
    CAPTURE(cancelled);
    Fixture f;
    f.wheel.start({1000});
    for (const uint32_t index : {0U, 1U, 2U}) f.schedule(index, 5000);
    f.wheel.cancel(f.records, cancelled);
    f.wheel.cancel(f.records, cancelled);  // a second time: nothing
    const List left = f.due(6000);
    CHECK(left.size() == 2);
    for (const uint32_t index : left) CHECK(index != cancelled);
  }
}

TEST_CASE("what the budget leaves over stays due") {
  Fixture f;
  f.wheel.start({1000});
  for (uint32_t index = 0; index < 10; ++index) f.schedule(index, 1001);
  CHECK(f.due(1001, 4).size() == 4);
  CHECK(f.due(1001, 4).size() == 4);
  f.schedule(20, 1001);  // one more, while time stands
  CHECK(f.due(2000, 10).size() == 3);
  CHECK(f.due(2000).empty());
}

TEST_CASE("a clock that was set back stops the wheel until it is there again") {
  Fixture f;
  f.wheel.start({1000});
  f.schedule(1, 1500);
  CHECK(f.due(1400).empty());
  CHECK(f.due(1000).empty());
  CHECK(f.due(1499).empty());
  CHECK(f.due(1500) == List{1});
}

TEST_CASE("ten years at once take no more steps than there are timers and levels") {
  Fixture f;
  f.wheel.start({1000});
  for (uint32_t index = 0; index < 50; ++index) f.schedule(index, 1000 + index * 6'000'000);
  unsigned steps = 0;
  steps = f.wheel.advance(f.records, {1000 + 315'360'000}, kAll, [](uint32_t) {});
  CHECK(steps <= 50 * 6);
  CHECK(steps >= 50);
}

TEST_CASE("TimingWheel does what a sorted map does") {
  for (uint32_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    constexpr uint32_t kTimers = 500;
    Records records(kTimers);
    TimingWheel wheel;
    uint32_t now = random();  // anywhere, wrap-around included
    wheel.start({now});
    std::map<uint32_t, uint32_t> model;  // index → deadline
    const auto reschedule = [&](uint32_t index) {
      wheel.cancel(records, index);
      const uint32_t ahead = random() % (uint32_t{1} << (random() % 31));
      records.deadlines[index] = {now + ahead - (random() % 16 == 0 ? 100U : 0U)};
      wheel.schedule(records, index);
      model[index] = records.deadlines[index].since_2000;
    };
    for (int step = 0; step < 2000; ++step) {
      for (int i = 0; i < 5; ++i) reschedule(random() % kTimers);
      const uint32_t dropped = random() % kTimers;
      wheel.cancel(records, dropped);
      model.erase(dropped);
      now += random() % (uint32_t{1} << (random() % 24));
      const unsigned budget = 1 + random() % 50;
      unsigned touched = budget;
      while (touched == budget) {
        touched = wheel.advance(records, {now}, budget, [&](uint32_t index) {
          REQUIRE(model.count(index) == 1);
          REQUIRE(AbsoluteTime{model[index]} <= AbsoluteTime{now});
          model.erase(index);
          if (random() % 4 == 0) {
            records.deadlines[index] = {static_cast<uint32_t>(now + 1 + random() % 1000)};
            wheel.schedule(records, index);
            model[index] = records.deadlines[index].since_2000;
          }
        });
      }
      for (const auto& [index, deadline] : model) REQUIRE(AbsoluteTime{now} < AbsoluteTime{deadline});
    }
  }
}

}  // namespace
}  // namespace tandem6::lease::timing_wheel_test
