// statistic-get, statistic-get-all, stat-lease6-get: figures in Kea's format, `"name": [[value, "YYYY-MM-DD
// hh:mm:ss.ffffff"]]`.
#include <algorithm>
#include <array>
#include <ctime>
#include <vector>

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

// Kea's columns, in its order.
constexpr std::array<std::string_view, 7> kLeaseFigures = {
    "total-nas", "cumulative-assigned-nas", "assigned-nas", "declined-addresses",
    "total-pds", "cumulative-assigned-pds", "assigned-pds"};

struct SubnetRange {
  uint64_t first = 0;
  uint64_t last = kMax32;
};

tl::expected<SubnetRange, Error> subnet_range_in(const json& arguments) {
  const auto one = optional_number(arguments, "subnet-id", 1, kMax32);
  if (!one) return tl::unexpected(one.error());
  const auto range = arguments.find("subnet-range");
  if (*one && range != arguments.end())
    return tl::unexpected(Error{"stat-lease6-get wants at most one of the parameters 'subnet-id' and 'subnet-range'"});
  if (*one) return SubnetRange{**one, **one};
  if (range == arguments.end()) return SubnetRange{};
  if (!range->is_object()) return tl::unexpected(Error{"'subnet-range' parameter must be a map"});
  const auto first = required_number(*range, "first-subnet-id", 0, kMax32);
  if (!first) return tl::unexpected(first.error());
  const auto last = required_number(*range, "last-subnet-id", *first, kMax32);
  if (!last) return tl::unexpected(last.error());
  return SubnetRange{*first, *last};
}

json lease_figures(const Statistics& all, uint32_t subnet) {
  json row = json::array({subnet});
  for (const std::string_view name : kLeaseFigures) {
    const auto figure = all.find(fmt::format("subnet[{}].{}", subnet, name));
    row.push_back(json_integer(figure == all.end() ? 0 : figure->second));
  }
  return row;
}

tl::expected<json, Error> stat_lease6_get(Server& server, const json& arguments) {
  const auto range = subnet_range_in(arguments);
  if (!range) return tl::unexpected(range.error());
  const Statistics all = collect_statistics(server);
  std::vector<uint32_t> ids;
  for (const lease::Subnet& subnet : server.snapshot().subnets())
    if (range->first <= subnet.id && subnet.id <= range->last) ids.push_back(subnet.id);
  std::ranges::sort(ids);
  json rows = json::array();
  for (const uint32_t id : ids) rows.push_back(lease_figures(all, id));
  const std::string text = fmt::format("stat-lease6-get: {} rows found", rows.size());
  if (rows.empty()) return make_answer(CommandResult::kEmpty, text);
  json columns = json::array({"subnet-id"});
  for (const std::string_view name : kLeaseFigures) columns.push_back(name);
  return make_answer(
      CommandResult::kSuccess, text,
      {{"result-set",
        {{"columns", std::move(columns)}, {"rows", std::move(rows)}, {"timestamp", sample_time(server.now())}}}});
}

constexpr Command kStatisticCommands[] = {
    {"statistic-get", statistic_get, "one statistic by 'name'"},
    {"statistic-get-all", statistic_get_all, "all statistics"},
    {"stat-lease6-get", stat_lease6_get, "leases of each subnet, of 'subnet-id', or of a 'subnet-range'"},
};

}  // namespace

std::span<const Command> statistic_commands() { return kStatisticCommands; }

}  // namespace tandem6::control
