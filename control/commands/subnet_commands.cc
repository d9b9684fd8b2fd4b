// subnet6-list, subnet6-get: the configured subnets.
#include <limits>

#include <fmt/format.h>

#include "control/commands/command_table.h"

namespace tandem6::control {
namespace {

using nlohmann::json;

tl::expected<json, Error> subnet6_list(Server& server, const json&) {
  json subnets = json::array();
  for (const SubnetConfig& subnet : server.configuration().subnets) {
    subnets.push_back({{"id", subnet.id}, {"subnet", subnet.prefix.to_string()}, {"shared-network-name", nullptr}});
  }
  const size_t count = subnets.size();
  return make_answer(count == 0 ? CommandResult::kEmpty : CommandResult::kSuccess,
                     fmt::format("{} IPv6 subnet{} found", count, count == 1 ? "" : "s"),
                     {{"subnets", std::move(subnets)}});
}

// The subnet as the file has it. It is there: the configuration was read from this source.
json as_written(const Configuration& configuration, const SubnetConfig& subnet) {
  const auto& list = configuration.source.value("/Dhcp6/subnet6"_json_pointer, json::array());
  for (const json& entry : list) {
    if (entry.is_object() && entry.value("id", json()) == subnet.id) return entry;
  }
  return {{"id", subnet.id}, {"subnet", subnet.prefix.to_string()}};
}

tl::expected<json, Error> found_subnet(const Configuration& configuration, const SubnetConfig& subnet) {
  return make_answer(CommandResult::kSuccess,
                     fmt::format("Info about IPv6 subnet {} (id {}) returned", subnet.prefix.to_string(), subnet.id),
                     {{"subnets", json::array({as_written(configuration, subnet)})}});
}

tl::expected<json, Error> subnet6_get(Server& server, const json& arguments) {
  const auto id = optional_number(arguments, "id", 1, std::numeric_limits<uint32_t>::max());
  if (!id) return tl::unexpected(id.error());
  const auto text = optional_text(arguments, "subnet");
  if (!text) return tl::unexpected(text.error());
  if (id->has_value() == text->has_value()) {
    return tl::unexpected(Error{"subnet6-get wants one of the parameters 'id' and 'subnet'"});
  }
  const auto prefix = *text ? Ipv6Prefix::parse(**text) : std::nullopt;
  if (*text && !prefix) return tl::unexpected(Error{fmt::format("'subnet' parameter: '{}' is no IPv6 prefix", **text)});
  for (const SubnetConfig& subnet : server.configuration().subnets) {
    if (prefix ? subnet.prefix == *prefix : subnet.id == **id) return found_subnet(server.configuration(), subnet);
  }
  return make_answer(CommandResult::kEmpty, prefix ? fmt::format("No subnet with prefix '{}' found", **text)
                                                   : fmt::format("No subnet with id '{}' found", **id));
}

constexpr Command kCommands[] = {
    {"subnet6-list", subnet6_list, "ids and prefixes of all subnets"},
    {"subnet6-get", subnet6_get, "one subnet as configured, by 'id' or 'subnet'"},
};

}  // namespace

std::span<const Command> subnet_commands() { return kCommands; }

}  // namespace tandem6::control
