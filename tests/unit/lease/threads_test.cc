// What several threads do to one structure at once. Run it under -Db_sanitize=thread as well.
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "dataplane/lease/change_log.h"
#include "dataplane/lease/dense_pool.h"
#include "dataplane/lease/sparse_pool.h"
#include "tests/unit/lease/structures_fixture.h"

namespace tandem6::lease::threads_test {
namespace {

constexpr unsigned kThreads = 4;

template <typename Work>
void run_threads(const Work& work) {
  std::vector<std::thread> threads;
  for (unsigned number = 0; number < kThreads; ++number) threads.emplace_back([&work, number] { work(number); });
  for (std::thread& thread : threads) thread.join();
}

TEST_CASE("threads that claim at once use a pool to its last unit, each unit once") {
  for (const uint32_t count : {64U, 100U, 4096U, 70000U}) {
    CAPTURE(count);
    DensePool pool(LeaseType::kAddress, testing::address("2001:db8::"), 128, count);
    std::vector<std::atomic<unsigned>> claims(count);
    run_threads([&](unsigned number) {
      std::mt19937_64 random(number);
      while (const auto unit = pool.claim_from(random())) ++claims[*unit];
    });
    CHECK(pool.count_taken() == count);
    unsigned wrong = 0;
    for (const auto& each : claims) wrong += each != 1 ? 1 : 0;
    CHECK(wrong == 0);
  }
}

TEST_CASE("claims and releases around a full pool never lose a unit and never give one twice") {
  // Small pools, nearly always full: every claim fills a word and every release opens one, up to the top level.
  for (const uint32_t count : {1U, 3U, 64U, 130U, 4097U}) {
    CAPTURE(count);
    DensePool pool(LeaseType::kAddress, testing::address("2001:db8::"), 128, count);
    for (uint32_t unit = 2; unit < count; ++unit) pool.claim(unit);
    std::vector<std::atomic<unsigned>> holders(count);
    std::atomic<unsigned> doubles{0};
    run_threads([&](unsigned number) {
      std::mt19937_64 random(number + 10);
      for (int i = 0; i < 20000; ++i) {
        const auto unit = pool.claim_from(random());
        if (!unit) continue;
        if (holders[*unit].fetch_add(1) != 0) ++doubles;
        holders[*unit].fetch_sub(1);
        pool.release(*unit);
      }
    });
    CHECK(doubles == 0);
    // Whatever was stale on the way: now the free units are found, from anywhere, and no others.
    const uint32_t left = count < 2 ? count : 2;
    for (uint32_t start = 0; start < count; start += 1 + count / 7) CHECK(pool.find_from(start));
    for (uint32_t i = 0; i < left; ++i) CHECK(pool.claim_from(count / 2));
    CHECK_FALSE(pool.claim_from(0));
    CHECK(pool.count_taken() == count);
  }
}

// RFC 8156 §4.2.2: blocks change hands while workers lease from them and while leases of the partner's come in.
TEST_CASE(
    "blocks that are given and taken back around claims, marks and releases: no unit has two clients, none is lost") {
  const FailoverScope scope(0, "pair", FailoverRole::kPrimary);
  for (const uint8_t length : {58, 64, 66}) {
    CAPTURE(length);
    const uint32_t count = 1U << (length - 56);
    DensePool pool(LeaseType::kPrefix, testing::address("2001:db8::"), length, count);
    pool.part(scope);
    std::vector<std::atomic<unsigned>> holders(count);
    std::atomic<unsigned> doubles{0};
    std::atomic<bool> done{false};
    std::thread reactor([&] {
      std::mt19937_64 random(1);
      while (!done) {
        const auto block = static_cast<uint32_t>(random() % pool.partition()->blocks());
        if (pool.is_block_partners(block)) {
          pool.take_block(block);
        } else {
          pool.give_block(block);
        }
      }
    });
    run_threads([&](unsigned number) {
      std::mt19937_64 random(number + 10);
      for (int i = 0; i < 60000; ++i) {
        std::optional<uint32_t> unit;
        if (number % 2 == 0) {
          unit = pool.claim_from(random());
        } else {
          const auto wanted = static_cast<uint32_t>(random() % count);
          if (random() % 2 == 0 ? pool.mark(wanted) : pool.claim(wanted)) unit = wanted;
        }
        if (!unit) continue;
        if (holders[*unit].fetch_add(1) != 0) ++doubles;
        holders[*unit].fetch_sub(1);
        pool.release(*unit);
      }
    });
    done = true;
    reactor.join();
    CHECK(doubles == 0);
    const DensePool::Shares shares = pool.count_shares();
    CHECK(shares.leased == 0);
    uint32_t claimed = 0;
    while (pool.claim_from(claimed)) ++claimed;
    CHECK(claimed == shares.ours);
    // Taking back only what is the partner's: it would mend what was lost of ours.
    for (uint32_t block = 0; block < pool.partition()->blocks(); ++block) {
      if (pool.is_block_partners(block)) pool.take_block(block);
    }
    while (pool.claim_from(claimed)) ++claimed;
    CHECK(claimed == count);
  }
}

// RFC 8156 §8.4.1: PARTNER-DOWN, and the partner comes back meanwhile.
TEST_CASE("a partner's units that are claimed while their blocks become ours have one client each") {
  const FailoverScope scope(0, "pair", FailoverRole::kSecondary);
  constexpr uint32_t kCount = 256;
  DensePool pool(LeaseType::kPrefix, testing::address("2001:db8::"), 64, kCount);
  pool.part(scope);
  std::vector<std::atomic<unsigned>> holders(kCount);
  std::atomic<unsigned> doubles{0};
  std::atomic<bool> done{false};
  std::thread reactor([&] {
    for (uint32_t turn = 0; !done; ++turn) {
      const uint32_t block = turn / 2 % kCount;
      if (turn % 2 == 0) {
        pool.take_block(block);
      } else {
        pool.give_block(block);
      }
    }
  });
  run_threads([&](unsigned number) {
    std::mt19937_64 random(number + 10);
    for (int i = 0; i < 60000; ++i) {
      const auto unit = number % 2 == 0 ? pool.claim_from(random()) : pool.claim_partners_from(random());
      if (!unit) continue;
      if (holders[*unit].fetch_add(1) != 0) ++doubles;
      holders[*unit].fetch_sub(1);
      pool.release(*unit);
    }
  });
  done = true;
  reactor.join();
  CHECK(doubles == 0);
  CHECK(pool.count_shares().leased == 0);
}

/// Two threads that take steps together: each waits here until the other has arrived at the same step.
class Lockstep {
 public:
  void arrive(unsigned self, uint32_t step) {
    arrived_[self].store(step);
    for (unsigned spins = 0; arrived_[1 - self].load() < step; ++spins) {
      if (spins > 1000) std::this_thread::yield();
    }
  }

