// The phases of a run: leases for all, an open loop at a rate, the power coming back, and waiting for the last answers.
// Owns the loop of the generator's thread.
#pragma once

#include <atomic>
#include <span>
#include <vector>

#include "perf/blast/scenario.h"
#include "perf/blast/schedule.h"
#include "perf/blast/traffic.h"

namespace tandem6::blast {

struct Pace {
  double rate = 0;         ///< exchanges that begin in a second
  Nanoseconds warm_up{0};  ///< at this rate, not in the figures
  Nanoseconds ramp{0};     ///< before: up from zero, not in the figures
  Nanoseconds length{0};   ///< what counts
  Arrivals arrivals = Arrivals::kConstant;
};

/// How an open loop went.
struct Outcome {
  Nanoseconds length{0};
  Nanoseconds behind{0};  ///< how late the generator was with beginning exchanges at the end
  bool aborted = false;   ///< hopeless: ended early
};

/// The seconds of a run, for another thread to follow.
class SecondLog {
 public:
  static constexpr size_t kMax = 24 * 3600;
  SecondLog() { seconds_.reserve(kMax); }
  void add(const Second& second) {
    if (seconds_.size() == kMax) return;
    seconds_.push_back(second);
    size_.store(seconds_.size(), std::memory_order_release);
  }
  /// Those that are there already. Any thread.
  std::span<const Second> seconds() const { return {seconds_.data(), size_.load(std::memory_order_acquire)}; }

 private:
  std::vector<Second> seconds_;
  std::atomic<size_t> size_{0};
};

class Run {
 public:
  struct Setup {
    Traffic& traffic;
    Crowd& crowd;
    const Stopwatch& clock;
    SecondLog& log;
    const std::atomic<bool>& stop;  ///< the user's wish
    uint64_t seed = 1;
    bool nap = true;  ///< leave the core to others for 50 µs whenever there is nothing to do
  };
  explicit Run(const Setup& setup) : setup_(setup) {}

  /// Four-way exchanges until all clients have leases: as fast as the server answers `window` at once.
  tl::expected<void, Error> prepare(unsigned window);
  /// The open loop. `give_up_above` unanswered of a hundred: not worth going on.
  Outcome open_loop(TaskChooser& chooser, const Pace& pace, double give_up_above);
  /// Every client boots within `spread`, as RFC 8415 §15 and §18.2.1 say; until all have leases or `longest` is over.
  /// The moments, since the power came, when 50, 90, 99, 99.9 and 100% had them; zero: not reached.
  static constexpr std::array<double, 5> kServedShares = {0.5, 0.9, 0.99, 0.999, 1};
  std::array<Nanoseconds, 5> reboot(Nanoseconds spread, Nanoseconds longest);
  /// Waits for answers and timeouts, at most `longest`; what is then still open is given up.
  void drain(Nanoseconds longest);

 private:
  unsigned turn(Nanoseconds now);
  bool begin_one(TaskChooser& chooser, Nanoseconds intended, Nanoseconds now);
  unsigned begin_due(TaskChooser& chooser, Schedule& schedule, Nanoseconds start, Nanoseconds now, Nanoseconds end);
  void fill_window(unsigned window, Nanoseconds now);
  bool hopeless(double give_up_above) const;
  void keep_seconds(Nanoseconds now);
  void rest(unsigned work);
  bool stopped() const { return setup_.stop.load(std::memory_order_relaxed); }

  Setup setup_;
  double wanted_rate_ = 0;
  Nanoseconds next_second_ = kSecond;
  uint64_t sent_before_ = 0;
  uint64_t faults_before_ = 0;
};

}  // namespace tandem6::blast
