// CPU that was spent.
#pragma once

#include <time.h>

namespace tandem6::perf {

/// Seconds that the whole process has had (CLOCK_PROCESS_CPUTIME_ID), or the calling thread (CLOCK_THREAD_CPUTIME_ID).
inline double cpu_seconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace tandem6::perf
