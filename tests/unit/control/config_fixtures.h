// What the tests of the configuration share: small files around the part that is looked at, and ways to look at
// remarks.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/config/configuration.h"

namespace tandem6::control {

/// What is wrong, or noted, in one line a remark: "2:7 error Dhcp6.subnet6[0].id: TEXT".
inline std::string line_of(const Remark& remark) {
  return std::to_string(remark.line) + ":" + std::to_string(remark.column) +
         (remark.is_error ? " error " : " warning ") + remark.path + ": " + remark.text;
}

inline std::string all_lines(const ConfigResult& result) {
  std::string text;
  for (const Remark& remark : result.remarks) text += line_of(remark) + "\n";
  return text;
}

inline std::vector<Remark> errors_of(const std::string& text) {
  std::vector<Remark> errors;
  for (const Remark& remark : parse_configuration(text).remarks)
    if (remark.is_error) errors.push_back(remark);
  return errors;
}

/// There is exactly one error, of this key, whose text has `part` in it.
inline void check_one_error(const std::string& text, std::string_view path, std::string_view part) {
  const std::vector<Remark> errors = errors_of(text);
  CAPTURE(text);
  CAPTURE(all_lines(parse_configuration(text)));
  REQUIRE(errors.size() == 1);
  CHECK(errors[0].path == path);
  CHECK(errors[0].text.find(part) != std::string::npos);
  CHECK(errors[0].line > 0);
  CHECK(errors[0].column > 0);
  CHECK_FALSE(parse_configuration(text).configuration);
}

/// There is no error, and one of the warnings is of this key and has `part` in it.
inline Configuration check_warning(const std::string& text, std::string_view path, std::string_view part) {
  ConfigResult result = parse_configuration(text);
  CAPTURE(all_lines(result));
  REQUIRE(result.configuration);
  bool found = false;
  for (const Remark& remark : result.remarks)
    found = found || (remark.path == path && remark.text.find(part) != std::string::npos);
  CHECK(found);
  return std::move(*result.configuration);
}

/// There is nothing to remark.
inline Configuration check_clean(const std::string& text) {
  ConfigResult result = parse_configuration(text);
  CAPTURE(text);
  CAPTURE(all_lines(result));
  CHECK(result.remarks.empty());
  REQUIRE(result.configuration);
  return std::move(*result.configuration);
}

/// A file with the port eth0 and these keys in Dhcp6.
inline std::string with_keys(const std::string& keys) {
  return "{\"Dhcp6\": {\"interfaces-config\": {\"interfaces\": [\"eth0\"]}, " + keys + "}}";
}

/// The same with one subnet 2001:db8:1::/64 that has these keys.
inline std::string with_subnet(const std::string& keys) {
  return with_keys("\"subnet6\": [{\"id\": 1, \"subnet\": \"2001:db8:1::/64\", " + keys + "}]");
}

inline Ipv6Address address(std::string_view text) {
  const auto parsed = Ipv6Address::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace tandem6::control
