// Solicit (RFC 8415 §18.3.1), answered with an Advertise (§18.3.9), or with a Reply after Rapid Commit.
#include <algorithm>
#include <memory>
#include <variant>

#include "dataplane/lease/handlers.h"

namespace tandem6::lease {
namespace {

// The first unit of the pool that is neither leased nor offered to another IA of this message.
std::optional<LeaseKey> next_free(const Pool& pool, const DensePool& dense, const Offered& offered) {
  uint64_t start = 0;
  for (size_t tries = 0; tries <= offered.size(); ++tries) {
    const auto unit = dense.find_from(start);
    if (!unit) return std::nullopt;
    const LeaseKey key{pool.type, pool.unit_length, dense.address_of(*unit)};
    if (!contains(offered, key)) return key;
    start = uint64_t{*unit} + 1;
  }
  return std::nullopt;
}

// Two IAs of one message would be offered the same unit, because an Advertise takes nothing. Finds another one for the
// second; the client's Request then asks for it by name.
std::optional<LeaseKey> another_unit(Exchange& exchange, const Subnet& subnet, UnitWish wish, const Offered& offered) {
  for (const Pool& pool : subnet.pools(wish.type)) {
    const auto* dense = std::get_if<std::shared_ptr<DensePool>>(&pool.space);
    if (dense == nullptr || !pool.guard.admits(wish.classes)) continue;
    if (const auto key = next_free(pool, **dense, offered)) return key;
  }
  // What is left are sparse pools: the searches of other IAIDs lead elsewhere.
  wish.unit.reset();
  for (uint32_t detour = 1; detour <= kMaxIasPerMessage; ++detour) {
    ++wish.iaid;
    const auto key = exchange.group.look_for(exchange.request, subnet, exchange.snapshot, wish);
    if (!key || !contains(offered, *key)) return key;
  }
  return std::nullopt;
}

struct Found {
  LeaseKey key;
  const Subnet* subnet;
};

// What Exchange::take_from_pools() would take for this IA, were those before it in the message bound already.
std::optional<Found> find_free(Exchange& exchange, const RequestedIa& ia, const Offered& offered) {
  const UnitWish wish = exchange.wish_of(ia);
  std::optional<Found> found;
  exchange.any_subnet(wish, [&](const Subnet& subnet, const UnitWish& each) {
    auto key = exchange.group.look_for(exchange.request, subnet, exchange.snapshot, each);
    if (key && contains(offered, *key)) key = another_unit(exchange, subnet, each, offered);
    if (key) found = Found{*key, &subnet};
    return key.has_value();
  });
  return found;
}

// What a Request would get for this IA now: what is reserved, the leases that it has, else a free unit.
IaResult offer(Exchange& exchange, const RequestedIa& ia, Offered& offered) {
  IaResult result;
  if (exchange.link == nullptr) return result;
  const auto grant = [&](const LeaseKey& key, const Home& home, const Lease* held = nullptr) {
    result.granted.push({key, exchange.terms_for(*home.subnet, ia, key, held), home.subnet, home.pool});
  };
  const HeldLeases held = exchange.held(ia);
  if (const ReservedUnit* reserved = exchange.reserved_due(ia, held, offered)) {
    grant(reserved->key(), {.subnet = exchange.subnet_of_reserved(reserved->key())});
    offered.push(reserved->key());
    return result;
  }
  for (const Lease* lease : held) {
    const Home home = exchange.find_home(lease->key);
    if (home.subnet != nullptr) grant(lease->key, home, lease);
  }
  if (!result.granted.empty() || exchange.at_limit(offered.size())) return result;
  if (const Lease* ended = exchange.revivable(ia)) {
    grant(ended->key, exchange.find_home(ended->key), ended);
    return result;
  }
  if (const auto found = find_free(exchange, ia, offered)) {
    offered.push(found->key);
    grant(found->key, {.subnet = found->subnet});
  }
  return result;
}

Answer advertise(Exchange& exchange) {
  exchange.reply.begin(wire::MessageType::kAdvertise);
  Offered offered;
  for (const RequestedIa& ia : exchange.message.ias) exchange.write_granted(ia, offer(exchange, ia, offered));
  exchange.refuse_excess_ias();
  exchange.write_options();
  return exchange.reply.finish(false);
}

// As though it were a Request (§18.3.1), but addresses in a Solicit stay what they are: hints (§18.3.9). One that does
// not belong to the link is passed over; NotOnLink would cost a client that has moved the two messages that Rapid
// Commit saves.
Answer commit_at_once(Exchange& exchange) {
  exchange.reply.begin(wire::MessageType::kReply);
  exchange.reply.rapid_commit();
  for (const RequestedIa& ia : exchange.message.ias) {
    exchange.write_granted(ia, exchange.bind(ia, exchange.held(ia)));
  }
  exchange.refuse_excess_ias();
  exchange.write_options();
  return exchange.reply.finish(true);
}

}  // namespace

Answer answer_solicit(Exchange& exchange) {
  const Subnet* subnet = exchange.first_subnet();
  const bool at_once = exchange.message.rapid_commit && subnet != nullptr && subnet->rapid_commit;
  return at_once ? commit_at_once(exchange) : advertise(exchange);
}

}  // namespace tandem6::lease
