// The management thread's errands to a worker, under the thread sanitizer.
#include "dataplane/worker/mailbox.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

namespace tandem6::worker::mailbox_test {
namespace {

constexpr lease::HashKey kKey{1, 2};

/// A worker's loop with nothing in it but the mailbox.
class Loop {
 public:
  explicit Loop(Mailbox& mailbox) : mailbox_(mailbox) {
    thread_ = std::thread([this] {
      leases_.adopt_by_this_thread();
      const lease::ErrandPlace place{leases_, snapshot_, AbsoluteTime{800'000'000}};
      mailbox_.open();
      opened_.store(true);
      while (!stop_.load()) {
        if (mailbox_.run(place) == 0) std::this_thread::yield();
      }
      mailbox_.close(place);
    });
    while (!opened_.load()) std::this_thread::yield();
  }
  ~Loop() { stop(); }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  void stop() {
    stop_.store(true);
    if (thread_.joinable()) thread_.join();
  }
  std::thread::id id() const { return thread_.get_id(); }

 private:
  Mailbox& mailbox_;
  lease::ShardGroup leases_{0, 1, kKey, 64};
  lease::Snapshot snapshot_{lease::Snapshot::Content{}};
  std::atomic<bool> opened_{false};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

void wait_for(const Mailbox& mailbox) {
  while (mailbox.is_busy()) std::this_thread::yield();
}

TEST_CASE("an errand is run once, by the worker, and what it gathered can be read after it") {
  Mailbox mailbox;
  Loop loop(mailbox);
  for (unsigned round = 0; round < 2000; ++round) {
    unsigned runs = 0;
    std::thread::id who;
    size_t leases = 1;
    const lease::Errand errand = [&](const lease::ErrandPlace& place) {
      ++runs;
      who = std::this_thread::get_id();
      leases = place.leases.lease_count();
    };
    REQUIRE(mailbox.post(errand));
    wait_for(mailbox);
    REQUIRE(runs == 1);
    REQUIRE(who == loop.id());
    REQUIRE(leases == 0);
  }
}

TEST_CASE("a mailbox whose worker does not run refuses") {
  Mailbox mailbox;
  unsigned runs = 0;
  const lease::Errand errand = [&](const lease::ErrandPlace&) { ++runs; };
  CHECK_FALSE(mailbox.post(errand));
  CHECK_FALSE(mailbox.is_busy());
  {
    Loop loop(mailbox);
    CHECK(mailbox.post(errand));
    wait_for(mailbox);
  }
  CHECK_FALSE(mailbox.post(errand));
  CHECK_FALSE(mailbox.is_busy());
  CHECK(runs == 1);
}

TEST_CASE("an errand that comes while its worker ends is either refused or run, never left waiting") {
  unsigned refused = 0;
  for (unsigned round = 0; round < 300; ++round) {
    Mailbox mailbox;
    Loop loop(mailbox);
    std::thread stopper([&] { loop.stop(); });
    unsigned runs = 0;
    const lease::Errand errand = [&](const lease::ErrandPlace&) { ++runs; };
    unsigned posted = 0;
    while (mailbox.post(errand)) {
      ++posted;
      wait_for(mailbox);
    }
    stopper.join();
    refused += runs == posted ? 1 : 0;
  }
  CHECK(refused == 300);
}

}  // namespace
}  // namespace tandem6::worker::mailbox_test
