#include "tools/tandem6-import/csv_row.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace tandem6::import {
namespace {

constexpr std::string_view kTag = "&#x";

/// The character that an escape at the beginning of `text` stands for.
std::optional<char> escaped_character(std::string_view text) {
  if (!text.starts_with(kTag) || text.size() < kTag.size() + 2) return std::nullopt;
  const std::string_view digits = text.substr(kTag.size(), 2);
  unsigned value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return static_cast<char>(value);
}

}  // namespace

std::vector<std::string_view> split_row(std::string_view line) {
  std::vector<std::string_view> values;
  for (;;) {
    const size_t comma = line.find(',');
    values.push_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return values;
    line.remove_prefix(comma + 1);
  }
}

std::string unescape(std::string_view value) {
  std::string text;
  while (!value.empty()) {
    const auto character = escaped_character(value);
    text += character.value_or(value.front());
    value.remove_prefix(character ? kTag.size() + 2 : 1);
  }
  return text;
}

std::string escape(std::string_view value) {
  std::string text;
  for (const char character : value) {
    if (character == ',' || character == '&' || character == '\n' || character == '\r')
      text += fmt::format("{}{:02x}", kTag, static_cast<unsigned char>(character));
    else
      text += character;
  }
  return text;
}

Columns::Columns(std::string_view header) {
  for (const std::string_view name : split_row(header)) names_.emplace_back(name);
}

std::optional<size_t> Columns::place_of(std::string_view name) const {
  const auto found = std::ranges::find(names_, name);
  if (found == names_.end()) return std::nullopt;
  return static_cast<size_t>(found - names_.begin());
}

}  // namespace tandem6::import
