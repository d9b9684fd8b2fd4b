#include "dataplane/lease/exchange.h"

#include <algorithm>
#include <memory>
#include <variant>

#include "dataplane/lease/hash.h"

namespace tandem6::lease {
namespace {

// RFC 8168 §3.2: a free prefix of the length that the client prefers, else the longest that is shorter.
std::optional<LeaseKey> free_prefix(const Exchange& exchange, uint32_t iaid, uint8_t preferred_length) {
  const uint64_t start = search_hash(exchange.snapshot.search_key(), exchange.request.client_duid, iaid, 0);
  std::optional<LeaseKey> best;
  for (const Pool& pool : exchange.subnet->prefix_pools) {
    if (pool.unit_length > preferred_length || (best && pool.unit_length <= best->prefix_length)) continue;
    const auto* dense = std::get_if<std::shared_ptr<DensePool>>(&pool.space);
    if (dense == nullptr) continue;
    const auto unit = (*dense)->find_from(start);
    if (unit) best = LeaseKey{LeaseType::kPrefix, pool.unit_length, (*dense)->address_of(*unit)};
  }
  return best;
}

}  // namespace

bool IaResult::names(const LeaseKey& key) const {
  return std::ranges::any_of(granted, [&](const Granted& lease) { return lease.key == key; }) ||
         std::ranges::find(withdrawn, key) != withdrawn.end();
}

Exchange::Exchange(const Request& request_, ShardGroup& group_, const Snapshot& snapshot_, AbsoluteTime now_,
                   const ClientMessage& message_, Reply& reply_)
    : request(request_),
      group(group_),
      snapshot(snapshot_),
      now(now_),
      message(message_),
      subnet(snapshot_.select(request_)),
      reply(reply_),
      options_(subnet != nullptr ? &subnet->options : &snapshot_.global_options()) {}

HeldLeases Exchange::held(const RequestedIa& ia) {
  HeldLeases held;
  Shard& shard = group.shard(request.shard());
  // Looked up for each IA anew: freeing a client's last lease forgets the client.
  const uint32_t client = shard.find_client(request.client_duid);
  if (client == kNoIndex) return held;
  for (Lease* lease = shard.find(client, ia.type, ia.iaid); lease != nullptr && !held.full();
       lease = shard.next_of(*lease)) {
    const bool of_this_ia = lease->key.type == ia.type && lease->iaid == ia.iaid;
    if (of_this_ia && lease->status == BindingStatus::kActive) held.push(lease);
  }
  return held;
}

bool Exchange::at_limit(size_t offered) const {
  Shard& shard = group.shard(request.shard());
  const uint32_t client = shard.find_client(request.client_duid);
  if (client == kNoIndex) return false;
  size_t count = offered;
  for (const Lease* lease = shard.first_of(client); lease != nullptr; lease = shard.next_of(*lease)) ++count;
  return count >= kMaxLeasesPerClient;
}

bool Exchange::on_link(const LeaseKey& key) const {
  return key.type == LeaseType::kAddress ? subnet->prefix.contains(key.address) : subnet->pool_of(key) != nullptr;
}

bool Exchange::can_extend(const Lease& lease) const {
  return subnet != nullptr && subnet->pool_of(lease.key) != nullptr;
}

std::optional<LeaseKey> Exchange::wanted(const RequestedIa& ia) const {
  std::optional<LeaseKey> wanted;
  std::optional<uint8_t> length;
  each_listed(ia, [&](const LeaseKey& key) {
    if (key.address.is_unspecified()) {
      // RFC 8415 §21.22: a length without a prefix is the client's preference. Length 0 says nothing.
      if (key.prefix_length != 0) length = key.prefix_length;
      return;
    }
    if (wanted) return;
    const Pool* pool = subnet->pool_of(key);
    if (pool != nullptr && !pool->is_taken(key.address)) wanted = key;
    if (!length) length = key.prefix_length;
  });
  if (!wanted && length && ia.type == LeaseType::kPrefix) wanted = free_prefix(*this, ia.iaid, *length);
  return wanted;
}

IaResult Exchange::bind(const RequestedIa& ia, const HeldLeases& held) {
  IaResult result;
  for (Lease* lease : held) {
    if (can_extend(*lease)) {
      group.extend(*lease, *subnet, snapshot, now);
      result.granted.push({lease->key, lease->preferred, lease->valid});
    } else {
      result.withdrawn.push(lease->key);
      group.free(*lease, snapshot);
    }
  }
  if (result.granted.empty() && subnet != nullptr && !at_limit()) {
    const Lease* fresh = group.allocate(request, *subnet, snapshot, ia.type, ia.iaid, wanted(ia), now);
    if (fresh != nullptr) result.granted.push({fresh->key, fresh->preferred, fresh->valid});
  }
  return result;
}

void Exchange::write_granted(const RequestedIa& ia, const IaResult& result) {
  if (result.granted.empty()) {
    write_nothing_available(ia.type, ia.iaid);
    return;
  }
  const auto open = reply.open_ia(ia, &subnet->lifetimes);
  write_leases(result);
  reply.close_ia(open);
}

void Exchange::write_leases(const IaResult& result) {
  for (const IaResult::Granted& lease : result.granted) {
    reply.lease(lease.key, lease.preferred, lease.valid);
    if (pool_options_) continue;
    if (const Pool* pool = subnet->pool_of(lease.key)) {
      options_ = &pool->options;
      pool_options_ = true;
    }
  }
}

void Exchange::write_nothing_available(LeaseType type, uint32_t iaid) {
  using wire::StatusCode;
  reply.ia_status(type, iaid, type == LeaseType::kAddress ? StatusCode::kNoAddrsAvail : StatusCode::kNoPrefixAvail);
}

void Exchange::refuse_excess_ias() {
  if (message.excess_ias == 0) return;
  const wire::MessageType type = request.received->message.type;
  const bool gives_back = type == wire::MessageType::kRelease || type == wire::MessageType::kDecline;
  wire::OptionWalker walker(request.received->message.options);
  while (const auto option = walker.next()) {
    const bool is_na = option->is(wire::OptionCode::kIaNa);
    if (!is_na && !option->is(wire::OptionCode::kIaPd)) continue;
    const LeaseType lease_type = is_na ? LeaseType::kAddress : LeaseType::kPrefix;
    const auto ia = wire::IaView::parse(option->data);
    if (!ia || message.lists(lease_type, ia->iaid)) continue;
    if (gives_back) {
      reply.ia_status(lease_type, ia->iaid, wire::StatusCode::kUnspecFail);
    } else {
      write_nothing_available(lease_type, ia->iaid);
    }
  }
}

void Exchange::write_options() { reply.options(*options_, message); }

}  // namespace tandem6::lease
