// The leases of the clients whose DUID hashes here.
#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <memory_resource>
#include <thread>
#include <utility>

#include "dataplane/lease/hash.h"
#include "dataplane/lease/index_table.h"
#include "dataplane/lease/record.h"
#include "dataplane/lease/request.h"
#include "dataplane/lease/slab.h"
#include "dataplane/lease/timing_wheel.h"

namespace tandem6::lease {

/// A lease as its shard keeps it: one cache line.
struct alignas(64) Lease {
  LeaseKey key;
  BindingStatus status = BindingStatus::kActive;
  uint8_t shard = 0;  ///< the number of the shard that it is in
  uint32_t iaid = 0;
  uint32_t subnet_id = 0;
  Seconds preferred;
  Seconds valid;
  AbsoluteTime last_contact;
  uint32_t client = kNoIndex;  ///< of an abandoned lease: who declined it, but it is not in that client's list
  uint32_t next = kNoIndex;    ///< the client's next lease
  WheelLinks timer;
  uint32_t partner = kNoIndex;  ///< Shard::times_of(): only of a lease in a failover relationship
  uint32_t index = kNoIndex;    ///< its own in the slab

  AbsoluteTime expires() const { return last_contact + valid; }
  /// Is it in its client's list? What was declined is nobody's.
  bool is_clients() const { return status != BindingStatus::kAbandoned && status != BindingStatus::kReset; }
  /// EXPIRED, RELEASED or RESET, and not FREE before the partner knows (RFC 8156 §7.2).
  bool has_ended() const { return lease::has_ended(status); }
};
static_assert(sizeof(Lease) == 64);

/// RFC 8156 §7.5.1: clocks of partners differ by this much at most. So much later is a lease held to be over that the
/// partner may have given to its client.
inline constexpr Seconds kClockTolerance{5};

/// A client counts from when it has its REPLY: made late in its second, and up to two more seconds on its way through
/// the disk (older ones are dropped). So much later than it expires() is a lease over.
inline constexpr Seconds kReplyDelay{3};

/// A client: its DUID and the list of its leases.
struct Client {
  static constexpr size_t kInlineDuid = 23;
  uint32_t first_lease = kNoIndex;
  uint32_t abandoned : 31 = 0;           ///< leases that have its name and are not in its list: in quarantine, or RESET
  uint32_t accepts_reconfigure : 1 = 0;  ///< by what is kept of it (client_data.h)
  uint64_t digest = 0;  ///< digest_of() what the disk, or the log on its way there, keeps of it (client_data.h)
  uint8_t duid_size = 0;
  /// The DUID, or the index of its place among the long ones when duid_size > kInlineDuid.
  std::array<std::byte, kInlineDuid> duid{};
};

/// What a shard knows of what is kept of a client.
struct ClientNote {
  uint64_t digest = 0;
  bool accepts_reconfigure = false;
};

/// Touched by its worker only, after start-up: no locks inside. Debug builds check the calling thread.
/// Pointers to leases are valid until that lease is removed.
class Shard {
 public:
  /// `memory` outlives it.
  Shard(unsigned number, HashKey key, std::pmr::memory_resource* memory = std::pmr::new_delete_resource());
  unsigned number() const { return number_; }

  /// By which a client is found: to be computed once for each message.
  uint64_t table_hash(Bytes duid) const { return keyed_hash(key_, duid); }
  uint64_t table_hash(const Request& request) const {
    return request.table_hash != 0 ? request.table_hash : table_hash(request.client_duid);
  }
  /// Index of the client; kNoIndex when it holds nothing here.
  uint32_t find_client(Bytes duid) const { return find_client(duid, table_hash(duid)); }
  /// The same, with the client's table_hash().
  uint32_t find_client(Bytes duid, uint64_t hash) const;

  // For look_ahead(): one after the other. Each starts fetching what the next will read.
  void prefetch_slot(uint64_t hash) const { by_duid_.prefetch(hash); }
  /// The client with this hash, most likely; kNoIndex when there is none.
  uint32_t prefetch_client(uint64_t hash) const;
  /// That client's first lease; kNoIndex when it has none.
  uint32_t prefetch_first_lease(uint32_t client) const;
  void prefetch_next_lease(uint32_t lease) const;

  Bytes duid_of(uint32_t client) const;
  uint64_t digest_of_client(uint32_t client) const { return clients_[client].digest; }
  ClientNote note_of(uint32_t client) const {
    return {.digest = clients_[client].digest, .accepts_reconfigure = clients_[client].accepts_reconfigure != 0};
  }
  void set_note(uint32_t client, const ClientNote& note) {
    clients_[client].digest = note.digest;
    clients_[client].accepts_reconfigure = note.accepts_reconfigure ? 1 : 0;
  }
  /// Is this all that its client has, so that remove() forgets the client?
  bool is_last_of_client(const Lease& lease) const;

  /// The first lease of this IA; null when there is none.
  Lease* find(uint32_t client, LeaseType type, uint32_t iaid);
  /// All leases of a client, abandoned ones excepted, and those that have_ended() included: first_of(), next_of(), …
  /// until null.
  Lease* first_of(uint32_t client);
  Lease* next_of(const Lease& lease);
  /// The lease with this name, whoever holds it; null when it is not in this shard.
  Lease* find(const LeaseKey& key);

