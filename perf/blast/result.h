// Everything that a run has found out, for the table, the JSON file and the plot.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "perf/blast/figures.h"
#include "perf/blast/run.h"
#include "perf/blast/settings.h"

namespace tandem6::blast {

/// One rate that a search tried.
struct TriedRate {
  RateSearch::Phase phase;
  double rate;
  double begun;      ///< a second, really
  double completed;  ///< a second
  double unanswered_percent;
  bool lossless;
  const char* why;  ///< it was not
  Nanoseconds p50;  ///< of whole exchanges
  Nanoseconds p99;
};

struct Result {
  std::string failure;  ///< it could not be measured, and why
  std::string driver;
  Figures figures;  ///< of a search: of the confirmation
  Oddities oddities;
  std::vector<Second> seconds;
  std::vector<TriedRate> tried;
  double best = 0;                                              ///< of a search
  double measured = 0;                                          ///< seconds
  double prepared_in = 0;                                       ///< seconds until all clients had leases
  Nanoseconds behind{0};                                        ///< the generator, with beginning exchanges at the end
  std::array<Nanoseconds, Run::kServedShares.size()> served{};  ///< of a reboot
  double cpu_user = 0;  ///< seconds of the generator's own CPU while it measured
  double cpu_system = 0;
  uint64_t missed = 0;  ///< frames that found no room at our port
  uint64_t unsent = 0;
  std::vector<std::string> servers;

  uint64_t asked() const;
  uint64_t answered() const;
  /// Of all questions that were asked.
  double unanswered_percent() const;
  /// Faults that are not tolerated.
  uint64_t bad_faults(const Settings& settings) const;
};

/// The exit status, and the reason when it is not 0.
int verdict(const Settings& settings, const Result& result, std::string& reason);

}  // namespace tandem6::blast
