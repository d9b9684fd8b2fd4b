// A subnet of the configuration, and a link: what the clients of one place can be given. Part of a Snapshot.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/lease/class_set.h"
#include "dataplane/lease/failover_scope.h"
#include "dataplane/lease/fqdn_policy.h"
#include "dataplane/lease/lifetimes.h"
#include "dataplane/lease/option_set.h"
#include "dataplane/lease/pool.h"

namespace tandem6::lease {

/// Leases of one subnet, counted by the worker that owns them; the reader adds up. Survives reloads.
struct SubnetCounters {
  struct alignas(64) Cell {
    std::atomic<int64_t> addresses{0};            ///< ACTIVE
    std::atomic<int64_t> prefixes{0};             ///< ACTIVE
    std::atomic<int64_t> declined{0};             ///< ABANDONED
    std::atomic<uint64_t> addresses_assigned{0};  ///< ever, since the start
    std::atomic<uint64_t> prefixes_assigned{0};
    std::atomic<int64_t> waiting{0};          ///< for the failover partner's ack of what they are by now
    std::atomic<uint64_t> address_reuses{0};  ///< renewed within cache-threshold: nothing was written
    std::atomic<uint64_t> prefix_reuses{0};
    std::atomic<uint64_t> allocation_failures{0};  ///< a client wanted something and no pool had it
  };
  explicit SubnetCounters(unsigned workers) : cells(workers) {}
  std::vector<Cell> cells;  ///< one a worker
};

/// In which order a pool's free units are given away.
enum class Allocator : uint8_t {
  kHashed,     ///< where a keyed hash of client and IAID leads: the same client finds the same unit (RFC 7824)
  kIterative,  ///< the lowest first; pools too large for a bit a unit are always hashed
};

/// A renewal soon after the last one changes nothing (Kea's cache-threshold and cache-max-age).
struct LeaseCache {
  float threshold = 0;  ///< of the valid lifetime; 0: no renewal is reused
  Seconds max_age{0};   ///< 0: no limit but the threshold
  bool reuses(Seconds age, Seconds valid) const {
    if (threshold == 0 || valid.infinite()) return false;
    return static_cast<double>(age.count) <= double{threshold} * valid.count && (max_age.count == 0 || age <= max_age);
  }
};

struct Subnet {
  uint32_t id = 0;
  Ipv6Prefix prefix;
  Lifetimes lifetimes;
  LeaseCache cache;
  bool rapid_commit = false;
  bool keep_relays = false;  ///< `store-extended-info`: what the relays said is kept with the client
  Allocator address_allocator = Allocator::kHashed;
  Allocator prefix_allocator = Allocator::kHashed;
  std::vector<Pool> address_pools;
  std::vector<Pool> prefix_pools;
  FqdnPolicy fqdn;
  OptionSet options;
  ClassSet guard;
  std::vector<ClassId> additional_classes;  ///< evaluated when this subnet serves the client
  bool reservations_in_subnet = true;       ///< those of this subnet count
  bool reservations_global = false;         ///< those of no subnet count
  std::optional<uint32_t> network;          ///< place in Snapshot::Content::networks: the shared network it is in

  // How a client is found to be here (RFC 8415 §13.1; Kea's keys `interface`, `interface-id`, `relay`).
  std::optional<uint16_t> port;              ///< direct clients of this port
  std::vector<std::byte> interface_id;       ///< relayed clients with this Interface-Id; empty: not used
  std::vector<Ipv6Address> relay_addresses;  ///< relayed clients with one of these link-addresses

  std::shared_ptr<SubnetCounters> counters;
  std::shared_ptr<FailoverScope> failover;  ///< null: this server alone serves it

  const std::vector<Pool>& pools(LeaseType type) const {
    return type == LeaseType::kAddress ? address_pools : prefix_pools;
  }
  Allocator allocator(LeaseType type) const {
    return type == LeaseType::kAddress ? address_allocator : prefix_allocator;
  }
  /// The pool that holds this lease; null when none does (any more).
  const Pool* pool_of(const LeaseKey& key) const;
};

/// Several subnets on one link (Kea's shared network).
struct SharedNetwork {
  std::string name;
  OptionSet options = {};
  ClassSet guard = {};
  std::vector<ClassId> additional_classes = {};
};

/// One subnet, or those of a shared network. Lives in its Snapshot.
struct Link {
  const SharedNetwork* network = nullptr;  ///< null: the subnet stands alone
  std::vector<const Subnet*> subnets;      ///< at least one; tried in this order

  bool admits(const Subnet& subnet, const ClassSet& classes) const {
    return subnet.guard.admits(classes) && (network == nullptr || network->guard.admits(classes));
  }
  bool admits(const ClassSet& classes) const;
  bool keeps_relays() const {
    return std::ranges::any_of(subnets, [](const Subnet* subnet) { return subnet->keep_relays; });
  }
};

}  // namespace tandem6::lease
