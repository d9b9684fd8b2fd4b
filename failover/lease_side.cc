#include "failover/lease_side.h"

#include <algorithm>
#include <utility>

#include "failover/conflict.h"

namespace tandem6::failover {
namespace {

using lease::BindingStatus;
using lease::ErrandPlace;
using lease::FailoverScope;
using lease::Lease;
using lease::LeaseRecord;
using lease::PartnerTimes;
using wire::StatusCode;

/// Changes that one lease of an update makes at most: an eviction, the lease, that it is told, what is kept of the
/// client.
constexpr size_t kRoomForOne = 3 + lease::ChangeLog::kRoomToRemember;

/// Else later: what an update withdraws must not be told behind the BNDREPLY.
bool has_room_for_one(lease::ShardGroup& leases) {
  return leases.log().room() >= kRoomForOne && leases.feed().can_withdraw();
}

AbsoluteTime later(AbsoluteTime a, AbsoluteTime b) { return std::max(a, b); }

/// RFC 8156 §7.5.5: what an accepted update leaves in the database. `ours`: the same client's binding, if it had one.
class Merge {
 public:
  Merge(const LeaseRecord* ours, const LeaseUpdate& theirs, const BindingUpdate& update, Seconds mclt)
      : ours_(ours), theirs_(theirs), update_(update), mclt_(mclt) {}

  LeaseRecord run(uint32_t subnet_id) const {
    LeaseRecord record{.key = theirs_.key,
                       .status = theirs_.status,
                       .iaid = theirs_.iaid,
                       .subnet_id = subnet_id,
                       .preferred = theirs_.preferred,
                       .valid = theirs_.valid,
                       .last_contact = theirs_.client_contact.value_or(update_.base_time),
                       .duid = *update_.client,
                       .partner = times()};
    set_end(record);
    if (ours_ != nullptr) {
      keep_later_end(record);
    } else {
      keep_forgotten_end(record);
    }
    return record;
  }

 private:
  PartnerTimes times() const {
    PartnerTimes times;
    if (ours_ != nullptr && ours_->partner) times = *ours_->partner;
    times.expiration_time = later(times.expiration_time, theirs_.partner_lifetime.value_or(AbsoluteTime{}));
    times.partner_raw_contact = theirs_.client_contact.value_or(AbsoluteTime{});
    times.client_contact = later(times.client_contact, theirs_.partner_raw_contact.value_or(AbsoluteTime{}));
    times.partner_lifetime = later(times.partner_lifetime, theirs_.expiration.value_or(AbsoluteTime{}));
    times.start_of_state = theirs_.start_of_state;
    ++times.version;
    times.unacked = false;
    times.sent = false;
    return times;
  }

  // state-expiration-time is what counts; our records say it by last contact and valid lifetime.
  void set_end(LeaseRecord& record) const {
    if (record.status == BindingStatus::kAbandoned) {
      record.last_contact = theirs_.start_of_state;
      record.valid = theirs_.state_expiration ? *theirs_.state_expiration - theirs_.start_of_state : kInfinity;
    } else if (theirs_.state_expiration && !record.valid.infinite()) {
      record.last_contact = AbsoluteTime{theirs_.state_expiration->since_2000 - record.valid.count};
    }
  }

  // Both have served this client (accept(3), "the clients match"): it may believe what it heard of either, as a REPLY
  // may be lost. So the lease lasts as long as the longer promise, and the partner has to hear of ours, again if it
  // knew it: it has a shorter one now.
  void keep_later_end(LeaseRecord& record) const {
    const bool both_active = ours_->status == BindingStatus::kActive && record.status == BindingStatus::kActive;
    if (!both_active || record.valid.infinite()) return;
    if (!ours_->valid.infinite() && ours_->expires() <= record.expires()) return;
    record.preferred = ours_->preferred;
    record.valid = ours_->valid;
    record.last_contact = ours_->last_contact;
    record.partner->unacked = true;
    record.partner->sent = ours_->partner && ours_->partner->sent;
  }

