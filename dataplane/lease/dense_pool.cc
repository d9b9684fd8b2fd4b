#include "dataplane/lease/dense_pool.h"

#include <algorithm>

#include "dataplane/wire/require.h"

namespace tandem6::lease {

DensePool::DensePool(LeaseType type, const Ipv6Address& first, uint8_t unit_length, uint32_t count)
    : type_(type), unit_length_(unit_length), first_(first), taken_(count) {
  require(count >= 1 && count <= kMaxUnits, "a dense pool has 1 to 2^26 units");
  require(unit_length >= 1 && unit_length <= 128, "a unit's prefix has 1 to 128 bits");
}

std::optional<uint32_t> DensePool::index_of(const Ipv6Address& address) const {
  if (address < first_) return std::nullopt;
  const U128 offset = address.number() - first_.number();
  const unsigned shift = 128U - unit_length_;
  const U128 index = offset >> shift;
  if (index >= count() || index << shift != offset) return std::nullopt;
  return static_cast<uint32_t>(index);
}

Ipv6Address DensePool::address_of(uint32_t index) const {
  return Ipv6Address::from_number(first_.number() + (static_cast<U128>(index) << (128U - unit_length_)));
}

// Between partners it is the leased bit that decides who has a unit: while blocks change hands, the taken bit may be
// clear for a moment over a unit that a client holds. Who finds it so leaves it set.
bool DensePool::claim(uint32_t index) { return taken_.set(index) && (!partition_ || partition_->leased().set(index)); }

std::optional<uint32_t> DensePool::claim_from(uint64_t start) {
  auto index = taken_.set_from(start);
  while (index && partition_ && !partition_->leased().set(*index)) index = taken_.set_from(*index);
  return index;
}

bool DensePool::mark(uint32_t index) {
  const bool was_free = taken_.set(index);
  return partition_ ? partition_->leased().set(index) : was_free;
}

void DensePool::release(uint32_t index) {
  if (!partition_) return taken_.clear(index);
  partition_->leased().clear(index);
  // Whoever moves the block meanwhile says first whose it is: see give_block(). Then our bit may have come last.
  for (bool settled = false; !settled;) {
    const bool is_partners = partition_->is_partners(index);
    if (is_partners) {
      taken_.set(index);
    } else {
      taken_.clear(index);
    }
    settled = partition_->is_partners(index) == is_partners;
  }
}

void DensePool::part(const FailoverScope& scope) {
  const bool in_blocks = type_ == LeaseType::kPrefix;
  partition_ = std::make_unique<Partition>(count(), in_blocks);
  for (uint32_t unit = 0; unit < count(); ++unit) {
    const bool ours = in_blocks ? scope.role() == FailoverRole::kPrimary : scope.is_ours(address_of(unit));
    if (ours) continue;
    partition_->partners().set(unit);
    taken_.set(unit);
  }
}

uint32_t DensePool::end_of_block(uint32_t block) const {
  return std::min((block + 1) * partition_->units_per_block(), count());
}

void DensePool::give_block(uint32_t block) {
  for (uint32_t unit = block * partition_->units_per_block(); unit < end_of_block(block); ++unit) {
    partition_->partners().set(unit);
    taken_.set(unit);
  }
}

void DensePool::take_block(uint32_t block) {
  for (uint32_t unit = block * partition_->units_per_block(); unit < end_of_block(block); ++unit) {
    partition_->partners().clear(unit);
    if (!partition_->is_leased(unit)) taken_.clear(unit);
  }
}

std::optional<uint32_t> DensePool::find_partners_from(uint64_t start) const {
  for (uint32_t tried = 0; tried < count(); ++tried) {
    const auto unit = partition_->leased().find_from(start);
    if (!unit || partition_->is_partners(*unit)) return unit;
    start = uint64_t{*unit} + 1;
  }
  return std::nullopt;
}

std::optional<uint32_t> DensePool::claim_partners_from(uint64_t start) {
  while (const auto unit = find_partners_from(start)) {
    if (partition_->leased().set(*unit)) return unit;
    start = *unit;
  }
  return std::nullopt;
}

DensePool::Shares DensePool::count_shares(uint32_t first, uint32_t end) const {
  Shares shares;
  for (uint32_t unit = first; unit < end; ++unit) {
    if (partition_->is_leased(unit)) {
      ++shares.leased;
    } else if (partition_->is_partners(unit)) {
      ++shares.partners;
    } else {
      ++shares.ours;
    }
  }
  return shares;
}

}  // namespace tandem6::lease
