#include "control/config/pd_exclude.h"

#include <algorithm>

#include <fmt/format.h>

#include "control/config/address_text.h"
#include "control/config/reader.h"

namespace tandem6::control {
namespace {

/// RFC 6603 §4.2: the excluded prefix's length, and its bits behind the delegated prefix, from the left.
std::vector<std::byte> encode(const Ipv6Prefix& excluded, uint8_t delegated_length) {
  const size_t octets = (excluded.length - delegated_length + 7U) / 8U;
  const Ipv6Address bits = Ipv6Address::from_number(excluded.address.number() << delegated_length);
  std::vector<std::byte> data(1 + octets);
  data[0] = static_cast<std::byte>(excluded.length);
  std::copy_n(bits.octets.begin(), octets, data.begin() + 1);
  return data;
}

}  // namespace

std::vector<std::byte> read_pd_exclude(const Node& entry, const Ipv6Prefix& pool, uint8_t delegated_length,
                                       Remarks& remarks) {
  const auto length = integer_at(entry, "excluded-prefix-len", 0, 128, remarks);
  const Node* text = string_at(entry, "excluded-prefix");
  // Kea's files say "::" and 0 for nothing.
  if (length.value_or(0) == 0 && (text == nullptr || text->text() == "::")) return {};
  for (const char* key : {"excluded-prefix", "excluded-prefix-len"}) require_key(entry, key, remarks);
  if (!length || text == nullptr) return {};
  const auto say = [&](const std::string& what) {
    remarks.error(*text, what);
    return std::vector<std::byte>{};
  };
  const auto address = read_address(text->text());
  if (!address) return say(address.error().message);
  if (*length <= delegated_length)
    return say(
        fmt::format("a part of a delegated prefix is wanted: excluded-prefix-len {} is not longer than "
                    "delegated-len {}",
                    *length, delegated_length));
  const auto excluded = make_prefix(*address, static_cast<uint8_t>(*length));
  if (!excluded) return say(excluded.error().message);
  if (!pool.contains(excluded->address))
    return say(fmt::format("{} is not inside {}", excluded->to_string(), pool.to_string()));
  return encode(*excluded, delegated_length);
}

std::vector<std::byte> read_excluded_part(const Node& text, const Ipv6Prefix& delegated, Remarks& remarks) {
  if (text.text().empty()) return {};
  const auto excluded = read_prefix(text.text());
  if (!excluded) {
    remarks.error(text, excluded.error().message);
    return {};
  }
  if (excluded->length <= delegated.length || !delegated.contains(excluded->address)) {
    remarks.error(text, fmt::format("{} is no part of {}", excluded->to_string(), delegated.to_string()));
    return {};
  }
  return encode(*excluded, delegated.length);
}

}  // namespace tandem6::control
