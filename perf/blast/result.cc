#include "perf/blast/result.h"

#include <fmt/format.h>

#include <algorithm>

namespace tandem6::blast {

uint64_t Result::asked() const {
  uint64_t sum = 0;
  for (const QuestionFigures& each : figures.questions) sum += each.asked;
  return sum;
}

uint64_t Result::answered() const {
  uint64_t sum = 0;
  for (const QuestionFigures& each : figures.questions) sum += each.answered;
  return sum;
}

double Result::unanswered_percent() const {
  return asked() == 0 ? 0 : 100 * static_cast<double>(figures.unanswered()) / static_cast<double>(asked());
}

uint64_t Result::bad_faults(const Settings& settings) const {
  if (settings.tolerate_all) return 0;
  uint64_t sum = 0;
  for (size_t i = 0; i < kFaults; ++i) {
    const bool tolerated = std::ranges::find(settings.tolerated, static_cast<Fault>(i)) != settings.tolerated.end();
    if (!tolerated) sum += oddities.faults[i];
  }
  return sum;
}

int verdict(const Settings& settings, const Result& result, std::string& reason) {
  constexpr int kBad = 1;
  if (!result.failure.empty()) {
    reason = result.failure;
  } else if (const uint64_t faults = result.bad_faults(settings); faults != 0) {
    reason = fmt::format("{} faults in answers", faults);
  } else if (settings.search && result.best == 0) {
    reason = "no rate was without loss";
  } else if (result.answered() == 0) {
    reason = result.asked() == 0 ? "nothing was asked" : "nothing was answered";
  } else if (result.unanswered_percent() > settings.max_loss) {
    reason = fmt::format("{:.3f}% of the questions were not answered", result.unanswered_percent());
  }
  return reason.empty() ? 0 : kBad;
}

}  // namespace tandem6::blast
