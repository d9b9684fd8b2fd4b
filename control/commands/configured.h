// What commands show of the configuration as it was written, beside what was read of it. For the files of this folder.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "control/config/configuration.h"

namespace tandem6::control {

/// All views into a Configuration, valid as long as it is.
struct ConfiguredSubnet {
  const SubnetConfig* subnet;
  const nlohmann::json* written;
  const NetworkConfig* network;  ///< the shared network that it is in; null when it is in none
};
struct ConfiguredNetwork {
  const NetworkConfig* network;
  const nlohmann::json* written;
};
struct ConfiguredHost {
  const lease::Reservation* reservation;
  const nlohmann::json* written;
};

/// In order of the file: subnets of their own, then those of shared networks.
std::vector<ConfiguredSubnet> configured_subnets(const Configuration& configuration);
std::vector<ConfiguredNetwork> configured_networks(const Configuration& configuration);
/// Those of every subnet first, then by subnet as above.
std::vector<ConfiguredHost> configured_hosts(const Configuration& configuration);

/// As written, with the `id` that it has and the name of its shared network, or null.
nlohmann::json subnet_json(const ConfiguredSubnet& subnet);

}  // namespace tandem6::control
