// `subnet6` and `shared-networks`: reading each subnet, then comparing them with each other and with the ports.
#pragma once

#include <vector>

#include "control/config/configuration.h"
#include "control/config/json_text.h"
#include "control/config/pools.h"
#include "control/config/remarks.h"
#include "control/config/scope_keys.h"
#include "control/config/vocabulary.h"

namespace tandem6::control {

struct ReadSubnet {
  SubnetConfig config;  ///< without the pools
  std::vector<ReadPool> pools;
  bool has_prefix = false;  ///< otherwise what is wrong with it has been said
  const Node* node = nullptr;
};

struct ReadSubnets {
  std::vector<ReadSubnet> subnets;
  std::vector<NetworkConfig> networks;
};

/// `subnet6` and `shared-networks` of the file.
ReadSubnets read_subnets(const Node& dhcp6, const ScopeKeys& global, const Vocabulary& vocabulary, Remarks& remarks);

/// Ids, prefixes and pools that collide; clients that several subnets claim; interfaces that are no ports.
void check_subnets(const std::vector<ReadSubnet>& subnets, const std::vector<PortConfig>& ports, Remarks& remarks);

}  // namespace tandem6::control
