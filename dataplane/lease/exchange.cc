#include "dataplane/lease/exchange.h"

#include <algorithm>
#include <memory>
#include <variant>

#include "dataplane/lease/hash.h"

namespace tandem6::lease {
namespace {

// RFC 8168 §3.2: a free prefix of the length that the client prefers, else the longest that is shorter.
class PrefixByLength {
 public:
  PrefixByLength(const Exchange& exchange, uint32_t iaid, uint8_t preferred_length)
      : start_(search_hash(exchange.snapshot.search_key(), exchange.request.client_duid, iaid, 0)),
        preferred_length_(preferred_length) {}

  void look_into(const Pool& pool) {
    if (pool.unit_length > preferred_length_ || (best_ && pool.unit_length <= best_->prefix_length)) return;
    const auto* dense = std::get_if<std::shared_ptr<DensePool>>(&pool.space);
    if (dense == nullptr) return;
    const auto unit = (*dense)->find_from(start_);
    if (unit) best_ = LeaseKey{LeaseType::kPrefix, pool.unit_length, (*dense)->address_of(*unit)};
  }
  const std::optional<LeaseKey>& best() const { return best_; }

 private:
  uint64_t start_;
  uint8_t preferred_length_;
  std::optional<LeaseKey> best_;
};

std::optional<LeaseKey> free_prefix(const Exchange& exchange, uint32_t iaid, uint8_t preferred_length) {
  PrefixByLength search(exchange, iaid, preferred_length);
  for (const Subnet* subnet : exchange.link->subnets) {
    if (!exchange.admits(*subnet)) continue;
    for (const Pool& pool : subnet->prefix_pools) {
      if (pool.guard.admits(exchange.classes)) search.look_into(pool);
    }
  }
  return search.best();
}

// What the client wrote into the IA about the lifetimes of this lease, else of the first that it lists.
Terms wish_in(const RequestedIa& ia, const LeaseKey& key) {
  std::optional<Terms> wish;
  wire::OptionWalker walker(ia.options);
  while (const auto option = walker.next()) {
    const ListedLease listed = listed_lease(ia.type, *option);
    if (!listed.key) continue;
    if (*listed.key == key) return listed.wish;
    if (!wish) wish = listed.wish;
  }
  return wish.value_or(Terms{});
}

FailoverPolicy policy_of(const Link* link) {
  // The subnets of a link are in one relationship, or none: the configuration sees to that.
  const FailoverScope* scope = link != nullptr ? link->subnets.front()->failover.get() : nullptr;
  if (scope == nullptr) return {.responsiveness = Responsiveness::kResponsive, .limited = false};
  return scope->policy();
}

bool is_fixed(const LifetimeRange& range) { return range.min == range.max; }

bool lists(const RequestedIa& ia, const LeaseKey& key) {
  bool found = false;
  each_listed(ia, [&](const LeaseKey& listed) { found = found || listed == key; });
  return found;
}

}  // namespace

bool IaResult::names(const LeaseKey& key) const {
  return std::ranges::any_of(granted, [&](const Granted& lease) { return lease.key == key; }) ||
         std::ranges::find(withdrawn, key) != withdrawn.end();
}

bool contains(const Offered& offered, const LeaseKey& key) { return std::ranges::find(offered, key) != offered.end(); }

Exchange::Exchange(const Request& request_, ShardGroup& group_, const Snapshot& snapshot_, AbsoluteTime now_,
                   const ClientMessage& message_, const ClientPlace& place, Reply& reply_)
    : request(request_),
      group(group_),
      snapshot(snapshot_),
      now(now_),
      message(message_),
      link(place.link),
      host(place.host),
      classes(place.classes),
      failover(policy_of(place.link)),
      reply(reply_) {}

uint32_t Exchange::client() const {
  if (client_) return *client_;
  const Shard& shard = group.shard(request.shard());
  client_ = shard.find_client(request.client_duid, shard.table_hash(request));
  return *client_;
}

template <typename Wanted>
HeldLeases Exchange::held_if(const RequestedIa& ia, Wanted&& wanted) {
  HeldLeases held;
  const uint32_t holder = client();
  if (holder == kNoIndex) return held;
  Shard& shard = group.shard(request.shard());
  for (Lease* lease = shard.first_of(holder); lease != nullptr && !held.full(); lease = shard.next_of(*lease)) {
    const bool of_this_ia = lease->key.type == ia.type && lease->iaid == ia.iaid;
    if (of_this_ia && lease->status == BindingStatus::kActive && wanted(lease->key)) held.push(lease);
  }
  return held;
}

HeldLeases Exchange::held(const RequestedIa& ia) {
  const HeldLeases held = held_if(ia, [](const LeaseKey&) { return true; });
  if (held.size() < 2) return held;
  const HeldLeases listed = held_if(ia, [&](const LeaseKey& key) { return lists(ia, key); });
  return listed.empty() ? held : listed;
}

bool Exchange::at_limit(size_t offered) const {
  const uint32_t holder = client();
  if (holder == kNoIndex) return false;
  Shard& shard = group.shard(request.shard());
  size_t count = offered;
  for (const Lease* lease = shard.first_of(holder); lease != nullptr; lease = shard.next_of(*lease)) {
    count += lease->has_ended() ? 0 : 1;
  }
  return count >= kMaxLeasesPerClient;
}

Lease* Exchange::revivable(const RequestedIa& ia) const {
  const uint32_t holder = link != nullptr ? client() : kNoIndex;
  if (holder == kNoIndex) return nullptr;
  Shard& shard = group.shard(request.shard());
  for (Lease* lease = shard.first_of(holder); lease != nullptr; lease = shard.next_of(*lease)) {
    if (lease->iaid != ia.iaid || lease->key.type != ia.type || !lease->has_ended()) continue;
    const PartnerTimes* times = shard.times_of(*lease);
    if (times != nullptr && !times->sent && home_of(lease->key) != nullptr) return lease;
  }
  return nullptr;
}

bool Exchange::on_link(const LeaseKey& key) const {
  return std::ranges::any_of(link->subnets, [&](const Subnet* subnet) {
    if (key.type == LeaseType::kAddress) return subnet->prefix.contains(key.address);
    return subnet->pool_of(key) != nullptr || is_reserved_for_client(key);
  });
}

Home Exchange::find_home(const LeaseKey& key) const {
  if (link == nullptr) return {};
  if (const ReservedUnit* reserved = snapshot.reservations().unit(key)) {
    return {.subnet = reserved->holder == host ? subnet_of_reserved(key) : nullptr};
  }
  for (const Subnet* subnet : link->subnets) {
    if (!admits(*subnet)) continue;
    const Pool* pool = subnet->pool_of(key);
    if (pool != nullptr && pool->guard.admits(classes)) return {subnet, pool};
  }
  return {};
}

bool Exchange::may_be_from_partner(const LeaseKey& key) const {
  const Subnet* home = home_of(key);
  const FailoverScope* scope = home != nullptr ? home->failover.get() : nullptr;
  const Pool* pool = scope != nullptr ? home->pool_of(key) : nullptr;
  if (pool == nullptr) return false;
  // What was given up here, the partner may have given again since.
  if (const Lease* known = group.shard(request.shard()).find(key)) return known->has_ended();
  if (pool->may_be_held(key.address, request.shard())) return false;
  return key.type == LeaseType::kAddress ? !scope->is_ours(key.address) : pool->is_partners(key.address);
}

const Subnet* Exchange::first_subnet() const {
  if (link == nullptr) return nullptr;
  const auto found = std::ranges::find_if(link->subnets, [&](const Subnet* subnet) { return admits(*subnet); });
  return found == link->subnets.end() ? nullptr : *found;
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
    const Subnet* subnet = home_of(key);
    const Pool* pool = subnet != nullptr ? subnet->pool_of(key) : nullptr;
    if (pool != nullptr && !pool->is_taken(key.address)) wanted = key;
    if (!length) length = key.prefix_length;
  });
  if (!wanted && length && ia.type == LeaseType::kPrefix) wanted = free_prefix(*this, ia.iaid, *length);
  return wanted;
}

