#include "perf/blast/session.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <optional>

#include "perf/blast/live.h"

namespace tandem6::blast {
namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

class Session {
 public:
  Session(const Settings& settings, Link& link, const std::atomic<bool>& stop)
      : settings_(settings),
        population_(settings.profile),
        crowd_(population_),
        traffic_(link, population_, crowd_, settings.route),
        link_(link),
        stop_(stop),
        run_({.traffic = traffic_,
              .crowd = crowd_,
              .clock = clock_,
              .log = log_,
              .stop = stop,
              .seed = settings.profile.seed,
              .nap = settings.nap}),
        chooser_(settings.scenario, settings.mix, settings.profile.seed) {}

  tl::expected<Result, Error> run() {
    if (auto resolved = traffic_.resolve_server(clock_); !resolved) return tl::unexpected(resolved.error());
    {
      std::optional<Live> live;
      if (!settings_.quiet) live.emplace(log_);
      measure();
    }
    finish();
    return std::move(result_);
  }

 private:
  void measure() {
    if (settings_.prepare) {
      const Nanoseconds start = clock_.now();
      if (auto prepared = run_.prepare(settings_.window); !prepared) {
        result_.failure = prepared.error().message;
        return;
      }
      run_.drain(settings_.timeout + kSecond);
      result_.prepared_in = in_seconds(clock_.now() - start);
    }
    crowd_.figures() = Figures{};
    crowd_.set_patience({.retransmit = false, .timeout = settings_.timeout});
    if (settings_.scenario == Scenario::kReboot) {
      reboot();
    } else if (settings_.search) {
      search();
    } else {
      at_rate(settings_.rate, settings_.duration, 100);
    }
  }

  void reboot() {
    const Nanoseconds start = clock_.now();
    const CpuTime before = cpu();
    result_.served = run_.reboot(settings_.spread, settings_.duration);
    result_.measured = in_seconds(clock_.now() - start);
    count_cpu(before);
  }

  // Figures of what began in the last `length` of it.
  Outcome at_rate(double rate, Nanoseconds length, double give_up_above) {
    crowd_.figures() = Figures{};
    const CpuTime before = cpu();
    const Pace pace{.rate = rate,
                    .warm_up = settings_.warm_up,
                    .ramp = settings_.ramp,
                    .length = length,
                    .arrivals = settings_.arrivals};
    const Outcome outcome = run_.open_loop(chooser_, pace, give_up_above);
    count_cpu(before);
    run_.drain(settings_.timeout + kSecond);
    result_.measured = in_seconds(outcome.length);
    result_.behind = outcome.behind;
    return outcome;
  }

  void search() {
    RateSearch search(settings_.rules);
    while (!search.done() && !stop_.load(std::memory_order_relaxed)) {
      const bool confirm = search.phase() == RateSearch::Phase::kConfirm;
      const Outcome outcome = at_rate(search.rate(), confirm ? settings_.duration : settings_.step, 1.0);
      const TriedRate tried = judge(search, outcome);
      result_.tried.push_back(tried);
      if (!settings_.quiet) tell(tried);
      search.report(tried.lossless);
    }
    result_.best = search.best();
  }

  TriedRate judge(const RateSearch& search, const Outcome& outcome) {
    const Figures& figures = crowd_.figures();
    uint64_t asked = 0;
    for (const QuestionFigures& each : figures.questions) asked += each.asked;
    const double percent =
        asked == 0 ? 100 : 100 * static_cast<double>(figures.unanswered()) / static_cast<double>(asked);
    const double length = std::max(in_seconds(outcome.length), 1e-3);
    TriedRate tried{.phase = search.phase(),
                    .rate = search.rate(),
                    .begun = static_cast<double>(figures.begun) / length,
                    .completed = static_cast<double>(figures.completed) / length,
                    .unanswered_percent = percent,
                    .lossless = false,
                    .why = "",
                    .p50 = figures.exchange_latency.percentile(50),
                    .p99 = figures.exchange_latency.percentile(99)};
    if (percent > settings_.loss) {
      tried.why = "unanswered questions";
    } else if (outcome.behind > settings_.step / 50) {
      tried.why = "the generator was late";
    } else if (figures.completed == 0) {
      tried.why = "nothing was completed";
    } else {
      tried.lossless = true;
    }
    return tried;
  }

  static void tell(const TriedRate& tried) {
    fmt::print(stderr, "{} {:.0f}/s: {}{}{} ({:.4f}% unanswered, p50 {:.3f} ms, p99 {:.3f} ms)\n",
               tried.phase == RateSearch::Phase::kConfirm ? "confirming" : "tried", tried.rate,
               tried.lossless ? "without loss" : "loss", tried.lossless ? "" : ": ", tried.why,
               tried.unanswered_percent, in_milliseconds(tried.p50), in_milliseconds(tried.p99));
  }

  struct CpuTime {
    double user;
    double system;
  };
  static CpuTime cpu() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return {seconds_of(usage.ru_utime), seconds_of(usage.ru_stime)};
  }
  void count_cpu(const CpuTime& before) {
    const CpuTime after = cpu();
    result_.cpu_user = after.user - before.user;
    result_.cpu_system = after.system - before.system;
  }

  void finish() {
    crowd_.oddities().faults[static_cast<size_t>(Fault::kOverlappingLeases)] +=
        count_overlaps(crowd_.clients(), clock_.now());
    result_.driver = link_.driver();
    result_.figures = crowd_.figures();
    result_.oddities = crowd_.oddities();
    result_.seconds.assign(log_.seconds().begin(), log_.seconds().end());
    result_.missed = link_.missed();
    result_.unsent = traffic_.unsent();
    for (size_t i = 0; i < crowd_.servers().size(); ++i) {
      result_.servers.push_back(crowd_.servers()[static_cast<uint8_t>(i)].to_string());
    }
  }

  const Settings& settings_;
  Population population_;
  Crowd crowd_;
  Traffic traffic_;
  Link& link_;
  const std::atomic<bool>& stop_;
  Stopwatch clock_;
  SecondLog log_;
  Run run_;
  TaskChooser chooser_;
  Result result_;
};

}  // namespace

tl::expected<Result, Error> run_session(const Settings& settings, const std::atomic<bool>& stop) {
  auto link = Link::open(settings.device);
  if (!link) return tl::unexpected(link.error());
  prctl(PR_SET_TIMERSLACK, 1000UL);  // the usual 50 µs would double every nap
  const auto session = std::make_unique<Session>(settings, **link, stop);
  return session->run();
}

}  // namespace tandem6::blast
