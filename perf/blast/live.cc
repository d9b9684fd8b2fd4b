#include "perf/blast/live.h"

#include <fmt/format.h>

namespace tandem6::blast {

Live::Live(const SecondLog& log) : log_(log), thread_([this](const std::stop_token& stop) { follow(stop); }) {}

Live::~Live() {
  thread_.request_stop();
  thread_.join();
  tell_new();
}

void Live::follow(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    tell_new();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

void Live::tell_new() {
  for (const auto seconds = log_.seconds(); told_ < seconds.size(); ++told_) {
    const Second& second = seconds[told_];
    const std::string repeated = second.repeated == 0 ? "" : fmt::format("  repeated {}", second.repeated);
    fmt::print(stderr,
               "{:5.0f} s  begun {:>7}  completed {:>7}  answers {:>7}  p50 {:>8.3f} ms  p99 {:>8.3f} ms  unanswered "
               "{}  faults {}  "
               "in flight {}{}\n",
               second.at, second.begun, second.completed, second.answers, in_milliseconds(second.p50),
               in_milliseconds(second.p99), second.unanswered, second.faults, second.in_flight, repeated);
  }
}

}  // namespace tandem6::blast
