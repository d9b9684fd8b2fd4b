// RFC 8415 §18.3.11: who was sent a Reconfigure, and who has answered it.
#include "dataplane/lease/awaited_clients.h"

#include <doctest/doctest.h>

#include <vector>

namespace tandem6::lease::awaited_clients_test {
namespace {

using enum wire::MessageType;

// Places follow from the upper half; these have the same.
uint64_t hash(uint64_t place, uint64_t which) { return place << 32 | which; }

TEST_CASE("RFC 8415 18.3.11: only the message that the Reconfigure asked for answers it") {
  AwaitedClients clients;
  CHECK(clients.empty());
  clients.heard(7, kRenew);
  REQUIRE(clients.expect(7, kRenew));
  CHECK_FALSE(clients.empty());
  clients.heard(7, kRebind);
  clients.heard(8, kRenew);
  CHECK_FALSE(clients.has_answered(7));
  clients.heard(7, kRenew);
  CHECK(clients.has_answered(7));
  CHECK_FALSE(clients.has_answered(8));
}

TEST_CASE("a client that is called again is to answer again") {
  AwaitedClients clients;
  REQUIRE(clients.expect(7, kRenew));
  clients.heard(7, kRenew);
  REQUIRE(clients.expect(7, kInformationRequest));
  CHECK_FALSE(clients.has_answered(7));
  clients.forget(7);
  CHECK(clients.empty());
  clients.forget(7);
  CHECK(clients.empty());
}

TEST_CASE("clients that share a place are told apart, whoever of them is forgotten first, also at the table's end") {
  constexpr uint64_t kLastPlace = 2 * AwaitedClients::kMax - 1;
  for (const uint64_t place : {uint64_t{5}, kLastPlace}) {
    for (uint64_t first = 0; first < 4; ++first) {
      AwaitedClients clients;
      const std::vector<uint64_t> all{hash(place, 1), hash(place, 2), hash(place + 1, 3), hash(place, 4)};
      for (const uint64_t one : all) REQUIRE(clients.expect(one, kRenew));
      clients.forget(all[first]);
      for (const uint64_t one : all) clients.heard(one, kRenew);
      for (const uint64_t one : all) CHECK(clients.has_answered(one) == (one != all[first]));
    }
  }
}

TEST_CASE("there is room for so many, and again when some are forgotten") {
  AwaitedClients clients;
  for (uint64_t i = 0; i < AwaitedClients::kMax; ++i) REQUIRE(clients.expect(hash(i * 7, i), kRenew));
  CHECK_FALSE(clients.expect(hash(3, 999'999), kRenew));
  CHECK(clients.expect(hash(0, 0), kRebind));
  clients.forget(hash(0, 0));
  CHECK(clients.expect(hash(3, 999'999), kRenew));
}

}  // namespace
}  // namespace tandem6::lease::awaited_clients_test
