// The text of JSON answers. Pools of 2^64 addresses and more are counted in plain integers, as Kea's tools read them;
// nlohmann::json has none beyond 64 bits, so those travel as tagged binary values until they become text here.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "dataplane/wire/ipv6.h"

namespace tandem6::control {

/// The number in decimal.
std::string decimal(U128 value);

/// A JSON number; beyond 64 bits one that only answer_text() can write.
nlohmann::json json_integer(U128 value);

/// The value as compact JSON. Bytes that are no UTF-8 are replaced, not an error.
std::string answer_text(const nlohmann::json& value);

}  // namespace tandem6::control
