// P3, P4, P5: renewals and new leases a second that are on the disk before their REPLY leaves, and what waiting for the
// disk adds to an answer. The engine, the change log, the committer and RocksDB are the server's; frames come from
// memory and go to memory. One core is the worker's, the other the committer's and that of RocksDB's own threads. In
// the same run, on the same disk, a bare RocksDB loop writes the same records.
#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <rocksdb/db.h>
#include <rocksdb/memtablerep.h>
#include <rocksdb/write_batch.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <x86intrin.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "dataplane/lease/engine.h"
#include "dataplane/wire/frame.h"
#include "dataplane/wire/require.h"
#include "dataplane/worker/parked_replies.h"
#include "perf/cpu_time.h"
#include "perf/figures.h"
#include "perf/network.h"
#include "storage/committer.h"
#include "storage/database_options.h"
#include "storage/record_codec.h"
#include "storage/store.h"

using namespace tandem6;
using namespace tandem6::perf;
using Clock = std::chrono::steady_clock;

namespace {

constexpr size_t kLogCapacity = 16384;     // as tandem6d's
constexpr size_t kParkedCapacity = 16384;  // as worker.cc's
constexpr size_t kBurst = 32;
constexpr uint64_t kLeasesPerReply = 2;

struct Options {
  double seconds = 20;
  uint64_t clients = 500'000;
  unsigned worker_core = 0;
  unsigned storage_core = 1;
  size_t group = 4096;
  std::string work = "all";
  std::string directory = "/var/tmp";
  std::string json;
};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void run_on(unsigned core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  require(pthread_setaffinity_np(pthread_self(), sizeof(set), &set) == 0, "the core is there");
}

/// Cycles of the TSC in a second.
double tsc_rate() {
  const auto began = Clock::now();
  const uint64_t from = __rdtsc();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  return static_cast<double>(__rdtsc() - from) / seconds_since(began);
}

/// What the worker thread is told, and what it says.
struct Work {
  enum class Kind { kRenew, kRequest };
  Kind kind = Kind::kRenew;
  double seconds = 1;
  double rate = 0;  ///< messages a second, on a schedule; 0: as many as the log takes
};
struct Done {
  double replies_per_second = 0;
  double storage_cpu = 0;      ///< seconds that all threads but the worker had
  std::vector<double> waited;  ///< microseconds that each REPLY was held back for the disk
};

/// The worker: what dataplane/worker does with a packet between NIC and NIC.
class Worker {
 public:
  Worker(lease::ShardGroup& group, const lease::Snapshot& snapshot, double tsc_rate)
      : group_(group), snapshot_(snapshot), tsc_rate_(tsc_rate), parked_(kParkedCapacity) {}

  std::vector<Binding> bindings;  ///< of those who renew
  uint64_t next_client = 0;       ///< the first that has nothing yet

  Done run(const Work& work) {
    waited_.clear();
    replies_ = 0;
    const bool renews = work.kind == Work::Kind::kRenew;
    FrameMaker frames(renews ? wire::MessageType::kRenew : wire::MessageType::kRequest, renews,
                      &snapshot_.server_duid());
    keep_waits_ = work.rate != 0;
    const double cpu_before = others_cpu();
    const auto start = Clock::now();
    const uint64_t began = __rdtsc();
    const auto cycles = static_cast<uint64_t>(work.seconds * tsc_rate_);
    const double interval = work.rate == 0 ? 0 : tsc_rate_ / work.rate;
    uint64_t sent = 0;
    for (uint64_t elapsed = 0; elapsed < cycles; elapsed = __rdtsc() - began) {
      const uint64_t before = sent + replies_;
      release_committed();
      const uint64_t due =
          work.rate == 0 ? sent + kBurst : static_cast<uint64_t>(static_cast<double>(elapsed) / interval);
      for (size_t count = 0; count < kBurst && sent < due && has_room(); ++count, ++sent) {
        const uint64_t at =
            work.rate == 0 ? __rdtsc() : began + static_cast<uint64_t>(static_cast<double>(sent) * interval);
        answer(frames.frame(next_binding(renews)), at);
      }
      rest(sent + replies_ != before);
    }
    const double took = seconds_since(start);
    const double rate = static_cast<double>(replies_) / took;
    const double storage_cpu = others_cpu() - cpu_before;
    while (!parked_.empty()) {
      release_committed();
      rest(false);
    }
    return {.replies_per_second = rate, .storage_cpu = storage_cpu, .waited = std::move(waited_)};
  }

