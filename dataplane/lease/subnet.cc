#include "dataplane/lease/subnet.h"

#include <algorithm>

namespace tandem6::lease {

const Pool* Subnet::pool_of(const LeaseKey& key) const {
  for (const Pool& pool : pools(key.type)) {
    if (pool.contains(key)) return &pool;
  }
  return nullptr;
}

bool Link::admits(const ClassSet& classes) const {
  return std::ranges::any_of(subnets, [&](const Subnet* subnet) { return admits(*subnet, classes); });
}

}  // namespace tandem6::lease