  // The partner has acked times for this lease to us, and we have no memory of it: before the disk was lost we may have
  // promised as much and the MCLT (§4.4), of which it was not told. So it lasts until then, and the partner hears of
  // it.
  void keep_forgotten_end(LeaseRecord& record) const {
    if (record.status != BindingStatus::kActive || record.valid.infinite() || !theirs_.expiration) return;
    const AbsoluteTime end = *theirs_.expiration + mclt_;
    if (end <= record.expires()) return;
    record.valid = end - record.last_contact;
    record.partner->unacked = true;
  }

  const LeaseRecord* ours_;
  const LeaseUpdate& theirs_;
  const BindingUpdate& update_;
  Seconds mclt_;
};

/// May the partner accept an update of this lease, which is on its way, while we accept its own?
bool may_cross(const ErrandPlace& place, const Lease& ours) {
  const PartnerTimes* times = place.leases.shard(ours.shard).times_of(ours);
  return times != nullptr && times->unacked && times->sent;
}

/// The partner has given the unit to another client than ours. What waits to be told of our lease is overtaken: behind
/// our BNDREPLY it would be news to the partner, of a lease that nobody has. What is on its way may be accepted: then
/// the two would have changed clients, so the partner is told in return whose it is.
void make_way(const ErrandPlace& place, Lease& ours, IncomingUpdate& incoming) {
  incoming.next_is_told_back = !ours.has_ended() && may_cross(place, ours);
  place.leases.withdraw(ours, place.snapshot);
  place.leases.evict(ours, place.snapshot);
}

/// What of the partner's is rejected, it has otherwise than we do, and may have from us. §7.5.4, "thus preventing a
/// possible update storm": what was marked already is sent by the next scan, not now.
void insist(const ErrandPlace& place, Lease& ours) {
  const PartnerTimes* times = place.leases.shard(ours.shard).times_of(ours);
  if (times != nullptr && !times->unacked) place.leases.tell_partner(ours, place.snapshot);
}

/// Was it leased to two clients, of whom one has it no more by this verdict?
void note_conflict(IncomingUpdate& incoming, const LeaseUpdate& theirs, const LeaseRecord& ours) {
  const Duid& client = *incoming.update.client;
  const bool both_active = ours.status == BindingStatus::kActive && theirs.status == BindingStatus::kActive;
  if (!both_active || ours.duid == client) return;
  if (theirs.verdict == StatusCode::kSuccess) incoming.conflicts.push_back({theirs.key, client, ours.duid});
  if (theirs.verdict == StatusCode::kAddressInUse) incoming.conflicts.push_back({theirs.key, ours.duid, client});
}

/// One lease of an update, at the worker of its client.
class OneLease {
 public:
  OneLease(const ErrandPlace& place, const FailoverScope& scope, IncomingUpdate& incoming)
      : place_(place), scope_(scope), incoming_(incoming), theirs_(incoming.update.leases[incoming.next]) {}

  Applied run() {
    if (theirs_.verdict != StatusCode::kSuccess) return Applied::kDone;
    const lease::Subnet* subnet = place_.snapshot.subnet_around(theirs_.key);
    // §7.5.4: "not a lease associated with the failover endpoint".
    if (subnet == nullptr || subnet->failover.get() != &scope_) {
      theirs_.verdict = StatusCode::kConfigurationConflict;
      return Applied::kDone;
    }
    const unsigned shard = lease::shard_of(lease::duid_hash(incoming_.update.client->bytes()));
    Lease* ours = place_.leases.shard(shard).find(theirs_.key);
    if (ours == nullptr && !incoming_.next_is_unheld && may_be_held(*subnet, shard)) {
      ours = place_.leases.find_anywhere(theirs_.key);
      if (ours == nullptr) return Applied::kHeldElsewhere;
    }
    if (incoming_.next_is_unheld && !lease::has_ended(theirs_.status)) place_.leases.take_over(theirs_.key);
    decide(ours, *subnet);
    return Applied::kDone;
  }

 private:
  // Is there a mark that somebody holds the unit? What a sparse pool marks nowhere, the address itself tells.
  bool may_be_held(const lease::Subnet& subnet, unsigned shard) const {
    const lease::Pool* pool = place_.snapshot.pool_of(theirs_.key, subnet.id);
    return pool != nullptr && pool->may_be_held(theirs_.key.address, shard);
  }

