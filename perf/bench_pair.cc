// failover.md §3: bindings a second that the partner stores, and how long it takes to hold everything again. Two
// servers in one process, each with its database, committer, worker thread and failover reactor, joined by TCP on
// loopback; leases are made by the worker itself, without a NIC.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "control/log.h"
#include "dataplane/lease/engine.h"
#include "dataplane/wire/require.h"
#include "dataplane/worker/job_ring.h"
#include "storage/committer.h"
#include "storage/store.h"
#include "tools/tandem6d/failover_reactor.h"

using namespace tandem6;
using Clock = std::chrono::steady_clock;

namespace {

constexpr size_t kLogCapacity = 16384;

struct Options {
  uint64_t bindings = 300'000;
  uint64_t stored = 1'000'000;
  uint32_t window = 4096;
  std::string directory = "/var/tmp";
};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

AbsoluteTime now() { return AbsoluteTime::from_unix(std::time(nullptr)); }

Duid client_duid(uint64_t number) {
  std::array<std::byte, 14> bytes{std::byte{0}, std::byte{1}, std::byte{0}, std::byte{1}};
  wire::store_be64(bytes.data() + 6, number * 0x9e3779b97f4a7c15);
  return *Duid::from_bytes(bytes);
}

/// One server without a NIC.
class MiniServer {
 public:
  MiniServer(const std::string& path, lease::FailoverRole role, uint16_t port, uint32_t window)
      : scope_(std::make_shared<lease::FailoverScope>(uint8_t{0}, "pair", role)),
        snapshot_(make_snapshot()),
        group_(0, 1, {1, 2}, kLogCapacity, kLogCapacity) {
    auto store = storage::Store::open(path);
    require(store.has_value(), "the database opens");
    store_ = std::move(*store);
    const auto loaded = store_->load([&](const lease::LeaseRecord& record) { group_.load(record, *snapshot_); });
    require(loaded.has_value(), "the leases load");
    daemon::FailoverReactor::Setup setup;
    failover::RelationshipSettings settings;
    settings.name = "pair";
    settings.role = role;
    settings.partner = *Ipv6Address::parse("::1");
    settings.local = *Ipv6Address::parse("::1");
    settings.port = port;
    settings.startup = Seconds{3};
    settings.max_unacked = window;
    setup.relationships = {settings};
    setup.scopes = {scope_};
    setup.workers = {{.leases = &group_, .jobs = &jobs_}};
    setup.store = store_.get();
    setup.snapshot = snapshot_;
    setup.management = &management_;
    auto reactor = daemon::FailoverReactor::make(std::move(setup));
    require(reactor.has_value(), "the reactor starts: is the port free?");
    reactor_ = std::move(*reactor);
    committer_ = std::make_unique<storage::Committer>(*store_, std::vector{&group_.log()}, storage::Durability::kSync);
    committer_->start();
    management_thread_ = std::thread([this] { management_.run(); });
    worker_ = std::thread([this] { work(); });
    reactor_->start();
  }
  ~MiniServer() {
    reactor_->stop();
    stopping_.store(true);
    worker_.join();
    committer_->stop();
    guard_.reset();
    management_.stop();
    management_thread_.join();
    reactor_.reset();
  }
  MiniServer(const MiniServer&) = delete;
  MiniServer& operator=(const MiniServer&) = delete;

  failover::RelationshipStatus status() { return reactor_->status().front(); }
  /// The worker makes so many bindings, each an address for a client of its own, as fast as the log takes them.
  void make_bindings(uint64_t first, uint64_t count) {
    next_.store(first);
    end_.store(first + count);
  }
  bool has_made_them() const { return made_.load() == end_.load(); }
  uint64_t bindings() const { return made_.load(); }
  uint64_t leases() const { return lease_count_.load(); }
  uint64_t pending() const { return committer_->status().pending; }

 private:
  std::shared_ptr<lease::Snapshot> make_snapshot() {
    lease::Subnet subnet;
    subnet.id = 1;
    subnet.prefix = *Ipv6Prefix::parse("2001:db8::/32");
    subnet.counters = std::make_shared<lease::SubnetCounters>(1);
    subnet.failover = scope_;
    const Ipv6Prefix addresses = *Ipv6Prefix::parse("2001:db8:1::/64");
    subnet.address_pools.push_back({.type = lease::LeaseType::kAddress,
                                    .unit_length = 128,
                                    .first = addresses.address,
                                    .last = addresses.last(),
                                    .space = book_.sparse(addresses.address, addresses.last()),
                                    .options = {},
                                    .text = "addresses"});
    lease::Snapshot::Content content;
    content.server_duid = client_duid(~uint64_t{0});
    content.search_key = {3, 4};
    content.subnets.push_back(std::move(subnet));
    return std::make_shared<lease::Snapshot>(std::move(content));
  }

