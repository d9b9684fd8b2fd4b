// Fills a lease database for other benchmarks, as a server would: clients with an address and a prefix each, out of the
// engine, through the committer, onto the disk.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "perf/network.h"
#include "storage/committer.h"
#include "storage/store.h"

using namespace tandem6;
using namespace tandem6::perf;

namespace {

constexpr size_t kLogCapacity = 16384;

/// False when the pools are too small.
bool fill(lease::ShardGroup& group, const lease::Snapshot& snapshot, uint64_t clients, AbsoluteTime now) {
  for (uint64_t client = 0; client < clients; ++client) {
    while (group.log().room() < 4) std::this_thread::sleep_for(std::chrono::microseconds(20));
    if (!bind(group, snapshot, client, now)) return false;
  }
  return true;
}

int run(const std::string& path, uint64_t leases, bool crash) {
  auto store = storage::Store::open(path);
  if (!store) {
    fmt::print(stderr, "{}\n", store.error().message);
    return 1;
  }
  lease::PoolBook book;
  const auto snapshot = make_snapshot(book);
  lease::ShardGroup group(0, 1, {1, 2}, kLogCapacity);
  storage::Committer committer(**store, {&group.log()}, storage::Durability::kAsync);
  committer.start();
  const bool filled = fill(group, *snapshot, leases / 2, AbsoluteTime::from_unix(std::time(nullptr)));
  if (!filled) fmt::print(stderr, "the pools are too small for {} leases\n", leases);
  const bool on_disk = committer.stop(600'000);
  if (!on_disk) fmt::print(stderr, "{}\n", committer.status().error);
  const int status = filled && on_disk ? 0 : 1;
  if (crash) std::_Exit(status);  // nothing is closed: what is in memory and in the log stays in the log
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "make_leases: fills a lease database, for benchmarks: half addresses in 2001:db8:1::/64, half /56 prefixes in "
      "2001:db0::/31, of subnet 1"};
  std::string directory;
  uint64_t leases = 1'000'000;
  bool crash = false;
  app.add_option("DIRECTORY", directory, "The database's; is made")->required();
  app.add_option("--leases", leases, "How many")->capture_default_str();
  app.add_flag("--crash", crash, "Leave the database as a crash would");
  CLI11_PARSE(app, argc, argv);
  return run(directory, leases, crash);
}
