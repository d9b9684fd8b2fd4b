// The options that a configuration can name: the standard ones and those that it defines itself. Management thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/option_names.h"
#include "dataplane/lease/option_set.h"

namespace tandem6::control {

inline constexpr std::string_view kDhcp6Space = "dhcp6";

/// The one spelling of a space that has several: "docsis3-v6" is "vendor-4491".
std::string canonical_space(std::string_view space);
/// The enterprise of "vendor-4491"; nothing for other spaces.
std::optional<uint32_t> enterprise_of_space(std::string_view space);

class OptionDefinitions {
 public:
  /// The standard ones.
  OptionDefinitions();
  void add(OptionDefinition definition);

  /// Null when there is none. `space` is canonical. Pointers stay valid while this lives and does not move.
  const OptionDefinition* by_name(std::string_view space, std::string_view name) const;
  const OptionDefinition* by_code(std::string_view space, uint16_t code) const;
  std::vector<std::string_view> names_in(std::string_view space) const;
  /// The spaces whose options are in another option.
  std::vector<std::string_view> spaces_in_options() const;

  /// What the space is for the engine; nothing when no option can hold its options, so that they are never sent.
  std::optional<lease::OptionSpace> space(std::string_view name) const;

 private:
  std::vector<OptionDefinition> definitions_;
  std::map<std::string, uint32_t, std::less<>> held_;  // the spaces that options hold, numbered
};

}  // namespace tandem6::control
