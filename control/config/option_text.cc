#include "control/config/option_text.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "control/config/characters.h"
#include "control/config/dnr_text.h"
#include "control/config/option_field.h"

namespace tandem6::control {
namespace {

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> values(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == ',' || text[i + 1] == '|'))
      values.back() += text[++i];
    else if (text[i] == ',')
      values.emplace_back();
    else
      values.back() += text[i];
  }
  for (std::string& value : values) value = std::string(trim(value));
  return values;
}

/// Binary data may be written with commas in it: what is too much belongs to it.
void join_binary_tail(const OptionDefinition& definition, std::vector<std::string>& values) {
  if (definition.array || definition.fields.back() != OptionField::kBinary) return;
  while (values.size() > definition.fields.size()) {
    values[values.size() - 2] += " " + values.back();
    values.pop_back();
  }
}

Error wrong_count(const OptionDefinition& definition, size_t here) {
  const size_t wanted = definition.fields.size();
  const bool text_last = definition.fields.back() == OptionField::kString;
  return {fmt::format("the option {} has {}{} value{}, here are {}{}", definition.name,
                      definition.array ? "at least " : "", wanted, wanted == 1 ? "" : "s", here,
                      text_last ? ": write a comma in the text as \\\\," : "")};
}

/// A record's surplus is left out; where there is one value, or a text at the end, a comma was meant to belong to it.
bool may_leave_out(const OptionDefinition& definition) {
  return definition.fields.size() > 1 && definition.fields.back() != OptionField::kString;
}

}  // namespace

tl::expected<EncodedOption, Error> encode_option(const OptionDefinition& definition, std::string_view text) {
  EncodedOption encoded;
  if (definition.fields.empty()) {
    if (trim(text).empty()) return encoded;
    return tl::unexpected(Error{fmt::format("the option {} has no data", definition.name)});
  }
  std::vector<std::string> values = split(text);
  if (definition.fields.front() == OptionField::kDnr)
    return encode_dnr(values).map([](std::vector<std::byte> data) { return EncodedOption{std::move(data), 0}; });
  join_binary_tail(definition, values);
  const size_t wanted = definition.fields.size();
  if (values.size() < wanted) return tl::unexpected(wrong_count(definition, values.size()));
  if (values.size() > wanted && !definition.array) {
    if (!may_leave_out(definition)) return tl::unexpected(wrong_count(definition, values.size()));
    encoded.surplus = values.size() - wanted;
    values.resize(wanted);
  }
  for (size_t i = 0; i < values.size(); ++i)
    if (const auto wrong = append_field(definition.fields[std::min(i, wanted - 1)], values[i], encoded.data))
      return tl::unexpected(Error{fmt::format("\"{}\" {}", values[i], *wrong)});
  if (encoded.data.size() > 0xffff) return tl::unexpected(Error{"the data is longer than an option can be"});
  return encoded;
}

}  // namespace tandem6::control
