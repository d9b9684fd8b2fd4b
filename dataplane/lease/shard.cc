#include "dataplane/lease/shard.h"

#include <cstring>

namespace tandem6::lease {
namespace {

/// A deadline farther away than this cannot be told from one in the past, modulo 2^32.
constexpr uint32_t kFarthest = 0x7fffffff;

/// How far a new wheel starts before the first lease's last contact, so that a clock which was set back a little since
/// then does not come before the wheel's time.
constexpr uint32_t kStartEarlier = 1 << 17;

bool is_inline(size_t duid_size) { return duid_size <= Client::kInlineDuid; }

/// Where a long DUID is, as its client keeps it.
uint32_t long_duid_of(const Client& client) {
  uint32_t place;
  std::memcpy(&place, client.duid.data(), sizeof place);
  return place;
}

}  // namespace

Shard::Shard(unsigned number, HashKey key, std::pmr::memory_resource* memory)
    : number_(number),
      key_(key),
      leases_(memory),
      clients_(memory),
      partner_times_(memory),
      long_duids_(memory),
      by_duid_(memory),
      by_address_(memory) {}

void Shard::adopt_by_this_thread() { owner_ = std::this_thread::get_id(); }

uint32_t Shard::find_client(Bytes duid, uint64_t hash) const {
  assert(called_by_owner());
  return by_duid_.find(hash, [&](uint32_t client) { return wire::same_bytes(duid_of(client), duid); });
}

uint32_t Shard::prefetch_client(uint64_t hash) const {
  const uint32_t client = by_duid_.guess(hash);
  if (client != kNoIndex) clients_.prefetch(client);
  return client;
}

uint32_t Shard::prefetch_first_lease(uint32_t client) const {
  const uint32_t lease = clients_[client].first_lease;
  if (lease != kNoIndex) leases_.prefetch(lease);
  return lease;
}

void Shard::prefetch_next_lease(uint32_t lease) const {
  const uint32_t next = leases_[lease].next;
  if (next != kNoIndex) leases_.prefetch(next);
}

Bytes Shard::duid_of(uint32_t client) const {
  const Client& it = clients_[client];
  if (is_inline(it.duid_size)) return {it.duid.data(), it.duid_size};
  return {long_duids_[long_duid_of(it)].octets.data(), it.duid_size};
}

bool Shard::is_last_of_client(const Lease& lease) const {
  const Client& client = clients_[lease.client];
  if (!lease.is_clients()) return client.first_lease == kNoIndex && client.abandoned == 1;
  return client.abandoned == 0 && leases_[client.first_lease].next == kNoIndex;
}

Lease* Shard::find(uint32_t client, LeaseType type, uint32_t iaid) {
  assert(called_by_owner());
  for (Lease* lease = first_of(client); lease != nullptr; lease = next_of(*lease)) {
    if (lease->iaid == iaid && lease->key.type == type) return lease;
  }
  return nullptr;
}

Lease* Shard::first_of(uint32_t client) {
  const uint32_t first = clients_[client].first_lease;
  return first == kNoIndex ? nullptr : &leases_[first];
}

Lease* Shard::next_of(const Lease& lease) { return lease.next == kNoIndex ? nullptr : &leases_[lease.next]; }

Lease* Shard::find(const LeaseKey& key) {
  assert(called_by_owner());
  const uint32_t index = index_of(key);
  return index == kNoIndex ? nullptr : &leases_[index];
}

Lease& Shard::insert(Bytes duid, uint64_t hash, const LeaseRecord& fields) {
  assert(called_by_owner());
  assert(index_of(fields.key) == kNoIndex);
  uint32_t client = find_client(duid, hash);
  if (client == kNoIndex) client = add_client(duid, hash);

  const uint32_t index = leases_.allocate();
  Lease& lease = leases_[index];
  lease.index = index;
  lease.key = fields.key;
  lease.status = fields.status;
  lease.shard = static_cast<uint8_t>(number_);
  lease.iaid = fields.iaid;
  lease.subnet_id = fields.subnet_id;
  lease.preferred = fields.preferred;
  lease.valid = fields.valid;
  lease.last_contact = fields.last_contact;
  lease.client = client;
  if (fields.partner) share(lease) = *fields.partner;
  if (!lease.is_clients()) {
    ++clients_[client].abandoned;
  } else {
    lease.next = std::exchange(clients_[client].first_lease, index);
  }
  by_address_.insert(hash_of(lease.key), index);
  schedule(index);
  ++lease_count_;
  return lease;
}

void Shard::remove(Lease& lease) {
  assert(called_by_owner());
  const uint32_t index = lease.index;
  const uint32_t client = lease.client;
  wheel_.cancel(timers(), index);
  by_address_.erase(hash_of(lease.key), index);
  if (!lease.is_clients()) {
    --clients_[client].abandoned;
  } else {
    unlink_from_client(lease);
  }
  if (lease.partner != kNoIndex) partner_times_.free(lease.partner);
  leases_.free(index);
  --lease_count_;
  forget_client_if_empty(client);
}

void Shard::abandon(Lease& lease) {
  assert(called_by_owner());
  assert(lease.is_clients());
  unlink_from_client(lease);
  lease.next = kNoIndex;
  lease.status = BindingStatus::kAbandoned;
  ++clients_[lease.client].abandoned;
}

void Shard::end(Lease& lease, BindingStatus status) {
  assert(called_by_owner());
  assert(lease.status != BindingStatus::kAbandoned || status == BindingStatus::kReset);
  const uint32_t index = lease.index;
  const bool was_clients = lease.is_clients();
  wheel_.cancel(timers(), index);
  lease.status = status;
  if (!was_clients || lease.is_clients()) return;
  unlink_from_client(lease);
  lease.next = kNoIndex;
  ++clients_[lease.client].abandoned;
}

void Shard::revive(Lease& lease) {
  assert(lease.has_ended() && lease.is_clients());
  lease.status = BindingStatus::kActive;
}

void Shard::reschedule(Lease& lease) {
  assert(called_by_owner());
  wheel_.cancel(timers(), lease.index);
  schedule(lease.index);
}

void Shard::extend(Lease& lease, Seconds preferred, Seconds valid, AbsoluteTime now) {
  assert(called_by_owner());
  const bool has_timer = lease.timer.previous != kNoIndex;
  const AbsoluteTime before = timers().deadline(lease.index);
  lease.preferred = preferred;
  lease.valid = valid;
  lease.last_contact = now;
  if (!has_timer || timers().deadline(lease.index) < before) reschedule(lease);
}

bool Shard::is_due(uint32_t index, AbsoluteTime now) {
  return leases_[index].valid.count <= kFarthest && timers().deadline(index) <= now;
}

PartnerTimes& Shard::share(Lease& lease) {
  if (lease.partner == kNoIndex) lease.partner = partner_times_.allocate();
  return partner_times_[lease.partner];
}

LeaseRecord Shard::record_of(const Lease& lease) const {
  const PartnerTimes* times = times_of(lease);
  return {.key = lease.key,
          .status = lease.status,
          .iaid = lease.iaid,
          .subnet_id = lease.subnet_id,
          .preferred = lease.preferred,
          .valid = lease.valid,
          .last_contact = lease.last_contact,
          .duid = Duid::from_bytes(duid_of(lease.client)).value_or(Duid{}),
          .partner = times != nullptr ? std::optional(*times) : std::nullopt};
}

size_t Shard::memory() const {
  return sizeof(Shard) + leases_.memory() + clients_.memory() + partner_times_.memory() + long_duids_.memory() +
         by_duid_.memory() + by_address_.memory();
}

uint64_t Shard::hash_of(const LeaseKey& key) const {
  std::array<std::byte, 18> bytes;
  std::memcpy(bytes.data(), key.address.octets.data(), 16);
  bytes[16] = static_cast<std::byte>(key.type);
  bytes[17] = std::byte{key.prefix_length};
  return keyed_hash(key_, bytes);
}

uint32_t Shard::index_of(const LeaseKey& key) const {
  return by_address_.find(hash_of(key), [&](uint32_t index) { return leases_[index].key == key; });
}

uint32_t Shard::add_client(Bytes duid, uint64_t hash) {
  assert(duid.size() <= Duid::kMaxSize);
  const uint32_t client = clients_.allocate();
  Client& it = clients_[client];
  it.duid_size = static_cast<uint8_t>(duid.size());
  if (is_inline(duid.size())) {
    std::copy(duid.begin(), duid.end(), it.duid.begin());
  } else {
    const uint32_t place = long_duids_.allocate();
    std::copy(duid.begin(), duid.end(), long_duids_[place].octets.begin());
    std::memcpy(it.duid.data(), &place, sizeof place);
  }
  by_duid_.insert(hash, client);
  ++client_count_;
  return client;
}

void Shard::forget_client_if_empty(uint32_t client) {
  const Client& it = clients_[client];
  if (it.first_lease != kNoIndex || it.abandoned != 0) return;
  by_duid_.erase(keyed_hash(key_, duid_of(client)), client);
  if (!is_inline(it.duid_size)) long_duids_.free(long_duid_of(it));
  clients_.free(client);
  --client_count_;
}

void Shard::unlink_from_client(const Lease& lease) {
  uint32_t* link = &clients_[lease.client].first_lease;
  while (*link != lease.index) link = &leases_[*link].next;
  *link = lease.next;
}

void Shard::schedule(uint32_t index) {
  const Lease& lease = leases_[index];
  if (lease.has_ended()) return;  // what is to come depends on the partner
  // A lifetime of 68 years or more lasts as good as forever, and expires() could not say when it ends.
  if (lease.valid.count > kFarthest) return;
  if (!wheel_.started()) wheel_.start({lease.last_contact.since_2000 - kStartEarlier});
  wheel_.schedule(timers(), index);
}

}  // namespace tandem6::lease
