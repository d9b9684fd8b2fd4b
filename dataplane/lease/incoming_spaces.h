// The spaces of a configuration that is about to come into force and that are new: which of their units are leased
// must be known before anybody allocates from them.
#pragma once

#include <memory>
#include <vector>

#include "dataplane/lease/pool.h"
#include "dataplane/lease/reservation.h"

namespace tandem6::lease {

/// Part of the Snapshot before it. Any worker may call anything at any time: the marks are atomic.
struct IncomingSpaces {
  std::vector<Pool> pools;
  std::shared_ptr<const Reservations> reservations;  ///< only units that are fresh count; may be null

  bool empty() const { return pools.empty() && reservations == nullptr; }
  /// Is the unit free in all of them?
  bool is_free(const LeaseKey& key) const;
  /// Marks it in all of them. False when one says that somebody else was faster.
  bool take(const LeaseKey& key, unsigned shard) const;
  /// Marks it, and every unit that shares space with a lease of another length.
  void mark(const LeaseKey& key, unsigned shard) const;
  void release(const LeaseKey& key) const;

 private:
  const Pool* reserved_pool(const LeaseKey& key) const;
};

}  // namespace tandem6::lease
