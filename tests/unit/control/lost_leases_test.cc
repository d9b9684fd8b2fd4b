#include "control/lost_leases.h"

#include <doctest/doctest.h>

#include "tests/unit/control/fixtures.h"

namespace tandem6::control::lost_leases_test {
namespace {

constexpr const char* kDuid = "00:03:00:01:02:00:00:00:0a:01";

PoolConfig addresses(std::string_view first, std::string_view last) {
  return {lease::LeaseType::kAddress, ip(first), ip(last), 128, {}, ""};
}

PoolConfig prefixes(std::string_view first, std::string_view last, uint8_t length) {
  return {lease::LeaseType::kPrefix, ip(first), ip(last), length, {}, ""};
}

Configuration with_pools(const std::vector<PoolConfig>& pools) {
  Configuration configuration;
  configuration.subnets.emplace_back().pools = pools;
  return configuration;
}

std::map<uint32_t, uint64_t> lost(FakeServer& server, const Configuration& now, const Configuration& next) {
  const auto loss = count_lost_leases(server.store(), now, next, server.now());
  REQUIRE(loss);
  CHECK(loss->complete);
  return loss->by_subnet;
}

using Losses = std::map<uint32_t, uint64_t>;

TEST_CASE("reload guard: leases of a pool that goes or shrinks are counted by subnet, at its very edges too") {
  FakeServer server;
  server.put({address_lease("2001:db8:1::10", kDuid), address_lease("2001:db8:1::17", kDuid),
              address_lease("2001:db8:1::18", kDuid), address_lease("2001:db8:1::1f", kDuid, 2),
              address_lease("2001:db8:1::20", kDuid)});
  const Configuration now = with_pools({addresses("2001:db8:1::10", "2001:db8:1::1f")});
  CHECK(lost(server, now, now).empty());
  CHECK(lost(server, now, with_pools({})) == Losses{{1, 3}, {2, 1}});
  CHECK(lost(server, now, with_pools({addresses("2001:db8:1::18", "2001:db8:1::2f")})) == Losses{{1, 2}});
  CHECK(lost(server, now, with_pools({addresses("2001:db8:1::", "2001:db8:1::17")})) == Losses{{1, 1}, {2, 1}});
  CHECK(lost(server, now, with_pools({addresses("2001:db8:1::11", "2001:db8:1::1e")})) == Losses{{1, 1}, {2, 1}});
  CHECK(lost(server, now,
             with_pools({addresses("2001:db8:1::10", "2001:db8:1::10"), addresses("2001:db8:1::18", "2001:db8:1::18"),
                         addresses("2001:db8:1::1f", "2001:db8:1::1f")})) == Losses{{1, 1}});
}

TEST_CASE("reload guard: a pool that is divided, or joined, or given another subnet id loses nothing") {
  FakeServer server;
  server.put({address_lease("2001:db8:1::17", kDuid), address_lease("2001:db8:1::18", kDuid)});
  const Configuration whole = with_pools({addresses("2001:db8:1::10", "2001:db8:1::1f")});
  const Configuration halves =
      with_pools({addresses("2001:db8:1::18", "2001:db8:1::1f"), addresses("2001:db8:1::10", "2001:db8:1::17")});
  CHECK(lost(server, whole, halves).empty());
  CHECK(lost(server, halves, whole).empty());
}

TEST_CASE("reload guard: prefixes of a pool whose delegated-len changes are lost, those of another pool are not") {
  FakeServer server;
  server.put({prefix_lease("2001:db8:f000:100::", 56, kDuid), prefix_lease("2001:db8:f000:200::", 56, kDuid),
              prefix_lease("2001:db8:f000:200::", 60, kDuid), address_lease("2001:db8:f000:200::", kDuid)});
  const Configuration now = with_pools({prefixes("2001:db8:f000::", "2001:db8:f000:ffff:ffff:ffff:ffff:ffff", 56)});
  const Configuration longer = with_pools({prefixes("2001:db8:f000::", "2001:db8:f000:ffff:ffff:ffff:ffff:ffff", 60)});
  CHECK(lost(server, now, longer) == Losses{{1, 2}});
  CHECK(lost(server, longer, now) == Losses{{1, 1}});
}

TEST_CASE("reload guard: what is not in use is not lost: ended leases and declined addresses") {
  FakeServer server;
  lease::LeaseRecord ended = address_lease("2001:db8:1::11", kDuid);
  ended.last_contact = AbsoluteTime::from_unix(server.clock - 5000);
  lease::LeaseRecord declined = address_lease("2001:db8:1::12", kDuid);
  declined.status = lease::BindingStatus::kAbandoned;
  lease::LeaseRecord eternal = address_lease("2001:db8:1::13", kDuid);
  eternal.last_contact = AbsoluteTime::from_unix(server.clock - 5000);
  eternal.valid = kInfinity;
  server.put({ended, declined, eternal});
  CHECK(lost(server, with_pools({addresses("2001:db8:1::10", "2001:db8:1::1f")}), with_pools({})) == Losses{{1, 1}});
}

TEST_CASE("reload guard: a reserved address outside of all pools is lost with its reservation") {
  FakeServer server;
  server.put({address_lease("2001:db8:1::99", kDuid)});
  Configuration now = with_pools({addresses("2001:db8:1::10", "2001:db8:1::1f")});
  const Configuration next = now;
  lease::Reservation reservation;
  reservation.units = {{lease::LeaseType::kAddress, 128, ip("2001:db8:1::99")}};
  now.reservations.push_back(reservation);
  CHECK(lost(server, now, next) == Losses{{1, 1}});
  CHECK(lost(server, now, with_pools({addresses("2001:db8:1::10", "2001:db8:1::ff")})).empty());
}

TEST_CASE("reload guard: a space up to the very last address, and thousands of small ones, come to an end") {
  FakeServer server;
  std::vector<lease::LeaseRecord> records;
  std::vector<PoolConfig> pools = {addresses("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")};
  for (unsigned i = 0; i < 12'000; ++i) {
    const std::string address = "2001:db8:1::" + std::to_string(i % 10'000) + ":" + std::to_string(2 * (i / 10'000));
    records.push_back(address_lease(address, kDuid));
    if (i % 2 == 0) pools.push_back(addresses(address, address));
  }
  server.put(records);
  CHECK(lost(server, with_pools(pools), with_pools({})) == Losses{{1, 6000}});
}

TEST_CASE("reload guard: its sentences") {
  CHECK(describe({{{3, 1}, {4, 20}}, true}) ==
        std::vector<std::string>{
            "subnet 3: 1 lease is in no pool any more: its client gets lifetimes 0 at the next renew",
            "subnet 4: 20 leases are in no pool any more: their clients get lifetimes 0 at the next renew"});
  CHECK(has(describe({{{3, 1}}, false}).front(), "at least 1 lease"));
}

}  // namespace
}  // namespace tandem6::control::lost_leases_test
