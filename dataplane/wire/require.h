// Assertions that stay on in every build: for what can only fail because we are wrong. Not for the packet path.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <source_location>

namespace tandem6 {

/// Ends the process with a message when `holds` is false. `what` says what should have been true.
inline void require(bool holds, const char* what, std::source_location where = std::source_location::current()) {
  if (holds) [[likely]]
    return;
  std::fprintf(stderr, "tandem6: %s:%u: this should be true: %s\n", where.file_name(), where.line(), what);
  std::abort();
}

}  // namespace tandem6