  void decide(Lease* ours, const lease::Subnet& subnet) {
    const std::optional<LeaseRecord> before =
        ours != nullptr ? std::optional(place_.leases.shard(ours->shard).record_of(*ours)) : std::nullopt;
    theirs_.verdict = judge(before ? &*before : nullptr, theirs_, incoming_.update.client, scope_.role(), place_.now);
    if (before) note_conflict(incoming_, theirs_, *before);
    if (theirs_.verdict != StatusCode::kSuccess) return insist(place_, *ours);
    const bool same_client = before && before->duid == *incoming_.update.client;
    if (lease::has_ended(theirs_.status)) {
      // The partner will make it FREE when it has our reply (§7.2); nothing more is to be known of it here. The end of
      // one client's lease is not the end of another's.
      if (same_client) end_here(*ours);
      return;
    }
    if (before && !same_client) make_way(place_, *ours, incoming_);
    take(same_client ? ours : nullptr, same_client ? &*before : nullptr, subnet);
  }

  /// `ours`, `before`: the same client's lease here, if there is one.
  void take(const Lease* ours, const LeaseRecord* before, const lease::Subnet& subnet) {
    LeaseRecord merged = Merge(before, theirs_, incoming_.update, scope_.policy().mclt).run(subnet.id);
    PartnerTimes& times = *merged.partner;
    const bool was_waiting = before != nullptr && before->partner && before->partner->unacked;
    if (was_waiting && !incoming_.has_news) {
      // What the client has told us of itself is later than what it told the partner, who has yet to hear it.
      times.unacked = true;
      times.sent = before->partner->sent;
    }
    if (incoming_.next_is_told_back) times.unacked = true;
    if (was_waiting && !times.unacked) place_.leases.withdraw(*ours, place_.snapshot);
    Lease& lease = place_.leases.adopt(merged, place_.snapshot);
    if (times.unacked && !was_waiting) place_.leases.tell_partner(lease, place_.snapshot);
  }

  // What was to be told of the lease is overtaken. What is on its way may be accepted by the partner, as its own word
  // is by us: then it holds the lease, and has to be told of the end until it agrees.
  void end_here(Lease& ours) {
    const bool crosses = may_cross(place_, ours);
    if (crosses && ours.has_ended()) return;  // it is being told already
    place_.leases.withdraw(ours, place_.snapshot);
    if (!crosses) return place_.leases.free(ours, place_.snapshot);
    const bool was_abandoned = ours.status == BindingStatus::kAbandoned;
    place_.leases.end(ours, was_abandoned ? BindingStatus::kReset : BindingStatus::kExpired, place_.snapshot,
                      theirs_.start_of_state);
  }

