// P8: bytes of RAM that a lease costs, all in: records, indexes, timers, DUIDs, the pools' bitmaps, and what the
// allocator needs for itself. Said twice: what the shards say they hold, and what the kernel says the process has
// grown.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>

#include "dataplane/wire/require.h"
#include "perf/figures.h"
#include "perf/network.h"

using namespace tandem6;
using namespace tandem6::perf;

namespace {

/// Of this process, by the kernel's account.
uint64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  uint64_t size = 0, resident = 0;
  file >> size >> resident;
  require(static_cast<bool>(file), "/proc tells what we hold");
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

struct Loaded {
  uint64_t resident;
  uint64_t shards;
};

Loaded load(uint64_t leases) {
  constexpr size_t kLogCapacity = 1024;
  const uint64_t before = resident_bytes();
  lease::PoolBook book;
  const auto snapshot = make_snapshot(book);
  lease::ShardGroup group(0, 1, {1, 2}, kLogCapacity);
  for (uint64_t client = 0; client < leases / 2; ++client) {
    require(bind(group, *snapshot, client, kNow).has_value(), "the pools are large enough");
    group.log().drain(kLogCapacity, [](const lease::LeaseChange&) {});
    group.log().publish_committed(group.log().written());
  }
  group.settle(*snapshot);
  return {.resident = resident_bytes() - before, .shards = group.memory()};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"P8: bytes of RAM a lease, all in, clients with an address and a prefix each. Goal: at most 160"};
  uint64_t leases = 10'000'000;
  std::string json;
  app.add_option("--leases", leases, "Half of them addresses, half prefixes")
      ->capture_default_str()
      ->check(CLI::Range(uint64_t{2}, uint64_t{60'000'000}));
  app.add_option("--json", json, "File for the figures");
  CLI11_PARSE(app, argc, argv);
  Figures figures("bench_memory", argc, argv);
  const Loaded loaded = load(leases);
  const auto count = static_cast<double>(leases);
  figures.add({.id = "P8",
               .what = fmt::format("RAM a lease, all in, {} leases", leases),
               .unit = "B",
               .value = static_cast<double>(loaded.resident) / count,
               .goal = Goal{Goal::Kind::kAtMost, 160},
               .note = fmt::format("the process has grown by {} MB; the shards say {:.1f} B a lease",
                                   loaded.resident >> 20, static_cast<double>(loaded.shards) / count)});
  return figures.write(json);
}
