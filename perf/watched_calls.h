// Counts what the packet path must not do (P12): allocate, lock, call the system. This program's malloc and
// pthread_mutex_lock and their like are the ones that everything in the process calls, DPDK and the C++ library
// included.
#pragma once

#include <array>
#include <cstdint>

namespace tandem6::perf {

enum class Call : uint8_t { kAllocation, kLock, kSystem };
inline constexpr unsigned kCalls = 3;

struct WatchedCalls {
  struct Kind {
    uint64_t count = 0;
    const void* first = nullptr;  ///< who made the first one
    long number = -1;             ///< of the first system call
  };
  std::array<Kind, kCalls> kinds;
  Kind& operator[](Call call) { return kinds[static_cast<unsigned>(call)]; }
  const Kind& operator[](Call call) const { return kinds[static_cast<unsigned>(call)]; }
};

/// From now on the calling thread's calls are counted in `into`; null: they are not.
void watch_calls(WatchedCalls* into);

/// From now on system calls of the calling thread are counted instead of made: they fail with ENOSYS. There is no way
/// back; the end of the process is allowed.
void forbid_system_calls();

}  // namespace tandem6::perf
