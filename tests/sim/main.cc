// tandem6-sim: runs the pair from seeds and says which of them violate an invariant. docs/failover.md.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "tests/sim/world.h"

namespace {

using namespace tandem6::sim;

struct Options {
  uint64_t from = 1;
  uint64_t count = 100;
  uint64_t seconds = 0;  // 0: no limit
  bool verbose = false;
  bool stop_at_first = false;
};

int usage() {
  fmt::print(stderr,
             "Usage: tandem6-sim [--seeds FROM COUNT] [--seed N [--verbose]] [--seconds N] [--first]\n"
             "  --seconds N  ends after so much time, whatever the count\n"
             "  --first      ends at the first violation\n");
  return 2;
}

bool parse(int argc, char** argv, Options& options) {
  const auto number = [&](int at, uint64_t& value) {
    if (at >= argc) return false;
    char* end = nullptr;
    value = std::strtoull(argv[at], &end, 10);
    return *argv[at] != 0 && *end == 0;
  };
  for (int at = 1; at < argc; ++at) {
    const std::string_view name = argv[at];
    if (name == "--seeds") {
      if (!number(at + 1, options.from) || !number(at + 2, options.count)) return false;
      at += 2;
    } else if (name == "--seed") {
      if (!number(++at, options.from)) return false;
      options.count = 1;
    } else if (name == "--seconds") {
      if (!number(++at, options.seconds)) return false;
    } else if (name == "--verbose") {
      options.verbose = true;
    } else if (name == "--first") {
      options.stop_at_first = true;
    } else {
      return false;
    }
  }
  return true;
}

bool run(uint64_t seed, bool verbose) {
  const Scenario scenario = Scenario::draw(seed);
  if (verbose) fmt::print("{}\n", scenario.text());
  World world(scenario, verbose);
  if (world.run()) return true;
  if (!verbose) fmt::print("{}\n", scenario.text());
  world.journal().print(seed);
  fmt::print("again: tandem6-sim --seed {} --verbose\n\n", seed);
  std::fflush(stdout);
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) return usage();
  const auto began = std::chrono::steady_clock::now();
  uint64_t passed = 0;
  uint64_t failed = 0;
  for (uint64_t seed = options.from; seed < options.from + options.count; ++seed) {
    ++(run(seed, options.verbose) ? passed : failed);
    if (options.stop_at_first && failed != 0) break;
    const auto spent = std::chrono::steady_clock::now() - began;
    if (options.seconds != 0 && spent >= std::chrono::seconds(options.seconds)) break;
  }
  // As doctest has it, so that tools/test counts seeds like test cases.
  fmt::print("[doctest] test cases: {} | {} passed | {} failed | 0 skipped\n", passed + failed, passed, failed);
  return failed == 0 ? 0 : 1;
}
