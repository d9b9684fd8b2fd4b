#include "perf/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "dataplane/wire/require.h"

namespace tandem6::perf {
namespace {

bool is_met(double value, const Goal& goal) {
  return goal.kind == Goal::Kind::kAtLeast ? value >= goal.value : value <= goal.value;
}

const char* words(Goal::Kind kind) { return kind == Goal::Kind::kAtLeast ? "at least" : "at most"; }

/// Four digits that count, thousands apart.
std::string number(double value) {
  if (value < 10) return fmt::format("{:.2f}", value);
  if (value < 1000) return fmt::format("{:.1f}", value);
  std::string digits = fmt::format("{:.0f}", value);
  for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string line(const Figure& figure) {
  std::string text = fmt::format("{:4} {}: {}", figure.id, figure.what, number(figure.value));
  if (!figure.unit.empty()) text += " " + figure.unit;
  if (figure.low && figure.high) text += fmt::format(" ({} to {})", number(*figure.low), number(*figure.high));
  if (figure.goal) {
    text += fmt::format("; goal: {} {}, {}", words(figure.goal->kind), number(figure.goal->value),
                        is_met(figure.value, *figure.goal) ? "met" : "MISSED");
  }
  if (!figure.note.empty()) text += "; " + figure.note;
  return text;
}

nlohmann::ordered_json json(const Figure& figure) {
  nlohmann::ordered_json out{{"id", figure.id}, {"what", figure.what}, {"unit", figure.unit}, {"value", figure.value}};
  if (figure.low) out["low"] = *figure.low;
  if (figure.high) out["high"] = *figure.high;
  if (figure.goal) {
    out["goal"] = {{words(figure.goal->kind), figure.goal->value}};
    out["met"] = is_met(figure.value, *figure.goal);
  }
  if (!figure.note.empty()) out["note"] = figure.note;
  return out;
}

}  // namespace

Figures::Figures(std::string benchmark, int argc, char** argv) : benchmark_(std::move(benchmark)) {
  for (int i = 0; i < argc; ++i) command_ += fmt::format("{}{}", i == 0 ? "" : " ", argv[i]);
}

void Figures::add(Figure figure) {
  fmt::print("{}\n", line(figure));
  std::fflush(stdout);
  figures_.push_back(std::move(figure));
}

int Figures::write(const std::string& path) const {
  if (path.empty()) return 0;
  nlohmann::ordered_json out{{"benchmark", benchmark_}, {"command", command_}, {"figures", nlohmann::json::array()}};
  for (const Figure& figure : figures_) out["figures"].push_back(json(figure));
  std::ofstream file(path);
  file << out.dump(2) << '\n';
  file.close();
  if (file) return 0;
  fmt::print(stderr, "{}: cannot be written\n", path);
  return 1;
}

void spread(Figure& figure, std::vector<double> runs) {
  require(!runs.empty(), "a figure comes from a run");
  std::ranges::sort(runs);
  figure.value = runs[runs.size() / 2];
  figure.low = runs.front();
  figure.high = runs.back();
}

}  // namespace tandem6::perf
