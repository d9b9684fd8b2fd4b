#include <doctest/doctest.h>

#include <vector>

#include "dataplane/lease/change_log.h"
#include "tests/unit/lease/structures_fixture.h"

namespace tandem6::lease::change_log_test {
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

TEST_CASE("client data comes out whole, in one piece, in its place among the leases, round after round of the ring") {
  ChangeLog log(64);
  const LeaseRecord record = testing::record(testing::address_key("2001:db8::1"), testing::duid(1));
  for (uint32_t round = 0; round < 300; ++round) {
    const std::vector<std::byte> data(round * 37 % (kMaxClientData + 1), static_cast<std::byte>(round));
    REQUIRE(log.room() >= ChangeLog::kRoomToRemember);
    log.append(LeaseChange::Kind::kPut, record);
    log.remember(testing::duid(round), data);
    log.append(LeaseChange::Kind::kDelete, record, true);
    unsigned seen = 0;
    const uint64_t last = log.drain(100, [&](const LeaseChange& change) {
      const bool remembers = seen++ % 3 == 1;
      CHECK((change.kind == LeaseChange::Kind::kRemember) == remembers);
      CHECK(change.forgets_client == (seen == 3));
      if (!remembers) return;
      CHECK(change.record.duid == testing::duid(round));
      CHECK(std::vector<std::byte>(change.client_data.begin(), change.client_data.end()) == data);
    });
    CHECK(seen == 3);
    log.publish_committed(last);
    log.publish_committed(last);  // as the committer does for a log that had nothing new
  }
}

TEST_CASE("client data that waits for the disk takes room, and gives it back") {
  ChangeLog log(1024);
  const std::vector<std::byte> data(kMaxClientData);
  size_t fitted = 0;
  for (; log.room() >= ChangeLog::kRoomToRemember; ++fitted) log.remember(testing::duid(1), data);
  CHECK(fitted > 50);
  CHECK(fitted < 1024 * ChangeLog::kBytesPerChange / kMaxClientData + 1);
  const uint64_t last = log.drain(fitted / 2, [](const LeaseChange&) {});
  CHECK(log.room() < ChangeLog::kRoomToRemember);
  log.publish_committed(last);
  CHECK(log.room() > fitted / 2 * kMaxClientData / ChangeLog::kBytesPerChange);
}

}  // namespace
}  // namespace tandem6::lease::change_log_test
