// Whose the free units of a dense pool are, when two failover partners share it (RFC 8156 §4.2).
#pragma once

#include <cstdint>

#include "dataplane/lease/failover_scope.h"
#include "dataplane/lease/unit_bitmap.h"

namespace tandem6::lease {

/// Addresses are parted by their lowest bit, for good (§4.2.1.1). Prefixes are parted in blocks, delegable prefixes of
/// the same number of units each, which change hands as a whole; all are the primary's at first (§4.2.2). A unit that
/// is leased is its client's; when that ends, it is again of whom its block is (Figure 3).
/// Any worker may call anything at any time; give() and take_back() are called by one thread.
class Partition {
 public:
  /// Blocks of a pool: enough to balance by a percent, few enough to be told one by one.
  static constexpr uint32_t kMaxBlocks = 256;

  /// `count` units. Blocks: of prefixes.
  Partition(uint32_t count, bool in_blocks);

  bool is_partners(uint32_t unit) const { return partners_.is_set(unit); }
  /// Does a client hold the unit, or rest it until its lease's end is on disk?
  bool is_leased(uint32_t unit) const { return leased_.is_set(unit); }
  UnitBitmap& partners() { return partners_; }
  UnitBitmap& leased() { return leased_; }
  const UnitBitmap& leased() const { return leased_; }

  uint32_t blocks() const { return blocks_; }
  uint32_t units_per_block() const { return units_per_block_; }
  uint32_t block_of(uint32_t unit) const { return unit / units_per_block_; }

 private:
  UnitBitmap partners_;
  UnitBitmap leased_;
  uint32_t blocks_ = 0;
  uint32_t units_per_block_ = 1;
};

}  // namespace tandem6::lease
