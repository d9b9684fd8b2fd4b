// The generator's loop allocates nothing: every allocation of this program is counted.
#include <doctest/doctest.h>

#include <cstdlib>
#include <new>

#include "tests/unit/blast/fixtures.h"

using namespace tandem6::blast;
using tandem6::blast::test::World;

namespace {
unsigned long allocations = 0;
}

void* operator new(size_t size) {
  ++allocations;
  if (void* const room = std::malloc(size == 0 ? 1 : size)) return room;
  throw std::bad_alloc();
}
void operator delete(void* room) noexcept { std::free(room); }
void operator delete(void* room, size_t) noexcept { std::free(room); }

TEST_CASE("questions, answers, timers and retransmissions of a thousand clients allocate nothing") {
  Profile profile = tandem6::blast::test::small_profile();
  profile.clients = 1000;
  World world(profile);
  world.crowd.set_patience({.retransmit = true});
  std::array<std::byte, 512> datagram;
  uint64_t sent = 0;
  const unsigned long before = allocations;
  for (int64_t now = 0; now < 4000; ++now) {
    const Nanoseconds moment = Milliseconds(now);
    if (const auto number = world.crowd.next_idle()) {
      world.crowd.begin_with(*number, now % 3 == 0 ? Task::kRapidCommit : Task::kFourWay, moment, moment);
      tandem6::wire::Writer out(datagram);
      world.crowd.write(*number, moment, out);
      sent += out.size();
      if (now % 5 != 0) world.answer(*number, {.rapid_commit = true}, moment);  // some must ask again
      if (now % 5 != 0 && !world.crowd.client(*number).idle()) world.answer(*number, {}, moment);
    }
    world.crowd.tick(moment, 1000, [&](uint32_t) { ++sent; });
  }
  CHECK(allocations == before);
  CHECK(sent > 0);
  CHECK(world.crowd.bound() == 200);  // the other 800 go on asking
  CHECK(world.crowd.figures().of(Question::kSolicit).repeated > 0);
  CHECK(world.crowd.oddities().faulty() == 0);
}