// --- reservations ----------------------------------------------------------------------------------------------------

bool Exchange::is_reserved_for_client(const LeaseKey& key) const {
  return host != nullptr && std::ranges::find(host->units, key) != host->units.end();
}

// A prefix says nothing about the link: it is of the subnet that its reservation stands in.
const Subnet* Exchange::subnet_of_reserved(const LeaseKey& key) const {
  for (const Subnet* subnet : link->subnets) {
    if (!admits(*subnet)) continue;
    const bool suits = key.type == LeaseType::kAddress ? subnet->prefix.contains(key.address)
                                                       : host->scope == kGlobalScope || host->scope == subnet->id;
    if (suits) return subnet;
  }
  return nullptr;
}

const ReservedUnit* Exchange::reserved_due(const RequestedIa& ia, const HeldLeases& held_leases,
                                           const Offered& offered) const {
  if (host == nullptr) return nullptr;
  const auto in_this_ia = [&](const LeaseKey& key) {
    return std::ranges::any_of(held_leases, [&](const Lease* lease) { return lease->key == key; });
  };
  if (std::ranges::any_of(host->units, in_this_ia)) return nullptr;
  for (const LeaseKey& key : host->units) {
    if (key.type != ia.type || contains(offered, key) || subnet_of_reserved(key) == nullptr) continue;
    const ReservedUnit* unit = snapshot.reservations().unit(key);
    // A unit that another of the client's IAs holds is taken, like one that another client holds.
    if (unit != nullptr && group.is_available(request, snapshot, *unit)) return unit;
  }
  return nullptr;
}

