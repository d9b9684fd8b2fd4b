// One client: 96 bytes, of which there may be millions. Owned by the Crowd.
#pragma once

#include "dataplane/lease/timing_wheel.h"
#include "dataplane/wire/ipv6.h"
#include "perf/blast/durations.h"
#include "perf/blast/question.h"

namespace tandem6::blast {

/// An exchange from its beginning to its end.
enum class Task : uint8_t {
  kNone,
  kFourWay,
  kRapidCommit,
  kSolicitOnly,
  kRenew,
  kRebind,
  kRelease,
  kInformationRequest,
};

struct Client {
  Ipv6Address address;  ///< what it has, or was offered while its question is REQUEST
  Ipv6Address prefix;
  Nanoseconds began{0};  ///< when its exchange was to begin
  Nanoseconds asked{0};  ///< when its question was to be sent, the first time
  lease::WheelLinks timer;
  uint32_t deadline = 0;  ///< of the timer: milliseconds since the run began
  uint32_t wait = 0;      ///< RT of RFC 8415 §15, milliseconds
  uint32_t ends = 0;      ///< when its leases do: seconds since the run began
  uint32_t sequence = 0;  ///< transaction ids used
  Task task = Task::kNone;
  Question question = Question::kSolicit;  ///< unless task is kNone
  uint8_t server = 0;                      ///< number of the server whose leases it has, or that it asks
  uint8_t tries = 0;                       ///< of its question
  uint8_t prefix_length = 0;
  bool has_address = false;
  bool has_prefix = false;
  bool bound = false;     ///< what it has is its own: a REPLY said so
  bool booting = false;   ///< its task begins when its timer comes due
  bool measured = false;  ///< its exchange began in the measured part of the run

  bool idle() const { return task == Task::kNone; }
};

}  // namespace tandem6::blast