 private:
  std::array<std::atomic<uint32_t>, 2> arrived_{};
};

TEST_CASE("a unit that is released while another thread fills its word is found: its word is not called full") {
  constexpr uint32_t kWords = 4096;
  constexpr uint32_t kRounds = 20;
  unsigned lost = 0;
  for (uint32_t round = 0; round < kRounds; ++round) {
    DensePool pool(LeaseType::kAddress, testing::address("2001:db8::"), 128, kWords * 64);
    for (uint32_t unit = 0; unit < pool.count(); ++unit) {
      if (unit % 64 != 0) pool.claim(unit);  // the first unit of each word is free
    }
    Lockstep lockstep;
    std::thread claimer([&] {
      for (uint32_t word = 0; word < kWords; ++word) {
        lockstep.arrive(0, word + 1);
        pool.claim(word * 64);
      }
    });
    for (uint32_t word = 0; word < kWords; ++word) {
      lockstep.arrive(1, word + 1);
      for (uint32_t delay = 0; delay < round; ++delay) pool.taken(delay);
      pool.release(word * 64 + 1);
    }
    claimer.join();
    for (uint32_t word = 0; word < kWords; ++word) {
      // From the word before it, behind that one's free unit: so the search has to believe the summary.
      const uint32_t start = (word + kWords - 1) % kWords * 64 + 2;
      lost += pool.find_from(start) == word * 64 + 1 ? 0 : 1;
    }
  }
  CHECK(lost == 0);
}

TEST_CASE("a committer sees a worker's changes whole, in order, none left out, through many rounds of the ring") {
  constexpr uint32_t kChanges = 100'000;
  ChangeLog log(256);
  std::thread worker([&] {
    LeaseRecord record = testing::record(testing::address_key("2001:db8::1"), testing::duid(1));
    for (uint32_t i = 1; i <= kChanges; ++i) {
      while (log.room() == 0) std::this_thread::yield();
      record.iaid = record.subnet_id = i;
      record.duid = testing::duid(i);
      log.append(i % 2 == 0 ? LeaseChange::Kind::kPut : LeaseChange::Kind::kDelete, record);
    }
  });
  uint32_t expected = 1;
  unsigned wrong = 0;
  while (expected <= kChanges) {
    const uint64_t last = log.drain(100, [&](const LeaseChange& change) {
      const auto kind = expected % 2 == 0 ? LeaseChange::Kind::kPut : LeaseChange::Kind::kDelete;
      const bool right = change.kind == kind && change.record.iaid == expected && change.record.subnet_id == expected &&
                         change.record.duid == testing::duid(expected);
      wrong += right ? 0 : 1;
      ++expected;
    });
    log.publish_committed(last);
    if (log.pending() == 0) std::this_thread::yield();
  }
  worker.join();
  CHECK(wrong == 0);
  CHECK(log.committed() == kChanges);
}

TEST_CASE("a committer sees client data whole while the worker goes on writing") {
  constexpr uint32_t kChanges = 10'000;
  ChangeLog log(4096);
  const auto data_of = [](uint32_t number) {
    return std::vector<std::byte>(number * 7919 % kMaxClientData, static_cast<std::byte>(number));
  };
  std::thread worker([&] {
    for (uint32_t i = 1; i <= kChanges; ++i) {
      while (log.room() < ChangeLog::kRoomToRemember) std::this_thread::yield();
      log.remember(testing::duid(i), data_of(i));
    }
  });
  uint32_t expected = 1;
  unsigned wrong = 0;
  while (expected <= kChanges) {
    const uint64_t last = log.drain(50, [&](const LeaseChange& change) {
      wrong += wire::same_bytes(change.client_data, data_of(expected)) ? 0 : 1;
      ++expected;
    });
    log.publish_committed(last);
    if (log.pending() == 0) std::this_thread::yield();
  }
  worker.join();
  CHECK(wrong == 0);
}

TEST_CASE("threads mark foreign addresses of one sparse pool at once, and each mark is seen") {
  SparsePool pool(testing::address("2001:db8::"), testing::address("2001:db8::ffff:ffff:ffff:ffff"));
  std::atomic<unsigned> firsts{0};
  constexpr unsigned kAddresses = 2000;
  run_threads([&](unsigned) {
    for (unsigned i = 0; i < kAddresses; ++i) {
      const Ipv6Address address = Ipv6Address::from_number(pool.first().number() + i);
      firsts += pool.mark_foreign(address) ? 1 : 0;
      if (!pool.is_foreign(address)) firsts += 1'000'000;
    }
  });
  CHECK(firsts == kAddresses);
}

TEST_CASE("loading shards from several threads counts every lease") {
  PoolBook book;
  std::vector<Subnet> subnets{testing::subnet(1, "2001:db8::/64")};
  subnets[0].address_pools = {testing::address_pool(book, "2001:db8::", "2001:db8::f:ffff")};
  const auto counters = subnets[0].counters;
  const Snapshot snapshot = testing::snapshot(std::move(subnets));
  ShardGroup group(0, 1, testing::kTableKey, 8);
  constexpr uint32_t kLeases = 20'000;
  run_threads([&](unsigned number) {
    for (uint32_t i = 0; i < kLeases; ++i) {
      const Duid client = testing::duid(i);
      if (shard_of(duid_hash(client.bytes())) % kThreads != number) continue;
      const LeaseKey key{LeaseType::kAddress, 128,
                         Ipv6Address::from_number(testing::address("2001:db8::").number() + i)};
      group.load(testing::record(key, client), snapshot);
    }
  });
  CHECK(group.lease_count() == kLeases);
  CHECK(counters->cells[0].addresses == int64_t{kLeases});
  CHECK(std::get<std::shared_ptr<DensePool>>(snapshot.subnets()[0].address_pools[0].space)->count_taken() == kLeases);
}

}  // namespace
}  // namespace tandem6::lease::threads_test
