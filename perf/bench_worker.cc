// P1, P2, P13: cycles that a worker spends on one packet, with many leases loaded. The workers are tandem6d's own;
// their frames come from memory and their answers go to memory.
#include <fmt/format.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <x86intrin.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <ctime>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/wire/require.h"
#include "perf/worker_rig.h"

using namespace tandem6;
using namespace tandem6::perf;

namespace {

struct Options {
  uint64_t leases = 1'000'000;
  uint64_t packets = 500 * kBatch;
  unsigned runs = 7;
  unsigned workers = 1;
  unsigned first_cpu = 0;
  bool relayed = false;
  bool whole = false;
  Scenario scenario = Scenario::kSolicit;
};

AbsoluteTime now() { return AbsoluteTime::from_unix(std::time(nullptr)); }

/// The TSC's rate.
double cycles_per_second() {
  const auto began = std::chrono::steady_clock::now();
  const uint64_t from = __rdtsc();
  while (std::chrono::steady_clock::now() - began < std::chrono::milliseconds(100)) {
  }
  const uint64_t cycles = __rdtsc() - from;
  return static_cast<double>(cycles) / std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// What one worker's thread does in a run.
struct Drive {
  WorkerRig* rig;
  unsigned worker;
  wire::MessageType expected;
  Frames frames;
  std::atomic<unsigned>* ready;    // threads that wait for the others
  std::atomic<uint64_t>* answers;  // of all threads
  std::vector<double> batches{};   // cycles a packet in turn(), of each batch
  uint64_t cycles = 0;             // from the first packet to the last answer of all
};

/// So long without an answer, in cycles: what is missing was lost between two workers.
constexpr uint64_t kPatience = 2'000'000'000;

/// What is measured. Under its own name, so that callgrind can count what happens in here (perf/count-instructions).
[[gnu::noinline]] void packet_path(WorkerRig& rig, unsigned worker) {
  for (unsigned turn = 0; turn < kTurnsPerBatch; ++turn) rig.turn(worker);
}

/// The packets come back by whichever worker owns their client: a thread goes on until all have.
int run(void* argument) {
  Drive& drive = *static_cast<Drive*>(argument);
  WorkerRig& rig = *drive.rig;
  const uint64_t wanted = drive.frames.count() * rig.workers();
  rig.start(drive.worker);
  ++*drive.ready;
  while (drive.ready->load() < rig.workers()) {
  }
  const uint64_t began = __rdtsc();
  uint64_t last_answer = began;
  uint64_t known = 0;
  // No more on the way than the rings between the workers take.
  size_t fed = 0;
  while (fed < drive.frames.count() || drive.answers->load() < wanted) {
    const uint64_t answered = drive.answers->load();
    if (answered != std::exchange(known, answered)) last_answer = __rdtsc();
    if (__rdtsc() - last_answer > kPatience) break;
    if (fed < drive.frames.count() && fed * rig.workers() <= answered + kBatch) {
      const size_t count = std::min(kBatch, drive.frames.count() - fed);
      rig.feed(drive.worker, drive.frames, fed, count);
      fed += count;
    }
    const uint64_t from = __rdtsc();
    packet_path(rig, drive.worker);
    drive.batches.push_back(static_cast<double>(__rdtsc() - from) / kBatch);
    rig.commit(drive.worker);
    *drive.answers += rig.collect(drive.worker, drive.expected);
  }
  drive.cycles = last_answer - began;
  return 0;
}

class Bench {
 public:
  explicit Bench(const Options& options)
      : options_(options), rig_(options.workers), clients_(rig_.groups(), rig_.snapshot(), options.leases / 2, now()) {
    require(options.packets % kBatch == 0, "packets come in full batches");
    fresh_ = clients_.count();
    for (lease::ShardGroup* group : rig_.groups()) group->settle(rig_.snapshot());
  }

  /// Cycles a packet. The median of the batches: one in which the machine had something else to do does not count, and
  /// neither does one in which a table grew. With several workers, who wait for each other's packets: all of the time,
  /// making and taking of frames included.
  double measure() {
    prepare();
    for (unsigned worker = 1; worker < options_.workers; ++worker) rte_eal_remote_launch(run, &drives_[worker], worker);
    run(&drives_[0]);
    rte_eal_mp_wait_lcore();
    if (options_.workers > 1 || options_.whole) return cycles_of_all();
    std::vector<double> batches;
    for (const Drive& drive : drives_) batches.insert(batches.end(), drive.batches.begin(), drive.batches.end());
    return median(std::move(batches));
  }

  size_t frame_size() const { return drives_.front().frames.frame(0).size(); }
  size_t answer_size() const { return rig_.last_answer_size(); }
  double bytes_per_lease() {
    size_t bytes = 0;
    for (lease::ShardGroup* group : rig_.groups()) bytes += group->memory();
    return static_cast<double>(bytes) / static_cast<double>(std::max<uint64_t>(options_.leases, 1));
  }

 private:
  // Clients in random order: what the server knows of them is in no cache. New ones come once.
  uint64_t next_client() {
    return options_.scenario == Scenario::kRequest ? fresh_++ : random_() % std::max<uint64_t>(clients_.count(), 1);
  }

  double cycles_of_all() const {
    const auto longest = std::ranges::max(drives_, {}, &Drive::cycles).cycles;
    const uint64_t wanted = options_.workers * options_.packets;
    if (answers_ < wanted) fmt::print("{} of {} packets were lost between workers\n", wanted - answers_, wanted);
    return static_cast<double>(longest) * options_.workers / static_cast<double>(std::max<uint64_t>(answers_, 1));
  }

  void prepare() {
    drives_.clear();
    ready_ = 0;
    answers_ = 0;
    const auto expected =
        options_.scenario == Scenario::kSolicit ? wire::MessageType::kAdvertise : wire::MessageType::kReply;
    for (unsigned worker = 0; worker < options_.workers; ++worker) {
      Frames frames(options_.packets);
      for (size_t i = 0; i < frames.count(); ++i) {
        frames.set_size(i, clients_.write_frame(next_client(), options_.scenario, options_.relayed, frames.room(i)));
      }
      drives_.push_back({&rig_, worker, expected, std::move(frames), &ready_, &answers_});
    }
  }

  Options options_;
  WorkerRig rig_;
  Clients clients_;
  std::mt19937_64 random_{1};
  uint64_t fresh_ = 0;
  std::atomic<unsigned> ready_{0};
  std::atomic<uint64_t> answers_{0};
  std::vector<Drive> drives_;
};

std::string title(const Options& options) {
  return fmt::format("{}{}, {} leases, {} worker{}", title_of(options.scenario), options.relayed ? ", relayed" : "",
                     options.leases, options.workers, options.workers == 1 ? "" : "s");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "Cycles a packet, frame in memory to answer in memory. Goal P1: at most 600, 5 M/s (relayed 4 M/s), with 1 M "
      "leases."};
  Options options;
  const std::map<std::string, Scenario> scenarios{
      {"solicit", Scenario::kSolicit}, {"renew", Scenario::kRenew}, {"request", Scenario::kRequest}};
  app.add_option("--leases", options.leases, "Leases loaded before: an address and a prefix for each client")
      ->capture_default_str();
  app.add_option("--scenario", options.scenario, "What the clients send")
      ->transform(CLI::CheckedTransformer(scenarios))
      ->default_str("solicit");
  app.add_flag("--relayed", options.relayed, "Through one relay, with an Interface-Id");
  app.add_option("--workers", options.workers, "Workers, each on a CPU of its own")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  app.add_option("--first-cpu", options.first_cpu, "The first one's CPU")->capture_default_str();
  app.add_flag("--whole", options.whole,
               "All of the time counts, making and taking of frames included, as it does with several workers");
  app.add_option("--packets", options.packets, "Packets in a run, for each worker")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--runs", options.runs, "Runs; the median counts")->capture_default_str()->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);

  start_dpdk(options.workers, options.first_cpu);
  Bench bench(options);
  std::vector<double> cycles;
  for (unsigned run = 0; run < options.runs; ++run) cycles.push_back(bench.measure());
  const double typical = median(cycles);
  const auto [fastest, slowest] = std::ranges::minmax(cycles);
  fmt::print("{}: {:.0f} cycles a packet (min {:.0f}, max {:.0f}), {:.2f} M packets/s, {:.0f} bytes of RAM a lease\n",
             title(options), typical, fastest, slowest, options.workers * cycles_per_second() / typical / 1e6,
             bench.bytes_per_lease());
  fmt::print("frames: {} bytes in, {} bytes out\n", bench.frame_size(), bench.answer_size());
  fmt::print("goal P1: at most 600 cycles, at least {} M packets/s; cycles are the TSC's\n", options.relayed ? 4 : 5);
  return 0;
}
