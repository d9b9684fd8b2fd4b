// The shards of one worker together with the log of their changes: everything that changes a lease goes through here.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/lease/awaited_clients.h"
#include "dataplane/lease/change_log.h"
#include "dataplane/lease/counters.h"
#include "dataplane/lease/option_blocks.h"
#include "dataplane/lease/shard.h"
#include "dataplane/lease/snapshot.h"
#include "dataplane/lease/unit_search.h"
#include "dataplane/lease/update_feed.h"

namespace tandem6::lease {

/// Owned and used by one worker. Sans-I/O: the change log's other end may be a committer or a simulator.
class ShardGroup {
 public:
  /// `worker` is this group's index among `workers`; it owns the shards s with s % workers == worker.
  /// `feed_capacity`: of changes that a failover reactor has yet to hear of; 0 when there is none.
  /// `memory`: what the shards' tables lie in; outlives the group.
  ShardGroup(unsigned worker, unsigned workers, HashKey table_key, size_t log_capacity, size_t feed_capacity = 0,
             std::pmr::memory_resource* memory = std::pmr::new_delete_resource());

  static unsigned owner_of(unsigned shard, unsigned workers) { return shard % workers; }
  bool owns(unsigned shard) const { return shards_[shard] != nullptr; }
  Shard& shard(unsigned number) { return *shards_[number]; }
  ChangeLog& log() { return log_; }
  UpdateFeed& feed() { return feed_; }
  Counters& counters() { return counters_; }
  OptionBlocks& option_blocks() { return option_blocks_; }
  AwaitedClients& awaited() { return awaited_; }
  unsigned worker() const { return worker_; }

  // --- changes; each appends to the log, which must have room
  // ----------------------------------------------------------
  /// Takes a unit for this client's IA out of the subnet's pools: the wanted one if that is in a pool and free, else
  /// the one that the client's search finds. Nothing when all is taken. The lease begins at `now`.
  Lease* allocate(const Request& request, const Subnet& subnet, const Snapshot& snapshot, const UnitWish& wish,
                  const Terms& terms, AbsoluteTime now);
  /// Takes this reserved unit. Nothing when another client has it, as may happen for a time after it was reserved.
  Lease* allocate_reserved(const Request& request, const Subnet& subnet, const Snapshot& snapshot,
                           const ReservedUnit& unit, uint32_t iaid, const Terms& terms, AbsoluteTime now);
  /// What allocate() would take now, without taking it: for ADVERTISE.
  std::optional<LeaseKey> look_for(const Request& request, const Subnet& subnet, const Snapshot& snapshot,
                                   const UnitWish& wish);
  /// Would allocate_reserved() succeed now?
  bool is_available(const Request& request, const Snapshot& snapshot, const ReservedUnit& unit);
  /// Counts that no subnet of the client's link, of which this is the first, had anything for it.
  void count_failure(const Subnet& subnet) const;
  /// The lease lasts from `now` for these terms, as one of this subnet.
  void extend(Lease& lease, const Subnet& subnet, const Snapshot& snapshot, const Terms& terms, AbsoluteTime now);
  /// Counts a renewal that changed nothing (LeaseCache).
  void count_reuse(const Lease& lease, const Subnet& subnet) const;
  /// The client released it, it expired, or its quarantine is over: `how` says which. A lease that a failover partner
  /// knows of stays like this until the partner has heard (RFC 8156 §7.2); any other is FREE at once. An abandoned one
  /// can only become RESET (Figure 2).
  void end(Lease& lease, BindingStatus how, const Snapshot& snapshot, AbsoluteTime now);
  /// A lease that has ended, while the partner was told nothing of it, goes on (RFC 8156 §4.2.2.1).
  void revive(Lease& lease, const Subnet& subnet, const Snapshot& snapshot, const Terms& terms, AbsoluteTime now);
  /// Forgets the lease. Its unit can be leased again once the disk knows (settle()).
  void free(Lease& lease, const Snapshot& snapshot);
  /// The client found the address in use (RFC 8415 §18.3.8): nobody gets it for decline-probation-period.
  void abandon(Lease& lease, const Snapshot& snapshot, AbsoluteTime now);
  /// An operator's lease, for the client that record.duid names: a new one, or the one with this name, if it is that
  /// client's, as it is from now on. record.subnet_id must be configured; record.partner does not matter: beside a
  /// failover partner the lease begins at `now` and lasts no longer than one that a client asked for (RFC 8156 §4.4).
  /// Reservations are not looked at. Null when the unit is not to be had, or the lease has_ended(). Who else holds a
  /// unit that is in no dense pool is not known here: the caller has looked.
  Lease* assign(LeaseRecord record, const Snapshot& snapshot, AbsoluteTime now);
  /// What is to be kept of this client (client_data.h; empty: nothing) as long as it has leases. Logged only when it is
  /// something new. Does nothing for a client without leases, and without room for it: the next message brings it
  /// again.
  void remember(Bytes duid, Bytes client_data);
  /// The same, said by the client itself, whose index in its shard is `client`: the partner is to know (RFC 8156 §7.4).
  /// It hears what the disk has of a client with each of its leases: with those that the feed holds, which wait for
  /// this, or else with one that it hears again.
  void learn(const Request& request, uint32_t client, Bytes client_data, const Snapshot& snapshot, AbsoluteTime now);

