// class-list, class-get: the client classes as configured.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "control/commands/command_table.h"

namespace tandem6::control {
namespace {

using nlohmann::json;

json configured_classes(const Configuration& configuration) {
  return configuration.source.value("/Dhcp6/client-classes"_json_pointer, json::array());
}

tl::expected<json, Error> class_list(Server& server, const json&) {
  json names = json::array();
  for (const json& each : configured_classes(server.configuration()))
    names.push_back({{"name", each.value("name", "")}});
  const size_t count = names.size();
  return make_answer(count == 0 ? CommandResult::kEmpty : CommandResult::kSuccess,
                     fmt::format("{} class{} found", count, count == 1 ? "" : "es"),
                     {{"client-classes", std::move(names)}});
}

tl::expected<json, Error> class_get(Server& server, const json& arguments) {
  const auto name = required_text(arguments, "name");
  if (!name) return tl::unexpected(name.error());
  for (const json& each : configured_classes(server.configuration()))
    if (each.value("name", "") == *name)
      return make_answer(CommandResult::kSuccess, fmt::format("Class '{}' definition returned", *name),
                         {{"client-classes", json::array({each})}});
  return make_answer(CommandResult::kEmpty, fmt::format("Class '{}' not found", *name));
}

constexpr Command kClassCommands[] = {
    {"class-list", class_list, "names of all client classes"},
    {"class-get", class_get, "one client class as configured, by 'name'"},
};

}  // namespace

std::span<const Command> class_commands() { return kClassCommands; }

}  // namespace tandem6::control
