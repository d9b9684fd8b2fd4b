// Host reservations: what the configuration sets aside for single clients (Kea's `reservations`).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "dataplane/lease/class_set.h"
#include "dataplane/lease/hash.h"
#include "dataplane/lease/option_set.h"
#include "dataplane/lease/pool.h"
#include "dataplane/lease/record.h"

namespace tandem6::lease {

/// By what a reservation knows its client.
enum class HostIdentifier : uint8_t { kDuid, kHardwareAddress, kFlexId };
inline constexpr size_t kHostIdentifiers = 3;

/// Subnet ids begin at 1: the scope of reservations for every subnet.
inline constexpr uint32_t kGlobalScope = 0;

struct Reservation {
  uint32_t scope = kGlobalScope;  ///< a subnet's id, or kGlobalScope
  HostIdentifier identifier = HostIdentifier::kDuid;
  std::vector<std::byte> value;  ///< of the identifier
  std::vector<LeaseKey> units;   ///< reserved addresses and prefixes, in the order in which IAs get them
  std::vector<std::vector<std::byte>> pd_exclude = {};  ///< by place in `units`; may be shorter (Pool::pd_exclude)
  std::string hostname;
  OptionSet options;
  ClassSet classes;  ///< that its client belongs to
};

/// A reserved address or prefix is a pool of one unit of its own: whoever of the clients that share the reservation
/// (a host with several systems, say) comes first has it. In the pool around it, it counts as taken as long as it is
/// reserved.
struct ReservedUnit {
  const Reservation* holder;
  Pool pool;
  bool fresh;  ///< the pool was made for this snapshot: leases that are older must still be marked in it

  LeaseKey key() const { return {pool.type, pool.unit_length, pool.first}; }
};

/// All of them, immutable. Part of a Snapshot.
class Reservations {
 public:
  Reservations() = default;
  Reservations(const Reservations&) = delete;  // it holds views of itself, which moving keeps valid
  Reservations& operator=(const Reservations&) = delete;
  Reservations(Reservations&&) = default;
  Reservations& operator=(Reservations&&) = default;
  ~Reservations() = default;
  /// `spaces` keeps the taken units of reservations across configurations. No unit twice.
  Reservations(std::vector<Reservation> reservations, PoolBook& spaces);

  bool empty() const { return reservations_.empty(); }
  bool any_by(HostIdentifier identifier) const { return by_kind_[static_cast<size_t>(identifier)]; }
  /// Null when there is none.
  const Reservation* find(uint32_t scope, HostIdentifier identifier, Bytes value) const;
  /// Whose unit this is; null when it is nobody's in particular.
  const ReservedUnit* unit(const LeaseKey& key) const;
  const std::vector<Reservation>& all() const { return reservations_; }
  const std::vector<ReservedUnit>& units() const { return units_; }

 private:
  struct Identity {
    uint32_t scope;
    HostIdentifier identifier;
    Bytes value;
  };
  struct IdentityHash {
    size_t operator()(const Identity& identity) const;
  };
  struct IdentityEqual {
    bool operator()(const Identity& a, const Identity& b) const;
  };
  struct KeyHash {
    size_t operator()(const LeaseKey& key) const;
  };

  std::vector<Reservation> reservations_;
  std::vector<ReservedUnit> units_;
  bool by_kind_[kHostIdentifiers] = {};
  std::unordered_map<Identity, const Reservation*, IdentityHash, IdentityEqual> by_identity_;  // views into values
  std::unordered_map<LeaseKey, uint32_t, KeyHash> by_unit_;                                    // → place in units_
};

}  // namespace tandem6::lease
