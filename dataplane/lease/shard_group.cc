#include "dataplane/lease/shard_group.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "dataplane/wire/require.h"

namespace tandem6::lease {
namespace {

/// More or less in a cell that only its worker writes: no locked instruction.
template <typename T>
void add(std::atomic<T>& counter, std::type_identity_t<T> amount) {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

/// Where a lease of this status is counted; null: nowhere.
std::atomic<int64_t>* gauge(SubnetCounters::Cell& cell, BindingStatus status, LeaseType type) {
  if (status == BindingStatus::kAbandoned) return &cell.declined;
  if (status != BindingStatus::kActive) return nullptr;
  return type == LeaseType::kAddress ? &cell.addresses : &cell.prefixes;
}

/// The subnet that the lease is in, when that is in a relationship; null otherwise.
const Subnet* shared_subnet_of(const Lease& lease, const Snapshot& snapshot) {
  const Subnet* subnet = snapshot.by_id(lease.subnet_id);
  return subnet != nullptr && subnet->failover != nullptr ? subnet : nullptr;
}

/// The lease as an allocation would have made it now, as far as that can be (RFC 8156 §4.4). A quarantine is not
/// limited: nobody uses the address.
void set_beside_partner(LeaseRecord& record, const Subnet& subnet, const FailoverPolicy& policy, AbsoluteTime now) {
  if (!record.partner) record.partner.emplace();
  PartnerTimes& times = *record.partner;
  times.client_contact = now;
  if (record.status == BindingStatus::kAbandoned) {
    times.partner_lifetime = record.expires();
    return;
  }
  const Seconds rest = record.valid.infinite() ? record.valid : record.expires() - now;
  const Terms desired{std::min(record.preferred, rest), rest};
  const Terms terms = policy.limited ? subnet.lifetimes.limited(desired, times.acked_partner_lifetime, now, policy.mclt)
                                     : subnet.lifetimes.with_partner(desired, desired.valid);
  record.preferred = terms.preferred;
  record.valid = terms.valid;
  record.last_contact = now;
  times.partner_lifetime = now + terms.partner;
}

void note_lead_time(Shard& home, const LeaseRecord& record, const Snapshot& snapshot) {
  const Subnet* subnet = record.partner ? snapshot.by_id(record.subnet_id) : nullptr;
  if (subnet != nullptr && subnet->failover != nullptr) home.note_lead_time(subnet->failover->policy().mclt);
}

ClientNote note_of(Bytes client_data, uint64_t digest) {
  const auto kept = ClientDataView::parse(client_data);
  return {.digest = digest, .accepts_reconfigure = kept && kept->accepts_reconfigure()};
}

}  // namespace

ShardGroup::ShardGroup(unsigned worker, unsigned workers, HashKey table_key, size_t log_capacity, size_t feed_capacity,
                       std::pmr::memory_resource* memory)
    : worker_(worker), log_(log_capacity), feed_(feed_capacity), freed_(log_capacity), expire_shard_(worker) {
  require(worker < workers && workers <= kShardCount, "there are 1 to 256 workers, and this is one of them");
  workers_ = workers;
  for (unsigned number = worker; number < kShardCount; number += workers) {
    shards_[number] = std::make_unique<Shard>(number, table_key, memory);
  }
}

Lease* ShardGroup::allocate(const Request& request, const Subnet& subnet, const Snapshot& snapshot,
                            const UnitWish& wish, const Terms& terms, AbsoluteTime now) {
  UnitSearch search(shard(request.shard()), request, snapshot, UnitSearch::Mode::kTake);
  const auto key = search.run(subnet, wish);
  return key ? &insert(request, subnet, *key, wish.iaid, terms, now) : nullptr;
}

Lease* ShardGroup::allocate_reserved(const Request& request, const Subnet& subnet, const Snapshot& snapshot,
                                     const ReservedUnit& unit, uint32_t iaid, const Terms& terms, AbsoluteTime now) {
  UnitSearch search(shard(request.shard()), request, snapshot, UnitSearch::Mode::kTake);
  if (!search.obtain(unit.pool, unit.key())) return nullptr;
  return &insert(request, subnet, unit.key(), iaid, terms, now);
}

Lease& ShardGroup::insert(const Request& request, const Subnet& subnet, const LeaseKey& key, uint32_t iaid,
                          const Terms& terms, AbsoluteTime now) {
  LeaseRecord record{.key = key,
                     .status = BindingStatus::kActive,
                     .iaid = iaid,
                     .subnet_id = subnet.id,
                     .preferred = terms.preferred,
                     .valid = terms.valid,
                     .last_contact = now,
                     .duid = Duid::from_bytes(request.client_duid).value_or(Duid{})};
  if (subnet.failover) {
    record.partner = {.partner_lifetime = now + terms.partner, .client_contact = now, .start_of_state = now};
  }
  Shard& home = shard(request.shard());
  Lease& lease = home.insert(request.client_duid, home.table_hash(request), record);
  publish(lease, &subnet);
  SubnetCounters::Cell& cell = cell_of(subnet);
  const bool is_address = key.type == LeaseType::kAddress;
  add(is_address ? cell.addresses : cell.prefixes, 1);
  add(is_address ? cell.addresses_assigned : cell.prefixes_assigned, 1);
  return lease;
}

std::optional<LeaseKey> ShardGroup::look_for(const Request& request, const Subnet& subnet, const Snapshot& snapshot,
                                             const UnitWish& wish) {
  return UnitSearch(shard(request.shard()), request, snapshot, UnitSearch::Mode::kLook).run(subnet, wish);
}

bool ShardGroup::is_available(const Request& request, const Snapshot& snapshot, const ReservedUnit& unit) {
  return UnitSearch(shard(request.shard()), request, snapshot, UnitSearch::Mode::kLook).obtain(unit.pool, unit.key());
}

void ShardGroup::count_failure(const Subnet& subnet) const { add(cell_of(subnet).allocation_failures, 1); }

void ShardGroup::extend(Lease& lease, const Subnet& subnet, const Snapshot& snapshot, const Terms& terms,
                        AbsoluteTime now) {
  if (lease.subnet_id != subnet.id) move_to(lease, subnet, snapshot);
  Shard& home = shard(lease.shard);
  // Before the timer is looked at: its times with the partner are part of when the lease ends.
  if (subnet.failover) {
    PartnerTimes& times = home.share(lease);
    times.client_contact = now;
    times.partner_lifetime = now + terms.partner;
  }
  home.extend(lease, terms.preferred, terms.valid, now);
  publish(lease, &subnet);
}

// Logs the lease. The partner is to know as well: it is fed the change when it listens, else the mark stays.
void ShardGroup::publish(Lease& lease, const Subnet* subnet) {
  const bool is_fed = subnet != nullptr && subnet->failover != nullptr && mark_for_partner(lease, *subnet);
  const LeaseRecord record = shard(lease.shard).record_of(lease);
  log_.append(LeaseChange::Kind::kPut, record);
  if (is_fed) feed_.push(log_.written(), subnet->failover->number(), record);
}

// True: it is to be fed to the partner, and there is room for it.
bool ShardGroup::mark_for_partner(const Lease& lease, const Subnet& subnet) {
  PartnerTimes* times = shard(lease.shard).times_of(lease);
  if (times == nullptr) return false;
  ++times->version;
  if (!times->unacked) add(cell_of(subnet).waiting, 1);
  times->unacked = true;
  const bool streaming = subnet.failover->policy().streaming;
  times->sent = streaming && feed_.has_room();
  if (streaming && !times->sent) feed_.note_overflow();
  return times->sent;
}

void ShardGroup::count_waiting(const Lease& lease, const Snapshot& snapshot, int64_t change) {
  const PartnerTimes* times = shard(lease.shard).times_of(lease);
  const Subnet* subnet = times != nullptr && times->unacked ? shared_subnet_of(lease, snapshot) : nullptr;
  if (subnet != nullptr) add(cell_of(*subnet).waiting, change);
}

// Of a lease that comes to its subnet, or leaves it.
void ShardGroup::count_whole(const Lease& lease, const Snapshot& snapshot, int64_t change) {
  count(lease, snapshot, change);
  count_waiting(lease, snapshot, change);
}

void ShardGroup::being_told(const Lease& lease, const Snapshot& snapshot) {
  PartnerTimes& times = *shard(lease.shard).times_of(lease);
  times.sent = true;
  if (std::exchange(times.unacked, true)) return;
  count_waiting(lease, snapshot, 1);
}

void ShardGroup::acked(Lease& lease, const Snapshot& snapshot) {
  count_waiting(lease, snapshot, -1);
  PartnerTimes& times = *shard(lease.shard).times_of(lease);
  times.unacked = times.sent = false;
}

void ShardGroup::count_reuse(const Lease& lease, const Subnet& subnet) const {
  SubnetCounters::Cell& cell = cell_of(subnet);
  add(lease.key.type == LeaseType::kAddress ? cell.address_reuses : cell.prefix_reuses, 1);
}

// The subnet has another id than when the lease was made: whoever edits a configuration may number anew.
void ShardGroup::move_to(Lease& lease, const Subnet& subnet, const Snapshot& snapshot) {
  const Subnet* before = snapshot.by_id(lease.subnet_id);
  if (auto* count = before ? gauge(cell_of(*before), lease.status, lease.key.type) : nullptr) add(*count, -1);
  if (auto* count = gauge(cell_of(subnet), lease.status, lease.key.type)) add(*count, 1);
  count_waiting(lease, snapshot, -1);
  lease.subnet_id = subnet.id;
  count_waiting(lease, snapshot, 1);
}

void ShardGroup::end(Lease& lease, BindingStatus how, const Snapshot& snapshot, AbsoluteTime now) {
  Shard& home = shard(lease.shard);
  const Subnet* subnet = shared_subnet_of(lease, snapshot);
  PartnerTimes* times = home.times_of(lease);
  if (subnet == nullptr || times == nullptr) return free(lease, snapshot);
  count(lease, snapshot, -1);
  home.end(lease, how);
  times->start_of_state = now;
  if (how == BindingStatus::kReleased) times->client_contact = now;
  publish(lease, subnet);
}

void ShardGroup::revive(Lease& lease, const Subnet& subnet, const Snapshot& snapshot, const Terms& terms,
                        AbsoluteTime now) {
  Shard& home = shard(lease.shard);
  home.revive(lease);
  home.share(lease).start_of_state = now;
  count(lease, snapshot, 1);
  extend(lease, subnet, snapshot, terms, now);
}

void ShardGroup::count(const Lease& lease, const Snapshot& snapshot, int64_t change) {
  const Subnet* subnet = snapshot.by_id(lease.subnet_id);
  if (auto* gauged = subnet != nullptr ? gauge(cell_of(*subnet), lease.status, lease.key.type) : nullptr) {
    add(*gauged, change);
  }
}

void ShardGroup::free(Lease& lease, const Snapshot& snapshot) {
  // Each entry of the ring has a slot of the log, and append() needs room there: so the oldest entry can be settled.
  if (freed_count_ == freed_.size()) settle(snapshot);
  append(LeaseChange::Kind::kDelete, lease);
  // index_step() no longer finds this lease, but its unit rests until settle().
  if (snapshot.incoming != nullptr) snapshot.incoming->mark(lease.key, lease.shard);
  freed_[(freed_first_ + freed_count_++) % freed_.size()] = {
      .sequence = log_.written(), .key = lease.key, .subnet_id = lease.subnet_id, .shard = lease.shard};
  remove(lease, snapshot);
}

void ShardGroup::remove(Lease& lease, const Snapshot& snapshot) {
  count_whole(lease, snapshot, -1);
  shard(lease.shard).remove(lease);
}

Lease* ShardGroup::find_anywhere(const LeaseKey& key) {
  for (const auto& each : shards_) {
    Lease* found = each ? each->find(key) : nullptr;
    if (found != nullptr) return found;
  }
  return nullptr;
}

// Puts the lease into its shard, in the place of the one with this name, if there is one. What is known of the client
// must not go with its last lease.
Lease& ShardGroup::replace(const LeaseRecord& record, const Snapshot& snapshot) {
  Shard& home = shard(shard_of(duid_hash(record.duid.bytes())));
  const uint32_t client = home.find_client(record.duid.bytes());
  const ClientNote note = client != kNoIndex ? home.note_of(client) : ClientNote{};
  if (Lease* before = home.find(record.key)) remove(*before, snapshot);
  note_lead_time(home, record, snapshot);
  Lease& lease = home.insert(record.duid.bytes(), record);
  home.set_note(lease.client, note);
  count_whole(lease, snapshot, 1);
  return lease;
}

Lease& ShardGroup::adopt(const LeaseRecord& record, const Snapshot& snapshot) {
  const Shard& home = shard(shard_of(duid_hash(record.duid.bytes())));
  Lease& lease = replace(record, snapshot);
  if (snapshot.incoming != nullptr) snapshot.incoming->mark(record.key, home.number());
  const Pool* pool = snapshot.pool_of(record.key, record.subnet_id);
  if (pool != nullptr) pool->mark_taken(record.key.address, home.number());
  log_.append(LeaseChange::Kind::kPut, record);
  return lease;
}

void ShardGroup::take_over(const LeaseKey& key) {
  for (size_t i = 0; i < freed_count_; ++i) {
    Freed& freed = freed_[(freed_first_ + i) % freed_.size()];
    if (freed.key == key) freed.is_taken_over = true;
  }
}

void ShardGroup::tell_partner(Lease& lease, const Snapshot& snapshot) {
  publish(lease, shared_subnet_of(lease, snapshot));
}

void ShardGroup::withdraw(const Lease& lease, const Snapshot& snapshot) {
  const Shard& home = shard(lease.shard);
  const Subnet* subnet = shared_subnet_of(lease, snapshot);
  const PartnerTimes* times = home.times_of(lease);
  if (subnet == nullptr || times == nullptr || !times->unacked || !feed_.has_listener()) return;
  assert(feed_.can_withdraw());
  LeaseRecord gone = home.record_of(lease);
  gone.status = BindingStatus::kFree;
  feed_.push(log_.written() + 1, subnet->failover->number(), gone);
}

void ShardGroup::evict(Lease& lease, const Snapshot& snapshot) {
  append(LeaseChange::Kind::kDelete, lease);
  remove(lease, snapshot);
}

void ShardGroup::abandon(Lease& lease, const Snapshot& snapshot, AbsoluteTime now) {
  Shard& home = shard(lease.shard);
  if (const Subnet* subnet = snapshot.by_id(lease.subnet_id)) {
    SubnetCounters::Cell& cell = cell_of(*subnet);
    if (auto* count = gauge(cell, lease.status, lease.key.type)) add(*count, -1);
    add(cell.declined, 1);
  }
  home.abandon(lease);
  lease.preferred = Seconds{0};
  lease.valid = snapshot.decline_probation();
  lease.last_contact = now;
  if (PartnerTimes* times = home.times_of(lease)) {
    times->client_contact = now;
    times->start_of_state = now;
    times->partner_lifetime = lease.expires();
  }
  home.reschedule(lease);
  publish(lease, shared_subnet_of(lease, snapshot));
}

Lease* ShardGroup::assign(LeaseRecord record, const Snapshot& snapshot, AbsoluteTime now) {
  Shard& home = shard(shard_of(duid_hash(record.duid.bytes())));
  const Subnet& subnet = *snapshot.by_id(record.subnet_id);
  const FailoverScope* scope = subnet.failover.get();
  const Lease* before = home.find(record.key);
  if (before != nullptr ? before->has_ended() : !take_unit(record.key, subnet, snapshot, home.number())) return nullptr;
  const bool is_new = before == nullptr;
  const bool same_status = !is_new && before->status == record.status;
  record.partner = std::nullopt;
  if (const PartnerTimes* times = is_new ? nullptr : home.times_of(*before)) record.partner = *times;
  if (scope != nullptr) set_beside_partner(record, subnet, scope->policy(), now);
  if (scope != nullptr && !same_status) record.partner->start_of_state = now;
  if (scope == nullptr) record.partner.reset();
  Lease& lease = replace(record, snapshot);
  publish(lease, &subnet);
  if (is_new && lease.status == BindingStatus::kActive) {
    SubnetCounters::Cell& cell = cell_of(subnet);
    add(lease.key.type == LeaseType::kAddress ? cell.addresses_assigned : cell.prefixes_assigned, 1);
  }
  return &lease;
}

// In a sparse pool, and outside of all pools, nothing but the partner's right to it stands against a unit.
bool ShardGroup::take_unit(const LeaseKey& key, const Subnet& subnet, const Snapshot& snapshot, unsigned shard) {
  const Pool* pool = snapshot.pool_of(key, subnet.id);
  if (pool != nullptr && pool->is_dense()) {
    DensePool& space = *std::get<std::shared_ptr<DensePool>>(pool->space);
    const auto index = space.index_of(key.address);
    if (!index || !space.claim(*index)) return false;
  } else if (pool != nullptr) {
    if (subnet.failover != nullptr && !subnet.failover->is_ours(key.address)) return false;
    pool->mark_taken(key.address, shard);
  }
  if (snapshot.incoming != nullptr) snapshot.incoming->mark(key, shard);
  return true;
}

void ShardGroup::append(LeaseChange::Kind kind, const Lease& lease) {
  const Shard& home = shard(lease.shard);
  const bool forgets_client =
      kind == LeaseChange::Kind::kDelete && home.is_last_of_client(lease) && home.digest_of_client(lease.client) != 0;
  log_.append(kind, home.record_of(lease), forgets_client);
}

void ShardGroup::remember(Bytes duid, Bytes client_data) {
  Shard& home = shard(shard_of(duid_hash(duid)));
  remember(home, home.find_client(duid), duid, client_data);
}

void ShardGroup::learn(const Request& request, uint32_t client, Bytes client_data, const Snapshot& snapshot,
                       AbsoluteTime now) {
  Shard& home = shard(request.shard());
  if (!remember(home, client, request.client_duid, client_data)) return;
  if (feed_.delay(home.duid_of(client), log_.written())) return;
  Lease* lease = home.first_of(client);
  while (lease != nullptr && lease->has_ended()) lease = home.next_of(*lease);
  PartnerTimes* times = lease != nullptr ? home.times_of(*lease) : nullptr;
  if (times == nullptr) return;
  times->client_contact = now;
  publish(*lease, shared_subnet_of(*lease, snapshot));
}

// True: it is something new, and logged.
bool ShardGroup::remember(Shard& home, uint32_t client, Bytes duid, Bytes client_data) {
  const uint64_t digest = digest_of(client_data);
  if (client == kNoIndex || home.digest_of_client(client) == digest) return false;
  if (log_.room() < ChangeLog::kRoomToRemember) return false;
  home.set_note(client, note_of(client_data, digest));
  log_.remember(Duid::from_bytes(duid).value_or(Duid{}), client_data);
  return true;
}

void ShardGroup::load_client(Bytes duid, Bytes client_data) {
  Shard& home = shard(shard_of(duid_hash(duid)));
  const uint32_t client = home.find_client(duid);
  if (client != kNoIndex) home.set_note(client, note_of(client_data, digest_of(client_data)));
}

unsigned ShardGroup::expire(AbsoluteTime now, const Snapshot& snapshot, unsigned budget) {
  if (expired_until_ && now <= *expired_until_) return 0;
  unsigned used = 0;
  for (unsigned visited = worker_; visited < kShardCount; visited += workers_) {
    const auto allowed = static_cast<unsigned>(std::min<size_t>(budget - used, log_.room()));
    const unsigned touched =
        shard(expire_shard_).expire(now, allowed, [&](Lease& lease) { expire_one(lease, snapshot, now); });
    used += touched;
    if (touched == allowed) return used;  // perhaps there is more in this shard: go on from it
    expire_shard_ += workers_;
    if (expire_shard_ >= kShardCount) expire_shard_ = worker_;
  }
  expired_until_ = now;
  return used;
}

void ShardGroup::expire_one(Lease& lease, const Snapshot& snapshot, AbsoluteTime now) {
  const bool was_declined = lease.status == BindingStatus::kAbandoned;
  (was_declined ? counters_.released_quarantine : counters_.expired).add();
  // Since when it is so, not since when we know: a server that was down must not take what it finds ended for news
  // (RFC 8156 §7.5.4).
  const AbsoluteTime since = std::min(now, shard(lease.shard).deadline(lease));
  end(lease, was_declined ? BindingStatus::kReset : BindingStatus::kExpired, snapshot, since);
}

void ShardGroup::settle(const Snapshot& snapshot) {
  if (freed_count_ == 0) return;
  const uint64_t committed = log_.committed();
  while (freed_count_ != 0 && freed_[freed_first_].sequence <= committed) {
    settle_one(freed_[freed_first_], snapshot);
    freed_first_ = (freed_first_ + 1) % freed_.size();
    --freed_count_;
  }
}

void ShardGroup::settle_one(const Freed& freed, const Snapshot& snapshot) {
  // Leased again meanwhile, out of a sparse pool, which waits for nobody: a dense space that is to follow must know it.
  if (freed.is_taken_over || shard(freed.shard).find(freed.key) != nullptr) return;
  // The coming spaces first: as long as the unit is marked in the pool of today nobody takes it there and marks it
  // here.
  if (snapshot.incoming != nullptr) snapshot.incoming->release(freed.key);
  if (const Pool* pool = snapshot.pool_of(freed.key, freed.subnet_id)) pool->release(freed.key.address);
}

// RFC 8156 §8.2: what stood in stable storage holds again. A lease that was made before there was a partner is news to
// it; of one that has ended nobody knows whether the partner was told.
LeaseRecord ShardGroup::beside_partner(LeaseRecord record, const Snapshot& snapshot) {
  const Subnet* subnet = snapshot.by_id(record.subnet_id);
  if (subnet == nullptr || subnet->failover == nullptr) {
    record.partner.reset();
    return record;
  }
  if (!record.partner) {
    record.partner = PartnerTimes{.partner_lifetime = record.expires(),
                                  .client_contact = record.last_contact,
                                  .start_of_state = record.last_contact,
                                  .version = 1,
                                  .unacked = true};
  }
  record.partner->sent = record.partner->unacked;
  return record;
}

bool ShardGroup::load(const LeaseRecord& stored, const Snapshot& snapshot) {
  const LeaseRecord record = beside_partner(stored, snapshot);
  Shard& home = shard(shard_of(duid_hash(record.duid.bytes())));
  if (home.find(record.key) != nullptr) return false;
  note_lead_time(home, record, snapshot);
  Lease& lease = home.insert(record.duid.bytes(), record);
  // The relationship is no more: what waited for the partner is free.
  if (lease.has_ended() && !record.partner) {
    home.remove(lease);
    return true;
  }
  if (const Pool* pool = snapshot.pool_of(record.key, record.subnet_id)) {
    pool->mark_taken(record.key.address, home.number());
  } else {
    snapshot.rest_under(record.key);
  }
  if (const Subnet* subnet = snapshot.by_id(record.subnet_id)) {
    // Several threads load: this once the cell has more than one writer.
    if (auto* count = gauge(cell_of(*subnet), record.status, record.key.type)) count->fetch_add(1);
    if (record.partner && record.partner->unacked) cell_of(*subnet).waiting.fetch_add(1);
  }
  return true;
}

bool ShardGroup::index_step(const Snapshot& snapshot, unsigned budget) {
  if (snapshot.incoming == nullptr) return true;
  if (index_serial_ != snapshot.serial()) {
    index_serial_ = snapshot.serial();
    index_shard_ = worker_;
    index_place_ = 0;
    index_settled_ = log_.written();
  }
  while (index_shard_ < kShardCount && budget != 0) {
    const Shard& walked = shard(index_shard_);
    index_place_ = walked.walk(index_place_, budget, [&](const Lease& lease) {
      --budget;
      snapshot.incoming->mark(lease.key, index_shard_);
    });
    if (index_place_ != kNoIndex) return false;
    index_place_ = 0;
    index_shard_ += workers_;
  }
  return index_shard_ >= kShardCount && all_before_walk_settled();
}

bool ShardGroup::all_before_walk_settled() const {
  return freed_count_ == 0 || freed_[freed_first_].sequence > index_settled_;
}

size_t ShardGroup::lease_count() const {
  size_t count = 0;
  for (const auto& each : shards_) count += each ? each->lease_count() : 0;
  return count;
}

size_t ShardGroup::client_count() const {
  size_t count = 0;
  for (const auto& each : shards_) count += each ? each->client_count() : 0;
  return count;
}

void ShardGroup::adopt_by_this_thread() {
  for (const auto& each : shards_) {
    if (each) each->adopt_by_this_thread();
  }
}

size_t ShardGroup::memory() const {
  size_t bytes = sizeof(ShardGroup) + log_.memory() + freed_.size() * sizeof(Freed);
  for (const auto& each : shards_) bytes += each ? each->memory() : 0;
  return bytes;
}

}  // namespace tandem6::lease
