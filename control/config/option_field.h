// One value of an option's data, from its text to its octets.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/option_names.h"
#include "dataplane/wire/bytes.h"

namespace tandem6::control {

inline void append_octets(std::vector<std::byte>& out, Bytes bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

/// Appends the value to `out`. What it returns is what is wrong with the text: "is no IPv6 address".
std::optional<std::string> append_field(OptionField field, std::string_view text, std::vector<std::byte>& out);

/// "20010db8", "20:01:d:b8", "20 01 0d b8" or "0x20010db8"; "'text'" for the text's own octets. Nothing when it is
/// none of these.
std::optional<std::vector<std::byte>> parse_octets(std::string_view text);

}  // namespace tandem6::control
