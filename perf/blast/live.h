// The line a second on stderr, by a thread of its own: a terminal that is slow must not hold up the generator.
#pragma once

#include <thread>

#include "perf/blast/run.h"

namespace tandem6::blast {

class Live {
 public:
  explicit Live(const SecondLog& log);
  /// Tells what is left to tell and ends.
  ~Live();
  Live(const Live&) = delete;
  Live& operator=(const Live&) = delete;

 private:
  void follow(const std::stop_token& stop);
  void tell_new();

  const SecondLog& log_;
  size_t told_ = 0;
  std::jthread thread_;
};

}  // namespace tandem6::blast
