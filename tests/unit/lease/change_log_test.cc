#include <doctest/doctest.h>

#include <vector>

#include "dataplane/lease/change_log.h"
#include "tests/unit/lease/structures_fixture.h"

namespace tandem6::lease {
namespace {

TEST_CASE("changes come out in order, and room returns only when they are committed") {
  ChangeLog log(4);
  CHECK(log.written() == 0);
  CHECK(log.room() == 4);
  const LeaseRecord record = testing::record(testing::address_key("2001:db8::1"), testing::duid(1));
  for (uint32_t i = 1; i <= 4; ++i) {
    LeaseRecord numbered = record;
    numbered.iaid = i;
    CHECK(log.append(i == 2 ? LeaseChange::Kind::kDelete : LeaseChange::Kind::kPut, numbered) == i);
  }
  CHECK(log.room() == 0);
  CHECK(log.pending() == 4);

  std::vector<uint32_t> seen;
  const auto see = [&](const LeaseChange& change) {
    seen.push_back(change.record.iaid);
    CHECK(change.kind == (change.record.iaid == 2 ? LeaseChange::Kind::kDelete : LeaseChange::Kind::kPut));
  };
  CHECK(log.drain(3, see) == 3);
  CHECK(log.room() == 0);  // drained is not committed
  CHECK(log.pending() == 1);
  log.publish_committed(3);
  CHECK(log.committed() == 3);
  CHECK(log.room() == 3);
  CHECK(log.append(LeaseChange::Kind::kPut, record) == 5);
  CHECK(log.drain(100, see) == 5);
  CHECK(seen == std::vector<uint32_t>{1, 2, 3, 4, 1});
}

}  // namespace
}  // namespace tandem6::lease