// --- binding ---------------------------------------------------------------------------------------------------------

// A class's lifetimes go before the subnet's, those of the class that was joined first (Kea's manual, "Class
// Priority").
Terms Exchange::terms_for(const Subnet& subnet, const RequestedIa& ia, const LeaseKey& key,
                          const Lease* held_lease) const {
  const ClassTable& table = snapshot.classes();
  if (table.precedence().empty()) return terms_in(subnet, subnet.lifetimes, ia, key, held_lease);
  Lifetimes lifetimes = subnet.lifetimes;
  const ClientClass* preferred = nullptr;
  const ClientClass* valid = nullptr;
  for (const ClassId id : table.precedence()) {
    if (!classes.contains(id)) continue;
    if (preferred == nullptr && table[id].preferred) preferred = &table[id];
    if (valid == nullptr && table[id].valid) valid = &table[id];
  }
  if (preferred != nullptr) lifetimes.preferred = *preferred->preferred;
  if (valid != nullptr) lifetimes.valid = *valid->valid;
  return terms_in(subnet, lifetimes, ia, key, held_lease);
}

Terms Exchange::terms_in(const Subnet& subnet, const Lifetimes& lifetimes, const RequestedIa& ia, const LeaseKey& key,
                         const Lease* held_lease) const {
  const bool fixed = is_fixed(lifetimes.preferred) && is_fixed(lifetimes.valid);
  const Terms desired = lifetimes.granted(fixed ? Terms{} : wish_in(ia, key));
  return subnet.failover ? beside_partner(lifetimes, desired, held_lease) : desired;
}

// RFC 8156 §4.4. Without the limit (§8.4.1: PARTNER-DOWN) the partner is told the same.
Terms Exchange::beside_partner(const Lifetimes& lifetimes, const Terms& desired, const Lease* held_lease) const {
  if (!failover.limited) return lifetimes.with_partner(desired, desired.valid);
  const PartnerTimes* times = held_lease != nullptr ? group.shard(held_lease->shard).times_of(*held_lease) : nullptr;
  const AbsoluteTime acked = times != nullptr ? times->acked_partner_lifetime : AbsoluteTime{};
  return lifetimes.limited(desired, acked, now, failover.mclt);
}

