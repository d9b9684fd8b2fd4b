#include "control/config/relay_supplied.h"

#include <charconv>

#include <fmt/format.h>

#include "control/config/reader.h"

namespace tandem6::control {
namespace {

/// A code, or the name of an option.
std::optional<uint16_t> read_code(const Node& entry, const OptionDefinitions& definitions, Remarks& remarks) {
  const std::string& text = entry.text();
  if (const auto* named = definitions.by_name(kDhcp6Space, text)) return named->code;
  uint16_t code = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
  if (error == std::errc() && end == text.data() + text.size() && code != 0) return code;
  remarks.error(entry, fmt::format("\"{}\" is no code and no name of an option{}", text,
                                   did_you_mean(text, definitions.names_in(kDhcp6Space))));
  return std::nullopt;
}

}  // namespace

lease::RelaySuppliableCodes read_relay_supplied(const Node& dhcp6, const OptionDefinitions& definitions,
                                                Remarks& remarks) {
  std::vector<uint16_t> codes;
  for (const Node* entry : strings_at(dhcp6, "relay-supplied-options")) {
    const auto code = read_code(*entry, definitions, remarks);
    if (!code) continue;
    const auto* definition = definitions.by_code(kDhcp6Space, *code);
    if (definition != nullptr && definition->owner != OptionOwner::kConfiguration)
      remarks.error(*entry, fmt::format("the option {} is not for relay agents to supply", definition->name));
    else
      codes.push_back(*code);
  }
  return lease::RelaySuppliableCodes(std::move(codes));
}

}  // namespace tandem6::control
