#include "control/config/option_definitions.h"

#include <algorithm>
#include <charconv>

namespace tandem6::control {

std::string canonical_space(std::string_view space) {
  return std::string(space == "docsis3-v6" ? "vendor-4491" : space);
}

std::optional<uint32_t> enterprise_of_space(std::string_view space) {
  constexpr std::string_view kPrefix = "vendor-";
  if (!space.starts_with(kPrefix)) return std::nullopt;
  const std::string_view digits = space.substr(kPrefix.size());
  uint32_t enterprise = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), enterprise);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return enterprise;
}

OptionDefinitions::OptionDefinitions() {
  for (const OptionDefinition& definition : standard_options()) add(definition);
}

void OptionDefinitions::add(OptionDefinition definition) {
  if (!definition.holds.empty()) held_.emplace(definition.holds, static_cast<uint32_t>(held_.size()));
  definitions_.push_back(std::move(definition));
}

const OptionDefinition* OptionDefinitions::by_name(std::string_view space, std::string_view name) const {
  const auto found = std::ranges::find_if(
      definitions_, [&](const OptionDefinition& each) { return each.space == space && each.name == name; });
  return found == definitions_.end() ? nullptr : &*found;
}

const OptionDefinition* OptionDefinitions::by_code(std::string_view space, uint16_t code) const {
  const auto found = std::ranges::find_if(
      definitions_, [&](const OptionDefinition& each) { return each.code == code && each.space == space; });
  return found == definitions_.end() ? nullptr : &*found;
}

std::vector<std::string_view> OptionDefinitions::names_in(std::string_view space) const {
  std::vector<std::string_view> names;
  for (const OptionDefinition& definition : definitions_)
    if (definition.space == space) names.push_back(definition.name);
  return names;
}

std::vector<std::string_view> OptionDefinitions::spaces_in_options() const {
  std::vector<std::string_view> names;
  for (const auto& [name, number] : held_) names.push_back(name);
  return names;
}

std::optional<lease::OptionSpace> OptionDefinitions::space(std::string_view name) const {
  if (name == kDhcp6Space) return lease::OptionSpace::kDhcp6;
  if (const auto enterprise = enterprise_of_space(name)) return lease::vendor_space(*enterprise);
  const auto found = held_.find(name);
  if (found == held_.end()) return std::nullopt;
  return lease::own_space(found->second);
}

}  // namespace tandem6::control