  /// Adds a lease of this client and its timer; an ABANDONED one stays out of the client's list. The key must not be
  /// here yet. `fields.duid` is not looked at.
  Lease& insert(Bytes duid, const LeaseRecord& fields) { return insert(duid, table_hash(duid), fields); }
  /// The same, with the client's table_hash().
  Lease& insert(Bytes duid, uint64_t hash, const LeaseRecord& fields);
  /// Forgets the lease; forgets its client too when that was the last one.
  void remove(Lease& lease);
  /// Takes the lease out of its client's list and marks it ABANDONED. Follow with reschedule().
  void abandon(Lease& lease);
  /// The lease has_ended(), how `status` says, and stays. Its timer is gone; a RESET one is in its client's list no
  /// more (RFC 8156 §7.2: an operator took it away).
  void end(Lease& lease, BindingStatus status);
  /// One that has ended goes on as ACTIVE. Follow with reschedule().
  void revive(Lease& lease);
  /// last_contact or valid has changed: moves the timer.
  void reschedule(Lease& lease);
  /// The lease lasts for these terms from `now`. A timer that would come too early is left where it is, and moves when
  /// it comes: renewing touches no other lease, and most timers are passed on once a lifetime.
  void extend(Lease& lease, Seconds preferred, Seconds valid, AbsoluteTime now);

  /// The lease as the outside sees it.
  LeaseRecord record_of(const Lease& lease) const;

  /// What a failover partner has to do with it; null when there is none.
  PartnerTimes* times_of(const Lease& lease) {
    return lease.partner == kNoIndex ? nullptr : &partner_times_[lease.partner];
  }
  const PartnerTimes* times_of(const Lease& lease) const {
    return lease.partner == kNoIndex ? nullptr : &partner_times_[lease.partner];
  }
  /// Makes them when there are none.
  PartnerTimes& share(Lease& lease);
  /// By how much a partner may have extended a lease beyond what it told us (the MCLT, RFC 8156 §4.4). Before leases
  /// are put in that a partner told of; the longest counts.
  void note_lead_time(Seconds mclt) { lead_time_ = std::max(lead_time_, mclt); }

  /// Calls `due(Lease&)` for leases with expires() + kReplyDelay <= now (those that a partner told of: when it can have
  /// promised no more); it must remove or reschedule the lease. `budget` limits how many leases are touched, among
  /// them some whose timer only moves nearer. Returns how many were: less than the budget means that no more are due.
  template <typename Due>
  unsigned expire(AbsoluteTime now, unsigned budget, Due&& due);

  /// Calls `see(const Lease&)` for the leases in the slab's places [from, from + count); returns the place to go on
  /// from, or kNoIndex at the end. Leases that come during a walk may or may not be seen.
  template <typename See>
  uint32_t walk(uint32_t from, uint32_t count, See&& see) const;

  size_t lease_count() const { return lease_count_; }
  size_t client_count() const { return client_count_; }
  /// Bytes of RAM that this shard holds.
  size_t memory() const;
  /// When its timer ends a lease: a little later than its client was told.
  AbsoluteTime deadline(const Lease& lease) { return timers().deadline(lease); }
  /// Debug builds: from now on only the calling thread may use this shard.
  void adopt_by_this_thread();

 private:
  /// What the timing wheel needs to know of leases.
  struct Timers {
    Slab<Lease>& leases;
    const Slab<PartnerTimes>& partner_times;
    Seconds lead_time;
    WheelLinks& links(uint32_t index) { return leases[index].timer; }
    AbsoluteTime deadline(uint32_t index) const { return deadline(leases[index]); }
    AbsoluteTime deadline(const Lease& lease) const {
      if (lease.partner == kNoIndex) return lease.expires() + kReplyDelay;
      // RFC 8156 §7.3: what the partner told is "the time after which the partner can consider the lease expired". It
      // may have extended the lease until then, and by the MCLT beyond, without a memory of it any more. While it has
      // one, it says itself when the lease ends.
      const AbsoluteTime told = partner_times[lease.partner].expiration_time;
      const AbsoluteTime promised = told == AbsoluteTime{} ? told : told + lead_time;
      const bool is_longer = told != AbsoluteTime{} && lease.expires() < promised;
      return (is_longer ? promised : lease.expires()) + kClockTolerance;
    }
  };
  struct LongDuid {
    std::array<std::byte, Duid::kMaxSize> octets;
  };

  Timers timers() { return {leases_, partner_times_, lead_time_}; }
  uint64_t hash_of(const LeaseKey& key) const;
  uint32_t index_of(const LeaseKey& key) const;
  uint32_t add_client(Bytes duid, uint64_t hash);
  void forget_client_if_empty(uint32_t client);
  void unlink_from_client(const Lease& lease);
  void schedule(uint32_t index);
  bool is_due(uint32_t index, AbsoluteTime now);
  bool called_by_owner() const { return owner_ == std::thread::id{} || owner_ == std::this_thread::get_id(); }

  unsigned number_;
  HashKey key_;
  size_t lease_count_ = 0;
  size_t client_count_ = 0;
  Seconds lead_time_{0};
  Slab<Lease> leases_;
  Slab<Client> clients_;
  Slab<PartnerTimes> partner_times_;
  Slab<LongDuid> long_duids_;
  IndexTable by_duid_;     // keyed hash of the DUID → client
  IndexTable by_address_;  // keyed hash of the LeaseKey → lease
  TimingWheel wheel_;
  std::thread::id owner_;  // no thread: not adopted yet
};

template <typename Due>
unsigned Shard::expire(AbsoluteTime now, unsigned budget, Due&& due) {
  assert(called_by_owner());
  return wheel_.advance(timers(), now, budget, [&](uint32_t index) {
    if (is_due(index, now)) {
      due(leases_[index]);
    } else {
      schedule(index);  // extended since
    }
  });
}

template <typename See>
uint32_t Shard::walk(uint32_t from, uint32_t count, See&& see) const {
  assert(called_by_owner());
  const uint32_t places = leases_.places();
  for (; from < places && count != 0; ++from, --count) {
    if (leases_.is_live(from)) see(leases_[from]);
  }
  return from < places ? from : kNoIndex;
}

}  // namespace tandem6::lease