  const ErrandPlace& place_;
  const FailoverScope& scope_;
  IncomingUpdate& incoming_;
  LeaseUpdate& theirs_;
};

/// Calls `see(shard, lease)` for the relationship's leases, `limit` places at most.
template <typename See>
void walk(const ErrandPlace& place, const FailoverScope& scope, WalkCursor& cursor, size_t limit, See&& see) {
  for (; cursor.shard < lease::kShardCount; ++cursor.shard, cursor.place = 0) {
    if (!place.leases.owns(cursor.shard)) continue;
    lease::Shard& shard = place.leases.shard(cursor.shard);
    if (limit == 0) return;
    const uint32_t from = cursor.place;
    cursor.place = shard.walk(from, static_cast<uint32_t>(limit), [&](const Lease& lease) {
      const lease::Subnet* subnet = place.snapshot.by_id(lease.subnet_id);
      if (subnet != nullptr && subnet->failover.get() == &scope && shard.times_of(lease) != nullptr) see(shard, lease);
    });
    if (cursor.place != lease::kNoIndex) return;
    limit -= std::min<size_t>(limit, lease::Slab<Lease>::kChunk);
  }
  cursor.finished = true;
}

/// The lease has ended, and is ACTIVE again until `end`.
LeaseRecord bring_back(const ErrandPlace& place, LeaseRecord record, AbsoluteTime end) {
  record.status = BindingStatus::kActive;
  record.valid = end - record.last_contact;
  PartnerTimes& times = *record.partner;
  times.start_of_state = place.now;
  ++times.version;
  times.unacked = times.sent = true;
  place.leases.adopt(record, place.snapshot);
  return record;
}

/// Is the partner's client data (§7.4) of a later word of the client's than ours? Times are those of the clock that
/// told them, and both servers compare the same ones. By clocks that differ, who has heard our client's last word and
/// tells of one that is not clearly earlier has the later one. Of two in one second, of which neither server had heard
/// when it told of its own, the primary's stays.
bool is_news(const ErrandPlace& place, const FailoverScope& scope, const BindingUpdate& update) {
  lease::Shard& home = place.leases.shard(lease::shard_of(lease::duid_hash(update.client->bytes())));
  const uint32_t client = home.find_client(update.client->bytes());
  if (client == lease::kNoIndex) return true;
  AbsoluteTime ours;
  const auto note_ours = [&](const Lease& lease) {
    const PartnerTimes* times = home.times_of(lease);
    if (times != nullptr && lease.client == client) ours = later(ours, times->client_contact);
  };
  for (const Lease* lease = home.first_of(client); lease != nullptr; lease = home.next_of(*lease)) note_ours(*lease);
  AbsoluteTime theirs;
  AbsoluteTime heard;
  for (const LeaseUpdate& lease : update.leases) {
    // One that the client has declined is not among its leases.
    if (const Lease* declined = home.find(lease.key)) note_ours(*declined);
    theirs = later(theirs, lease.client_contact.value_or(AbsoluteTime{}));
    heard = later(heard, lease.partner_raw_contact.value_or(AbsoluteTime{}));
  }
  if (theirs > ours) return true;
  if (heard >= ours) return !is_clearly_before(theirs, ours);
  return theirs == ours && scope.role() == lease::FailoverRole::kSecondary;
}

/// Of a client that has given up what it had nothing is told; one that has a lease has no more than what is told.
void remember(const ErrandPlace& place, const IncomingUpdate& incoming) {
  if (!incoming.has_news) return;
  const BindingUpdate& update = incoming.update;
  const auto is_active = [](const LeaseUpdate& lease) { return lease.status == BindingStatus::kActive; };
  if (update.client_data.empty() && std::ranges::none_of(update.leases, is_active)) return;
  place.leases.remember(update.client->bytes(), update.client_data);
}

}  // namespace

Applied apply(const ErrandPlace& place, const FailoverScope& scope, IncomingUpdate& incoming) {
  BindingUpdate& update = incoming.update;
  // Before the leases: when the partner is told of one of them in return, it must not hear again what it has just
  // replaced. And behind them, as a client without leases is not known yet, or no longer.
  if (incoming.next == 0) incoming.has_news = is_news(place, scope, update);
  remember(place, incoming);
  for (; incoming.next < update.leases.size(); ++incoming.next) {
    if (!has_room_for_one(place.leases)) return Applied::kNoRoom;
    const Applied applied = OneLease(place, scope, incoming).run();
    incoming.sequence = place.leases.log().written();
    if (applied != Applied::kDone) return applied;
    incoming.next_is_unheld = incoming.next_is_told_back = false;
  }
  remember(place, incoming);
  incoming.sequence = place.leases.log().written();
  return Applied::kDone;
}

Applied displace(const ErrandPlace& place, const FailoverScope& scope, IncomingUpdate& incoming) {
  LeaseUpdate& theirs = incoming.update.leases[incoming.next];
  Lease* ours = place.leases.find_anywhere(theirs.key);
  incoming.sequence = place.leases.log().written();
  if (ours == nullptr) {
    if (!lease::has_ended(theirs.status)) place.leases.take_over(theirs.key);
    return Applied::kHeldElsewhere;
  }
  if (!has_room_for_one(place.leases)) return Applied::kNoRoom;
  const LeaseRecord record = place.leases.shard(ours->shard).record_of(*ours);
  theirs.verdict = judge(&record, theirs, incoming.update.client, scope.role(), place.now);
  note_conflict(incoming, theirs, record);
  // Here it is another client's: the update's own one is at its owner.
  if (theirs.verdict == StatusCode::kSuccess && !lease::has_ended(theirs.status)) make_way(place, *ours, incoming);
  if (theirs.verdict != StatusCode::kSuccess) insist(place, *ours);
  incoming.sequence = place.leases.log().written();
  return Applied::kDone;
}

bool acknowledge(const ErrandPlace& place, const LeaseAck& ack) {
  const unsigned number = lease::shard_of(lease::duid_hash(ack.client.bytes()));
  lease::Shard& shard = place.leases.shard(number);
  Lease* lease = shard.find(ack.key);
  PartnerTimes* times = lease != nullptr ? shard.times_of(*lease) : nullptr;
  if (times == nullptr || !wire::same_bytes(shard.duid_of(lease->client), ack.client.bytes())) return true;
  if (place.leases.log().room() < kRoomForOne) return false;
  if (ack.partner_lifetime) times->acked_partner_lifetime = later(times->acked_partner_lifetime, *ack.partner_lifetime);
  const bool as_it_is = times->version == ack.version && (ack.frees || !lease->has_ended());
  if (as_it_is) place.leases.acked(*lease, place.snapshot);
  if (as_it_is && lease->has_ended()) {
    place.leases.free(*lease, place.snapshot);  // PENDING-FREE, and so FREE (Figure 2, (4))
  } else if (place.leases.log().room() > place.leases.log().capacity() / 2) {
    // For after a restart. When the disk is behind, clients' leases go first: an ack that is lost counts as none.
    place.leases.log_again(*lease);
  }
  return true;
}

void scan(const ErrandPlace& place, const FailoverScope& scope, ScanKind kind, WalkCursor& cursor, size_t limit,
          std::vector<FoundLease>& found) {
  const WalkCursor begin = cursor;
  const auto found_before = static_cast<std::ptrdiff_t>(found.size());
  const Seconds mclt = scope.policy().mclt;
  std::vector<LeaseRecord> believed;
  walk(place, scope, cursor, limit, [&](lease::Shard& shard, const Lease& lease) {
    const PartnerTimes& times = *shard.times_of(lease);
    if (kind == ScanKind::kUnacked && !times.unacked) return;
    const bool may_be_believed = lease.has_ended() && times.expiration_time + mclt > place.now;
    if (kind == ScanKind::kForgotten && may_be_believed) return believed.push_back(shard.record_of(lease));
    place.leases.being_told(lease, place.snapshot);
    found.push_back({shard.record_of(lease), place.leases.log().written()});
  });
  for (const LeaseRecord& record : believed) {
    if (place.leases.log().room() != 0) {
      const LeaseRecord again = bring_back(place, record, record.partner->expiration_time + mclt);
      found.push_back({again, place.leases.log().written()});
      continue;
    }
    found.erase(found.begin() + found_before, found.end());
    cursor = begin;
    return;
  }
}

void free_overdue(const ErrandPlace& place, const FailoverScope& scope, AbsoluteTime partner_down_since, Seconds mclt,
                  WalkCursor& cursor, size_t limit) {
  std::vector<std::pair<unsigned, lease::LeaseKey>> overdue;
  walk(place, scope, cursor, limit, [&](lease::Shard& shard, const Lease& lease) {
    if (!lease.has_ended()) return;
    const PartnerTimes& times = *shard.times_of(lease);
    AbsoluteTime latest = later(partner_down_since, times.start_of_state);
    for (const AbsoluteTime time : {times.acked_partner_lifetime, times.partner_lifetime, times.expiration_time}) {
      latest = later(latest, time);
    }
    if (latest + mclt < place.now) overdue.emplace_back(shard.number(), lease.key);
  });
  for (const auto& [shard, key] : overdue) {
    if (place.leases.log().room() == 0) return;  // they are found again
    place.leases.free(*place.leases.shard(shard).find(key), place.snapshot);
  }
}

void find_unacked_blocks(const ErrandPlace& place, const FailoverScope& scope,
                         const std::vector<lease::LeaseKey>& blocks, WalkCursor& cursor, size_t limit,
                         std::vector<lease::LeaseKey>& unacked) {
  walk(place, scope, cursor, limit, [&](lease::Shard& shard, const Lease& lease) {
    if (lease.key.type != lease::LeaseType::kPrefix || !shard.times_of(lease)->unacked) return;
    for (const lease::LeaseKey& block : blocks) {
      const bool within = block.address <= lease.key.address && lease.key.address <= block.last();
      if (within && std::ranges::find(unacked, block) == unacked.end()) unacked.push_back(block);
    }
  });
}

}  // namespace tandem6::failover
