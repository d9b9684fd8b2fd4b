// The DHCPv6 server (RFC 8415 §18.3): one message in, the answer out. Pure: no I/O, no clock, no allocation.
#pragma once

#include <cstddef>

#include "dataplane/lease/drop_reason.h"
#include "dataplane/lease/request.h"
#include "dataplane/lease/shard_group.h"
#include "dataplane/lease/snapshot.h"
#include "dataplane/wire/codes.h"

namespace tandem6::lease {

/// Changes that one message can make at most: the log has room for so many before answer() is called for a message
/// that may change leases. IAs beyond the limit are answered with a status code.
inline constexpr size_t kMaxIasPerMessage = 16;
inline constexpr size_t kMaxChangesPerMessage = 4 * kMaxIasPerMessage + ChangeLog::kRoomToRemember;

/// Leases that one client can hold at most, over all its messages: a single client cannot empty the pools by inventing
/// IAIDs (RFC 9915 §23). RFC 7934 wants hosts to be free to use many addresses; a home gateway has two.
inline constexpr size_t kMaxLeasesPerClient = 64;

struct Answer {
  DropReason dropped = DropReason::kNone;  ///< not kNone: there is no answer, for this reason
  size_t size = 0;           ///< bytes in `out`: a DHCPv6 datagram, wrapped in Relay-replies if it came relayed
  wire::MessageType type{};  ///< of the message inside the Relay-replies
  /// It tells of leases: it must not leave before everything in the group's log so far is on disk.
  bool after_commit = false;
};

/// Answers one message. A LEASEQUERY is always refused: who may ask is answered by the management thread
/// (worker/query_desk.h). `request.received` parsed and identify_client() done; the client's shard (if it named itself)
/// is in `group`. The caller sends `out[0, size)` back to where the datagram came from.
Answer answer(const Request& request, ShardGroup& group, const Snapshot& snapshot, AbsoluteTime now, MutableBytes out);

/// May this message change leases? Then the log must have room for kMaxChangesPerMessage.
bool may_change_leases(wire::MessageType type);

}  // namespace tandem6::lease
