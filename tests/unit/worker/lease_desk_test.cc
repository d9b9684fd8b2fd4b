// The failover reactor's desk with two workers: what the partner says reaches the shards that it is about, in order,
// and is answered when the disk has it. Under the thread sanitizer.
#include "tools/tandem6d/lease_desk.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "tests/support/server_fixture.h"

namespace tandem6::daemon::lease_desk_test {
namespace {

using failover::IncomingUpdate;
using lease::BindingStatus;
using wire::StatusCode;

constexpr AbsoluteTime kNow{800'000'000};

Duid duid(uint32_t number) {
  MacAddress mac{};
  for (unsigned i = 0; i < 4; ++i) mac[2 + i] = static_cast<std::byte>(number >> 8 * i);
  return Duid::make_ll(mac);
}

unsigned owner_of(const Duid& client) {
  return lease::ShardGroup::owner_of(lease::shard_of(lease::duid_hash(client.bytes())), 2);
}

/// A client of that worker's shards.
Duid client_of(unsigned worker, uint32_t from) {
  while (owner_of(duid(from)) != worker) ++from;
  return duid(from);
}

/// Two workers' loops with shards, and a committer that needs no disk.
class World {
 public:
  World()
      : scope_(std::make_shared<lease::FailoverScope>(uint8_t{0}, "pair", lease::FailoverRole::kSecondary)),
        snapshot_(make_snapshot()) {
    for (unsigned number = 0; number < 2; ++number) {
      groups_.push_back(std::make_unique<lease::ShardGroup>(number, 2, lease::HashKey{1, 2}, 256, 256));
      rings_.push_back(std::make_unique<worker::JobRing>());
    }
    desk_ = std::make_unique<LeaseDesk>(
        std::vector<LeaseDesk::WorkerEnd>{{groups_[0].get(), rings_[0].get()}, {groups_[1].get(), rings_[1].get()}});
    for (unsigned number = 0; number < 2; ++number) threads_.emplace_back([this, number] { work(number); });
    threads_.emplace_back([this] { commit(); });
  }
  ~World() {
    stop_.store(true);
    for (std::thread& thread : threads_) thread.join();
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void send(const Duid& client, std::string_view address, BindingStatus status, int32_t when) {
    IncomingUpdate incoming;
    incoming.token = sent_++;
    incoming.update.client = client;
    incoming.update.base_time = kNow;
    failover::LeaseUpdate& lease = incoming.update.leases.emplace_back();
    lease.key = {lease::LeaseType::kAddress, 128, testing::ip(address)};
    lease.preferred = Seconds{500};
    lease.valid = Seconds{1000};
    lease.status = status;
    lease.start_of_state = {kNow.since_2000 + static_cast<uint32_t>(when)};
    lease.client_contact = lease.start_of_state;
    if (status == BindingStatus::kActive) {
      lease.state_expiration = lease.start_of_state + lease.valid;
      lease.partner_lifetime = lease.state_expiration;
    }
    desk_->apply(scope_, std::move(incoming), [this](IncomingUpdate done) { answers_.push_back(std::move(done)); });
  }
  const std::vector<IncomingUpdate>& wait() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (answers_.size() < sent_ && std::chrono::steady_clock::now() < end) {
      if (desk_->poll() == 0) std::this_thread::yield();
    }
    REQUIRE(answers_.size() == sent_);
    return answers_;
  }
  /// The client that holds the address, by what each worker says; nothing when nobody does. Fails when two do.
  std::optional<Duid> holder(std::string_view address) {
    const lease::LeaseKey key{lease::LeaseType::kAddress, 128, testing::ip(address)};
    std::array<std::optional<Duid>, 2> found;
    bool finished = false;
    desk_->run_everywhere(
        [&](unsigned worker, const lease::ErrandPlace& place) {
          lease::Lease* lease = place.leases.find_anywhere(key);
          if (lease != nullptr) found[worker] = place.leases.shard(lease->shard).record_of(*lease).duid;
        },
        [&] { finished = true; });
    while (!finished) desk_->poll();
    CHECK_FALSE((found[0] && found[1]));
    return found[0] ? found[0] : found[1];
  }

