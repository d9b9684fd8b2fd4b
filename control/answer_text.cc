#include "control/answer_text.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace tandem6::control {
namespace {

constexpr std::uint8_t kBigInteger = 1;  // subtype of the binary values that hold decimal digits

std::string leaf(const nlohmann::json& value) {
  return value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void append(std::string& out, const nlohmann::json& value);

void append_array(std::string& out, const nlohmann::json& array) {
  out += '[';
  const char* separator = "";
  for (const auto& item : array) {
    out += separator;
    append(out, item);
    separator = ",";
  }
  out += ']';
}

void append_object(std::string& out, const nlohmann::json& object) {
  out += '{';
  const char* separator = "";
  for (const auto& [key, item] : object.items()) {
    out += separator;
    out += leaf(key);
    out += ':';
    append(out, item);
    separator = ",";
  }
  out += '}';
}

void append(std::string& out, const nlohmann::json& value) {
  if (value.is_object()) return append_object(out, value);
  if (value.is_array()) return append_array(out, value);
  if (value.is_binary() && value.get_binary().has_subtype() && value.get_binary().subtype() == kBigInteger) {
    out.append(value.get_binary().begin(), value.get_binary().end());
    return;
  }
  out += leaf(value);
}

}  // namespace

std::string decimal(U128 value) {
  std::string digits;
  do {
    digits += static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  } while (value != 0);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

nlohmann::json json_integer(U128 value) {
  if (value <= std::numeric_limits<uint64_t>::max()) return static_cast<uint64_t>(value);
  const std::string digits = decimal(value);
  return nlohmann::json::binary(std::vector<std::uint8_t>(digits.begin(), digits.end()), kBigInteger);
}

std::string answer_text(const nlohmann::json& value) {
  std::string out;
  append(out, value);
  return out;
}

}  // namespace tandem6::control
