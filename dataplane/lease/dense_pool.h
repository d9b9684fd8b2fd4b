// A pool small enough for one bit a unit: every prefix-delegation pool and small address ranges (architecture.md §3).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "dataplane/lease/partition.h"
#include "dataplane/lease/record.h"
#include "dataplane/lease/unit_bitmap.h"

namespace tandem6::lease {

/// Which units of a pool are taken. Shared by all workers, lock-free: claiming is one atomic fetch_or. Any worker may
/// call anything at any time.
class DensePool {
 public:
  static constexpr uint64_t kMaxUnits = uint64_t{1} << 26;

  /// `count` units of 2^(128 - unit_length) addresses each, the first of them at `first`. 1 <= count <= kMaxUnits.
  DensePool(LeaseType type, const Ipv6Address& first, uint8_t unit_length, uint32_t count);

  LeaseType type() const { return type_; }
  const Ipv6Address& first() const { return first_; }
  uint8_t unit_length() const { return unit_length_; }
  uint32_t count() const { return taken_.count(); }

  /// The unit with this address; nothing when it is outside or not at a unit's start.
  std::optional<uint32_t> index_of(const Ipv6Address& address) const;
  Ipv6Address address_of(uint32_t index) const;

  /// Takes the unit for a client; false when it was taken before.
  bool claim(uint32_t index);
  /// Takes the first free unit at or after `start`, going round; nothing when all are taken. `start` is taken modulo
  /// count.
  std::optional<uint32_t> claim_from(uint64_t start);
  /// What claim_from() would take now.
  std::optional<uint32_t> find_from(uint64_t start) const { return taken_.find_from(start); }
  /// A client holds the unit, whosever it was. False when one did before.
  bool mark(uint32_t index);
  void release(uint32_t index);
  bool taken(uint32_t index) const { return taken_.is_set(index); }
  /// Counts the taken units by looking at all of them: not for the packet path.
  uint32_t count_taken() const { return taken_.count_set(); }

  // --- shared with a failover partner ------------------------------------------------------------------------------
  // Units of the partner's count as taken here.

  /// Parts the pool between partners. Before anybody else uses it.
  void part(const FailoverScope& scope);
  /// Null: the pool is ours alone.
  Partition* partition() { return partition_.get(); }
  const Partition* partition() const { return partition_.get(); }
  /// The block with all its units that nobody holds becomes the partner's, or ours. One thread calls these.
  void give_block(uint32_t block);
  void take_block(uint32_t block);
  bool is_block_partners(uint32_t block) const {
    return partition_->is_partners(block * partition_->units_per_block());
  }
  /// RFC 8156 §8.4.1: the same as claim_from() and find_from() among the partner's units.
  std::optional<uint32_t> claim_partners_from(uint64_t start);
  std::optional<uint32_t> find_partners_from(uint64_t start) const;
  /// Counted by looking at all of them.
  struct Shares {
    uint32_t ours = 0;      ///< free
    uint32_t partners = 0;  ///< free
    uint32_t leased = 0;
  };
  Shares count_shares() const { return count_shares(0, count()); }
  Shares count_shares(uint32_t first, uint32_t end) const;
  uint32_t end_of_block(uint32_t block) const;

 private:
  LeaseType type_;
  uint8_t unit_length_;
  Ipv6Address first_;
  UnitBitmap taken_;
  std::unique_ptr<Partition> partition_;
};

}  // namespace tandem6::lease
