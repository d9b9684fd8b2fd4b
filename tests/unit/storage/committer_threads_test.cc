// The committer against several workers at once. A program of its own, to run under the thread sanitizer.
#include "storage/committer.h"

#include <chrono>
#include <deque>
#include <set>
#include <thread>

#include "fixtures.h"

namespace tandem6::storage::committer_threads_test {
namespace {

constexpr unsigned kWorkers = 4;
constexpr uint64_t kChangesEach = 20'000;
constexpr uint64_t kLeasesEach = 997;

/// What worker `worker` does with its `sequence`-th change: puts, and now and then a delete, of leases of its own.
lease::LeaseChange change_of(unsigned worker, uint64_t sequence) {
  auto record = address_lease(worker * 1'000'000 + sequence % kLeasesEach);
  record.iaid = static_cast<uint32_t>(sequence);
  const bool forget = sequence % 5 == 0;
  return {forget ? lease::LeaseChange::Kind::kDelete : lease::LeaseChange::Kind::kPut, record};
}

void work(lease::ChangeLog& log, unsigned worker) {
  for (uint64_t sequence = 1; sequence <= kChangesEach; ++sequence) {
    while (log.room() == 0) std::this_thread::yield();
    const auto change = change_of(worker, sequence);
    log.append(change.kind, change.record);
  }
}

/// The last thing that the worker did with each lease is what the database says.
void check_worker(Store& store, unsigned worker) {
  for (uint64_t sequence = kChangesEach - kLeasesEach + 1; sequence <= kChangesEach; ++sequence) {
    const auto last = change_of(worker, sequence);
    const auto found = store.find(last.record.key);
    REQUIRE(found);
    if (last.kind == lease::LeaseChange::Kind::kDelete)
      CHECK_FALSE(found->has_value());
    else
      CHECK(*found == last.record);
  }
}

void run_workers(Durability durability) {
  const TemporaryDirectory directory;
  auto store = open_store(directory / "db");
  std::deque<lease::ChangeLog> logs;
  std::vector<lease::ChangeLog*> pointers;
  for (unsigned worker = 0; worker < kWorkers; ++worker) pointers.push_back(&logs.emplace_back(1024));
  Committer committer(*store, pointers, durability);
  committer.start();
  std::vector<std::thread> workers;
  for (unsigned worker = 0; worker < kWorkers; ++worker)
    workers.emplace_back([&logs, worker] { work(logs[worker], worker); });
  const auto during = committer.status();  // as the management thread does
  CHECK_FALSE(during.failing);
  for (auto& worker : workers) worker.join();
  CHECK(committer.stop());

  const auto status = committer.status();
  CHECK(status.changes == kWorkers * kChangesEach);
  CHECK(status.pending == 0);
  CHECK(status.unsynced == 0);
  CHECK(status.failures == 0);
  CHECK(status.commits > 0);
  CHECK(status.max_commit_microseconds >= status.last_commit_microseconds);
  for (const auto& log : logs) CHECK(log.committed() == kChangesEach);
  store.reset();
  store = open_store(directory / "db");
  for (unsigned worker = 0; worker < kWorkers; ++worker) check_worker(*store, worker);
}

TEST_CASE("sync: several workers' changes are all stored, each worker's in its order") {
  run_workers(Durability::kSync);
}

TEST_CASE("async: several workers' changes are all stored, each worker's in its order") {
  run_workers(Durability::kAsync);
}

TEST_CASE("a change after a long quiet is committed within milliseconds, without a call to wake anyone") {
  const TemporaryDirectory directory;
  const auto store = open_store(directory / "db");
  lease::ChangeLog log(64);
  Committer committer(*store, {&log}, Durability::kSync);
  committer.start();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto change = change_of(0, 1);
  log.append(change.kind, change.record);
  for (unsigned i = 0; i < 1000 && log.committed() == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  CHECK(log.committed() == 1);
  CHECK(*store->find(change.record.key) == change.record);
}

TEST_CASE("async: what is committed but not synced is reported, and synced within a second") {
  const TemporaryDirectory directory;
  const auto store = open_store(directory / "db");
  lease::ChangeLog log(64);
  Committer committer(*store, {&log}, Durability::kAsync);
  committer.start();
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const auto change = change_of(0, 1);
  log.append(change.kind, change.record);
  std::set<uint64_t> reported;
  for (unsigned i = 0; i < 1000 && !(log.committed() == 1 && reported.contains(1) && reported.contains(0)); ++i) {
    if (log.committed() == 1) reported.insert(committer.status().unsynced);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(reported == std::set<uint64_t>{0, 1});
}

TEST_CASE("a committer that was never started and has nothing to do stops, and one that has says so") {
  const TemporaryDirectory directory;
  const auto store = open_store(directory / "db");
  lease::ChangeLog log(64);
  CHECK(Committer(*store, {&log}, Durability::kSync).stop());
  const auto change = change_of(0, 1);
  log.append(change.kind, change.record);
  CHECK_FALSE(Committer(*store, {&log}, Durability::kSync).stop());
}

}  // namespace
}  // namespace tandem6::storage::committer_threads_test
