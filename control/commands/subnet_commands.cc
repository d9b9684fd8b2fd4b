// subnet6-list, subnet6-get, network6-list, network6-get: subnets and shared networks as configured.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "control/commands/command_table.h"
#include "control/commands/configured.h"

namespace tandem6::control {
namespace {

using nlohmann::json;

json network_name(const ConfiguredSubnet& subnet) {
  return subnet.network == nullptr ? json(nullptr) : json(subnet.network->name);
}

tl::expected<json, Error> subnet6_list(Server& server, const json&) {
  json subnets = json::array();
  for (const ConfiguredSubnet& subnet : configured_subnets(server.configuration())) {
    subnets.push_back({{"id", subnet.subnet->id},
                       {"subnet", subnet.subnet->prefix.to_string()},
                       {"shared-network-name", network_name(subnet)}});
  }
  const size_t count = subnets.size();
  return make_answer(count == 0 ? CommandResult::kEmpty : CommandResult::kSuccess,
                     fmt::format("{} IPv6 subnet{} found", count, count == 1 ? "" : "s"),
                     {{"subnets", std::move(subnets)}});
}

tl::expected<json, Error> subnet6_get(Server& server, const json& arguments) {
  const auto id = optional_number(arguments, "id", 1, kMax32);
  if (!id) return tl::unexpected(id.error());
  const auto text = optional_text(arguments, "subnet");
  if (!text) return tl::unexpected(text.error());
  if (id->has_value() == text->has_value()) {
    return tl::unexpected(Error{"subnet6-get wants one of the parameters 'id' and 'subnet'"});
  }
  const auto prefix = *text ? Ipv6Prefix::parse(**text) : std::nullopt;
  if (*text && !prefix) return tl::unexpected(Error{fmt::format("'subnet' parameter: '{}' is no IPv6 prefix", **text)});
  const auto all = configured_subnets(server.configuration());
  const auto found = std::ranges::find_if(all, [&](const ConfiguredSubnet& each) {
    return prefix ? each.subnet->prefix == *prefix : each.subnet->id == **id;
  });
  if (found == all.end()) {
    return make_answer(CommandResult::kEmpty, prefix ? fmt::format("No subnet with prefix '{}' found", **text)
                                                     : fmt::format("No subnet with id '{}' found", **id));
  }
  const SubnetConfig& subnet = *found->subnet;
  return make_answer(CommandResult::kSuccess,
                     fmt::format("Info about IPv6 subnet {} (id {}) returned", subnet.prefix.to_string(), subnet.id),
                     {{"subnets", json::array({subnet_json(*found)})}});
}

tl::expected<json, Error> network6_list(Server& server, const json&) {
  json networks = json::array();
  for (const ConfiguredNetwork& network : configured_networks(server.configuration()))
    networks.push_back({{"name", network.network->name}});
  const size_t count = networks.size();
  return make_answer(count == 0 ? CommandResult::kEmpty : CommandResult::kSuccess,
                     fmt::format("{} IPv6 network(s) found", count), {{"shared-networks", std::move(networks)}});
}

tl::expected<json, Error> network6_get(Server& server, const json& arguments) {
  const auto name = required_text(arguments, "name");
  if (!name) return tl::unexpected(name.error());
  const auto all = configured_networks(server.configuration());
  const auto found =
      std::ranges::find_if(all, [&](const ConfiguredNetwork& each) { return each.network->name == *name; });
  if (found == all.end()) return make_answer(CommandResult::kEmpty, fmt::format("No '{}' shared network found", *name));
  json shown = *found->written;
  json subnets = json::array();
  for (const ConfiguredSubnet& subnet : configured_subnets(server.configuration()))
    if (subnet.network == found->network) subnets.push_back(subnet_json(subnet));
  shown["subnet6"] = std::move(subnets);
  return make_answer(CommandResult::kSuccess, fmt::format("Info about IPv6 shared network '{}' returned", *name),
                     {{"shared-networks", json::array({std::move(shown)})}});
}

constexpr Command kSubnetCommands[] = {
    {"subnet6-list", subnet6_list, "ids and prefixes of all subnets"},
    {"subnet6-get", subnet6_get, "one subnet as configured, by 'id' or 'subnet'"},
    {"network6-list", network6_list, "names of all shared networks"},
    {"network6-get", network6_get, "one shared network with its subnets, by 'name'"},
};

}  // namespace

std::span<const Command> subnet_commands() { return kSubnetCommands; }

}  // namespace tandem6::control
