// What the control plane can ask of the running server. Implemented by the daemon (tools/tandem6d), by a fake in tests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "control/config/configuration.h"
#include "dataplane/lease/counters.h"
#include "dataplane/lease/snapshot.h"
#include "storage/committer.h"
#include "storage/store.h"

namespace tandem6::control {

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
  /// Reads the file again and puts it in force when it has no errors; a bad one changes nothing.
  /// Returns warnings, or what is wrong.
  virtual tl::expected<std::vector<std::string>, Error> reload() = 0;
  virtual const lease::Snapshot& snapshot() const = 0;
  virtual std::vector<PortStatus> ports() const = 0;
  virtual std::vector<WorkerStatus> workers() const = 0;
  virtual storage::CommitterStatus committer() const = 0;
  virtual storage::Store& store() = 0;
  virtual uint64_t started_unix() const = 0;
  virtual uint64_t reloaded_unix() const = 0;
  virtual AbsoluteTime now() const = 0;
  /// Ends the server in good order.
  virtual void shut_down() = 0;
};

}  // namespace tandem6::control
