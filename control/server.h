// What the control plane can ask of the running server. Implemented by the daemon (tools/tandem6d), by a fake in tests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "control/config/configuration.h"
#include "control/lost_leases.h"
#include "dataplane/lease/counters.h"
#include "dataplane/lease/errand.h"
#include "dataplane/lease/snapshot.h"
#include "failover/status.h"
#include "storage/committer.h"
#include "storage/store.h"

namespace tandem6::control {

class Reconfigurer;

struct PortStatus {
  std::string name;
  std::string device;
  std::string mac;
  std::string driver;
  bool link_up = false;
  uint64_t missed = 0;      ///< frames that the NIC dropped for want of room
  unsigned mtu = 0;         ///< the largest IPv6 packet that is sent whole
  std::string steering;     ///< how packets find a worker: "one-queue", "rte_flow", "rss", "device"
  std::string kernel_side;  ///< the interface by which the kernel is on this link: the device itself, or a TAP device
  uint64_t exception_drops = 0;  ///< frames between port and kernel that one of them did not take
};

struct WorkerStatus {
  unsigned core = 0;
  uint64_t leases = 0;
  uint64_t clients = 0;
  uint64_t memory = 0;           ///< bytes held by its shards
  uint64_t waiting_replies = 0;  ///< REPLYs that wait for the disk
  const lease::Counters* counters = nullptr;
};

/// All called by the management thread only.
class Server {
 public:
  virtual ~Server() = default;
  virtual const Configuration& configuration() const = 0;
  virtual std::string configuration_path() const = 0;
  /// What the configuration would miss on this machine, besides its own faults: warnings.
  virtual std::vector<Remark> missing_here(const Configuration& configuration) const = 0;
  /// Puts a configuration that was read from `name` in force when it has no errors and needs no restart; else nothing
  /// changes. Returns warnings, or what is wrong.
  virtual tl::expected<std::vector<std::string>, Error> apply(ConfigResult read, const std::string& name,
                                                              LostLeases lost) = 0;
  /// Reads the file again and applies it.
  virtual tl::expected<std::vector<std::string>, Error> reload(LostLeases lost) = 0;
  virtual const lease::Snapshot& snapshot() const = 0;
  virtual std::vector<PortStatus> ports() const = 0;
  virtual std::vector<WorkerStatus> workers() const = 0;
  virtual storage::CommitterStatus committer() const = 0;
  virtual storage::Store& store() = 0;
  /// Runs the errand on the worker that owns this shard, between two bursts, and returns when it has been. False: the
  /// workers do not run (yet, or any more).
  virtual bool run_at_owner(unsigned shard, const lease::Errand& errand) = 0;
  /// The same on all workers at once: what it gathers it keeps apart by `leases.worker()`. False also when only some
  /// could run it.
  virtual bool run_at_all_workers(const lease::Errand& errand) = 0;
  /// All relationships, in order of the configuration.
  virtual std::vector<failover::RelationshipStatus> failover() const = 0;
  /// Done when it returns; the state may still change after that.
  virtual tl::expected<void, Error> failover_command(const std::string& relationship,
                                                     failover::OperatorCommand command) = 0;
  virtual Reconfigurer& reconfigurer() = 0;
  virtual uint64_t started_unix() const = 0;
  virtual uint64_t reloaded_unix() const = 0;
  virtual AbsoluteTime now() const = 0;
  /// Ends the server in good order.
  virtual void shut_down() = 0;
};

/// What a client hears when an errand found no worker.
inline tl::unexpected<Error> not_running() { return tl::unexpected(Error{"the workers do not run: ask again"}); }

}  // namespace tandem6::control
