// Decline (RFC 8415 §18.3.8).
#include "dataplane/lease/handlers.h"

namespace tandem6::lease {

// Duplicate address detection is what finds a conflict (§18.2.8), and prefixes have none: an IA_PD is only told when we
// do not know it, and its leases stay.
Answer answer_decline(Exchange& exchange) {
  return answer_giving_up(exchange, [&](Lease& lease) {
    if (lease.key.type == LeaseType::kAddress) exchange.group.abandon(lease, exchange.snapshot, exchange.now);
  });
}

}  // namespace tandem6::lease
