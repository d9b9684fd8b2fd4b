// Information-request (RFC 8415 §18.3.6).
#include "dataplane/lease/handlers.h"

namespace tandem6::lease {

// On a link that we know nothing about there are still the global options, which no identity or place determines.
Answer answer_information_request(Exchange& exchange) {
  exchange.reply.begin(wire::MessageType::kReply);
  exchange.write_options();
  return exchange.reply.finish(false);
}

}  // namespace tandem6::lease