  // --- what failover does, by errands -------------------------------------------------------------------------------
  /// The lease with this name, in whichever of these shards.
  Lease* find_anywhere(const LeaseKey& key);
  /// A lease as the partner says it is, or as it is after an ack: for the lease's own client, or a key that is not
  /// here. Logged; the partner is not told.
  Lease& adopt(const LeaseRecord& record, const Snapshot& snapshot);
  /// Forgets a lease whose unit the partner has given to another client: it stays marked as taken.
  void evict(Lease& lease, const Snapshot& snapshot);
  /// Another client of the partner's is about to have this unit, in whichever worker's shard: if it rests here after a
  /// lease's end, until the disk knows of that, it is not given back to its pool then.
  void take_over(const LeaseKey& key);
  /// The partner believes something else: it is told of the lease as it is.
  void tell_partner(Lease& lease, const Snapshot& snapshot);
  /// It is told of the lease as it is, beside the feed. Also one that it has acked is unacked from then on: until it
  /// has done so again, its word and ours may cross.
  void being_told(const Lease& lease, const Snapshot& snapshot);
  /// It knows the lease as it is (one of its own times()).
  void acked(Lease& lease, const Snapshot& snapshot);
  /// The partner's word has overtaken ours: what it was to be told of the lease, as it was, is not to be told any more.
  /// Needed only for what may still wait. Before the change that is due to the partner's word; when
  /// feed().can_withdraw().
  void withdraw(const Lease& lease, const Snapshot& snapshot);
  /// Logs the lease as it is.
  void log_again(const Lease& lease) { log_.append(LeaseChange::Kind::kPut, shard(lease.shard).record_of(lease)); }

  // --- time and disk -----------------------------------------------------------------------------------------------
  /// Frees leases that ended, as long as the log has room. `budget` limits the leases touched, as in Shard::expire().
  /// Returns how many were; less than the budget: nothing more to do now.
  unsigned expire(AbsoluteTime now, const Snapshot& snapshot, unsigned budget);
  /// Gives back the units of leases whose end is on disk by now (log().committed()). Before that another worker could
  /// lease the unit and have its record overtaken by this one's deletion.
  void settle(const Snapshot& snapshot);

  // --- start and reload
  // ------------------------------------------------------------------------------------------------
  /// A lease from the database: into its shard, its unit marked taken. Nothing is logged. Before the worker starts;
  /// calls for different shards may come from different threads. False when the key is already there.
  bool load(const LeaseRecord& record, const Snapshot& snapshot);
  /// What the database keeps of a client, after load() of its leases. As load() otherwise.
  void load_client(Bytes duid, Bytes client_data);
  /// Marks leases in snapshot.incoming, some at a time. True when all that this group holds are marked, and all
  /// that it freed before the walk began are settled.
  bool index_step(const Snapshot& snapshot, unsigned budget);

  /// Debug builds: from now on only the calling thread may use these shards.
  void adopt_by_this_thread();

  size_t lease_count() const;
  size_t client_count() const;
  size_t memory() const;

 private:
  struct Freed {
    uint64_t sequence;  // of the deletion
    LeaseKey key;
    uint32_t subnet_id;
    unsigned shard;
    bool is_taken_over = false;  // by another client, on the partner's word: it is not released
  };

  SubnetCounters::Cell& cell_of(const Subnet& subnet) const { return subnet.counters->cells[worker_]; }
  Lease& insert(const Request& request, const Subnet& subnet, const LeaseKey& key, uint32_t iaid, const Terms& terms,
                AbsoluteTime now);
  Lease& replace(const LeaseRecord& record, const Snapshot& snapshot);
  static bool take_unit(const LeaseKey& key, const Subnet& subnet, const Snapshot& snapshot, unsigned shard);
  void append(LeaseChange::Kind kind, const Lease& lease);
  void publish(Lease& lease, const Subnet* subnet);
  bool mark_for_partner(const Lease& lease, const Subnet& subnet);
  void count_waiting(const Lease& lease, const Snapshot& snapshot, int64_t change);
  void count_whole(const Lease& lease, const Snapshot& snapshot, int64_t change);
  void remove(Lease& lease, const Snapshot& snapshot);
  void count(const Lease& lease, const Snapshot& snapshot, int64_t change);
  static LeaseRecord beside_partner(LeaseRecord record, const Snapshot& snapshot);
  void move_to(Lease& lease, const Subnet& subnet, const Snapshot& snapshot);
  void expire_one(Lease& lease, const Snapshot& snapshot, AbsoluteTime now);
  bool all_before_walk_settled() const;
  bool remember(Shard& home, uint32_t client, Bytes duid, Bytes client_data);
  void settle_one(const Freed& freed, const Snapshot& snapshot);

  unsigned worker_;
  unsigned workers_;
  std::array<std::unique_ptr<Shard>, kShardCount> shards_;
  ChangeLog log_;
  UpdateFeed feed_;
  Counters counters_;
  OptionBlocks option_blocks_;
  AwaitedClients awaited_;

  // A ring as long as the log: each entry has its own change there.
  std::vector<Freed> freed_;
  size_t freed_first_ = 0;
  size_t freed_count_ = 0;

  unsigned expire_shard_;                      // where expire() goes on
  std::optional<AbsoluteTime> expired_until_;  // nothing is left to do until then

  // index_step()'s walk through all leases.
  uint64_t index_serial_ = 0;  // of the snapshot that it is for
  unsigned index_shard_ = 0;
  uint32_t index_place_ = 0;
  uint64_t index_settled_ = 0;  // deletions up to this one must be settled before it is done
};

}  // namespace tandem6::lease
