// Views between the management thread and workers. Runs under ThreadSanitizer too.
#include "dataplane/worker/view.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

namespace tandem6::worker::view_test {
namespace {

View view_with(uint32_t probation) {
  lease::Snapshot::Content content;
  content.decline_probation = Seconds{probation};
  return {.snapshot = std::make_shared<lease::Snapshot>(std::move(content)), .ports = {}};
}

}  // namespace

TEST_CASE("a view is kept until every worker has taken a later one") {
  ViewBoard board(2);
  std::weak_ptr<const lease::Snapshot> old;
  {
    View view = view_with(1);
    old = view.snapshot;
    board.publish(std::move(view));
  }
  board.take(0);
  board.take(1);
  const uint64_t second = board.publish(view_with(2));
  CHECK_FALSE(board.all_took(second));
  board.take(0);
  board.reclaim();
  CHECK_FALSE(old.expired());  // worker 1 still reads it
  board.take(1);
  CHECK(board.all_took(second));
  board.reclaim();
  CHECK(old.expired());
  CHECK(board.current().snapshot->decline_probation() == Seconds{2});
}

TEST_CASE("a worker has indexed a view only after it said so for that view") {
  ViewBoard board(1);
  const uint64_t first = board.publish(view_with(1));
  board.take(0);
  CHECK_FALSE(board.indexed(0));
  board.report_indexed(0);
  CHECK(board.indexed(0));
  CHECK(board.all_indexed(first));
  const uint64_t second = board.publish(view_with(2));
  board.take(0);
  CHECK_FALSE(board.indexed(0));
  CHECK_FALSE(board.all_indexed(second));
}

TEST_CASE("workers that read while views are replaced and freed never see a freed or an older one") {
  constexpr unsigned kWorkers = 2;
  constexpr uint32_t kViews = 2000;
  ViewBoard board(kWorkers);
  board.publish(view_with(0));
  std::atomic<bool> stop{false};
  std::atomic<bool> went_back{false};
  std::vector<std::thread> workers;
  for (unsigned worker = 0; worker < kWorkers; ++worker) {
    workers.emplace_back([&, worker] {
      uint32_t newest = 0;
      while (!stop.load(std::memory_order_relaxed)) {
        const uint32_t seen = board.take(worker).snapshot->decline_probation().count;
        if (seen < newest) went_back = true;
        newest = seen;
      }
    });
  }
  for (uint32_t i = 1; i <= kViews; ++i) {
    board.publish(view_with(i));
    board.reclaim();
  }
  stop = true;
  for (std::thread& worker : workers) worker.join();
  CHECK_FALSE(went_back);
}

}  // namespace tandem6::worker::view_test
