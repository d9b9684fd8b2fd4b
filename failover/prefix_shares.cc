#include "failover/prefix_shares.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <tuple>
#include <variant>

namespace tandem6::failover {

using lease::DensePool;
using lease::LeaseKey;

LeaseKey block_key(const DensePool& pool, uint32_t block) {
  const uint32_t units = pool.partition()->units_per_block();
  const auto shorter = static_cast<uint8_t>(std::countr_zero(units));
  return {.type = lease::LeaseType::kPrefix,
          .prefix_length = static_cast<uint8_t>(pool.unit_length() - shorter),
          .address = pool.address_of(block * units)};
}

bool PrefixShares::Before::operator()(const LeaseKey& a, const LeaseKey& b) const {
  return std::tie(a.address, a.prefix_length) < std::tie(b.address, b.prefix_length);
}

bool PrefixShares::adopt(const lease::Snapshot& snapshot, const std::function<bool(const LeaseKey&)>& is_moving) {
  places_.clear();
  pools_.clear();
  for (const lease::Subnet& subnet : snapshot.subnets()) {
    if (subnet.failover.get() != &scope_) continue;
    for (const lease::Pool& pool : subnet.prefix_pools) {
      const auto* dense = std::get_if<std::shared_ptr<DensePool>>(&pool.space);
      if (dense == nullptr || (*dense)->partition() == nullptr) continue;
      pools_.push_back({pool.text, *dense});
      for (uint32_t block = 0; block < (*dense)->partition()->blocks(); ++block) {
        places_[block_key(**dense, block)] = {*dense, block};
      }
    }
  }
  const bool changed = scope_.role() == lease::FailoverRole::kPrimary && take_over_resized();
  for (const auto& [key, place] : places_) settle(key, is_moving && is_moving(key));
  return changed;
}

bool PrefixShares::take_over_resized() {
  std::vector<LeaseKey> resized;
  for (const auto& [block, since] : backups_) {
    if (!is_known(block)) resized.push_back(block);
  }
  bool changed = false;
  for (const LeaseKey& before : resized) {
    auto at = places_.upper_bound(before);
    if (at != places_.begin() && before.address <= std::prev(at)->first.last()) --at;
    for (; at != places_.end() && at->first.address <= before.last(); ++at) {
      backups_.erase(before);
      backups_.try_emplace(at->first);
      changed = true;
    }
  }
  return changed;
}

bool PrefixShares::is_confirmed(const LeaseKey& block) const {
  const auto known = backups_.find(block);
  return known != backups_.end() && known->second != AbsoluteTime{};
}

void PrefixShares::settle(const LeaseKey& block, bool is_moving) {
  const auto known = places_.find(block);
  if (known == places_.end()) return;
  const Place& place = known->second;
  const bool open = is_ours(block) && !is_moving;
  // What is open stays as it is: a worker may be about to lease a prefix that it has taken.
  if (open != place.pool->is_block_partners(place.block)) return;
  open ? place.pool->take_block(place.block) : place.pool->give_block(place.block);
}

PrefixShares::Moves PrefixShares::balance(uint32_t percent) const {
  Moves moves;
  for (const NamedPool& named : pools_) balance_pool(*named.pool, percent, moves);
  return moves;
}

void PrefixShares::balance_pool(const DensePool& pool, uint32_t percent, Moves& moves) const {
  struct Block {
    LeaseKey key;
    int64_t free;
  };
  std::vector<Block> ours, backups;
  int64_t free = 0, have = 0;
  for (uint32_t block = 0; block < pool.partition()->blocks(); ++block) {
    const uint32_t first = block * pool.partition()->units_per_block();
    const DensePool::Shares shares = pool.count_shares(first, pool.end_of_block(block));
    const Block counted{block_key(pool, block), int64_t{shares.ours} + shares.partners};
    free += counted.free;
    if (is_backup(counted.key)) have += counted.free;
    (is_backup(counted.key) ? backups : ours).push_back(counted);
  }
  // §4.2.2: "SHOULD employ some threshold mechanism": half a block, and a twentieth of what there is.
  const int64_t missing = free * percent / 100 - have;
  const int64_t threshold = std::max<int64_t>({1, pool.partition()->units_per_block() / 2, free / 20});
  if (std::abs(missing) < threshold) return;
  std::vector<Block>& from = missing > 0 ? ours : backups;
  std::vector<LeaseKey>& into = missing > 0 ? moves.give : moves.ask_back;
  std::ranges::sort(from, [](const Block& a, const Block& b) {
    return std::tie(b.free, a.key.address) < std::tie(a.free, b.key.address);
  });
  // All the way, once it is worth it: else the next lease would have the next block moved.
  int64_t left = std::abs(missing);
  for (const Block& block : from) {
    if (block.free == 0 || left < (block.free + 1) / 2) continue;
    into.push_back(block.key);
    left -= block.free;
  }
}

std::vector<BlockCounts> PrefixShares::counts() const {
  std::vector<BlockCounts> counts;
  for (const NamedPool& named : pools_) {
    const DensePool::Shares shares = named.pool->count_shares();
    counts.push_back({.pool = named.text, .ours = shares.ours, .partners = shares.partners, .leased = shares.leased});
  }
  return counts;
}

}  // namespace tandem6::failover