 private:
  static double others_cpu() { return cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_seconds(CLOCK_THREAD_CPUTIME_ID); }
  bool has_room() const { return group_.log().room() >= lease::kMaxChangesPerMessage && parked_.room() != 0; }

  const Binding& next_binding(bool renews) {
    if (renews) {
      if (++renewing_ >= bindings.size()) renewing_ = 0;
      return bindings[renewing_];
    }
    fresh_.client = next_client++;
    return fresh_;
  }

  void answer(Bytes frame, uint64_t at) {
    wire::parse_frame(frame, {}, {.accept_partial_checksum = false, .checksum_verified = true}, frame_);
    require(frame_.fault == wire::FrameFault::kNone, "the frame is good");
    const auto fault = received_.parse(frame.subspan(frame_.payload_offset, frame_.payload_size));
    require(fault == wire::MessageFault::kNone, "the message is good");
    lease::Request request;
    request.received = &received_;
    request.source = frame_.header.source;
    request.destination = frame_.header.destination;
    require(request.identify_client(), "the client names itself");
    const uint64_t before = group_.log().written();
    const lease::Answer answer = lease::answer(request, group_, snapshot_, kNow, scratch_);
    require(answer.type == wire::MessageType::kReply && answer.after_commit, "a REPLY about leases");
    require(group_.log().written() == before + kLeasesPerReply, "the REPLY grants an address and a prefix");
    build(answer);
    parked_.push({.buffer = nullptr, .sequence = group_.log().written(), .made = at, .port = 0});
  }

