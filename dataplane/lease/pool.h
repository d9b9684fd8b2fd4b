// A pool of a subnet: which addresses or prefixes it holds, where the taken ones are known, which options it sends.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "dataplane/lease/class_set.h"
#include "dataplane/lease/dense_pool.h"
#include "dataplane/lease/option_set.h"
#include "dataplane/lease/sparse_pool.h"

namespace tandem6::lease {

struct Pool {
  LeaseType type = LeaseType::kAddress;
  uint8_t unit_length = 128;  ///< of what it leases: 128, or the delegated-len
  Ipv6Address first;
  Ipv6Address last;  ///< the last address of the last unit
  std::variant<std::shared_ptr<DensePool>, std::shared_ptr<SparsePool>> space;
  OptionSet options;
  ClassSet guard = {};
  std::vector<ClassId> additional_classes = {};  ///< evaluated when a client is served from here
  std::vector<std::byte> pd_exclude = {};  ///< in each delegated prefix (RFC 6603 §4.2, the option's data); empty: none
  std::string text;                        ///< as the configuration writes it

  bool is_dense() const { return std::holds_alternative<std::shared_ptr<DensePool>>(space); }
  /// Could this lease come from here?
  bool contains(const LeaseKey& key) const {
    return key.type == type && key.prefix_length == unit_length && first <= key.address && key.address <= last;
  }
  /// Is taken by somebody. For a sparse pool only marks of other shards' leases count; the shard's own index knows the
  /// rest.
  bool is_taken(const Ipv6Address& address) const;
  /// Makes sure that nobody else is given this unit. True when it was free before, as far as the pool can tell.
  bool mark_taken(const Ipv6Address& address, unsigned owner_shard) const;
  void release(const Ipv6Address& address) const;
  /// Could a client of another shard than this hold the unit?
  bool may_be_held(const Ipv6Address& address, unsigned shard) const;
  /// Is this unit among those that a failover partner gives to clients?
  bool is_partners(const Ipv6Address& address) const;
  /// The part of it that changes hands between failover partners; null when it has none.
  Partition* partition() const {
    const auto* dense = std::get_if<std::shared_ptr<DensePool>>(&space);
    return dense != nullptr ? (*dense)->partition() : nullptr;
  }

  /// A lease that was made when the pool had units of another length, and shares space with it.
  bool overlaps_misfit(const LeaseKey& key) const {
    return key.type == type && key.prefix_length != unit_length && first <= key.last() && key.address <= last;
  }
  /// Marks every unit that such a lease shares space with. They rest until restart, as several leases may need the
  /// same unit to rest.
  void rest_under(const LeaseKey& misfit) const;
};

/// Keeps the spaces of pools across configurations: a pool that stays the same keeps its taken units. Owned by the
/// management thread.
class PoolBook {
 public:
  /// The space of a pool with exactly these bounds: the one that exists, or a new one, which is then in fresh().
  /// `scope`: the relationship that shares it; null: none does.
  std::shared_ptr<DensePool> dense(LeaseType type, const Ipv6Address& first, uint8_t unit_length, uint32_t count,
                                   const FailoverScope* scope = nullptr);
  std::shared_ptr<SparsePool> sparse(const Ipv6Address& first, const Ipv6Address& last);

  /// Some space was made since the last settle(): the leases must be marked in it before a Snapshot allocates from it.
  bool has_fresh() const { return !fresh_.empty(); }
  bool is_fresh(const Pool& pool) const;
  /// The current configuration is in force and the Snapshot before it is gone: forget the spaces that nobody uses any
  /// more. One that is not used is not kept up to date either, so call this before the next configuration is built.
  void settle();

 private:
  using DenseBounds = std::tuple<LeaseType, Ipv6Address, uint8_t, uint32_t>;
  using SparseBounds = std::pair<Ipv6Address, Ipv6Address>;
  std::map<DenseBounds, std::shared_ptr<DensePool>> dense_;
  std::map<SparseBounds, std::shared_ptr<SparsePool>> sparse_;
  std::unordered_set<const void*> fresh_;  // spaces
};

}  // namespace tandem6::lease
