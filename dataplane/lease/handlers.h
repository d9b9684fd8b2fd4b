// The server's part in each exchange: one function for each message type, in a file of the RFC's name for it.
// Internal to the engine. Each is called with a message that is valid by RFC 8415 §16.
#pragma once

#include "dataplane/lease/exchange.h"

namespace tandem6::lease {

Answer answer_solicit(Exchange& exchange);              // §18.3.1, §18.3.9
Answer answer_request(Exchange& exchange);              // §18.3.2
Answer answer_confirm(Exchange& exchange);              // §18.3.3
Answer answer_renew(Exchange& exchange);                // §18.3.4
Answer answer_rebind(Exchange& exchange);               // §18.3.5
Answer answer_information_request(Exchange& exchange);  // §18.3.6
Answer answer_release(Exchange& exchange);              // §18.3.7
Answer answer_decline(Exchange& exchange);              // §18.3.8

/// An IA whose binding we know, for Renew and Rebind alike: extends it, replaces what cannot go on, withdraws what the
/// client lists and does not have (any more).
void renew_ia(Exchange& exchange, const RequestedIa& ia, const HeldLeases& held);

/// What Release and Decline have in common: `give_up(Lease&)`, which may free the lease, for each lease that an IA both
/// lists and holds, once. Leases in the IA that are not the client's are ignored: else anybody could empty a pool.
template <typename GiveUp>
Answer answer_giving_up(Exchange& exchange, GiveUp&& give_up) {
  exchange.reply.begin(wire::MessageType::kReply);
  exchange.reply.status(wire::StatusCode::kSuccess);
  for (const RequestedIa& ia : exchange.message.ias) {
    HeldLeases held = exchange.held(ia);
    if (held.empty()) exchange.reply.ia_status(ia.type, ia.iaid, wire::StatusCode::kNoBinding);
    each_listed(ia, [&](const LeaseKey& key) {
      for (Lease*& lease : held) {
        if (lease == nullptr || lease->key != key) continue;
        give_up(*lease);
        exchange.note_change();
        lease = nullptr;
      }
    });
  }
  exchange.refuse_excess_ias();
  return exchange.reply.finish(true);
}

}  // namespace tandem6::lease
