// The load generator's time: nanoseconds since the run began. Whoever has the clock hands it in.
#pragma once

#include <chrono>

namespace tandem6::blast {

using Nanoseconds = std::chrono::nanoseconds;
using Milliseconds = std::chrono::milliseconds;

inline constexpr Nanoseconds kSecond = std::chrono::seconds(1);

inline double in_seconds(Nanoseconds time) { return static_cast<double>(time.count()) * 1e-9; }
inline double in_milliseconds(Nanoseconds time) { return static_cast<double>(time.count()) * 1e-6; }
inline Nanoseconds from_seconds(double seconds) { return Nanoseconds(static_cast<int64_t>(seconds * 1e9)); }

}  // namespace tandem6::blast
