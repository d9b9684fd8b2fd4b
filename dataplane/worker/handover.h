// Rings between workers: a packet goes to the worker that owns its client (architecture.md §2).
#pragma once

#include <rte_ring.h>

#include <memory>
#include <vector>

#include <tl/expected.hpp>

#include "dataplane/wire/error.h"

namespace tandem6::worker {

/// One single-producer, single-consumer ring for each ordered pair of workers. Made and freed by the management thread.
class Handover {
 public:
  static tl::expected<Handover, Error> make(unsigned workers);

  /// The ring that `from` fills and `to` empties. from != to.
  rte_ring* ring(unsigned from, unsigned to) const { return rings_[from * workers_ + to].get(); }
  unsigned workers() const { return workers_; }

 private:
  struct FreeRing {
    void operator()(rte_ring* ring) const { rte_ring_free(ring); }
  };
  unsigned workers_ = 0;
  std::vector<std::unique_ptr<rte_ring, FreeRing>> rings_;
};

}  // namespace tandem6::worker
