// Release (RFC 8415 §18.3.7).
#include "dataplane/lease/handlers.h"

namespace tandem6::lease {

Answer answer_release(Exchange& exchange) {
  return answer_giving_up(exchange, [&](Lease& lease) {
    exchange.group.end(lease, BindingStatus::kReleased, exchange.snapshot, exchange.now);
  });
}

}  // namespace tandem6::lease
