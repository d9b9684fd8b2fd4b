// What a benchmark found: figures with their spread and goals, as lines for people and as JSON for perf/run-all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tandem6::perf {

/// What performance.md wants of a figure.
struct Goal {
  enum class Kind : uint8_t { kAtLeast, kAtMost };
  Kind kind;
  double value;
};

/// The value is the median of the runs, or the whole run's figure; low and high are its spread.
struct Figure {
  std::string id;    ///< the goal's: "P3"; the same one may have several figures
  std::string what;  ///< what was measured, in a few words
  std::string unit;
  double value = 0;
  std::optional<double> low = std::nullopt;
  std::optional<double> high = std::nullopt;
  std::optional<Goal> goal = std::nullopt;
  std::string note = {};
};

/// Gathered by one thread, printed as they come.
class Figures {
 public:
  /// `argc`, `argv`: the command, which is written down with the figures.
  Figures(std::string benchmark, int argc, char** argv);

  void add(Figure figure);
  /// {"benchmark", "command", "figures": [{"id", "what", "unit", "value", "low", "high", "goal": {"at least" | "at
  /// most": N}, "met", "note"}]}. Returns the exit status of the program: 0, or 1 when the file cannot be written. An
  /// empty path writes nothing.
  int write(const std::string& path) const;

 private:
  std::string benchmark_;
  std::string command_;
  std::vector<Figure> figures_;
};

/// Median, lowest and highest of some runs, put into a figure.
void spread(Figure& figure, std::vector<double> runs);

}  // namespace tandem6::perf
