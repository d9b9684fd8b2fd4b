// The configuration as workers read it: immutable, replaced as a whole. Built by control/, read behind one atomic
// pointer; the management thread frees an old one when every worker has taken the new one.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "dataplane/lease/hash.h"
#include "dataplane/lease/option_set.h"
#include "dataplane/lease/pool.h"
#include "dataplane/lease/request.h"

namespace tandem6::lease {

/// Leases of one subnet, counted by the worker that owns them; the reader adds up. Survives reloads.
struct SubnetCounters {
  struct alignas(64) Cell {
    std::atomic<int64_t> addresses{0};            ///< ACTIVE
    std::atomic<int64_t> prefixes{0};             ///< ACTIVE
    std::atomic<int64_t> declined{0};             ///< ABANDONED
    std::atomic<uint64_t> addresses_assigned{0};  ///< ever, since the start
    std::atomic<uint64_t> prefixes_assigned{0};
    std::atomic<uint64_t> allocation_failures{0};  ///< a client wanted something and no pool had it
  };
  explicit SubnetCounters(unsigned workers) : cells(workers) {}
  std::vector<Cell> cells;  ///< one a worker
};

struct Lifetimes {
  Seconds preferred{3600};
  Seconds valid{7200};
  Seconds t1{1800};  ///< 0: left to the client (RFC 8415 §14.2)
  Seconds t2{2880};
};

struct Subnet {
  uint32_t id = 0;
  Ipv6Prefix prefix;
  Lifetimes lifetimes;
  bool rapid_commit = false;
  bool keep_relays = false;  ///< `store-extended-info`: what the relays said is kept with the client
  std::vector<Pool> address_pools;
  std::vector<Pool> prefix_pools;
  OptionSet options;  ///< subnet and global options in one

  // How a client is found to be here (RFC 8415 §13.1; Kea's keys `interface`, `interface-id`, `relay`).
  std::optional<uint16_t> port;              ///< direct clients of this port
  std::vector<std::byte> interface_id;       ///< relayed clients with this Interface-Id; empty: not used
  std::vector<Ipv6Address> relay_addresses;  ///< relayed clients with one of these link-addresses

  std::shared_ptr<SubnetCounters> counters;

  const std::vector<Pool>& pools(LeaseType type) const {
    return type == LeaseType::kAddress ? address_pools : prefix_pools;
  }
  /// The pool that holds this lease; null when none does (any more).
  const Pool* pool_of(const LeaseKey& key) const;
};

class Snapshot {
 public:
  /// `subnets` in any order, ids unique.
  Snapshot(Duid server_duid, std::vector<Subnet> subnets, OptionSet global_options, Seconds decline_probation,
           HashKey search_key);

  const Duid& server_duid() const { return server_duid_; }
  const OptionSet& global_options() const { return global_options_; }
  Seconds decline_probation() const { return decline_probation_; }
  /// For search_hash(): made once and kept in storage.
  HashKey search_key() const { return search_key_; }
  const std::vector<Subnet>& subnets() const { return subnets_; }

  /// The subnet of the link that the client is on (RFC 8415 §13.1); null when it is on none that we know.
  /// Relayed: by Interface-Id, then by the relays' link-addresses from the client's side outwards, ignoring unspecified
  /// ones (RFC 6221): `relay` addresses first, then the longest subnet prefix that holds the link-address.
  /// Direct: by port, then by the source address if that is not link-local.
  const Subnet* select(const Request& request) const;
  const Subnet* by_id(uint32_t id) const;
  /// The pool that holds this lease: of the subnet with this id, or, when that subnet does not hold it (any more),
  /// of any; null when nobody does.
  const Pool* pool_of(const LeaseKey& key, uint32_t subnet_id) const;
  /// No two snapshots of a process have the same.
  uint64_t serial() const { return serial_; }

  /// Marks what a lease that fits no pool (any more) shares space with: a prefix that was delegated when the pool had
  /// another delegated-len. For start-up.
  void rest_under(const LeaseKey& misfit) const;

  /// Spaces that a coming configuration will allocate from. While they are listed here, whoever takes or frees a lease
  /// marks it in them too; ShardGroup::index_step() marks those that exist. Empty in normal operation.
  std::vector<Pool> incoming;

 private:
  const Subnet* by_link_address(const Ipv6Address& link_address) const;
  const Subnet* by_longest_prefix(const Ipv6Address& address) const;

  struct PrefixHash {
    size_t operator()(const Ipv6Prefix& prefix) const;
  };
  /// They take views as well, so that a packet's Interface-Id need not be copied.
  struct BytesHash {
    using is_transparent = void;
    size_t operator()(Bytes bytes) const { return duid_hash(bytes); }
  };
  struct BytesEqual {
    using is_transparent = void;
    bool operator()(Bytes a, Bytes b) const { return wire::same_bytes(a, b); }
  };
  struct PoolPlace {
    LeaseType type;
    Ipv6Address first;
    uint32_t subnet;
    uint32_t pool;
  };
  void index_subnet(uint32_t place);
  void index_pools(uint32_t place, LeaseType type);

  uint64_t serial_;
  Duid server_duid_;
  std::vector<Subnet> subnets_;
  OptionSet global_options_;
  Seconds decline_probation_;
  HashKey search_key_;
  std::unordered_map<uint32_t, uint32_t> by_id_;
  std::unordered_map<uint16_t, uint32_t> by_port_;
  std::unordered_map<std::vector<std::byte>, uint32_t, BytesHash, BytesEqual> by_interface_id_;
  std::unordered_map<Ipv6Prefix, uint32_t, PrefixHash> by_relay_address_;  // as /128
  std::unordered_map<Ipv6Prefix, uint32_t, PrefixHash> by_prefix_;
  std::vector<uint8_t> prefix_lengths_;  // that occur in by_prefix_, longest first
  std::vector<PoolPlace> pools_;         // of all subnets, by type and first address
};

}  // namespace tandem6::lease
