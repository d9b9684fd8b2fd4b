// P6, P7: what a partner costs a server's clients, bindings a second that the partner stores, and how long it takes to
// hold everything again. Two servers in one process, each with its database, committer, worker thread and failover
// reactor, joined by TCP on loopback; leases are made by the worker itself, without a NIC.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "control/log.h"
#include "dataplane/lease/engine.h"
#include "dataplane/wire/require.h"
#include "dataplane/worker/job_ring.h"
#include "perf/cpu_time.h"
#include "perf/figures.h"
#include "perf/network.h"
#include "storage/committer.h"
#include "storage/store.h"
#include "tools/tandem6d/failover_reactor.h"

using namespace tandem6;
using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

namespace {

constexpr size_t kLogCapacity = 16384;

struct Options {
  uint64_t bindings = 300'000;
  uint64_t stored = 1'000'000;
  uint32_t window = 4096;
  double seconds = 10;  ///< of renewals at a steady rate, with a partner and without
  uint64_t rate = 20'000;
  std::string directory = "/var/tmp";
  std::string json;
};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

AbsoluteTime now() { return AbsoluteTime::from_unix(std::time(nullptr)); }

/// One server without a NIC.
class MiniServer {
 public:
  /// No role: no failover.
  MiniServer(const std::string& path, std::optional<lease::FailoverRole> role, uint16_t port, uint32_t window)
      : scope_(role ? std::make_shared<lease::FailoverScope>(uint8_t{0}, "pair", *role) : nullptr),
        snapshot_(make_snapshot()),
        group_(0, 1, {1, 2}, kLogCapacity, kLogCapacity) {
    auto store = storage::Store::open(path);
    require(store.has_value(), "the database opens");
    store_ = std::move(*store);
    const auto loaded = store_->load([&](const lease::LeaseRecord& record) { group_.load(record, *snapshot_); });
    require(loaded.has_value(), "the leases load");
    if (role) make_reactor(*role, port, window);
    committer_ = std::make_unique<storage::Committer>(*store_, std::vector{&group_.log()}, storage::Durability::kSync);
    committer_->start();
    management_thread_ = std::thread([this] { management_.run(); });
    worker_ = std::thread([this] { work(); });
    if (reactor_) reactor_->start();
  }
  ~MiniServer() {
    if (reactor_) reactor_->stop();
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
  /// The worker makes bindings at this rate, from the one with this number on. Microseconds that each waited for the
  /// disk, sorted.
  std::vector<double> make_steadily(uint64_t first, uint64_t rate, double seconds) {
    waits_.clear();
    paced_from_ = first;
    paced_since_ = Clock::now();
    rate_.store(rate);
    make_bindings(first, static_cast<uint64_t>(static_cast<double>(rate) * seconds));
    while (!has_made_them() || waiting_.load() != 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    rate_.store(0);
    std::vector<double> waits = waits_;
    std::ranges::sort(waits);
    return waits;
  }
  /// The worker makes so many bindings, each an address for a client of its own, as fast as the log takes them.
  void make_bindings(uint64_t first, uint64_t count) {
    next_.store(first);
    end_.store(first + count);
  }
  bool has_made_them() const { return made_.load() == end_.load(); }
  uint64_t bindings() const { return made_.load(); }
  uint64_t leases() const { return lease_count_.load(); }
  uint64_t pending() const { return committer_->status().pending; }
  /// Seconds of CPU that the worker has spent on work, not on waiting for some.
  double worker_seconds() const { return busy_.load(); }

 private:
  void make_reactor(lease::FailoverRole role, uint16_t port, uint32_t window) {
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
  }
  std::shared_ptr<lease::Snapshot> make_snapshot() {
    lease::Subnet subnet;
    subnet.id = 1;
    subnet.prefix = *Ipv6Prefix::parse("2001:db8::/32");
    subnet.counters = std::make_shared<lease::SubnetCounters>(1);
    subnet.failover = scope_;
    subnet.address_pools.push_back(perf::address_pool(book_));
    lease::Snapshot::Content content;
    content.server_duid = perf::client_duid(~uint64_t{0});
    content.search_key = {3, 4};
    content.subnets.push_back(std::move(subnet));
    return std::make_shared<lease::Snapshot>(std::move(content));
  }

  void work() {
    group_.adopt_by_this_thread();
    const lease::Terms terms{Seconds{3000}, Seconds{4000}, Seconds{5500}};
    unsigned idle = 0;
    while (!stopping_.load(std::memory_order_relaxed)) {
      const double began = perf::cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
      const lease::ErrandPlace place{group_, *snapshot_, now()};
      unsigned done = jobs_.run(place);
      note_waits();
      for (unsigned burst = 0; burst < 32 && next_.load(std::memory_order_relaxed) < due(); ++burst) {
        if (group_.log().room() < 64) break;
        bind(next_.fetch_add(1), terms, place.now);
        ++done;
      }
      group_.settle(*snapshot_);
      lease_count_.store(group_.lease_count(), std::memory_order_relaxed);
      idle = done == 0 ? idle + 1 : 0;
      if (done != 0) busy_.store(busy_.load() + perf::cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - began);
      if (idle > 64) std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
  }
  /// Bindings below this number are to be made by now.
  uint64_t due() const {
    const uint64_t end = end_.load();
    const uint64_t rate = rate_.load();
    if (rate == 0) return end;
    return std::min(end, paced_from_ + static_cast<uint64_t>(seconds_since(paced_since_) * static_cast<double>(rate)));
  }
  /// What is on the disk now waited so long.
  void note_waits() {
    const uint64_t committed = group_.log().committed();
    const auto time = Clock::now();
    while (!parked_.empty() && parked_.front().sequence <= committed) {
      waits_.push_back(std::chrono::duration<double, std::micro>(time - parked_.front().made).count());
      parked_.pop_front();
    }
    waiting_.store(parked_.size());
  }
  void bind(uint64_t number, const lease::Terms& terms, AbsoluteTime when) {
    const Duid duid = perf::client_duid(number);
    lease::Request request;
    request.client_duid = duid.bytes();
    request.duid_hash = lease::duid_hash(request.client_duid);
    const lease::UnitWish wish{.type = lease::LeaseType::kAddress, .iaid = 1};
    require(group_.allocate(request, snapshot_->subnets().front(), *snapshot_, wish, terms, when) != nullptr,
            "the pool has room");
    if (rate_.load(std::memory_order_relaxed) != 0) {
      parked_.push_back({group_.log().written(), Clock::now()});
      waiting_.store(parked_.size());
    }
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
  std::atomic<double> busy_{0};

  // make_steadily()'s. The worker's own while it makes bindings.
  struct Parked {
    uint64_t sequence;
    Clock::time_point made;
  };
  std::deque<Parked> parked_;
  std::vector<double> waits_;
  uint64_t paced_from_ = 0;
  Clock::time_point paced_since_;
  std::atomic<uint64_t> rate_{0}, waiting_{0};
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

/// Servers with their databases in one directory, gone with the object.
class Benchmark {
 public:
  Benchmark(const Options& options, perf::Figures& figures)
      : options_(options),
        figures_(figures),
        root_(fs::path(options.directory) / fmt::format("bench-pair-{}", getpid())),
        port_(static_cast<uint16_t>(20000 + getpid() % 20000)) {
    fs::create_directories(root_);
  }
  ~Benchmark() { fs::remove_all(root_); }
  Benchmark(const Benchmark&) = delete;
  Benchmark& operator=(const Benchmark&) = delete;

  void run() {
    measure_alone();
    auto secondary = server("b", lease::FailoverRole::kSecondary);
    auto primary = server("a", lease::FailoverRole::kPrimary);
    reach_normal(*primary, *secondary);
    uint64_t made = measure_beside(*primary, *secondary);
    made += replicate(*primary, *secondary, made);
    if (options_.stored > made) {
      primary->make_bindings(made, options_.stored - made);
      wait_until("more bindings", [&] { return primary->has_made_them() && primary->pending() == 0; });
      wait_until("the acks", [&] { return is_replicated(*primary, *secondary); });
    }
    secondary.reset();
    fs::remove_all(root_ / "b");
    secondary = server("b", lease::FailoverRole::kSecondary);
    bring_up_to_date(*secondary);
  }

 private:
  /// A server's clients at a steady rate, and as many as it takes.
  struct Service {
    double p99 = 0;   ///< microseconds until the disk has the lease
    double rate = 0;  ///< bindings a second
    double cost = 0;  ///< microseconds of the worker's CPU a binding
  };

  std::unique_ptr<MiniServer> server(const char* name, std::optional<lease::FailoverRole> role) {
    return std::make_unique<MiniServer>((root_ / name).string(), role, port_, options_.window);
  }

  uint64_t steady_count() const { return static_cast<uint64_t>(static_cast<double>(options_.rate) * options_.seconds); }
  Service serve(MiniServer& server) {
    const std::vector<double> waits = server.make_steadily(0, options_.rate, options_.seconds);
    const auto start = Clock::now();
    const double spent = server.worker_seconds();
    const auto bindings = static_cast<double>(options_.bindings);
    server.make_bindings(steady_count(), options_.bindings);
    wait_until("the bindings", [&] { return server.has_made_them() && server.pending() == 0; });
    return {.p99 = waits.at(waits.size() * 99 / 100),
            .rate = bindings / seconds_since(start),
            .cost = (server.worker_seconds() - spent) * 1e6 / bindings};
  }

  void measure_alone() {
    const auto single = server("single", std::nullopt);
    alone_ = serve(*single);
  }

  /// Returns how many bindings were made.
  uint64_t measure_beside(MiniServer& primary, MiniServer& secondary) {
    const Service beside = serve(primary);
    wait_until("the acks", [&] { return is_replicated(primary, secondary); });
    figures_.add({.id = "P6",
                  .what = "worker's CPU a new lease, with a partner / without",
                  .unit = "x",
                  .value = beside.cost / alone_.cost,
                  .note = fmt::format("{:.2f} / {:.2f} us, acks included", beside.cost, alone_.cost)});
    figures_.add({.id = "P6",
                  .what = "new leases/s, as many as the disk takes, with a partner / without",
                  .unit = "x",
                  .value = beside.rate / alone_.rate,
                  .goal = perf::Goal{perf::Goal::Kind::kAtLeast, 0.95},
                  .note = fmt::format("{:.0f} / {:.0f}; both servers on the same cores", beside.rate, alone_.rate)});
    figures_.add(
        {.id = "P6",
         .what = fmt::format("p99 of the wait for the disk at {} leases/s, with a partner / without", options_.rate),
         .unit = "x",
         .value = beside.p99 / alone_.p99,
         .goal = perf::Goal{perf::Goal::Kind::kAtMost, 1.1},
         .note =
             fmt::format("{:.0f} us / {:.0f} us; both servers on the same cores and disk", beside.p99, alone_.p99)});
    return steady_count() + options_.bindings;
  }

  uint64_t replicate(MiniServer& primary, MiniServer& secondary, uint64_t first) {
    const auto start = Clock::now();
    primary.make_bindings(first, options_.bindings);
    wait_until("the bindings", [&] { return primary.has_made_them() && primary.pending() == 0; });
    const double made = seconds_since(start);
    wait_until("the acks", [&] { return is_replicated(primary, secondary); });
    const double replicated = seconds_since(start);
    figures_.add({.id = "P7",
                  .what = "bindings replicated, stored by the partner and acked",
                  .unit = "/s",
                  .value = static_cast<double>(options_.bindings) / replicated,
                  .goal = perf::Goal{perf::Goal::Kind::kAtLeast, 150'000},
                  .note = fmt::format("{} bindings; on our own disk after {:.2f} s, acked after {:.2f} s; lag {} ms",
                                      options_.bindings, made, replicated, primary.status().lag_milliseconds)});
    return options_.bindings;
  }

  void bring_up_to_date(MiniServer& secondary) {
    wait_until("the partner", [&] { return secondary.status().communicating; });
    const auto start = Clock::now();
    wait_until("UPDDONE", [&] {
      const failover::State state = secondary.status().state;
      return state == failover::State::kRecoverWait || state == failover::State::kRecoverDone ||
             state == failover::State::kNormal;
    });
    const double took = seconds_since(start);
    figures_.add({.id = "P7",
                  .what = fmt::format("UPDREQALL of {} bindings into an empty disk", secondary.leases()),
                  .unit = "s",
                  .value = took,
                  .goal = perf::Goal{perf::Goal::Kind::kAtMost, 10}});
  }

  const Options& options_;
  perf::Figures& figures_;
  fs::path root_;
  uint16_t port_;
  Service alone_;
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"P6, P7: what a failover partner costs clients, how fast it is kept up to date, and brought up to date"};
  Options options;
  app.add_option("--bindings", options.bindings, "Bindings made in NORMAL")->capture_default_str();
  app.add_option("--stored", options.stored, "Bindings that the empty partner asks for")->capture_default_str();
  app.add_option("--window", options.window, "max-unacked-bndupd of both")->capture_default_str();
  app.add_option("--seconds", options.seconds, "How long leases are made at a steady rate, for P6")
      ->capture_default_str();
  app.add_option("--rate", options.rate, "That rate")->capture_default_str();
  app.add_option("--directory", options.directory, "Where the databases lie: a disk")->capture_default_str();
  app.add_option("--json", options.json, "File for the figures");
  CLI11_PARSE(app, argc, argv);
  perf::Figures figures("bench_pair", argc, argv);
  Benchmark(options, figures).run();
  return figures.write(options.json);
}
