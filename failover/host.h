// What a relationship asks of the world around it: the connection, the disk, the workers. Implemented by the failover
// reactor of tandem6d and by the simulator.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "dataplane/lease/failover_scope.h"
#include "dataplane/lease/snapshot.h"
#include "failover/lease_side.h"

namespace tandem6::failover {

/// The two clocks: what people and partners share, and one that never jumps.
struct Moment {
  AbsoluteTime wall;
  uint64_t milliseconds = 0;  ///< since some moment
};

enum class Weight : uint8_t { kInfo, kWarning, kAlarm };

/// All called by the relationship, in the thread that it lives in. None waits: what takes time is answered by calling
/// the relationship's function that each names, in a later turn and in the order of asking.
class Host {
 public:
  virtual ~Host() = default;

  // --- the connection ----------------------------------------------------------------------------------------------
  virtual void send(Bytes message) = 0;
  /// Ends the connection; no Relationship::disconnected() follows. A primary's host connects again after a pause.
  virtual void disconnect() = 0;
  /// The relationship works: a primary's host need not pause longer and longer.
  virtual void settled() = 0;

  // --- the disk ----------------------------------------------------------------------------------------------------
  /// Stores what this relationship must find again (RFC 8156 §8.2); Relationship::persisted(token) when it is synced.
  /// A later call may replace one that is not done yet; then only its token is answered.
  virtual void persist(std::vector<std::byte> stable, uint64_t token) = 0;

  // --- people ------------------------------------------------------------------------------------------------------
  virtual void note(Weight weight, std::string_view event, std::string_view text) = 0;

  // --- workers and leases ------------------------------------------------------------------------------------------
  /// The configuration in force; valid during the call.
  virtual const lease::Snapshot& snapshot() = 0;
  /// failover::apply() and, where needed, displace(); Relationship::applied() when all of it is on the disk, and
  /// Relationship::changed() was called for all that it fed: what it withdraws is not told behind the BNDREPLY. Never
  /// two of one client at a time.
  virtual void apply(IncomingUpdate incoming) = 0;
  /// failover::acknowledge().
  virtual void acknowledge(const LeaseAck& ack) = 0;
  /// Begins a scan anew, of all workers' shards; takes the place of one that was not finished.
  virtual void begin_scan(ScanKind kind) = 0;
  /// The next piece, of about `limit` places a worker: Relationship::scanned(), when what it found is on the disk,
  /// and Relationship::changed() was called for all that was fed before the workers looked.
  virtual void continue_scan(size_t limit) = 0;
  /// failover::free_overdue(), over all shards.
  virtual void free_overdue(AbsoluteTime partner_down_since, Seconds mclt) = 0;
  /// failover::find_unacked_blocks(), over all shards, when every worker has seen what was done before this call:
  /// Relationship::blocks_checked().
  virtual void check_blocks(std::vector<lease::LeaseKey> blocks) = 0;
  /// What is kept of a client (lease/client_data.h); empty: nothing.
  virtual std::vector<std::byte> client_data(Bytes duid) = 0;
};

}  // namespace tandem6::failover
