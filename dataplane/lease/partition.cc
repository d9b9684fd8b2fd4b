#include "dataplane/lease/partition.h"

namespace tandem6::lease {

Partition::Partition(uint32_t count, bool in_blocks) : partners_(count), leased_(count) {
  if (!in_blocks) return;
  while (count / units_per_block_ > kMaxBlocks) units_per_block_ *= 2;
  blocks_ = (count + units_per_block_ - 1) / units_per_block_;
}

}  // namespace tandem6::lease
