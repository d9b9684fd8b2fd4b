// Questions from a worker to the management thread and their answers back, under the thread sanitizer.
#include "dataplane/worker/query_desk.h"

#include <doctest/doctest.h>

#include <memory>
#include <thread>
#include <vector>

struct rte_mbuf {
  unsigned number;
};

namespace tandem6::worker::query_desk_test {
namespace {

TEST_CASE("every question comes back once, with its own answer") {
  constexpr unsigned kQuestions = 5000;
  const auto desk = std::make_unique<QueryDesk>();
  std::vector<rte_mbuf> packets(kQuestions);
  for (unsigned i = 0; i < kQuestions; ++i) packets[i].number = i;
  unsigned wrong = 0;
  unsigned back = 0;
  std::thread worker([&] {
    unsigned asked = 0;
    while (back < kQuestions) {
      if (asked < kQuestions && desk->ask(&packets[asked])) ++asked;
      const unsigned came = desk->take_answers([&](rte_mbuf* question, const lease::Answer& answer, Bytes bytes) {
        const bool right = question->number == back && answer.size == bytes.size() && bytes.size() == back % 4000 &&
                           (bytes.empty() || bytes.back() == static_cast<std::byte>(back));
        wrong += right ? 0 : 1;
        ++back;
      });
      if (came == 0) std::this_thread::yield();
    }
  });
  for (unsigned served = 0; served < kQuestions;) {
    const unsigned before = served;
    desk->serve([&](rte_mbuf* question, MutableBytes out) {
      const size_t size = question->number % 4000;
      for (std::byte& octet : out.first(size)) octet = static_cast<std::byte>(question->number);
      ++served;
      return lease::Answer{.dropped = lease::DropReason::kNone, .size = size, .type = {}, .after_commit = false};
    });
    if (served == before) std::this_thread::yield();
  }
  worker.join();
  CHECK(back == kQuestions);
  CHECK(wrong == 0);
}

TEST_CASE("a full desk takes no more, and waits when nobody fetches the answers") {
  const auto desk = std::make_unique<QueryDesk>();
  rte_mbuf packet{};
  for (size_t i = 0; i < QueryDesk::kCapacity; ++i) REQUIRE(desk->ask(&packet));
  CHECK_FALSE(desk->ask(&packet));
  unsigned served = 0;
  const auto serve = [&] {
    desk->serve([&](rte_mbuf*, MutableBytes) {
      ++served;
      return lease::Answer{};
    });
  };
  serve();
  CHECK(served == QueryDesk::kCapacity);
  REQUIRE(desk->ask(&packet));
  serve();
  CHECK(served == QueryDesk::kCapacity);
  CHECK(desk->take_answers([](rte_mbuf*, const lease::Answer&, Bytes) {}) == QueryDesk::kCapacity);
  serve();
  CHECK(served == QueryDesk::kCapacity + 1);
}

}  // namespace
}  // namespace tandem6::worker::query_desk_test
