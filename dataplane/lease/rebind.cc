// Rebind (RFC 8415 §18.3.5).
#include "dataplane/lease/handlers.h"

namespace tandem6::lease {
namespace {

// An IA without a binding here. What it lists that is wrong for the link gets lifetimes of 0; nothing of that: false.
bool withdraw_off_link(Exchange& exchange, const RequestedIa& ia) {
  const auto is_wrong = [&](const LeaseKey& key) { return !key.address.is_unspecified() && !exchange.on_link(key); };
  bool any = false;
  each_listed(ia, [&](const LeaseKey& key) { any = any || is_wrong(key); });
  if (!any) return false;
  const auto open = exchange.reply.open_ended_ia(ia);
  each_listed(ia, [&](const LeaseKey& key) {
    if (is_wrong(key)) exchange.reply.withdrawn(key);
  });
  exchange.reply.close_ia(open);
  return true;
}

// False when there is nothing to tell about this IA but that we do not know it.
bool answer_ia(Exchange& exchange, const RequestedIa& ia) {
  const HeldLeases held = exchange.held(ia);
  if (!held.empty()) {
    renew_ia(exchange, ia, held);
    return true;
  }
  if (withdraw_off_link(exchange, ia)) return true;
  exchange.reply.ia_status(ia.type, ia.iaid, wire::StatusCode::kNoBinding);
  return false;
}

}  // namespace

// A client that rebinds asks all servers. One that knows none of its IAs and has nothing against its leases keeps
// silent, because another server may hold the bindings and its answer must not lose against our NoBinding. NoBinding is
// sent only beside something that we do know. No bindings are created: other servers hear the same message and would,
// too.
Answer answer_rebind(Exchange& exchange) {
  if (exchange.message.ias.empty()) return dropped(DropReason::kNothingAsked);
  if (exchange.link == nullptr) return dropped(DropReason::kNoSubnet);
  exchange.reply.begin(wire::MessageType::kReply);
  bool something_told = false;
  for (const RequestedIa& ia : exchange.message.ias) something_told = answer_ia(exchange, ia) || something_told;
  if (!something_told) return dropped(DropReason::kNoBinding);
  exchange.refuse_excess_ias();
  exchange.write_options();
  return exchange.reply.finish(true);
}

}  // namespace tandem6::lease