IaResult Exchange::bind(const RequestedIa& ia, const HeldLeases& held) {
  IaResult result;
  // RFC 8156 §8.7.1: in RECOVER-DONE "MUST NOT allocate any additional leases".
  const bool may_allocate = link != nullptr && failover.responsiveness != Responsiveness::kKnownRenewals;
  const ReservedUnit* reserved = may_allocate ? reserved_due(ia, held, {}) : nullptr;
  for (Lease* lease : held) {
    const Home home = find_home(lease->key);
    // What the client got out of a pool gives way to what is reserved for it.
    if (home.subnet != nullptr && reserved == nullptr) {
      result.granted.push(extend(*lease, home, ia));
    } else {
      result.withdrawn.push(lease->key);
      group.end(*lease, BindingStatus::kReleased, snapshot, now);
      note_change();
    }
  }
  if (!result.granted.empty() || !may_allocate || at_limit()) return result;
  Lease* const ended = reserved == nullptr ? revivable(ia) : nullptr;
  if (ended != nullptr) {
    const Subnet& home = *home_of(ended->key);
    const Terms terms = terms_for(home, ia, ended->key, ended);
    group.revive(*ended, home, snapshot, terms, now);
    result.granted.push({ended->key, terms, &home});
  } else {
    if (const Lease* fresh = take(ia, reserved)) {
      result.granted.push({fresh->key, {fresh->preferred, fresh->valid}, snapshot.by_id(fresh->subnet_id)});
    }
  }
  note_change();
  return result;
}

IaResult::Granted Exchange::extend(Lease& lease, const Home& home, const RequestedIa& ia) {
  const Subnet& subnet = *home.subnet;
  const Terms terms = terms_for(subnet, ia, lease.key, &lease);
  const Seconds age = now - lease.last_contact;
  const bool same = lease.subnet_id == subnet.id && lease.preferred == terms.preferred && lease.valid == terms.valid;
  if (same && subnet.cache.reuses(age, lease.valid)) {
    group.count_reuse(lease, subnet);
    const auto rest = [&](Seconds whole) { return Seconds{whole.count - std::min(age, whole).count}; };
    return {lease.key, {rest(lease.preferred), rest(lease.valid)}, &subnet, home.pool};
  }
  group.extend(lease, subnet, snapshot, terms, now);
  return {lease.key, terms, &subnet, home.pool};
}

const Lease* Exchange::take(const RequestedIa& ia, const ReservedUnit* reserved) {
  if (reserved != nullptr) {
    const Subnet& subnet = *subnet_of_reserved(reserved->key());
    const Terms terms = terms_for(subnet, ia, reserved->key(), nullptr);
    const Lease* lease = group.allocate_reserved(request, subnet, snapshot, *reserved, ia.iaid, terms, now);
    if (lease != nullptr) return lease;
  }
  return take_from_pools(ia);
}

const Lease* Exchange::take_from_pools(const RequestedIa& ia) {
  const UnitWish wish = wish_of(ia);
  const Lease* lease = nullptr;
  const bool found = any_subnet(wish, [&](const Subnet& subnet, const UnitWish& each) {
    const Terms terms = terms_for(subnet, ia, wish.unit.value_or(LeaseKey{}), nullptr);
    lease = group.allocate(request, subnet, snapshot, each, terms, now);
    return lease != nullptr;
  });
  if (!found) group.count_failure(*link->subnets.front());
  return lease;
}

// --- answering -------------------------------------------------------------------------------------------------------

void Exchange::write_granted(const RequestedIa& ia, const IaResult& result) {
  if (result.granted.empty()) {
    write_nothing_available(ia.type, ia.iaid);
    return;
  }
  const auto open = reply.open_ia(ia);
  write_leases(result);
  reply.close_ia(open);
}

// RFC 6603 §4.2: only for a requesting router that asks for it.
Bytes Exchange::pd_exclude_of(const IaResult::Granted& lease) const {
  const bool wanted = message.requested && message.requested->contains(wire::OptionCode::kPdExclude);
  if (!wanted || lease.key.type != LeaseType::kPrefix) return {};
  const ReservedUnit* reserved = snapshot.reservations().unit(lease.key);
  const Pool* pool = reserved != nullptr ? &reserved->pool : lease.pool;
  return pool != nullptr ? Bytes(pool->pd_exclude) : Bytes();
}

void Exchange::write_leases(const IaResult& result) {
  for (IaResult::Granted lease : result.granted) {
    if (lease.pool == nullptr) lease.pool = lease.subnet->pool_of(lease.key);
    reply.lease(lease.key, lease.terms.preferred, lease.terms.valid, pd_exclude_of(lease));
    note_renewal(lease);
    if (!first_address_ && lease.key.type == LeaseType::kAddress) first_address_ = lease.key.address;
    if (served_by_ != nullptr) continue;
    served_by_ = lease.subnet;
    served_from_ = lease.pool;
  }
}

