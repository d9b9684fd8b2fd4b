// Moments for people: local time, in ISO 8601 with the offset from UTC, so that nobody has to ask which zone it was.
#pragma once

#include <cstdint>
#include <string>

namespace tandem6::control {

/// "2026-11-24T22:30:00+01:00". Any thread.
std::string local_time(int64_t unix_seconds);

}  // namespace tandem6::control
