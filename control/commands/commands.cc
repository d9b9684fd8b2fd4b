#include "control/commands/commands.h"

#include <algorithm>
#include <array>
#include <exception>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "control/commands/command_table.h"

namespace tandem6::control {
namespace {

tl::expected<nlohmann::json, Error> list_commands(Server& server, const nlohmann::json& arguments);

constexpr Command kListCommands[] = {
    {"list-commands", list_commands, "names of all commands, and what each is for"},
};

using Table = std::map<std::string_view, const Command*>;

const Table& table() {
  static const Table all = [] {
    Table commands;
    for (const auto group :
         {std::span<const Command>(kListCommands), server_commands(), configuration_commands(), lease_commands(),
          lease_search_commands(), lease_change_commands(), statistic_commands(), subnet_commands(),
          reconfigure_commands(), reservation_commands(), class_commands(), failover_commands()}) {
      for (const Command& command : group) commands.emplace(command.name, &command);
    }
    return commands;
  }();
  return all;
}

tl::expected<nlohmann::json, Error> list_commands(Server&, const nlohmann::json&) {
  nlohmann::json names = nlohmann::json::array();
  std::string text;
  for (const auto& [name, command] : table()) {
    names.push_back(name);
    text += fmt::format("{}{}: {}", text.empty() ? "" : "\n", name, command->help);
  }
  return make_answer(CommandResult::kSuccess, text, std::move(names));
}

tl::expected<const Command*, Error> find_command(const nlohmann::json& request) {
  if (!request.is_object()) return tl::unexpected(Error{"a command is a JSON object: {\"command\": NAME}"});
  for (const auto& [key, value] : request.items()) {
    // Kea's control agent leaves `service` and `remote` in what it forwards.
    constexpr std::array<std::string_view, 4> kKnown = {"command", "arguments", "service", "remote"};
    if (std::find(kKnown.begin(), kKnown.end(), key) == kKnown.end()) {
      return tl::unexpected(Error{fmt::format("received command contains unsupported parameter '{}'", key)});
    }
  }
  const auto name = required_text(request, "command");
  if (!name) return tl::unexpected(name.error());
  const auto found = table().find(*name);
  return found == table().end() ? nullptr : found->second;
}

nlohmann::json failure(const Error& error) { return make_answer(CommandResult::kError, error.message); }

}  // namespace

nlohmann::json make_answer(CommandResult result, std::string text, nlohmann::json arguments) {
  nlohmann::json answer = {{"result", static_cast<int>(result)}};
  if (!text.empty()) answer["text"] = std::move(text);
  if (!arguments.is_null()) answer["arguments"] = std::move(arguments);
  return answer;
}

nlohmann::json run_command(Server& server, const nlohmann::json& command) {
  const auto found = find_command(command);
  if (!found) return failure(found.error());
  if (*found == nullptr) {
    return make_answer(CommandResult::kUnsupported,
                       fmt::format("'{}' command not supported.", command["command"].get<std::string>()));
  }
  const nlohmann::json arguments = command.value("arguments", nlohmann::json::object());
  if (!arguments.is_object()) return failure(Error{"'arguments' must be a map"});
  auto answer = (*found)->run(server, arguments);
  return answer ? std::move(*answer) : failure(answer.error());
}

}  // namespace tandem6::control
