// Who is served when not everybody can be (architecture.md §6): new clients give way first, existing leases last.
#pragma once

#include <cstddef>
#include <cstdint>

#include "dataplane/wire/codes.h"

namespace tandem6::worker {

/// The order of shedding: the lowest first.
enum class Urgency : uint8_t {
  kNewClient,    ///< who gets no answer has lost nothing yet
  kRequest,      ///< half-way to a lease
  kEstablished,  ///< a lease is at stake
};

constexpr Urgency urgency_of(wire::MessageType type) {
  switch (type) {
    case wire::MessageType::kRenew:
    case wire::MessageType::kRebind:
    case wire::MessageType::kRelease:
    case wire::MessageType::kDecline:
    case wire::MessageType::kConfirm:
      return Urgency::kEstablished;
    case wire::MessageType::kRequest:
      return Urgency::kRequest;
    default:
      return Urgency::kNewClient;
  }
}

/// How full a worker's way to the disk is: the fuller of its change log and its parked replies.
struct Pressure {
  size_t used = 0;
  size_t capacity = 1;
};

/// May a message that may change leases be worked on now?
constexpr bool admits(Urgency urgency, Pressure pressure) {
  switch (urgency) {
    case Urgency::kNewClient:
      return pressure.used < pressure.capacity / 2;
    case Urgency::kRequest:
      return pressure.used < pressure.capacity / 4 * 3;
    case Urgency::kEstablished:
      return true;
  }
  return true;
}

}  // namespace tandem6::worker