  void work() {
    group_.adopt_by_this_thread();
    const lease::Terms terms{Seconds{3000}, Seconds{4000}, Seconds{5500}};
    unsigned idle = 0;
    while (!stopping_.load(std::memory_order_relaxed)) {
      const lease::ErrandPlace place{group_, *snapshot_, now()};
      unsigned done = jobs_.run(place);
      for (unsigned burst = 0; burst < 32 && next_.load(std::memory_order_relaxed) < end_.load(); ++burst) {
        if (group_.log().room() < 64) break;
        bind(next_.fetch_add(1), terms, place.now);
        ++done;
      }
      group_.settle(*snapshot_);
      lease_count_.store(group_.lease_count(), std::memory_order_relaxed);
      idle = done == 0 ? idle + 1 : 0;
      if (idle > 64) std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
  }
  void bind(uint64_t number, const lease::Terms& terms, AbsoluteTime when) {
    const Duid duid = client_duid(number);
    lease::Request request;
    request.client_duid = duid.bytes();
    request.duid_hash = lease::duid_hash(request.client_duid);
    const lease::UnitWish wish{.type = lease::LeaseType::kAddress, .iaid = 1};
    require(group_.allocate(request, snapshot_->subnets().front(), *snapshot_, wish, terms, when) != nullptr,
            "the pool has room");
    made_.fetch_add(1);
  }

  std::shared_ptr<lease::FailoverScope> scope_;
  lease::PoolBook book_;
  std::shared_ptr<lease::Snapshot> snapshot_;
  lease::ShardGroup group_;
  worker::JobRing jobs_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<storage::Committer> committer_;
  asio::io_context management_;
  asio::executor_work_guard<asio::io_context::executor_type> guard_{management_.get_executor()};
  std::unique_ptr<daemon::FailoverReactor> reactor_;
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> next_{0}, end_{0}, made_{0}, lease_count_{0};
  std::thread management_thread_, worker_;
};

void wait_until(const std::string& what, const std::function<bool()>& condition) {
  const auto start = Clock::now();
  while (!condition()) {
    if (seconds_since(start) > 300) {
      fmt::print(stderr, "waited in vain for: {}\n", what);
      std::exit(1);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void reach_normal(MiniServer& a, MiniServer& b) {
  wait_until("NORMAL", [&] {
    return a.status().state == failover::State::kNormal && b.status().state == failover::State::kNormal;
  });
}

/// All that the primary has made is acked, none of it waits for a scan.
bool is_replicated(MiniServer& primary, MiniServer& secondary) {
  const failover::RelationshipStatus status = primary.status();
  return status.backlog == 0 && status.unacked == 0 && secondary.leases() >= primary.leases();
}

void run(const Options& options) {
  namespace fs = std::filesystem;
  const fs::path root = fs::path(options.directory) / fmt::format("bench-pair-{}", getpid());
  fs::create_directories(root);
  const auto port = static_cast<uint16_t>(20000 + getpid() % 20000);
  const auto server = [&](const char* name, lease::FailoverRole role) {
    return std::make_unique<MiniServer>((root / name).string(), role, port, options.window);
  };
  auto secondary = server("b", lease::FailoverRole::kSecondary);
  auto primary = server("a", lease::FailoverRole::kPrimary);
  reach_normal(*primary, *secondary);

  auto start = Clock::now();
  primary->make_bindings(0, options.bindings);
  wait_until("the bindings", [&] { return primary->has_made_them() && primary->pending() == 0; });
  const double made = seconds_since(start);
  wait_until("the acks", [&] { return is_replicated(*primary, *secondary); });
  const double replicated = seconds_since(start);
  const failover::RelationshipStatus status = primary->status();
  fmt::print("{} bindings: made and stored in {:.2f} s, stored by the partner and acked in {:.2f} s\n",
             options.bindings, made, replicated);
  fmt::print("P-pair-1: {:.0f} bindings/s replicated and stored by the partner (goal: 150000); lag {} ms\n",
             static_cast<double>(options.bindings) / replicated, status.lag_milliseconds);

  if (options.stored > options.bindings) {
    primary->make_bindings(options.bindings, options.stored - options.bindings);
    wait_until("more bindings", [&] { return primary->has_made_them() && primary->pending() == 0; });
    wait_until("the acks", [&] { return is_replicated(*primary, *secondary); });
  }
  secondary.reset();
  fs::remove_all(root / "b");
  secondary = server("b", lease::FailoverRole::kSecondary);
  wait_until("the partner", [&] { return secondary->status().communicating; });
  start = Clock::now();
  wait_until("UPDDONE", [&] {
    const failover::State state = secondary->status().state;
    return state == failover::State::kRecoverWait || state == failover::State::kRecoverDone ||
           state == failover::State::kNormal;
  });
  fmt::print("P-pair-2: {} bindings held again {:.2f} s after UPDREQALL by an empty disk (goal: 10 s for 1000000)\n",
             secondary->leases(), seconds_since(start));
  primary.reset();
  secondary.reset();
  fs::remove_all(root);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"bench_pair: how fast a failover partner is kept up to date, and brought up to date"};
  Options options;
  app.add_option("--bindings", options.bindings, "Bindings made in NORMAL")->capture_default_str();
  app.add_option("--stored", options.stored, "Bindings that the empty partner asks for")->capture_default_str();
  app.add_option("--window", options.window, "max-unacked-bndupd of both")->capture_default_str();
  app.add_option("--directory", options.directory, "Where the databases lie: a disk")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  run(options);
  return 0;
}
