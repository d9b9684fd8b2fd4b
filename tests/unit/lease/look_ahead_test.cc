#include "dataplane/lease/look_ahead.h"

#include <doctest/doctest.h>

#include <vector>

#include "tests/unit/lease/structures_fixture.h"

namespace tandem6::lease::look_ahead_test {
namespace {

TEST_CASE("looking ahead gives each client its table hash, and nothing else changes") {
  ShardGroup group(0, 1, testing::kTableKey, 1024);
  std::vector<Duid> clients;
  for (uint32_t i = 0; i < kLookAhead; ++i) clients.push_back(testing::duid(i));
  // Of these some have two leases, some one, the others none.
  for (uint32_t i = 0; i < 20; ++i) {
    Shard& shard = group.shard(shard_of(duid_hash(clients[i].bytes())));
    shard.insert(clients[i].bytes(),
                 testing::record({LeaseType::kAddress, 128, Ipv6Address::from_number(i + 1)}, clients[i]));
    if (i % 2 == 0) continue;
    shard.insert(clients[i].bytes(),
                 testing::record({LeaseType::kPrefix, 56, Ipv6Address::from_number(U128{i} << 72)}, clients[i], 2));
  }
  std::vector<Request> requests;
  for (const Duid& client : clients) requests.push_back(testing::request_of(client));
  requests.back() = Request{};  // one that does not name itself
  std::vector<Request*> burst;
  for (Request& request : requests) burst.push_back(&request);

  look_ahead(burst, group);

  CHECK(requests.back().table_hash == 0);
  for (uint32_t i = 0; i + 1 < kLookAhead; ++i) {
    const Shard& shard = group.shard(requests[i].shard());
    CHECK(requests[i].table_hash == shard.table_hash(clients[i].bytes()));
    CHECK(shard.find_client(clients[i].bytes(), shard.table_hash(requests[i])) ==
          shard.find_client(clients[i].bytes()));
    CHECK((shard.find_client(clients[i].bytes()) != kNoIndex) == (i < 20));
  }
  CHECK(group.lease_count() == 30);
  look_ahead({}, group);
}

}  // namespace
}  // namespace tandem6::lease::look_ahead_test
