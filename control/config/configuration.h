// The configuration file, read and checked: plain data. What workers use of it is built from this (config/build.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "dataplane/lease/class_table.h"
#include "dataplane/lease/link_layer_address.h"
#include "dataplane/lease/option_set.h"
#include "dataplane/lease/record.h"
#include "dataplane/lease/relay_supplied_options.h"
#include "dataplane/lease/snapshot.h"
#include "dataplane/wire/duid.h"
#include "failover/settings.h"
#include "storage/committer.h"

namespace tandem6::control {

struct PortConfig {
  std::string name;     ///< what subnets' `interface` and status call it; the device's name unless given
  std::string device;   ///< PCI address, kernel interface, or DPDK vdev string
  uint16_t queues = 0;  ///< 0: one a worker
  bool operator==(const PortConfig&) const = default;
};

enum class Idle : uint8_t {
  kSleep,  ///< sleep briefly when nothing comes: two cores suffice for server and clients
  kSpin,   ///< poll always: lowest latency, the core is busy
};

/// Messages that one sender may send: in the long run, and at once. 0 a second: no limit.
struct RateLimitConfig {
  uint32_t per_second = 0;
  uint32_t burst = 0;
  bool operator==(const RateLimitConfig&) const = default;
};

struct LimitsConfig {
  RateLimitConfig client{20, 50};  ///< by DUID
  RateLimitConfig relay{0, 0};     ///< by the relay's address, each worker for itself
  bool operator==(const LimitsConfig&) const = default;
};

struct DataplaneConfig {
  std::vector<unsigned> cores;  ///< one worker each; empty: one worker on the last usable core
  std::vector<PortConfig> ports;
  Idle idle = Idle::kSleep;
  LimitsConfig limits;
  bool operator==(const DataplaneConfig&) const = default;
};

struct StorageConfig {
  std::string path = "/var/lib/tandem6";
  storage::Durability durability = storage::Durability::kSync;
  bool operator==(const StorageConfig&) const = default;
};

/// Kea's hook libdhcp_lease_query.so: who may ask about other clients' leases.
struct LeaseQueryConfig {
  std::vector<Ipv6Prefix> requesters;   ///< empty: nobody
  bool bulk = false;                    ///< serve Bulk Leasequery (RFC 5460)
  Ipv6Address bulk_address;             ///< that it listens on
  uint16_t bulk_port = 547;             ///< RFC 5460 §5.6
  unsigned bulk_connections = 10;       ///< BULK_LQ_MAX_CONNS
  unsigned bulk_timeout_seconds = 300;  ///< BULK_LQ_DATA_TIMEOUT
  bool operator==(const LeaseQueryConfig&) const = default;
};

enum class Severity : uint8_t { kDebug, kInfo, kWarn, kError, kFatal, kNone };

/// Reconfigure (RFC 8415 §18.3.11).
struct ReconfigureConfig {
  bool enabled = false;               ///< clients that accept it get keys, and may be sent it
  std::optional<std::string> secret;  ///< of which keys are made; nothing: this server's own
  uint32_t per_second = 100;          ///< messages
  bool on_reload = false;             ///< clients that a reload takes something from are called
};

struct LoggerConfig {
  Severity severity = Severity::kInfo;
  std::string output = "stderr";  ///< stderr, stdout, syslog or a file's path
};

/// `server-id` as configured; the DUID itself is made once and kept in storage.
struct ServerIdConfig {
  enum class Type : uint8_t { kLlt, kLl, kEn } type = Type::kLlt;
  std::optional<Duid> complete;  ///< when the configuration says all of it
  uint32_t enterprise = 0;
  std::vector<std::byte> identifier;
};

struct PoolConfig {
  lease::LeaseType type = lease::LeaseType::kAddress;
  Ipv6Address first;
  Ipv6Address last;  ///< the last address of the last unit
  uint8_t unit_length = 128;
  lease::OptionSet options;  ///< this scope's own
  std::string text;
  std::vector<std::byte> pd_exclude = {};  ///< the option's data; empty: nothing is excluded
  lease::ClassSet guard = {};
  std::vector<lease::ClassId> additional_classes = {};
};

struct SubnetConfig {
  uint32_t id = 0;
  Ipv6Prefix prefix;
  lease::Lifetimes lifetimes;
  lease::LeaseCache cache;
  lease::FqdnPolicy names;
  bool rapid_commit = false;
  bool keep_relays = false;  ///< `store-extended-info`
  lease::Allocator address_allocator = lease::Allocator::kHashed;
  lease::Allocator prefix_allocator = lease::Allocator::kHashed;
  bool reservations_in_subnet = true;
  bool reservations_global = false;
  std::optional<uint32_t> network;  ///< place in Configuration::networks
  std::optional<std::string> interface;
  std::string interface_id;
  std::vector<Ipv6Address> relay_addresses;
  std::vector<PoolConfig> pools;
  lease::OptionSet options;  ///< this scope's own
  lease::ClassSet guard;
  std::vector<lease::ClassId> additional_classes;
  bool is_guarded = false;  ///< it, or its shared network, is for certain classes only
};

struct NetworkConfig {
  std::string name;
  lease::OptionSet options;  ///< this scope's own
  lease::ClassSet guard;
  std::vector<lease::ClassId> additional_classes;
};

struct Configuration {
  DataplaneConfig dataplane;
  StorageConfig storage;
  std::vector<LoggerConfig> loggers;
  std::string control_socket = "/run/tandem6/control.sock";
  ServerIdConfig server_id;
  LeaseQueryConfig lease_query;
  std::vector<SubnetConfig> subnets;  ///< those of shared networks after the others
  std::vector<NetworkConfig> networks;
  std::vector<lease::Reservation> reservations;
  lease::HostLookup host_lookup;
  lease::ClassTable classes;
  std::vector<failover::RelationshipSettings> failover;
  lease::FqdnPolicy names;  ///< global
  ReconfigureConfig reconfigure;
  lease::OptionSet options;  ///< global
  lease::RelaySuppliableCodes relay_supplied;
  Seconds decline_probation{86400};
  nlohmann::json source;  ///< the whole file, comments removed: what config-get shows
};

/// One thing to say about a configuration.
struct Remark {
  bool is_error = true;  ///< otherwise a warning
  std::string path;      ///< "Dhcp6.subnet6[2].pd-pools[0].delegated-len"; empty: the file as a whole
  int line = 0;          ///< from 1; 0 when there is no place
  int column = 0;
  std::string text;
  /// "FILE:12:7: error: subnet6[2]…: text"
  std::string to_string(const std::string& file) const;
};

struct ConfigResult {
  std::optional<Configuration> configuration;  ///< nothing when there is any error
  std::vector<Remark> remarks;                 ///< all of them, in order of the file
};

/// Reads Kea's Dhcp6 dialect and the "tandem6" keys out of `text`. Finds all errors in one go.
ConfigResult parse_configuration(const std::string& text);
/// The same for a file; a file that cannot be read is an error remark.
ConfigResult load_configuration(const std::string& path);

}  // namespace tandem6::control
