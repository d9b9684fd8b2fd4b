// A line of one of Kea's CSV files: values between commas, never quoted; a comma or an ampersand inside of a value is
// written as "&#x2c" or "&#x26", two hexadecimal digits and no semicolon.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem6::import {

/// The values of a line, as written. Views into it.
std::vector<std::string_view> split_row(std::string_view line);

/// A value with its escapes resolved. What only looks like an escape stays as it is, as in Kea.
std::string unescape(std::string_view value);
std::string escape(std::string_view value);

/// The columns of a file by the names in its first line: Kea adds columns with its versions, at the end.
class Columns {
 public:
  Columns() = default;
  explicit Columns(std::string_view header);

  size_t count() const { return names_.size(); }
  bool has(std::string_view name) const { return place_of(name).has_value(); }
  std::optional<size_t> place_of(std::string_view name) const;

 private:
  std::vector<std::string> names_;
};

}  // namespace tandem6::import
