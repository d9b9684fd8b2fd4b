#include "tests/sim/journal.h"

#include <fmt/format.h>

namespace tandem6::sim {

void Journal::note(std::string_view who, std::string_view what) {
  const uint64_t now = events_.now();
  lines_.push_back(fmt::format("{:5}.{:03} {:>4} {}", now / 1000, now % 1000, who, what));
  if (verbose_) fmt::print("{}\n", lines_.back());
  if (lines_.size() > kKept) lines_.pop_front();
}

void Journal::violation(std::string_view invariant, std::string_view what) {
  note("!!", fmt::format("{}: {}", invariant, what));
  if (violation_.empty()) violation_ = fmt::format("{}: {}", invariant, what);
}

void Journal::print(uint64_t seed) const {
  if (!verbose_) {
    for (const std::string& line : lines_) fmt::print("  {}\n", line);
  }
  const uint64_t now = events_.now();
  fmt::print("seed {} at {}.{:03} s: {}\n", seed, now / 1000, now % 1000, violation_);
}

}  // namespace tandem6::sim
