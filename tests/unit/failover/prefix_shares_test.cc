// RFC 8156 §4.2.2: whose the delegable prefixes are, and how many of them.
#include "failover/prefix_shares.h"

#include <set>

#include "tests/unit/failover/relationship_fixture.h"

namespace tandem6::failover::prefix_shares_test {
namespace {

struct Shares : PrefixShares {
  explicit Shares(FailoverRole role) : Shares(std::make_shared<lease::FailoverScope>(uint8_t{0}, "pair", role)) {}
  explicit Shares(const std::shared_ptr<lease::FailoverScope>& of)
      : PrefixShares(*of), scope(of), snapshot(snapshot_of(of)) {
    adopt(snapshot);
  }
  lease::DensePool& pool() {
    return *std::get<std::shared_ptr<lease::DensePool>>(snapshot.subnets()[0].prefix_pools[0].space);
  }
  std::shared_ptr<lease::FailoverScope> scope;
  lease::Snapshot snapshot;
};

TEST_CASE("RFC 8156 4.2.2: a block is named by the delegable prefix that it is") {
  lease::FailoverScope scope(0, "pair", FailoverRole::kPrimary);
  lease::DensePool pool(lease::LeaseType::kPrefix, testing::ip("2001:db8::"), 64, 65536);
  pool.part(scope);
  REQUIRE(pool.partition()->units_per_block() == 256);
  const LeaseKey key = block_key(pool, 3);
  CHECK(key.type == lease::LeaseType::kPrefix);
  CHECK(key.prefix_length == 56);
  CHECK(key.address == testing::ip("2001:db8:0:300::"));
}

TEST_CASE("RFC 8156 4.2.2: a book that the disk kept is in force with the configuration, for both roles") {
  for (const FailoverRole role : {FailoverRole::kPrimary, FailoverRole::kSecondary}) {
    Shares shares(role);
    shares.restore(block(2), {5});
    LeaseKey gone = block(2);
    gone.address = testing::ip("2001:db8:4000::");
    shares.restore(gone, {6});
    shares.adopt(shares.snapshot);
    for (uint32_t unit = 0; unit < 16; ++unit) {
      CHECK(shares.pool().taken(unit) == ((unit == 2) != (role == FailoverRole::kSecondary)));
    }
    CHECK(shares.is_known(block(2)));
    CHECK_FALSE(shares.is_known(gone));
    CHECK(shares.backups().size() == 2);  // the pool may come again
    const auto counts = shares.counts();
    REQUIRE(counts.size() == 1);
    CHECK(counts[0].ours == (role == FailoverRole::kPrimary ? 15 : 1));
    CHECK(counts[0].partners == (role == FailoverRole::kPrimary ? 1 : 15));
  }
}

TEST_CASE("RFC 8156 4.2.2: when a pool has another size, what shares space with the secondary's is the secondary's") {
  // Of 16 blocks of a prefix each; block(n) is one of them.
  const auto book_of = [](FailoverRole role, uint8_t length) {
    Shares shares(role);
    LeaseKey before = block(4);
    before.prefix_length = length;
    shares.restore(before, {7});
    const bool changed = shares.adopt(shares.snapshot);
    CHECK(changed == (role == FailoverRole::kPrimary));
    std::vector<LeaseKey> backups;
    for (const auto& [key, since] : shares.backups()) {
      CHECK(since == (changed ? AbsoluteTime{} : AbsoluteTime{7}));
      backups.push_back(key);
      CHECK(shares.is_confirmed(key) != changed);
    }
    return std::pair(backups, shares.counts().at(0).ours);
  };
  const uint8_t length = block(4).prefix_length;
  // It was smaller: its block was larger, or smaller, than those now.
  const auto [four, ours_beside_four] = book_of(FailoverRole::kPrimary, static_cast<uint8_t>(length - 2));
  CHECK(four == std::vector<LeaseKey>{block(4), block(5), block(6), block(7)});
  CHECK(ours_beside_four == 12);
  const auto [one, ours_beside_one] = book_of(FailoverRole::kPrimary, static_cast<uint8_t>(length + 2));
  CHECK(one == std::vector<LeaseKey>{block(4)});
  CHECK(ours_beside_one == 15);
  // The secondary has no right to more than it was given.
  const auto [kept, ours] = book_of(FailoverRole::kSecondary, static_cast<uint8_t>(length - 2));
  CHECK(kept.size() == 1);
  CHECK(ours == 0);
}

TEST_CASE("pools of another relationship, or of none, are left alone") {
  Shares shares(FailoverRole::kPrimary);
  const lease::FailoverScope elsewhere(1, "other", FailoverRole::kPrimary);
  PrefixShares other(elsewhere);
  other.adopt(shares.snapshot);
  CHECK_FALSE(other.is_known(block(2)));
  CHECK(other.counts().empty());
  other.settle(block(2), true);
  CHECK_FALSE(shares.pool().taken(2));
}

TEST_CASE("RFC 8156 4.2.2: who allocates from a block: whose it is, while it does not move") {
  for (const FailoverRole role : {FailoverRole::kPrimary, FailoverRole::kSecondary}) {
    Shares shares(role);
    const bool is_primary = role == FailoverRole::kPrimary;
    for (const bool is_backup : {true, false}) {
      is_backup ? shares.enter(block(2), {1}) : shares.strike(block(2));
      for (const bool is_moving : {true, false}) {
        shares.settle(block(2), is_moving);
        CHECK(shares.pool().is_block_partners(2) == (is_moving || is_backup == is_primary));
      }
    }
  }
}

TEST_CASE("a block that is open already stays as it is: a worker has taken a prefix and is about to lease it") {
  Shares shares(FailoverRole::kPrimary);
  REQUIRE(shares.pool().claim_from(2) == 2);
  shares.settle(block(2), false);
  CHECK(shares.pool().taken(2));
}

TEST_CASE("RFC 8156 4.2.2: the secondary is given its share of what is free") {
  for (const auto& [percent, given] : {std::pair{0U, 0U}, {25U, 4U}, {50U, 8U}, {100U, 16U}}) {
    Shares shares(FailoverRole::kPrimary);
    const auto moves = shares.balance(percent);
    CHECK(moves.give.size() == given);
    CHECK(moves.ask_back.empty());
    std::set<LeaseKey, PrefixShares::Before> distinct(moves.give.begin(), moves.give.end());
    CHECK(distinct.size() == given);
  }
}

TEST_CASE("RFC 8156 4.2.2: a balance that was struck stays, small differences move nothing") {
  Shares shares(FailoverRole::kPrimary);
  for (const LeaseKey& key : shares.balance(50).give) {
    shares.enter(key, {1});
    shares.settle(key, false);
  }
  CHECK(shares.balance(50).give.empty());
  CHECK(shares.balance(50).ask_back.empty());
  // One prefix leased of the secondary's: 8 to 7.
  for (uint32_t unit = 0; unit < 16; ++unit) {
    if (!shares.pool().partition()->is_partners(unit)) continue;
    shares.pool().mark(unit);
    break;
  }
  CHECK(shares.balance(50).give.empty());
}

TEST_CASE("RFC 8156 4.2.2: what the secondary has too much is asked back, leased prefixes do not count") {
  Shares shares(FailoverRole::kPrimary);
  for (uint8_t number = 0; number < 12; ++number) {
    shares.enter(block(number), {1});
    shares.settle(block(number), false);
  }
  auto moves = shares.balance(50);
  CHECK(moves.give.empty());
  CHECK(moves.ask_back.size() == 4);
  for (const LeaseKey& key : moves.ask_back) CHECK(shares.is_backup(key));
  // 12 and 4; eight of the twelve leased: 4 and 4.
  for (uint32_t unit = 0; unit < 8; ++unit) shares.pool().mark(unit);
  moves = shares.balance(50);
  CHECK(moves.ask_back.empty());
  CHECK(moves.give.empty());
  // Two more: 2 and 4. A block without anything free is not moved.
  for (uint32_t unit = 8; unit < 12; ++unit) shares.pool().mark(unit);
  moves = shares.balance(50);
  CHECK(moves.ask_back.empty());
  CHECK(moves.give.size() == 2);
  for (const LeaseKey& key : moves.give) CHECK_FALSE(shares.is_backup(key));
}

TEST_CASE("RFC 8156 4.2.2: blocks of several prefixes are moved as a whole, when that brings the balance nearer") {
  auto shared = std::make_shared<lease::FailoverScope>(uint8_t{0}, "pair", FailoverRole::kPrimary);
  lease::Subnet subnet;
  subnet.id = 1;
  subnet.prefix = Ipv6Prefix::parse("2001:db8:1::/64").value();
  subnet.counters = std::make_shared<lease::SubnetCounters>(1);
  subnet.failover = shared;
  auto space =
      std::make_shared<lease::DensePool>(lease::LeaseType::kPrefix, testing::ip("2001:db8::"), uint8_t{64}, 65536U);
  space->part(*shared);
  lease::Pool pool;
  pool.type = lease::LeaseType::kPrefix;
  pool.unit_length = 64;
  pool.first = testing::ip("2001:db8::");
  pool.last = testing::ip("2001:db8:0:ffff:ffff:ffff:ffff:ffff");
  pool.space = space;
  subnet.prefix_pools = {pool};
  lease::Snapshot::Content content;
  content.server_duid = client(9);
  content.subnets = {subnet};
  const lease::Snapshot snapshot(std::move(content));
  PrefixShares shares(*shared);
  shares.adopt(snapshot);
  CHECK(shares.balance(50).give.size() == 128);
  CHECK(shares.balance(1).give.empty());  // 655 of 65536: below the threshold of a twentieth
  CHECK(shares.balance(10).give.size() == 26);
}

}  // namespace
}  // namespace tandem6::failover::prefix_shares_test
