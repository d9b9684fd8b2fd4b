// What workers feed while a piece of a scan is under way. Several workers look, and their answers come when all of it
// is on the disk: some of what was found has changed again by then, and the change was told already.
#pragma once

#include <algorithm>
#include <cstdint>
#include <unordered_map>

#include "dataplane/lease/record.h"
#include "failover/lease_side.h"
#include "failover/update_stream.h"

namespace tandem6::failover {

/// Owned by a relationship.
class FedMeanwhile {
 public:
  void note(const lease::LeaseRecord& record, uint64_t sequence) {
    fed_.emplace(record.key, Change{record.duid, sequence});
  }
  /// Has the client's lease changed since the scan saw it? A client's changes are all in one worker's log.
  bool has_overtaken(const FoundLease& found) const {
    const auto [first, last] = fed_.equal_range(found.record.key);
    return std::any_of(first, last, [&](const auto& fed) {
      return fed.second.sequence > found.sequence && fed.second.client == found.record.duid;
    });
  }
  void clear() { fed_.clear(); }

 private:
  struct Change {
    Duid client;
    uint64_t sequence;
  };
  std::unordered_multimap<lease::LeaseKey, Change, LeaseKeyHash> fed_;
};

}  // namespace tandem6::failover
