// When a queue counts as overflowing (architecture.md §6).
#include "dataplane/worker/queue_watch.h"

#include <doctest/doctest.h>

namespace tandem6::worker::queue_watch_test {
namespace {

/// Reads full bursts, at most `limit`, until somebody has to give way. How many it took.
unsigned read_until_shedding(QueueWatch& queue, uint32_t now, unsigned limit = 1000) {
  for (unsigned bursts = 1; bursts <= limit; ++bursts) {
    if (queue.read(true, now) != Urgency::kNewClient) return bursts;
  }
  return 0;
}

TEST_CASE("a queue that filled in a pause is worked off, and nobody gives way") {
  QueueWatch queue;
  for (unsigned round = 0; round < 3; ++round) {
    CHECK(read_until_shedding(queue, round, QueueWatch::kPatience - 1) == 0);
    CHECK(queue.read(false, round) == Urgency::kNewClient);
  }
}

TEST_CASE("a queue that never ends: first new clients give way, then requests as well") {
  QueueWatch queue;
  CHECK(read_until_shedding(queue, 5) == QueueWatch::kPatience);
  for (unsigned more = 1; more < QueueWatch::kMorePatience; ++more) CHECK(queue.read(true, 5) == Urgency::kRequest);
  CHECK(queue.read(true, 5) == Urgency::kEstablished);
  queue.found_end();
  CHECK(queue.read(true, 5) == Urgency::kNewClient);
}

TEST_CASE(
    "who was overloaded a moment ago does not wait for long, whatever the clock of milliseconds does at its end") {
  for (const uint32_t begin : {uint32_t{0}, uint32_t{77}, UINT32_MAX - 10}) {
    QueueWatch queue;
    REQUIRE(read_until_shedding(queue, begin) == QueueWatch::kPatience);
    queue.found_end();
    CHECK(read_until_shedding(queue, begin + 999) == QueueWatch::kPatienceWhenWary);
    queue.found_end();
    CHECK(read_until_shedding(queue, begin + 1998) == QueueWatch::kPatienceWhenWary);
    queue.found_end();
    CHECK(read_until_shedding(queue, begin + 2998) == QueueWatch::kPatience);
  }
}

}  // namespace
}  // namespace tandem6::worker::queue_watch_test