  /// As worker.cc does with `idle: sleep`: kernel threads, on which a sync waits, need a core too, and there are two.
  void rest(bool worked) {
    constexpr unsigned kTurnsBeforeNap = 64;
    idle_turns_ = worked ? 0 : idle_turns_ + 1;
    if (idle_turns_ < kTurnsBeforeNap) return _mm_pause();
    const timespec nap{.tv_sec = 0, .tv_nsec = 20'000};
    nanosleep(&nap, nullptr);
  }

  void build(const lease::Answer& answer) {
    wire::FrameHeader header = frame_.header;
    header.source = *Ipv6Address::parse("fe80::1");
    header.destination = frame_.header.source;
    header.destination_port = wire::kClientPort;
    std::copy_n(scratch_.begin(), answer.size, out_.begin() + static_cast<ptrdiff_t>(wire::frame_overhead(header)));
    require(wire::build_frame(header, answer.size, out_) != 0, "the answer fits");
  }

  void release_committed() {
    const uint64_t committed = group_.log().committed();
    if (committed == settled_) return;
    settled_ = committed;
    group_.settle(snapshot_);
    const uint64_t now = __rdtsc();
    while (!parked_.empty() && parked_.front().sequence <= committed) {
      if (keep_waits_) waited_.push_back(static_cast<double>(now - parked_.front().made) / tsc_rate_ * 1e6);
      parked_.pop();
      ++replies_;
    }
  }

  lease::ShardGroup& group_;
  const lease::Snapshot& snapshot_;
  double tsc_rate_;
  worker::ParkedReplies parked_;
  wire::ParsedFrame frame_;
  wire::ReceivedMessage received_;
  std::array<std::byte, 2048> scratch_;
  std::array<std::byte, 2048> out_;
  Binding fresh_;
  size_t renewing_ = 0;
  uint64_t settled_ = 0;
  uint64_t replies_ = 0;
  unsigned idle_turns_ = 0;
  bool keep_waits_ = false;
  std::vector<double> waited_;
};

/// A server with its database; the caller's thread and all of the database's are on the storage core.
class Server {
 public:
  Server(const std::string& path, const Options& options, storage::Durability durability)
      : options_(options),
        snapshot_(make_snapshot(book_)),
        group_(0, 1, {1, 2}, kLogCapacity),
        worker_(group_, *snapshot_, tsc_rate()) {
    auto store = storage::Store::open(path);
    require(store.has_value(), "the database opens");
    store_ = std::move(*store);
    committer_ = std::make_unique<storage::Committer>(*store_, std::vector{&group_.log()}, durability);
    committer_->start();
  }
  ~Server() { committer_->stop(60'000); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Clients with an address and a prefix each, in the database; they will renew in another order than this.
  void fill() {
    on_worker_core([&] {
      worker_.bindings.reserve(options_.clients);
      for (uint64_t client = 0; client < options_.clients; ++client) {
        while (group_.log().room() < lease::kMaxChangesPerMessage) _mm_pause();
        const auto binding = bind(group_, *snapshot_, client, kNow);
        require(binding.has_value(), "the pools are large enough");
        worker_.bindings.push_back(*binding);
      }
      worker_.next_client = options_.clients;
      std::ranges::shuffle(worker_.bindings, std::mt19937_64(1));
      while (group_.log().committed() != group_.log().written()) _mm_pause();
      group_.settle(*snapshot_);
    });
  }
  Done run(const Work& work) {
    Done done;
    on_worker_core([&] { done = worker_.run(work); });
    return done;
  }
  storage::CommitterStatus status() const { return committer_->status(); }
  const std::vector<Binding>& bindings() const { return worker_.bindings; }

 private:
  template <typename Task>
  void on_worker_core(Task&& task) {
    std::thread([&] {
      run_on(options_.worker_core);
      prctl(PR_SET_TIMERSLACK, 1UL);
      task();
    }).join();
  }

  const Options& options_;
  lease::PoolBook book_;
  std::unique_ptr<lease::Snapshot> snapshot_;
  lease::ShardGroup group_;
  Worker worker_;
  std::unique_ptr<storage::Store> store_;
  std::unique_ptr<storage::Committer> committer_;
};

/// The bare loop: records as the server writes them, encoded beforehand, in batches that are synced one by one.
class BareLoop {
 public:
  /// `memtable`: another one than the server's; null: the server's.
  BareLoop(const std::string& path, const std::vector<Binding>& bindings,
           std::shared_ptr<rocksdb::MemTableRepFactory> memtable) {
    std::filesystem::create_directories(path);
    rocksdb::Options options(storage::database_options(path), storage::family_options("default"));
    if (memtable) options.memtable_factory = std::move(memtable);
    rocksdb::DB* db = nullptr;
    require(rocksdb::DB::Open(options, path, &db).ok(), "RocksDB opens");
    db_.reset(db);
    for (const Binding& binding : bindings) {
      encode(lease::LeaseType::kAddress, binding);
      encode(lease::LeaseType::kPrefix, binding);
    }
  }

  void destroy(const std::string& path) {
    db_.reset();
    std::filesystem::remove_all(path);
  }
  /// All records once.
  void fill(size_t group) {
    for (size_t done = 0; done < records_.size(); done += group) write(std::min(group, records_.size() - done), false);
  }
  /// Puts a second.
  double run(double seconds, size_t group, bool sync) {
    const auto start = Clock::now();
    uint64_t puts = 0;
    for (; seconds_since(start) < seconds; puts += group) write(group, sync);
    return static_cast<double>(puts) / seconds_since(start);
  }

 private:
  struct Record {
    storage::EncodedKey key;
    uint8_t size;
    std::array<char, 64> value;
  };
  void encode(lease::LeaseType type, const Binding& binding) {
    lease::LeaseRecord lease;
    lease.key = {.type = type,
                 .prefix_length = static_cast<uint8_t>(type == lease::LeaseType::kAddress ? 128 : 56),
                 .address = type == lease::LeaseType::kAddress ? binding.address : binding.prefix};
    lease.iaid = 1;
    lease.subnet_id = 1;
    lease.preferred = Seconds{3600};
    lease.valid = Seconds{7200};
    lease.last_contact = kNow;
    lease.duid = client_duid(binding.client);
    std::array<char, storage::kMaxValueSize> value;
    Record record{};
    record.key = storage::encode_key(lease.key);
    record.size = static_cast<uint8_t>(storage::encode_value(lease, value));
    require(record.size <= record.value.size(), "the record fits");
    std::copy_n(value.begin(), record.size, record.value.begin());
    records_.push_back(record);
  }
  void write(size_t count, bool sync) {
    batch_.Clear();
    for (size_t i = 0; i < count; ++i) {
      const Record& record = records_[next_];
      if (++next_ == records_.size()) next_ = 0;
      const auto status = batch_.Put({record.key.data(), record.key.size()}, {record.value.data(), record.size});
      require(status.ok(), "the batch takes it");
    }
    rocksdb::WriteOptions options;
    options.sync = sync;
    require(db_->Write(options, &batch_).ok(), "RocksDB writes");
  }

  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::WriteBatch batch_;
  std::vector<Record> records_;
  size_t next_ = 0;
};

/// Microseconds of write() and fdatasync() of `size` bytes at the end of a file of its own, sorted.
std::vector<double> measure_sync(const std::string& directory, size_t size) {
  const std::string name = directory + "/sync";
  const int file = ::open(name.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  require(file >= 0, "the directory can be written to");
  const std::vector<char> bytes(size, 'x');
  std::vector<double> took;
  for (unsigned i = 0; i < 2000; ++i) {
    const auto start = Clock::now();
    require(::write(file, bytes.data(), size) == static_cast<ssize_t>(size) && ::fdatasync(file) == 0,
            "the disk writes");
    took.push_back(seconds_since(start) * 1e6);
  }
  ::close(file);
  ::unlink(name.c_str());
  std::ranges::sort(took);
  return took;
}

double percentile(const std::vector<double>& sorted, double share) {
  require(!sorted.empty(), "there is something to sort");
  return sorted[std::min(sorted.size() - 1, static_cast<size_t>(share * static_cast<double>(sorted.size())))];
}

class Benchmark {
 public:
  Benchmark(const Options& options, Figures& figures) : options_(options), figures_(figures) {
    root_ = fmt::format("{}/bench-durable-{}", options.directory, getpid());
    std::filesystem::create_directories(root_);
  }
  ~Benchmark() { std::filesystem::remove_all(root_); }
  Benchmark(const Benchmark&) = delete;
  Benchmark& operator=(const Benchmark&) = delete;

  void run() {
    if (wants("sync")) sync();
    if (wants("async")) async();
  }

 private:
  bool wants(const std::string& work) const { return options_.work == "all" || options_.work == work; }

  void sync() {
    Server server(root_ + "/sync-db", options_, storage::Durability::kSync);
    server.fill();
    const double leases = sustained("P3", "RENEW -> REPLY, sync", server, Work::Kind::kRenew, 400'000);
    compare_with_bare(server, leases);
    latency(server, leases / kLeasesPerReply);
    sustained("P3", "REQUEST -> REPLY of new clients, sync", server, Work::Kind::kRequest, 400'000);
  }

  void async() {
    Server server(root_ + "/async-db", options_, storage::Durability::kAsync);
    server.fill();
    sustained("P4", "RENEW -> REPLY, async", server, Work::Kind::kRenew, 800'000);
    sustained("P4", "REQUEST -> REPLY of new clients, async", server, Work::Kind::kRequest, 800'000);
  }

  /// Leases a second over the whole time; the spread is that of its tenths.
  double sustained(const char* id, const char* what, Server& server, Work::Kind kind, double goal) {
    constexpr unsigned kParts = 10;
    std::vector<double> parts;
    double sum = 0;
    double cpu = 0;
    const uint64_t commits = server.status().commits;
    for (unsigned part = 0; part < kParts; ++part) {
      const Done done = server.run({.kind = kind, .seconds = options_.seconds / kParts, .rate = 0});
      parts.push_back(done.replies_per_second * kLeasesPerReply);
      sum += parts.back();
      cpu += done.storage_cpu;
    }
    const double mean = sum / kParts;
    const double written = mean * options_.seconds;
    Figure figure{.id = id, .what = what, .unit = "leases/s", .goal = Goal{Goal::Kind::kAtLeast, goal}};
    spread(figure, parts);
    figure.value = mean;
    figure.note =
        fmt::format("{:.0f} s, {:.0f} leases a batch, {:.2f} us of the storage core's CPU a lease", options_.seconds,
                    written / static_cast<double>(server.status().commits - commits), cpu / written * 1e6);
    figures_.add(figure);
    return mean;
  }

  /// Beside what RocksDB can do by itself, and beside what it can do with our memtable.
  void compare_with_bare(Server& server, double leases) {
    const double bare =
        run_bare("RocksDB's own best options", server, std::make_shared<rocksdb::VectorRepFactory>(1 << 19));
    figures_.add({.id = "P3",
                  .what = "RENEW -> REPLY, sync, by that",
                  .unit = "%",
                  .value = 100 * leases / bare,
                  .goal = Goal{Goal::Kind::kAtLeast, 80}});
    run_bare("our memtable", server, nullptr);
  }

  /// Puts a second.
  double run_bare(const char* with, Server& server, std::shared_ptr<rocksdb::MemTableRepFactory> memtable) {
    const std::string path = root_ + "/bare-db";
    BareLoop bare(path, server.bindings(), std::move(memtable));
    bare.fill(options_.group);
    const double cpu_before = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
    std::vector<double> runs;
    for (unsigned part = 0; part < 5; ++part) runs.push_back(bare.run(options_.seconds / 5, options_.group, true));
    const double cpu = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_before;
    Figure figure{.id = "P3",
                  .what = fmt::format("bare loop on the storage core, the same records, synced, {}", with),
                  .unit = "puts/s"};
    spread(figure, runs);
    const double mean = std::accumulate(runs.begin(), runs.end(), 0.0) / static_cast<double>(runs.size());
    figure.value = mean;
    figure.note =
        fmt::format("batches of {}, {:.2f} us of CPU a put", options_.group, cpu / (mean * options_.seconds) * 1e6);
    figures_.add(figure);
    bare.destroy(path);
    return mean;
  }

  void latency(Server& server, double messages) {
    const auto disk = measure_sync(root_, 200);
    const double p50 = percentile(disk, 0.5);
    figures_.add({.id = "P5",
                  .what = "write() and fdatasync() of 200 bytes at a file's end, p50",
                  .unit = "us",
                  .value = p50,
                  .note = fmt::format("p99 {:.0f} us", percentile(disk, 0.99))});
    Done done = server.run({.kind = Work::Kind::kRenew, .seconds = options_.seconds / 2, .rate = messages / 2});
    std::ranges::sort(done.waited);
    const std::string load = fmt::format("{:.0f} RENEW/s", messages / 2);
    const auto add = [&](const char* name, double share, double times) {
      const double value = percentile(done.waited, share);
      figures_.add({.id = "P5",
                    .what = fmt::format("added by the log at 50% load, {}, in p50 of a sync", name),
                    .unit = "x",
                    .value = value / p50,
                    .goal = Goal{Goal::Kind::kAtMost, times},
                    .note = fmt::format("{:.0f} us; {}", value, load)});
    };
    add("p50", 0.5, 1.5);
    add("p99", 0.99, 3);
  }

  const Options& options_;
  Figures& figures_;
  std::string root_;
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"P3, P4, P5: leases a second that are on the disk before their REPLY leaves, and what that adds to it"};
  Options options;
  app.add_option("--seconds", options.seconds, "How long each rate is sustained")->capture_default_str();
  app.add_option("--clients", options.clients, "Clients with an address and a prefix, who renew")
      ->capture_default_str();
  app.add_option("--worker-core", options.worker_core, "The worker's core")->capture_default_str();
  app.add_option("--storage-core", options.storage_core, "Committer's and RocksDB's core")->capture_default_str();
  app.add_option("--group", options.group, "Records in a batch of the bare loop")->capture_default_str();
  app.add_option("--work", options.work, "What to measure")
      ->capture_default_str()
      ->check(CLI::IsMember({"all", "sync", "async"}));
  app.add_option("--directory", options.directory, "Where the databases lie: a disk")->capture_default_str();
  app.add_option("--json", options.json, "File for the figures");
  CLI11_PARSE(app, argc, argv);
  run_on(options.storage_core);
  Figures figures("bench_durable", argc, argv);
  Benchmark(options, figures).run();
  return figures.write(options.json);
}
