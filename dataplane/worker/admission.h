// Who is served when the disk falls behind (architecture.md §6): new clients give way first, existing leases last.
#pragma once

#include <cstddef>

#include "dataplane/wire/codes.h"

namespace tandem6::worker {

/// How full a worker's way to the disk is: the fuller of its change log and its parked replies.
struct Pressure {
  size_t used = 0;
  size_t capacity = 1;
};

/// May a message of this type, which may change leases, be worked on now?
constexpr bool admits(wire::MessageType type, Pressure pressure) {
  switch (type) {
    case wire::MessageType::kSolicit:
      return pressure.used < pressure.capacity / 2;
    case wire::MessageType::kRequest:
      return pressure.used < pressure.capacity / 4 * 3;
    default:
      return true;
  }
}

}  // namespace tandem6::worker
