// What failover does to leases, where they are: each function is called by the worker that owns the shards, as an
// errand, or by the simulator. Sans-I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "dataplane/lease/errand.h"
#include "failover/binding_update.h"

namespace tandem6::failover {

/// How far a BNDUPD got at the worker that owns its client.
enum class Applied : uint8_t {
  kDone,           ///< every lease has its verdict
  kNoRoom,         ///< the log, or the feed, is full: again later
  kHeldElsewhere,  ///< the next lease may be another client's, in a shard of another worker: see displace()
};

/// Two clients had one lease, ACTIVE at either server (RFC 8156 §7.5.4).
struct Conflict {
  lease::LeaseKey lease;
  Duid kept;
  Duid lost;
};

/// A BNDUPD being worked on (RFC 8156 §7.5). Owned by whoever has it: the reactor, or the worker that it was given to.
struct IncomingUpdate {
  uint64_t token = 0;
  BindingUpdate update;            ///< the verdicts are written into it
  size_t next = 0;                 ///< the lease that comes next
  bool next_is_unheld = false;     ///< displace() has found nobody who holds it, or has made room
  bool next_is_told_back = false;  ///< another client of ours made room, of whom an update is on its way
  bool has_news = false;           ///< its client data is newer than ours; set before the first lease
  std::vector<Conflict> conflicts = {};
  uint64_t sequence = 0;  ///< in the worker's log: the BNDREPLY waits until it is committed (§7.5.2)
};

/// Works on the update's leases one after the other. `scope`: the relationship that it came by.
Applied apply(const lease::ErrandPlace& place, const lease::FailoverScope& scope, IncomingUpdate& incoming);

/// The lease that apply() could not find: if these shards have it, it is judged here (Figure 4), and evicted when the
/// update is accepted. kDone: it was here; the verdict stands in the update. kHeldElsewhere: it is not here, or not any
/// more. Either way, `sequence` says what of this worker's log must be committed before apply() goes on.
Applied displace(const lease::ErrandPlace& place, const lease::FailoverScope& scope, IncomingUpdate& incoming);

/// What a BNDREPLY says about one lease that we sent (§7.7).
struct LeaseAck {
  Duid client;
  lease::LeaseKey key;
  uint32_t version = 0;                          ///< PartnerTimes::version when it was sent
  std::optional<AbsoluteTime> partner_lifetime;  ///< OPTION_F_PARTNER_LIFETIME_SENT
  /// Is a lease that has ended free by this ack (§7.2)? Not while the partner recovers: it may have lost its memory of
  /// what it gave the client, which ends one MCLT after its failure (§8.6).
  bool frees = true;
};
/// The partner has accepted it. False: the log has no room, try again.
bool acknowledge(const lease::ErrandPlace& place, const LeaseAck& ack);

/// A walk through all shards of a group, some places at a time.
struct WalkCursor {
  unsigned shard = 0;
  uint32_t place = 0;
  bool finished = false;
};

/// Each finds what the ones before it do.
enum class ScanKind : uint8_t {
  kUnacked,  ///< what the partner does not know
  kAll,
  /// All, for a partner that has lost its memory. Of what we acked to it, it may have promised clients as much and the
  /// MCLT (§4.4), also to those who have left here since. So what has ended is ACTIVE again until then.
  kForgotten,
};
/// A lease that a scan has seen. In the log of its worker, `sequence` is the last change before.
struct FoundLease {
  lease::LeaseRecord record;
  uint64_t sequence = 0;
};
/// Appends up to `limit` leases of the relationship to `found`, marked as being told; none, and the cursor stays, when
/// the log has no room.
void scan(const lease::ErrandPlace& place, const lease::FailoverScope& scope, ScanKind kind, WalkCursor& cursor,
          size_t limit, std::vector<FoundLease>& found);

/// PARTNER-DOWN (§4.2.2.1, §8.4.1): frees leases that ended, once the MCLT is over beyond all that the partner may
/// believe.
void free_overdue(const lease::ErrandPlace& place, const lease::FailoverScope& scope, AbsoluteTime partner_down_since,
                  Seconds mclt, WalkCursor& cursor, size_t limit);

/// Which of these blocks hold a lease that the partner does not know as it is? Such a block cannot change hands.
void find_unacked_blocks(const lease::ErrandPlace& place, const lease::FailoverScope& scope,
                         const std::vector<lease::LeaseKey>& blocks, WalkCursor& cursor, size_t limit,
                         std::vector<lease::LeaseKey>& unacked);

}  // namespace tandem6::failover
