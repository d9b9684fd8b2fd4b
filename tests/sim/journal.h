// What happened, and what must not have: the last events, told when an invariant is violated.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "tests/sim/event_queue.h"

namespace tandem6::sim {

class Journal {
 public:
  Journal(const EventQueue& events, bool verbose) : events_(events), verbose_(verbose) {}

  void note(std::string_view who, std::string_view what);
  /// The run is over. Only the first one counts: what follows may follow from it.
  void violation(std::string_view invariant, std::string_view what);
  bool is_verbose() const { return verbose_; }
  bool failed() const { return !violation_.empty(); }
  const std::string& violated() const { return violation_; }
  /// To stdout.
  void print(uint64_t seed) const;

 private:
  static constexpr size_t kKept = 60;
  const EventQueue& events_;
  bool verbose_;
  std::deque<std::string> lines_;
  std::string violation_;
};

}  // namespace tandem6::sim
