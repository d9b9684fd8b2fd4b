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

bool Pool::mark_taken(const Ipv6Address& address, unsigned owner_shard) const {
  if (const auto* sparse = std::get_if<Sparse>(&space)) {
    return shard_of_address(address) == owner_shard || (*sparse)->mark_foreign(address);
  }
  DensePool& dense = *std::get<Dense>(space);
  const auto index = dense.index_of(address);
  return !index || dense.claim(*index);  // what is no unit cannot be given to anybody
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
    dense.claim(static_cast<uint32_t>(index));
  }
}

std::shared_ptr<DensePool> PoolBook::dense(LeaseType type, const Ipv6Address& first, uint8_t unit_length,
                                           uint32_t count) {
  for (const Dense& space : dense_) {
    if (space->type() == type && space->first() == first && space->unit_length() == unit_length &&
        space->count() == count) {
      return space;
    }
  }
  const Dense& made = dense_.emplace_back(std::make_shared<DensePool>(type, first, unit_length, count));
  fresh_.push_back(made.get());
  return made;
}

std::shared_ptr<SparsePool> PoolBook::sparse(const Ipv6Address& first, const Ipv6Address& last) {
  for (const Sparse& space : sparse_) {
    if (space->first() == first && space->last() == last) return space;
  }
  const Sparse& made = sparse_.emplace_back(std::make_shared<SparsePool>(first, last));
  fresh_.push_back(made.get());
  return made;
}

bool PoolBook::is_fresh(const Pool& pool) const {
  const void* space = std::visit([](const auto& held) -> const void* { return held.get(); }, pool.space);
  return std::ranges::find(fresh_, space) != fresh_.end();
}

void PoolBook::settle() {
  const auto unused = [](const auto& space) { return space.use_count() == 1; };
  std::erase_if(dense_, unused);
  std::erase_if(sparse_, unused);
  fresh_.clear();
}

}  // namespace tandem6::lease
