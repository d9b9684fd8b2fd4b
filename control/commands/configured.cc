#include "control/commands/configured.h"

#include <algorithm>

namespace tandem6::control {
namespace {

using nlohmann::json;

/// The list with this key; an empty one when there is none.
const json& list_at(const json& object, const char* key) {
  static const json kEmpty = json::array();
  const auto found = object.is_object() ? object.find(key) : object.end();
  return found != object.end() && found->is_array() ? *found : kEmpty;
}

const json& dhcp6_of(const Configuration& configuration) {
  static const json kEmpty = json::object();
  const auto found = configuration.source.find("Dhcp6");
  return found == configuration.source.end() ? kEmpty : *found;
}

void append_entries(const json& list, std::vector<const json*>& entries) {
  for (const json& entry : list) entries.push_back(&entry);
}

}  // namespace

// Subnets, networks and hosts were read out of the source in the order in which they are gone through here
// (config/configuration.cc), so that they belong together by their places.

std::vector<ConfiguredSubnet> configured_subnets(const Configuration& configuration) {
  const json& dhcp6 = dhcp6_of(configuration);
  std::vector<const json*> written;
  append_entries(list_at(dhcp6, "subnet6"), written);
  for (const json& network : list_at(dhcp6, "shared-networks")) append_entries(list_at(network, "subnet6"), written);
  std::vector<ConfiguredSubnet> all;
  for (size_t i = 0; i < std::min(written.size(), configuration.subnets.size()); ++i) {
    const SubnetConfig& subnet = configuration.subnets[i];
    all.push_back({&subnet, written[i], subnet.network ? &configuration.networks[*subnet.network] : nullptr});
  }
  return all;
}

std::vector<ConfiguredNetwork> configured_networks(const Configuration& configuration) {
  const json& written = list_at(dhcp6_of(configuration), "shared-networks");
  std::vector<ConfiguredNetwork> all;
  for (size_t i = 0; i < std::min(written.size(), configuration.networks.size()); ++i)
    all.push_back({&configuration.networks[i], &written[i]});
  return all;
}

std::vector<ConfiguredHost> configured_hosts(const Configuration& configuration) {
  std::vector<const json*> written;
  append_entries(list_at(dhcp6_of(configuration), "reservations"), written);
  for (const ConfiguredSubnet& subnet : configured_subnets(configuration))
    append_entries(list_at(*subnet.written, "reservations"), written);
  std::vector<ConfiguredHost> all;
  for (size_t i = 0; i < std::min(written.size(), configuration.reservations.size()); ++i)
    all.push_back({&configuration.reservations[i], written[i]});
  return all;
}

json subnet_json(const ConfiguredSubnet& subnet) {
  json shown = *subnet.written;
  shown["id"] = subnet.subnet->id;
  shown["shared-network-name"] = subnet.network == nullptr ? json(nullptr) : json(subnet.network->name);
  return shown;
}

}  // namespace tandem6::control
