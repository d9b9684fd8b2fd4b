// What a run counts. Written by the generator's thread; read by others when it has ended.
#pragma once

#include <array>
#include <vector>

#include "perf/blast/fault.h"
#include "perf/blast/histogram.h"
#include "perf/blast/question.h"

namespace tandem6::blast {

struct QuestionFigures {
  uint64_t asked = 0;     ///< without repetitions
  uint64_t repeated = 0;  ///< retransmissions
  uint64_t answered = 0;
  uint64_t unanswered = 0;  ///< given up
  Histogram latency;        ///< from when the question was to be sent first
};

/// Of what began in the measured part of a run.
struct Figures {
  std::array<QuestionFigures, kQuestions> questions;
  /// Exchanges as a whole, however many questions they have.
  uint64_t begun = 0;
  uint64_t completed = 0;
  uint64_t failed = 0;  ///< an unanswered question or a faulty answer ended them
  Histogram exchange_latency;

  QuestionFigures& of(Question question) { return questions[static_cast<size_t>(question)]; }
  uint64_t unanswered() const {
    uint64_t sum = 0;
    for (const QuestionFigures& each : questions) sum += each.unanswered;
    return sum;
  }
};

/// Of the whole run, warm-up and preparation included.
struct Oddities {
  std::array<uint64_t, kFaults> faults{};
  uint64_t late = 0;       ///< answers to what had been given up
  uint64_t further = 0;    ///< second answers to one question: several servers, or a duplicate
  uint64_t foreign = 0;    ///< frames for our stations that are none of DHCPv6's
  uint64_t no_client = 0;  ///< exchanges that had to wait, since all clients were in one

  uint64_t faulty() const {
    uint64_t sum = 0;
    for (const uint64_t each : faults) sum += each;
    return sum;
  }
};

/// One second of the run, for the live line and the plot.
struct Second {
  double at = 0;      ///< its end, seconds since the run began
  double wanted = 0;  ///< exchanges that were to begin in it
  uint64_t begun = 0;
  uint64_t completed = 0;
  uint64_t sent = 0;  ///< packets
  uint64_t answers = 0;
  uint64_t unanswered = 0;
  uint64_t repeated = 0;
  uint64_t faults = 0;
  uint64_t in_flight = 0;  ///< at its end
  uint64_t bound = 0;      ///< clients that have leases, at its end
  Nanoseconds p50{0};
  Nanoseconds p99{0};
  Nanoseconds max{0};
};

}  // namespace tandem6::blast
