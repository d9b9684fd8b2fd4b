// The configuration as workers read it: immutable, replaced as a whole. Built by control/, read behind one atomic
// pointer; the management thread frees an old one when every worker has taken the new one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "dataplane/lease/class_table.h"
#include "dataplane/lease/hash.h"
#include "dataplane/lease/host_lookup.h"
#include "dataplane/lease/incoming_spaces.h"
#include "dataplane/lease/relay_supplied_options.h"
#include "dataplane/lease/request.h"
#include "dataplane/lease/reservation.h"
#include "dataplane/lease/subnet.h"

namespace tandem6::lease {

class Snapshot {
 public:
  struct Content {
    Duid server_duid = {};
    HashKey search_key = {};           ///< for search_hash(): made once and kept in storage
    std::vector<Subnet> subnets = {};  ///< ids unique; those of a shared network in the order in which they are tried
    std::vector<SharedNetwork> networks = {};
    ClassTable classes = {};
    OptionSet options = {};                          ///< global ones
    FqdnPolicy fqdn = {};                            ///< of clients on no link that we know
    bool reconfigure = false;                        ///< clients may be sent Reconfigure, and get their keys
    std::optional<HashKey> reconfigure_secret = {};  ///< of which their keys are made; nothing: search_key
    Seconds decline_probation{86400};
    RelaySuppliableCodes relay_supplied = {};
    Reservations reservations = {};
    HostLookup host_lookup = {};
    std::vector<Ipv6Prefix> leasequery_requesters = {};  ///< who may send LEASEQUERY (RFC 5007)
  };
  explicit Snapshot(Content content);
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;
  Snapshot(Snapshot&&) = default;
  Snapshot& operator=(Snapshot&&) = default;
  ~Snapshot() = default;

  const Duid& server_duid() const { return content_.server_duid; }
  const ClassTable& classes() const { return content_.classes; }
  const OptionSet& global_options() const { return content_.options; }
  const FqdnPolicy& fqdn() const { return content_.fqdn; }
  bool reconfigure() const { return content_.reconfigure; }
  HashKey reconfigure_secret() const { return content_.reconfigure_secret.value_or(content_.search_key); }
  Seconds decline_probation() const { return content_.decline_probation; }
  HashKey search_key() const { return content_.search_key; }
  const std::vector<Subnet>& subnets() const { return content_.subnets; }
  const std::vector<SharedNetwork>& networks() const { return content_.networks; }
  const RelaySuppliableCodes& relay_supplied() const { return content_.relay_supplied; }
  const Reservations& reservations() const { return content_.reservations; }
  const HostLookup& host_lookup() const { return content_.host_lookup; }

  /// May whoever has this address ask about other clients' leases?
  bool may_query(const Ipv6Address& requester) const {
    return std::ranges::any_of(content_.leasequery_requesters,
                               [&](const Ipv6Prefix& prefix) { return prefix.contains(requester); });
  }

  /// The link that the client is on (RFC 8415 §13.1); null when it is on none that we know.
  /// Relayed: by Interface-Id, then by the relays' link-addresses from the client's side outwards, ignoring unspecified
  /// ones (RFC 6221): `relay` addresses first, then the longest subnet prefix that holds the link-address. When all are
  /// unspecified and the source is link-local, by port.
  /// Direct: by port, then by the source address if that is not link-local.
  /// Where several links claim the same clients, the first has them that admits one of these classes.
  const Link* select(const Request& request, const ClassSet& classes) const;
  const Subnet* by_id(uint32_t id) const;
  /// The pool that holds this lease: its own when it is reserved, else of the subnet with this id, or, when that subnet
  /// does not hold it (any more), of any; null when nobody does.
  const Pool* pool_of(const LeaseKey& key, uint32_t subnet_id) const;
  /// The subnet that a lease with this name would be of, whoever made it: the one whose pool holds it, that its
  /// reservation stands in, or, for an address, whose prefix does; null when there is none.
  const Subnet* subnet_around(const LeaseKey& key) const;
  /// No two snapshots of a process have the same.
  uint64_t serial() const { return serial_; }

  /// Marks what a lease that fits no pool (any more) shares space with: a prefix that was delegated when the pool had
  /// another delegated-len. For start-up.
  void rest_under(const LeaseKey& misfit) const;

  /// Marks the reserved units as taken in the pools around them. Before workers see this snapshot.
  void set_aside_reserved() const;
  /// Gives units that `before` reserved and this snapshot does not back to the pools around them, unless they are
  /// leased. When all workers have this snapshot.
  void give_back_reserved(const Snapshot& before) const;

  /// Spaces that a coming configuration will allocate from. While they are known here, whoever takes or frees a lease
  /// marks it in them too; ShardGroup::index_step() marks those that exist. Null in normal operation.
  std::unique_ptr<const IncomingSpaces> incoming;

 private:
  using Places = std::vector<uint32_t>;  // of links
  struct PoolPlace {
    LeaseType type;
    Ipv6Address first;
    uint32_t subnet;
    uint32_t pool;
  };
  const Link* by_link_address(const Ipv6Address& link_address, const ClassSet& classes) const;
  const Link* by_longest_prefix(const Ipv6Address& address, const ClassSet& classes) const;
  const Link* first_admitting(const Places& links, const ClassSet& classes) const;
  const PoolPlace* place_around(const LeaseKey& key) const;
  const Pool* pool_around(const LeaseKey& key) const;

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
  void make_links();
  void index_link(uint32_t place);
  void index_pools(uint32_t place, LeaseType type);

  uint64_t serial_;
  Content content_;
  std::vector<Link> links_;
  std::unordered_map<uint32_t, uint32_t> by_id_;  // → place of a subnet
  std::unordered_map<uint16_t, Places> by_port_;
  std::unordered_map<std::vector<std::byte>, Places, BytesHash, BytesEqual> by_interface_id_;
  std::unordered_map<Ipv6Prefix, Places, PrefixHash> by_relay_address_;  // as /128
  std::unordered_map<Ipv6Prefix, Places, PrefixHash> by_prefix_;
  std::vector<uint8_t> prefix_lengths_;  // that occur in by_prefix_, longest first
  std::vector<PoolPlace> pools_;         // of all subnets, by type and first address
};

}  // namespace tandem6::lease
