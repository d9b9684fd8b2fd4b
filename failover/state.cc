#include "failover/state.h"

#include "dataplane/wire/builder.h"
#include "dataplane/wire/require.h"
#include "failover/checksum.h"

namespace tandem6::failover {
namespace {

// All integers big-endian: version 1, state 1, previous 1, partner 1, has-communicated 1, since 4, partner-since 4,
// last-heard 4, last-operating 4, partner-down-since 4, MCLT 4, checksum 4. The version comes first in every version.
constexpr uint8_t kRecordVersion = 1;
constexpr size_t kBody = 5 + 6 * 4;
constexpr size_t kSize = kBody + 4;

bool is_state(State state) { return state <= State::kConflictDone; }
/// §8.2 has an endpoint find itself in one of the states that it works in.
bool is_stable(State state) { return state >= State::kNormal && is_state(state); }

}  // namespace

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

std::vector<std::byte> encode(const StableState& state) {
  require(is_stable(state.state), "an endpoint that starts again does not find itself in STARTUP, or in no state");
  std::vector<std::byte> stored(kSize);
  wire::Writer out(stored);
  out.u8(kRecordVersion);
  for (const State one : {state.state, state.previous, state.partner}) out.u8(static_cast<uint8_t>(one));
  out.u8(state.has_communicated ? 1 : 0);
  for (const AbsoluteTime time :
       {state.since, state.partner_since, state.last_heard, state.last_operating, state.partner_down_since}) {
    out.u32(time.since_2000);
  }
  out.u32(state.mclt.count);
  out.u32(checksum(out.written()));
  require(!out.overflow() && out.size() == kSize, "the state has the size that it is read with");
  return stored;
}

std::optional<StableState> decode_stable_state(Bytes stored) {
  if (stored.size() != kSize || std::to_integer<uint8_t>(stored[0]) != kRecordVersion) return std::nullopt;
  if (wire::load_be32(&stored[kBody]) != checksum(stored.first(kBody))) return std::nullopt;
  const auto octet = [&](size_t at) { return std::to_integer<uint8_t>(stored[at]); };
  const auto time = [&](size_t index) { return AbsoluteTime{wire::load_be32(&stored[5 + 4 * index])}; };
  const StableState state{.state = State{octet(1)},
                          .previous = State{octet(2)},
                          .since = time(0),
                          .partner = State{octet(3)},
                          .partner_since = time(1),
                          .last_heard = time(2),
                          .last_operating = time(3),
                          .partner_down_since = time(4),
                          .mclt = {wire::load_be32(&stored[kBody - 4])},
                          .has_communicated = octet(4) == 1};
  if (!is_stable(state.state) || !is_state(state.previous) || !is_state(state.partner) || octet(4) > 1) {
    return std::nullopt;
  }
  return state;
}

}  // namespace tandem6::failover
