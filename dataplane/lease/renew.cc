// Renew (RFC 8415 §18.3.4).
#include "dataplane/lease/handlers.h"

#include <algorithm>

namespace tandem6::lease {

void renew_ia(Exchange& exchange, const RequestedIa& ia, const HeldLeases& held) {
  const IaResult result = exchange.bind(ia, held);
  // With nothing left to extend, T1 and T2 are "the valid lifetime for the IA option", which is 0.
  const auto open = result.granted.empty() ? exchange.reply.open_ended_ia(ia) : exchange.reply.open_ia(ia);
  exchange.write_leases(result);
  for (const LeaseKey& key : result.withdrawn) exchange.reply.withdrawn(key);
  // What the client believes to have and has not: for another link, ended, or never its own. It must stop using it.
  // One that a failover partner may have given it, without our having heard of that, is left as it is.
  each_listed(ia, [&](const LeaseKey& key) {
    if (key.address.is_unspecified() || result.names(key) || exchange.may_be_from_partner(key)) return;
    exchange.reply.withdrawn(key);
  });
  exchange.reply.close_ia(open);
}

// Of the three choices for an IA without a binding we take NoBinding: the client goes on with a Request, which
// creates the binding.
Answer answer_renew(Exchange& exchange) {
  // RFC 8156 §8.7.1: in RECOVER-DONE "only respond to RENEW requests where it already has a record of the lease".
  const bool known_only = exchange.failover.responsiveness == Responsiveness::kKnownRenewals;
  const auto is_known = [&](const RequestedIa& ia) {
    return std::ranges::any_of(exchange.held(ia), [&](const Lease* lease) { return exchange.home_of(lease->key); });
  };
  if (known_only && !std::ranges::all_of(exchange.message.ias, is_known)) return dropped(DropReason::kNotResponsive);
  exchange.reply.begin(wire::MessageType::kReply);
  for (const RequestedIa& ia : exchange.message.ias) {
    const HeldLeases held = exchange.held(ia);
    if (held.empty()) {
      exchange.reply.ia_status(ia.type, ia.iaid, wire::StatusCode::kNoBinding);
    } else {
      renew_ia(exchange, ia, held);
    }
  }
  exchange.refuse_excess_ias();
  exchange.write_options();
  return exchange.reply.finish(true);
}

}  // namespace tandem6::lease
