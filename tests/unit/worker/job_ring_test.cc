// Jobs of the failover reactor for a worker, and the feed of changes back to it, under the thread sanitizer.
#include "dataplane/worker/job_ring.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "dataplane/lease/update_feed.h"

namespace tandem6::worker::job_ring_test {
namespace {

constexpr lease::HashKey kKey{1, 2};
constexpr AbsoluteTime kNow{800'000'000};

TEST_CASE("jobs are run by the worker in the order of posting, and come back in it") {
  JobRing ring;
  std::atomic<bool> stop{false};
  std::thread worker([&] {
    lease::ShardGroup leases(0, 1, kKey, 64);
    const lease::Snapshot snapshot{lease::Snapshot::Content{}};
    while (!stop.load()) {
      if (ring.run({leases, snapshot, kNow}) == 0) std::this_thread::yield();
    }
  });
  constexpr unsigned kJobs = 20'000;
  std::vector<unsigned> seen;  // the worker's, while a job is under way
  unsigned returned = 0;
  bool in_order = true;
  for (unsigned posted = 0; returned < kJobs;) {
    if (posted < kJobs) {
      auto job = std::make_unique<Job>();
      job->work = [&seen, posted](const lease::ErrandPlace&) { seen.push_back(posted); };
      job->done = [&returned, &in_order, posted] { in_order = in_order && returned++ == posted; };
      if (ring.post(job.get())) {
        job.release();
        ++posted;
      }
    }
    while (Job* job = ring.take_done()) {
      const std::unique_ptr<Job> owned(job);
      owned->done();
    }
  }
  stop.store(true);
  worker.join();
  CHECK(in_order);
  REQUIRE(seen.size() == kJobs);
  for (unsigned i = 0; i < kJobs; ++i) REQUIRE(seen[i] == i);
}

TEST_CASE("a ring whose jobs do not come back takes no more than it can give back") {
  JobRing ring;
  Job job;
  for (size_t i = 0; i < JobRing::kCapacity; ++i) REQUIRE(ring.post(&job));
  CHECK_FALSE(ring.post(&job));
  CHECK(ring.take_done() == nullptr);
}

TEST_CASE("the feed hands over every committed change in order, and says when one found no room") {
  lease::UpdateFeed feed(64);
  constexpr uint32_t kChanges = 50'000;
  std::atomic<uint64_t> committed{0};
  std::thread worker([&] {
    for (uint32_t i = 1; i <= kChanges;) {
      if (!feed.has_room()) {
        feed.note_overflow();
        std::this_thread::yield();
        continue;
      }
      lease::LeaseRecord record;
      record.iaid = i;
      const lease::UpdateFeed::Hold hold(feed);
      feed.push(i - 1, 0, record);
      committed.store(i);
      feed.delay(record.duid.bytes(), i);
      ++i;
    }
  });
  uint32_t last = 0;
  bool in_order = true;
  bool overflowed = false;
  // Nobody takes anything before one found no room: on two free cores the reader might keep up all the time.
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!overflowed && std::chrono::steady_clock::now() < patience) overflowed = feed.take_overflow();
  while (last < kChanges) {
    feed.take(committed.load(), 16, [&](const lease::UpdateFeed::Entry& entry) {
      in_order = in_order && entry.record.iaid == last + 1 && entry.sequence == entry.record.iaid;
      last = entry.record.iaid;
    });
    overflowed = feed.take_overflow() || overflowed;
  }
  worker.join();
  CHECK(in_order);
  CHECK(overflowed);
}

TEST_CASE("a change that is not on the disk yet stays in the feed") {
  lease::UpdateFeed feed(4);
  feed.push(1, 0, {});
  feed.push(2, 0, {});
  const auto none = [](const lease::UpdateFeed::Entry&) {};
  CHECK(feed.take(0, 10, none) == 0);
  CHECK(feed.take(1, 10, none) == 1);
  CHECK(feed.take(1, 10, none) == 0);
  CHECK(feed.take(2, 10, none) == 1);
}

TEST_CASE("what is held is not seen, and what of it is delayed waits for its new sequence") {
  const auto record_of = [](uint8_t last) {
    lease::LeaseRecord record;
    record.duid = Duid::make_ll(MacAddress{std::byte{2}, {}, {}, {}, {}, std::byte{last}});
    return record;
  };
  const auto none = [](const lease::UpdateFeed::Entry&) {};
  lease::UpdateFeed feed(4);
  {
    const lease::UpdateFeed::Hold hold(feed);
    feed.push(1, 0, record_of(1));
    feed.push(2, 0, record_of(2));
    CHECK(feed.take(9, 10, none) == 0);
    CHECK(feed.delay(record_of(2).duid.bytes(), 3));
    CHECK_FALSE(feed.delay(record_of(3).duid.bytes(), 4));
  }
  CHECK(feed.take(2, 10, none) == 1);
  CHECK(feed.take(3, 10, none) == 1);
  // What was held before is out of reach.
  const lease::UpdateFeed::Hold hold(feed);
  CHECK_FALSE(feed.delay(record_of(2).duid.bytes(), 5));
  // An end is not told with what is kept of its client.
  lease::LeaseRecord released = record_of(2);
  released.status = lease::BindingStatus::kReleased;
  feed.push(4, 0, released);
  CHECK_FALSE(feed.delay(released.duid.bytes(), 5));
}

}  // namespace
}  // namespace tandem6::worker::job_ring_test
