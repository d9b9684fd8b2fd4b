#include "dataplane/worker/handover.h"

#include <fmt/format.h>
#include <rte_errno.h>
#include <rte_lcore.h>

namespace tandem6::worker {

namespace {
// As many packets as a NIC's receive ring holds.
constexpr unsigned kRingSize = 2048;
}  // namespace

tl::expected<Handover, Error> Handover::make(unsigned workers) {
  Handover handover;
  handover.workers_ = workers;
  handover.rings_.resize(static_cast<size_t>(workers) * workers);
  for (unsigned from = 0; from < workers; ++from) {
    for (unsigned to = 0; to < workers; ++to) {
      if (from == to) continue;
      rte_ring* ring = rte_ring_create(fmt::format("handover-{}-{}", from, to).c_str(), kRingSize,
                                       static_cast<int>(rte_socket_id()), RING_F_SP_ENQ | RING_F_SC_DEQ);
      if (ring == nullptr) {
        return tl::unexpected(
            Error{fmt::format("no memory for the rings between workers: {}", rte_strerror(rte_errno))});
      }
      handover.rings_[from * workers + to].reset(ring);
    }
  }
  return handover;
}

}  // namespace tandem6::worker
