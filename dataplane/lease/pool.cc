#include "dataplane/lease/pool.h"

#include <algorithm>

namespace tandem6::lease {
namespace {

using Dense = std::shared_ptr<DensePool>;
using Sparse = std::shared_ptr<SparsePool>;

}  // namespace

bool Pool::is_taken(const Ipv6Address& address) const {
  if (const auto* sparse = std::get_if<Sparse>(&space)) return (*sparse)->is_foreign(address);
  const DensePool& dense = *std::get<Dense>(space);
  const auto index = dense.index_of(address);
  return !index || dense.taken(*index);  // what is no unit is not to be had either
}

bool Pool::may_be_held(const Ipv6Address& address, unsigned shard) const {
  if (const auto* sparse = std::get_if<Sparse>(&space)) {
    return shard_of_address(address) != shard || (*sparse)->is_foreign(address);
  }
  const DensePool& dense = *std::get<Dense>(space);
  const auto index = dense.index_of(address);
  if (!index) return false;
  return dense.partition() != nullptr ? dense.partition()->is_leased(*index) : dense.taken(*index);
}

bool Pool::is_partners(const Ipv6Address& address) const {
  const Partition* shares = partition();
  const auto index = shares != nullptr ? std::get<Dense>(space)->index_of(address) : std::nullopt;
  return index && shares->is_partners(*index);
}

bool Pool::mark_taken(const Ipv6Address& address, unsigned owner_shard) const {
  if (const auto* sparse = std::get_if<Sparse>(&space)) {
    return shard_of_address(address) == owner_shard || (*sparse)->mark_foreign(address);
  }
  DensePool& dense = *std::get<Dense>(space);
  const auto index = dense.index_of(address);
  return !index || dense.mark(*index);  // what is no unit cannot be given to anybody
}

void Pool::release(const Ipv6Address& address) const {
  const auto* dense = std::get_if<Dense>(&space);
  if (dense == nullptr) return;  // marks in a sparse pool stay
  if (const auto index = (*dense)->index_of(address)) (*dense)->release(*index);
}

void Pool::rest_under(const LeaseKey& misfit) const {
  const auto* held = std::get_if<Dense>(&space);
  if (held == nullptr) return;  // a sparse pool has addresses only, which all have one length
  DensePool& dense = **held;
  const unsigned shift = 128U - unit_length;
  const U128 from = std::max(misfit.address, first).number() - first.number();
  const U128 to = std::min(misfit.last(), last).number() - first.number();
  for (U128 index = from >> shift; index <= to >> shift && index < dense.count(); ++index) {
    dense.mark(static_cast<uint32_t>(index));
  }
}

std::shared_ptr<DensePool> PoolBook::dense(LeaseType type, const Ipv6Address& first, uint8_t unit_length,
                                           uint32_t count, const FailoverScope* scope) {
  Dense& space = dense_[{type, first, unit_length, count}];
  if (space == nullptr) {
    space = std::make_shared<DensePool>(type, first, unit_length, count);
    if (scope != nullptr) space->part(*scope);
    fresh_.insert(space.get());
  }
  return space;
}

std::shared_ptr<SparsePool> PoolBook::sparse(const Ipv6Address& first, const Ipv6Address& last) {
  Sparse& space = sparse_[{first, last}];
  if (space == nullptr) {
    space = std::make_shared<SparsePool>(first, last);
    fresh_.insert(space.get());
  }
  return space;
}

bool PoolBook::is_fresh(const Pool& pool) const {
  return std::visit([this](const auto& space) { return fresh_.contains(space.get()); }, pool.space);
}

void PoolBook::settle() {
  const auto unused = [](const auto& entry) { return entry.second.use_count() == 1; };
  std::erase_if(dense_, unused);
  std::erase_if(sparse_, unused);
  fresh_.clear();
}

}  // namespace tandem6::lease
