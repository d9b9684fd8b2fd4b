// The states of a failover endpoint (RFC 8156 §8) and what an endpoint keeps of itself (§8.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "dataplane/wire/bytes.h"
#include "dataplane/wire/time.h"

namespace tandem6::failover {

/// With the values of OPTION_F_SERVER_STATE (RFC 8156 §5.5.16). Stored on disk.
enum class State : uint8_t {
  kNone = 0,  ///< of a partner that was never heard
  kStartup = 1,
  kNormal = 2,
  kCommunicationsInterrupted = 3,
  kPartnerDown = 4,
  kPotentialConflict = 5,
  kRecover = 6,
  kRecoverWait = 7,
  kRecoverDone = 8,
  kResolutionInterrupted = 9,
  kConflictDone = 10,
};
/// "NORMAL", "COMMUNICATIONS-INTERRUPTED", …
std::string_view to_string(State state);

/// What an endpoint has in stable storage (§8.2), so that it finds itself again after a restart. Moments are absolute.
struct StableState {
  State state = State::kRecover;    ///< never STARTUP, which is entered at each start anyway
  State previous = State::kNone;    ///< before `state`
  AbsoluteTime since;               ///< start time of `state`
  State partner = State::kNone;     ///< as last heard
  AbsoluteTime partner_since;       ///< start time of the partner's state
  AbsoluteTime last_heard;          ///< time the most recent message came from the partner; 0: never
  AbsoluteTime last_operating;      ///< we were still running then
  AbsoluteTime partner_down_since;  ///< with PARTNER-DOWN: when it began
  Seconds mclt;                     ///< in use: the primary's (§6.1.2); 0: never told
  bool has_communicated = false;    ///< with the partner, ever: the COMMUNICATED flag (§5.5.15)
  friend bool operator==(const StableState&, const StableState&) = default;
};

/// As it is stored: versioned. Nothing when that is not what `decode` knows.
std::vector<std::byte> encode(const StableState& state);
std::optional<StableState> decode_stable_state(Bytes stored);

}  // namespace tandem6::failover
