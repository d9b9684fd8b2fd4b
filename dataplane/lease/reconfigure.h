// Reconfigure (RFC 8415 §18.3.11) and its key protocol, RKAP (§20.4): which key a client has, and messages that prove
// it. Pure: when and where they are sent is others' business.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "dataplane/lease/hash.h"
#include "dataplane/wire/builder.h"
#include "dataplane/wire/bytes.h"
#include "dataplane/wire/codes.h"
#include "dataplane/wire/time.h"

namespace tandem6::lease {

/// 128 bits that only the server and this client know (§20.4.2).
using ReconfigureKey = std::array<std::byte, 16>;

/// The key of a client: made of its DUID and a secret of the server's, so that none needs to be kept.
ReconfigureKey reconfigure_key(HashKey secret, Bytes client_duid);

/// Replay detection (§20.3): what is sent later has the greater value. `count`: among messages of the same second; 0 is
/// for Replies, which carry no proof.
constexpr uint64_t replay_detection(AbsoluteTime now, uint32_t count) { return uint64_t{now.since_2000} << 32 | count; }

/// The Authentication option that tells a client its key (§20.4.1).
void put_reconfigure_key(wire::Writer& out, const ReconfigureKey& key, uint64_t replay);

struct ReconfigureOrder {
  Bytes server_duid;
  Bytes client_duid;
  wire::MessageType answer_with;  ///< Renew, Rebind (RFC 6644) or Information-request
  uint64_t replay;
};
/// Writes the Reconfigure message into `out`, signed with `key`. Returns its size; 0 when it does not fit.
size_t build_reconfigure(const ReconfigureOrder& order, const ReconfigureKey& key, MutableBytes out);

}  // namespace tandem6::lease
