#include "perf/blast/run.h"

#include <fmt/format.h>
#include <rte_pause.h>

#include <algorithm>
#include <ctime>

namespace tandem6::blast {

unsigned Run::turn(Nanoseconds now) {
  Traffic& traffic = setup_.traffic;
  unsigned work = traffic.receive(now);
  if (traffic.has_room()) {
    work += setup_.crowd.tick(now, Link::kBurst, [&](uint32_t client) { traffic.send(client, now); });
  }
  return work;
}

// A nap also gathers questions: several of them for one system call.
void Run::rest(unsigned work) {
  setup_.traffic.flush();
  if (work != 0) return;
  if (!setup_.nap) return rte_pause();
  constexpr timespec kNap{.tv_sec = 0, .tv_nsec = 50'000};
  nanosleep(&kNap, nullptr);
}

void Run::keep_seconds(Nanoseconds now) {
  if (now < next_second_) return;
  Crowd::Interval& interval = setup_.crowd.interval();
  const uint64_t faults = setup_.crowd.oddities().faulty();
  setup_.log.add({.at = in_seconds(now),
                  .wanted = wanted_rate_,
                  .begun = interval.begun,
                  .completed = interval.completed,
                  .sent = setup_.traffic.sent() - sent_before_,
                  .answers = interval.answers,
                  .unanswered = interval.unanswered,
                  .repeated = interval.repeated,
                  .faults = faults - faults_before_,
                  .in_flight = setup_.crowd.in_flight(),
                  .bound = setup_.crowd.bound(),
                  .p50 = interval.latency.percentile(50),
                  .p99 = interval.latency.percentile(99),
                  .max = interval.latency.max()});
  sent_before_ = setup_.traffic.sent();
  faults_before_ = faults;
  interval.begun = interval.completed = interval.answers = interval.unanswered = interval.repeated = 0;
  interval.latency.clear();
  next_second_ = std::max(next_second_ + kSecond, now + kSecond / 2);
}

// --- leases for all --------------------------------------------------------------------------------------------------

void Run::fill_window(unsigned window, Nanoseconds now) {
  Crowd& crowd = setup_.crowd;
  while (crowd.in_flight() < window && setup_.traffic.has_room()) {
    const auto client = crowd.next_idle();
    if (!client) return;
    if (crowd.client(*client).bound) {
      // The remaining ones may be far away: a few steps a turn.
      if (crowd.bound() + crowd.in_flight() >= crowd.clients().size()) return;
      continue;
    }
    crowd.begin_with(*client, Task::kFourWay, now, now);
    setup_.traffic.send(*client, now);
  }
}

tl::expected<void, Error> Run::prepare(unsigned window) {
  constexpr Nanoseconds kPatience = 15 * kSecond;
  Crowd& crowd = setup_.crowd;
  crowd.set_measured(false);
  crowd.set_patience({.retransmit = true});
  uint64_t most = 0;
  Nanoseconds last_progress = setup_.clock.now();
  while (crowd.bound() < crowd.clients().size() && !stopped()) {
    const Nanoseconds now = setup_.clock.now();
    const unsigned work = turn(now);
    fill_window(window, now);
    keep_seconds(now);
    rest(work);
    if (crowd.bound() > most) {
      most = crowd.bound();
      last_progress = now;
    }
    if (now - last_progress < kPatience) continue;
    return tl::unexpected(Error{fmt::format(
        "only {} of {} clients were given leases, and for {:.0f} s no more{}", most, crowd.clients().size(),
        in_seconds(kPatience), crowd.oddities().faulty() != 0 ? ": see the faults" : ": does the server answer?")});
  }
  return {};
}

// --- the open loop ---------------------------------------------------------------------------------------------------

bool Run::begin_one(TaskChooser& chooser, Nanoseconds intended, Nanoseconds now) {
  constexpr unsigned kTries = 64;
  for (unsigned i = 0; i < kTries; ++i) {
    const auto client = setup_.crowd.next_idle();
    if (!client) return false;
    const Task task = chooser.choose(setup_.crowd.client(*client));
    if (task == Task::kNone) continue;
    setup_.crowd.begin_with(*client, task, intended, now);
    setup_.traffic.send(*client, now);
    return true;
  }
  return false;
}

unsigned Run::begin_due(TaskChooser& chooser, Schedule& schedule, Nanoseconds start, Nanoseconds now, Nanoseconds end) {
  unsigned begun = 0;
  while (begun < Link::kBurst && setup_.traffic.has_room()) {
    const Nanoseconds intended = start + schedule.next();
    if (intended > now || intended >= end || !begin_one(chooser, intended, now)) break;
    schedule.take();
    ++begun;
  }
  return begun;
}

bool Run::hopeless(double give_up_above) const {
  constexpr uint64_t kEnough = 500;
  const Figures& figures = setup_.crowd.figures();
  const uint64_t lost = figures.unanswered();
  return lost > kEnough && static_cast<double>(lost) * 100 > give_up_above * static_cast<double>(figures.begun);
}

Outcome Run::open_loop(TaskChooser& chooser, const Pace& pace, double give_up_above) {
  Crowd& crowd = setup_.crowd;
  const Nanoseconds start = setup_.clock.now();
  const Nanoseconds counted = start + pace.ramp + pace.warm_up;
  const Nanoseconds end = counted + pace.length;
  Schedule schedule(pace.rate, pace.ramp, pace.arrivals, setup_.seed);
  wanted_rate_ = pace.rate;
  crowd.set_measured(false);
  Outcome outcome{.length = pace.length};
  Nanoseconds now = start;
  while (now < end && !stopped() && !chooser.exhausted(crowd.bound())) {
    // By the intended moment: a late generator does not move the border.
    crowd.set_measured(start + schedule.next() >= counted);
    unsigned work = turn(now);
    work += begin_due(chooser, schedule, start, now, end);
    keep_seconds(now);
    rest(work);
    now = setup_.clock.now();
    if (!hopeless(give_up_above)) continue;
    outcome.aborted = true;
    break;
  }
  outcome.length = std::min(pace.length, std::max(now - counted, Nanoseconds(0)));
  if (!chooser.exhausted(crowd.bound())) {
    outcome.behind = std::max(std::min(now, end) - (start + schedule.next()), Nanoseconds(0));
  }
  wanted_rate_ = 0;
  return outcome;
}

void Run::drain(Nanoseconds longest) {
  const Nanoseconds end = setup_.clock.now() + longest;
  for (Nanoseconds now = setup_.clock.now(); setup_.crowd.in_flight() != 0 && now < end; now = setup_.clock.now()) {
    const unsigned work = turn(now);
    keep_seconds(now);
    rest(work);
  }
  setup_.crowd.give_up_all();
}

// --- the power comes back --------------------------------------------------------------------------------------------

std::array<Nanoseconds, 5> Run::reboot(Nanoseconds spread, Nanoseconds longest) {
  Crowd& crowd = setup_.crowd;
  crowd.set_measured(true);
  crowd.set_patience({.retransmit = true});
  Random random(setup_.seed);
  const Nanoseconds start = setup_.clock.now();
  for (uint32_t client = 0; client < crowd.clients().size(); ++client) {
    crowd.boot(client, Task::kFourWay, start + from_seconds(random.unit() * in_seconds(spread)));
  }
  std::array<Nanoseconds, 5> served{};
  size_t reached = 0;
  const auto all = static_cast<double>(crowd.clients().size());
  while (reached < served.size() && !stopped()) {
    const Nanoseconds now = setup_.clock.now();
    if (now - start > longest) break;
    const unsigned work = turn(now);
    keep_seconds(now);
    rest(work);
    while (reached < served.size() && static_cast<double>(crowd.figures().completed) >= kServedShares[reached] * all) {
      served[reached++] = setup_.clock.now() - start;
    }
  }
  crowd.give_up_all();
  return served;
}

}  // namespace tandem6::blast
