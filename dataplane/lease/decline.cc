// Decline (RFC 8415 §18.3.8).
#include "dataplane/lease/handlers.h"

namespace tandem6::lease {
namespace {

// Addresses that are not the client's are ignored: else anybody could empty a pool.
void abandon_listed(Exchange& exchange, const RequestedIa& ia, HeldLeases& held) {
  each_listed(ia, [&](const LeaseKey& key) {
    for (Lease*& lease : held) {
      if (lease == nullptr || lease->key != key) continue;
      exchange.group.abandon(*lease, exchange.snapshot, exchange.now);
      lease = nullptr;
    }
  });
}

}  // namespace

// Duplicate address detection is what finds a conflict (§18.2.8), and prefixes have none: an IA_PD is only told when we
// do not know it, and its leases stay.
Answer answer_decline(Exchange& exchange) {
  exchange.reply.begin(wire::MessageType::kReply);
  exchange.reply.status(wire::StatusCode::kSuccess);
  for (const RequestedIa& ia : exchange.message.ias) {
    HeldLeases held = exchange.held(ia);
    if (held.empty()) {
      exchange.reply.ia_status(ia.type, ia.iaid, wire::StatusCode::kNoBinding);
    } else if (ia.type == LeaseType::kAddress) {
      abandon_listed(exchange, ia, held);
    }
  }
  exchange.refuse_excess_ias();
  return exchange.reply.finish(true);
}

}  // namespace tandem6::lease
