// `pools` and `pd-pools` of a subnet.
#pragma once

#include <optional>
#include <vector>

#include "control/config/configuration.h"
#include "control/config/json_text.h"
#include "control/config/remarks.h"
#include "control/config/vocabulary.h"

namespace tandem6::control {

struct ReadPool {
  PoolConfig config;
  const Node* node;  ///< where its bounds are written
};

/// Those of `subnet` that could be read. Without a prefix it is not checked that the pools are inside.
std::vector<ReadPool> read_pools(const Node& subnet, const std::optional<Ipv6Prefix>& prefix,
                                 const Vocabulary& vocabulary, Remarks& remarks);

}  // namespace tandem6::control
