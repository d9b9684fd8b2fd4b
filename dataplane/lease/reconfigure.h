// Reconfigure (RFC 8415 §18.3.11) and its key protocol, RKAP (§20.4): which key a client has, and messages that prove
// it. Pure: control/reconfigure/ says when they are sent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/lease/client_data.h"
#include "dataplane/lease/hash.h"
#include "dataplane/wire/builder.h"
#include "dataplane/wire/bytes.h"
#include "dataplane/wire/codes.h"
#include "dataplane/wire/time.h"

namespace tandem6::lease {

/// 128 bits that only the server and this client know (§20.4.2).
using ReconfigureKey = std::array<std::byte, 16>;

/// The secret of those who configure the same text: what partners of a failover relationship share.
HashKey reconfigure_secret(std::string_view text);

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
  KeptRelays relays = {};  ///< that the client's last message came through: it goes back inside Relay-replies (§19.3)
};
/// Writes the datagram with the Reconfigure message, signed with `key`, into `out`. Returns its size; 0 when it does
/// not fit.
size_t build_reconfigure(const ReconfigureOrder& order, const ReconfigureKey& key, MutableBytes out);

/// The data of OPTION_F_RECONFIGURE_DATA (RFC 8156 §5.5.13) for a key that was always there, as it follows from a
/// secret that was: its time is 0, so whoever makes keys one by one knows which one is younger.
inline constexpr size_t kReconfigureDataSize = 4 + sizeof(ReconfigureKey);
std::array<std::byte, kReconfigureDataSize> reconfigure_data(const ReconfigureKey& key);

}  // namespace tandem6::lease
