// Request (RFC 8415 §18.3.2).
#include "dataplane/lease/handlers.h"

namespace tandem6::lease {
namespace {

// "If any of the prefixes of the included addresses are not appropriate for the link": said of IA_NA only. On a link
// that we know nothing about, none is. The unspecified address is a way to say "any".
bool lists_off_link_address(const Exchange& exchange, const RequestedIa& ia) {
  if (ia.type != LeaseType::kAddress) return false;
  bool off_link = false;
  each_listed(ia, [&](const LeaseKey& key) {
    if (key.address.is_unspecified()) return;
    off_link = off_link || exchange.link == nullptr || !exchange.on_link(key);
  });
  return off_link;
}

void answer_requested_ia(Exchange& exchange, const RequestedIa& ia) {
  if (lists_off_link_address(exchange, ia)) {
    exchange.reply.ia_status(ia.type, ia.iaid, wire::StatusCode::kNotOnLink);
  } else if (exchange.link == nullptr) {
    exchange.write_nothing_available(ia.type, ia.iaid);
  } else {
    exchange.write_granted(ia, exchange.bind(ia, exchange.held(ia)));
  }
}

}  // namespace

Answer answer_request(Exchange& exchange) {
  exchange.reply.begin(wire::MessageType::kReply);
  for (const RequestedIa& ia : exchange.message.ias) answer_requested_ia(exchange, ia);
  exchange.refuse_excess_ias();
  exchange.write_options();
  return exchange.reply.finish(true);
}

}  // namespace tandem6::lease
