// From a Configuration to the Snapshot that workers read.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "control/config/configuration.h"
#include "dataplane/lease/failover_scope.h"
#include "dataplane/lease/pool.h"
#include "dataplane/lease/snapshot.h"
#include "dataplane/wire/error.h"

namespace tandem6::control {

/// What outlives a configuration: taken units and counters. Owned by the management thread.
struct Continuity {
  explicit Continuity(unsigned worker_count) : workers(worker_count) {}
  unsigned workers;
  lease::PoolBook pools;
  lease::PoolBook reserved_units;
  std::map<uint32_t, std::shared_ptr<lease::SubnetCounters>> counters;  ///< by subnet id
  /// By place in Configuration::failover: made with the first configuration, since changes there need a restart.
  std::vector<std::shared_ptr<lease::FailoverScope>> scopes;

  bool has_fresh() const { return pools.has_fresh() || reserved_units.has_fresh(); }
  void settle() {
    pools.settle();
    reserved_units.settle();
  }
};

/// Builds the snapshot. A subnet's `interface` is looked up among the ports' names and devices; the place in `ports` is
/// the port's index.
std::unique_ptr<lease::Snapshot> build_snapshot(const Configuration& configuration, const Duid& server_duid,
                                                lease::HashKey search_key, Continuity& continuity);

/// What of the change from `now` to `next` needs a restart: one line each, empty when nothing does.
std::vector<std::string> needs_restart(const Configuration& now, const Configuration& next);

/// For people: what would run with this configuration.
std::string summary(const Configuration& configuration);

}  // namespace tandem6::control