 private:
  std::shared_ptr<lease::Snapshot> make_snapshot() {
    lease::Subnet subnet = testing::subnet(1, "2001:db8:1::/64");
    subnet.counters = std::make_shared<lease::SubnetCounters>(2);
    subnet.failover = scope_;
    lease::Pool pool;
    pool.first = testing::ip("2001:db8:1::");
    pool.last = testing::ip("2001:db8:1::3fff");
    pool.space = book_.dense(lease::LeaseType::kAddress, pool.first, 128, 0x4000, scope_.get());
    subnet.address_pools.push_back(std::move(pool));
    lease::Snapshot::Content content;
    content.subnets.push_back(std::move(subnet));
    return std::make_shared<lease::Snapshot>(std::move(content));
  }
  void work(unsigned number) {
    groups_[number]->adopt_by_this_thread();
    while (!stop_.load()) {
      groups_[number]->settle(*snapshot_);
      if (rings_[number]->run({*groups_[number], *snapshot_, kNow}) == 0) std::this_thread::yield();
    }
  }
  // Slowly, so that logs of 256 places are full now and then.
  void commit() {
    while (!stop_.load()) {
      for (const auto& group : groups_) {
        group->log().publish_committed(group->log().drain(64, [](const lease::LeaseChange&) {}));
      }
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  }

  std::shared_ptr<lease::FailoverScope> scope_;
  lease::PoolBook book_;
  std::shared_ptr<lease::Snapshot> snapshot_;
  std::vector<std::unique_ptr<lease::ShardGroup>> groups_;
  std::vector<std::unique_ptr<worker::JobRing>> rings_;
  std::unique_ptr<LeaseDesk> desk_;
  std::vector<IncomingUpdate> answers_;
  uint64_t sent_ = 0;
  std::atomic<bool> stop_{false};
  std::vector<std::thread> threads_;
};

std::string address(uint32_t number) {
  return Ipv6Address::from_number(testing::ip("2001:db8:1::").number() + number).to_string();
}

TEST_CASE("RFC 8156 7.5.2: more updates than the logs have room for are all applied, each client's in their order") {
  World world;
  constexpr uint32_t kClients = 600;
  for (uint32_t i = 0; i < kClients; ++i) world.send(duid(i), address(2 * i + 1), BindingStatus::kActive, 0);
  for (uint32_t i = 0; i < kClients; ++i) {
    if (i % 2 == 0) world.send(duid(i), address(2 * i + 1), BindingStatus::kReleased, 50);
  }
  for (const IncomingUpdate& answer : world.wait()) REQUIRE(answer.update.leases[0].verdict == StatusCode::kSuccess);
  for (uint32_t i = 0; i < kClients; ++i) {
    const auto holder = world.holder(address(2 * i + 1));
    CHECK(holder == (i % 2 == 0 ? std::nullopt : std::optional(duid(i))));
  }
}

TEST_CASE("RFC 8156 7.5.4: a lease that a client of another worker holds is judged there, and makes room") {
  World world;
  const Duid before = client_of(0, 1000);
  const Duid after = client_of(1, 2000);
  world.send(before, "2001:db8:1::11", BindingStatus::kActive, 0);
  world.wait();
  world.send(after, "2001:db8:1::11", BindingStatus::kActive, 100);
  CHECK(world.wait().back().update.leases[0].verdict == StatusCode::kSuccess);
  CHECK(world.holder("2001:db8:1::11") == after);
}

TEST_CASE("RFC 8156 7.5.4: a client of another worker keeps a lease that the update is outdated for") {
  World world;
  const Duid holder = client_of(0, 1000);
  world.send(holder, "2001:db8:1::13", BindingStatus::kActive, 0);
  world.wait();
  // EXPIRED of a lease that has not expired: time(1).
  world.send(client_of(1, 2000), "2001:db8:1::13", BindingStatus::kExpired, 0);
  CHECK(world.wait().back().update.leases[0].verdict == StatusCode::kOutdatedBindingInformation);
  CHECK(world.holder("2001:db8:1::13") == holder);
}

}  // namespace
}  // namespace tandem6::daemon::lease_desk_test
