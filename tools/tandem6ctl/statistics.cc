// tandem6ctl statistics, drops, subnets: the server's figures.
#include <fnmatch.h>

#include <fmt/format.h>

#include "tools/tandem6ctl/actions.h"
#include "tools/tandem6ctl/text.h"

namespace tandem6::ctl {
namespace {

using nlohmann::json;

constexpr std::string_view kDropPrefix = "tandem6.drop.";

// The newest value of a statistic, `[[value, time], …]`; null when there is none.
json newest(const json& samples) {
  return samples.is_array() && !samples.empty() && samples[0].is_array() && !samples[0].empty() ? samples[0][0]
                                                                                                : json();
}

// The parser makes floating point of integers beyond 64 bits; their size is what a person needs, --json has every
// digit.
std::string value_text(const json& value) {
  return value.is_number_float() ? fmt::format("{:.3e}", value.get<double>()) : value.dump();
}

bool is_zero(const json& value) { return value == 0; }

// `*` and `?` are wildcards, brackets are part of names: subnet[7].*. Without wildcards any part of the name will do.
bool matches(const std::string& name, const std::string& pattern) {
  if (pattern.find_first_of("*?") == std::string::npos) return name.find(pattern) != std::string::npos;
  std::string escaped;
  for (const char c : pattern) {
    if (c == '[' || c == ']' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return ::fnmatch(escaped.c_str(), name.c_str(), 0) == 0;
}

// "12.3 %", also of totals beyond 64 bits.
std::string share(const json& part, const json& whole) {
  if (!part.is_number() || !whole.is_number() || is_zero(whole)) return "-";
  return fmt::format("{:.1f} %", 100 * part.get<double>() / whole.get<double>());
}

}  // namespace

ExitCode show_statistics(const Common& common, const std::string& pattern, bool all) {
  const auto answer = answer_or_say(common, "statistic-get-all");
  if (!answer) return answer.error();
  if (common.json && pattern.empty()) {
    fmt::print("{}", answer->text);
    return ExitCode::kSuccess;
  }
  Table table({{"STATISTIC"}, {"VALUE", Table::Align::kRight}});
  json matching = json::object();
  bool any = false;
  for (const auto& [name, samples] : answer->arguments().items()) {
    if (!matches(name, pattern)) continue;
    any = true;
    matching[name] = samples;
    const json value = newest(samples);
    if (all || !is_zero(value)) table.add({name, value_text(value)});
  }
  if (common.json) {
    fmt::print("{}\n", json{{"arguments", matching}, {"result", any ? 0 : 3}}.dump());
  } else if (any) {
    table.print();
  } else {
    fmt::print(stderr, "tandem6ctl: no statistic matches '{}'\n", pattern);
  }
  return any ? ExitCode::kSuccess : ExitCode::kEmpty;
}

ExitCode show_drops(const Common& common, bool all) {
  if (common.json) return show_statistics(common, fmt::format("{}*", kDropPrefix), all);
  const auto answer = answer_or_say(common, "statistic-get-all");
  if (!answer) return answer.error();
  Table table({{"REASON"}, {"PACKETS", Table::Align::kRight}});
  bool any = false;
  for (const auto& [name, samples] : answer->arguments().items()) {
    const json value = newest(samples);
    if (!name.starts_with(kDropPrefix) || (is_zero(value) && !all)) continue;
    any = true;
    table.add({name.substr(kDropPrefix.size()), value_text(value)});
  }
  if (any) {
    table.print();
  } else {
    fmt::print("no packet was dropped\n");
  }
  return ExitCode::kSuccess;
}

ExitCode show_subnets(const Common& common) {
  const auto list = answer_or_say(common, "subnet6-list");
  if (!list) return list.error();
  if (common.json) {
    fmt::print("{}", list->text);
    return ExitCode::kSuccess;
  }
  const auto statistics = answer_or_say(common, "statistic-get-all");
  if (!statistics) return statistics.error();
  const json& figures = statistics->arguments();
  using enum Table::Align;
  Table table({{"ID", kRight},
               {"SUBNET"},
               {"ADDRESSES", kRight},
               {"OF", kRight},
               {"USE", kRight},
               {"PREFIXES", kRight},
               {"OF", kRight},
               {"USE", kRight}});
  for (const json& subnet : list->arguments().value("subnets", json::array())) {
    const auto id = subnet.value("id", 0U);
    const auto figure = [&](const char* name) {
      return newest(figures.value(fmt::format("subnet[{}].{}", id, name), json()));
    };
    const json nas = figure("assigned-nas");
    const json all_nas = figure("total-nas");
    const json pds = figure("assigned-pds");
    const json all_pds = figure("total-pds");
    table.add({std::to_string(id), subnet.value("subnet", ""), value_text(nas), value_text(all_nas),
               share(nas, all_nas), value_text(pds), value_text(all_pds), share(pds, all_pds)});
  }
  table.print();
  return ExitCode::kSuccess;
}

}  // namespace tandem6::ctl
