#include "failover/state.h"

namespace tandem6::failover {

std::string_view to_string(State state) {
  switch (state) {
    case State::kNone:
      return "NONE";
    case State::kStartup:
      return "STARTUP";
    case State::kNormal:
      return "NORMAL";
    case State::kCommunicationsInterrupted:
      return "COMMUNICATIONS-INTERRUPTED";
    case State::kPartnerDown:
      return "PARTNER-DOWN";
    case State::kPotentialConflict:
      return "POTENTIAL-CONFLICT";
    case State::kRecover:
      return "RECOVER";
    case State::kRecoverWait:
      return "RECOVER-WAIT";
    case State::kRecoverDone:
      return "RECOVER-DONE";
    case State::kResolutionInterrupted:
      return "RESOLUTION-INTERRUPTED";
    case State::kConflictDone:
      return "CONFLICT-DONE";
  }
  return "unknown";
}

}  // namespace tandem6::failover
