// statistic-get, statistic-get-all: figures in Kea's format, `"name": [[value, "YYYY-MM-DD hh:mm:ss.ffffff"]]`.
#include <array>
#include <ctime>

#include <fmt/format.h>

#include "control/answer_text.h"
#include "control/commands/command_table.h"
#include "control/commands/statistics.h"

namespace tandem6::control {
namespace {

using nlohmann::json;

// Kea writes local time without an offset here.
std::string sample_time(AbsoluteTime time) {
  const std::time_t seconds = time.to_unix();
  std::tm parts{};
  localtime_r(&seconds, &parts);
  std::array<char, 40> text{};
  const size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S.000000", &parts);
  return {text.data(), size};
}

json samples(U128 value, const std::string& time) { return json::array({json::array({json_integer(value), time})}); }

tl::expected<json, Error> statistic_get(Server& server, const json& arguments) {
  const auto name = required_text(arguments, "name");
  if (!name) return tl::unexpected(name.error());
  const Statistics all = collect_statistics(server);
  json found = json::object();
  // An unknown name is an empty map and a success: Kea's answer for a figure that nobody has counted yet.
  if (const auto statistic = all.find(*name); statistic != all.end()) {
    found[*name] = samples(statistic->second, sample_time(server.now()));
  }
  return make_answer(CommandResult::kSuccess, "", std::move(found));
}

tl::expected<json, Error> statistic_get_all(Server& server, const json&) {
  const std::string time = sample_time(server.now());
  json all = json::object();
  for (const auto& [name, value] : collect_statistics(server)) all[name] = samples(value, time);
  return make_answer(CommandResult::kSuccess, "", std::move(all));
}

constexpr Command kCommands[] = {
    {"statistic-get", statistic_get, "one statistic by 'name'"},
    {"statistic-get-all", statistic_get_all, "all statistics"},
};

}  // namespace

std::span<const Command> statistic_commands() { return kCommands; }

}  // namespace tandem6::control
