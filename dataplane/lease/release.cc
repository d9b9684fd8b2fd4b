// Release (RFC 8415 §18.3.7).
#include "dataplane/lease/handlers.h"

namespace tandem6::lease {
namespace {

// Leases in the IA that are not the client's are ignored.
void release_listed(Exchange& exchange, const RequestedIa& ia, HeldLeases& held) {
  each_listed(ia, [&](const LeaseKey& key) {
    for (Lease*& lease : held) {
      if (lease == nullptr || lease->key != key) continue;
      exchange.group.free(*lease, exchange.snapshot);
      lease = nullptr;
    }
  });
}

}  // namespace

Answer answer_release(Exchange& exchange) {
  exchange.reply.begin(wire::MessageType::kReply);
  exchange.reply.status(wire::StatusCode::kSuccess);
  for (const RequestedIa& ia : exchange.message.ias) {
    HeldLeases held = exchange.held(ia);
    if (held.empty()) {
      exchange.reply.ia_status(ia.type, ia.iaid, wire::StatusCode::kNoBinding);
    } else {
      release_listed(exchange, ia, held);
    }
  }
  exchange.refuse_excess_ias();
  return exchange.reply.finish(true);
}

}  // namespace tandem6::lease
