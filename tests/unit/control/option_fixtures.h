// What the tests of options share: an entry of option-data, and what it is in a packet.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "config_fixtures.h"
#include "dataplane/lease/option_choice.h"
#include "dataplane/wire/builder.h"

namespace tandem6::control {

inline std::string hex(Bytes bytes) {
  std::string text;
  for (const std::byte octet : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    text += kDigits[std::to_integer<unsigned>(octet) >> 4];
    text += kDigits[std::to_integer<unsigned>(octet) & 15];
  }
  return text;
}

/// The options that are always sent, as they are in a packet.
inline std::string sent(const lease::OptionSet& options) {
  std::array<std::byte, 2048> buffer{};
  wire::Writer out(buffer);
  options.write(out, std::nullopt);
  return hex(Bytes(buffer).first(out.size()));
}

/// The data of the one option that this entry makes.
inline std::string data_of(const std::string& entry) {
  const Configuration configuration =
      check_clean(with_keys("\"option-data\": [{\"always-send\": true, " + entry + "}]"));
  const std::string option = sent(configuration.options);
  REQUIRE(option.size() >= 8);
  return option.substr(8);
}

inline void check_wrong(const std::string& entry, std::string_view key, std::string_view part) {
  const std::string path = "Dhcp6.option-data[0]" + (key.empty() ? "" : "." + std::string(key));
  check_one_error(with_keys("\"option-data\": [{" + entry + "}]"), path, part);
}

}  // namespace tandem6::control