// Leases of one client are of one subnet and last as long, as a rule: the times of the first are those of all.
void Exchange::note_renewal(const IaResult::Granted& lease) {
  if (renewed_in_ == lease.subnet && renewed_preferred_ == lease.terms.preferred) return;
  renewed_in_ = lease.subnet;
  renewed_preferred_ = lease.terms.preferred;
  reply.renew_within(lease.subnet->lifetimes.renew_times(lease.terms.preferred));
}

void Exchange::write_nothing_available(LeaseType type, uint32_t iaid) {
  using wire::StatusCode;
  reply.ia_status(type, iaid, type == LeaseType::kAddress ? StatusCode::kNoAddrsAvail : StatusCode::kNoPrefixAvail);
}

// RFC 9915 §21.5 has done away with IA_TA and would have it ignored. A client that still sends one knows RFC 8415, and
// would wait for a word on it: no addresses where it asks for some, no binding where it believes that it has one.
void Exchange::refuse_temporary_ias() {
  const wire::MessageType type = request.received->message.type;
  const bool asks = type == wire::MessageType::kSolicit || type == wire::MessageType::kRequest;
  size_t left = message.temporary_ias;
  wire::OptionWalker walker(request.received->message.options);
  while (left != 0) {
    const auto option = walker.next();
    if (!option) return;
    const auto ia = option->is(wire::OptionCode::kIaTa) ? wire::IaTaView::parse(option->data) : std::nullopt;
    if (!ia) continue;
    reply.ia_ta_status(ia->iaid, asks ? wire::StatusCode::kNoAddrsAvail : wire::StatusCode::kNoBinding);
    --left;
  }
}

void Exchange::refuse_excess_ias() {
  refuse_temporary_ias();
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

// RFC 8415 §20.4.2: the key goes with the Replies to Request, Solicit and Information-request. It is the same each
// time.
void Exchange::write_reconfigure() {
  using wire::MessageType;
  if (!snapshot.reconfigure() || !message.reconfigure_accept || request.client_duid.empty()) return;
  reply.reconfigure_accept();
  const MessageType asked = request.received->message.type;
  if (reply.type() != MessageType::kReply || asked == MessageType::kRenew || asked == MessageType::kRebind) return;
  reply.reconfigure_key(reconfigure_key(snapshot.reconfigure_secret(), request.client_duid), replay_detection(now, 0));
}

void Exchange::write_options() {
  const Subnet* subnet = served_by_ != nullptr ? served_by_ : first_subnet();
  OptionChain chain;
  // Most scopes say nothing, and each that stays out makes the choice shorter.
  const auto add = [&chain](const OptionSet& options) {
    if (!options.empty()) chain.push(&options);
  };
  if (host != nullptr) add(host->options);
  if (served_from_ != nullptr) add(served_from_->options);
  if (subnet != nullptr) add(subnet->options);
  if (link != nullptr && link->network != nullptr) add(link->network->options);
  const ClassSet all = with_additional_classes(subnet);
  for (const ClassId id : snapshot.classes().precedence()) {
    if (all.contains(id) && chain.size() + 1 < chain.capacity()) add(snapshot.classes()[id].options);
  }
  add(snapshot.global_options());
  reply.options(chain, message, all, group.option_blocks());
  write_client_fqdn();
  write_reconfigure();
}

// Those that pool, subnet and shared network ask for once they serve the client, in Kea's order.
ClassSet Exchange::with_additional_classes(const Subnet* subnet) const {
  ClassSet all = classes;
  const ClassTable& table = snapshot.classes();
  if (table.empty()) return all;
  unsigned failed = 0;
  if (served_from_ != nullptr) failed += table.evaluate_additional(served_from_->additional_classes, request, all);
  if (subnet != nullptr) failed += table.evaluate_additional(subnet->additional_classes, request, all);
  if (link != nullptr && link->network != nullptr) {
    failed += table.evaluate_additional(link->network->additional_classes, request, all);
  }
  if (failed != 0) group.counters().failed_expressions.add(failed);
  return all;
}

}  // namespace tandem6::lease
