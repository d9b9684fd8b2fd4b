// Solicit (RFC 8415 §18.3.1), answered with an Advertise (§18.3.9), or with a Reply after Rapid Commit.
#include <algorithm>
#include <memory>
#include <variant>

#include "dataplane/lease/handlers.h"

namespace tandem6::lease {
namespace {

using Offered = FixedList<LeaseKey, kMaxIasPerMessage>;

bool contains(const Offered& offered, const LeaseKey& key) { return std::ranges::find(offered, key) != offered.end(); }

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
std::optional<LeaseKey> another_unit(Exchange& exchange, const RequestedIa& ia, const Offered& offered) {
  for (const Pool& pool : exchange.subnet->pools(ia.type)) {
    const auto* dense = std::get_if<std::shared_ptr<DensePool>>(&pool.space);
    if (dense == nullptr) continue;
    if (const auto key = next_free(pool, **dense, offered)) return key;
  }
  // What is left are sparse pools: the searches of other IAIDs lead elsewhere.
  for (uint32_t detour = 1; detour <= kMaxIasPerMessage; ++detour) {
    const auto key = exchange.group.look_for(exchange.request, *exchange.subnet, exchange.snapshot, ia.type,
                                             ia.iaid + detour, std::nullopt);
    if (!key || !contains(offered, *key)) return key;
  }
  return std::nullopt;
}

// What a Request would get for this IA now: the leases that it has, else a free unit.
IaResult offer(Exchange& exchange, const RequestedIa& ia, Offered& offered) {
  IaResult result;
  if (exchange.subnet == nullptr) return result;
  const Lifetimes& lifetimes = exchange.subnet->lifetimes;
  for (const Lease* lease : exchange.held(ia)) {
    if (exchange.can_extend(*lease)) result.granted.push({lease->key, lifetimes.preferred, lifetimes.valid});
  }
  if (!result.granted.empty() || exchange.at_limit(offered.size())) return result;
  auto key = exchange.group.look_for(exchange.request, *exchange.subnet, exchange.snapshot, ia.type, ia.iaid,
                                     exchange.wanted(ia));
  if (key && contains(offered, *key)) key = another_unit(exchange, ia, offered);
  if (!key) return result;
  offered.push(*key);
  result.granted.push({*key, lifetimes.preferred, lifetimes.valid});
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
  const bool at_once = exchange.message.rapid_commit && exchange.subnet != nullptr && exchange.subnet->rapid_commit;
  return at_once ? commit_at_once(exchange) : advertise(exchange);
}

}  // namespace tandem6::lease
