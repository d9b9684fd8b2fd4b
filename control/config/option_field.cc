#include "control/config/option_field.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "control/config/characters.h"
#include "dataplane/wire/bytes.h"
#include "dataplane/wire/ipv6.h"

namespace tandem6::control {
namespace {

using Octets = std::vector<std::byte>;
using Wrong = std::optional<std::string>;

void append_number(Octets& out, uint64_t number, size_t octets) {
  for (size_t i = octets; i-- > 0;) out.push_back(static_cast<std::byte>(number >> (8 * i)));
}

/// A whole number in decimal, or in hexadecimal after 0x.
std::optional<uint64_t> parse_number(std::string_view text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  const std::string_view digits = hex ? text.substr(2) : text;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

Wrong append_unsigned(std::string_view text, size_t octets, Octets& out) {
  const uint64_t max = (uint64_t{1} << (8 * octets)) - 1;
  const auto number = parse_number(text);
  if (!number || *number > max) return fmt::format("is no number from 0 to {}", max);
  append_number(out, *number, octets);
  return std::nullopt;
}

Wrong append_signed(std::string_view text, size_t octets, Octets& out) {
  const uint64_t limit = uint64_t{1} << (8 * octets - 1);
  const bool negative = text.starts_with('-');
  const auto number = parse_number(negative ? text.substr(1) : text);
  if (!number || *number > (negative ? limit : limit - 1))
    return fmt::format("is no number from -{} to {}", limit, limit - 1);
  append_number(out, negative ? ~*number + 1 : *number, octets);
  return std::nullopt;
}

Wrong append_boolean(std::string_view text, Octets& out) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  if (lower != "true" && lower != "false" && lower != "1" && lower != "0") return "is neither \"true\" nor \"false\"";
  append_number(out, lower == "true" || lower == "1" ? 1 : 0, 1);
  return std::nullopt;
}

Wrong append_binary(std::string_view text, Octets& out) {
  const auto octets = parse_octets(text);
  if (!octets) return "is not hexadecimal";
  append_octets(out, *octets);
  return std::nullopt;
}

Wrong append_ipv4(std::string_view text, Octets& out) {
  std::array<std::byte, 4> octets{};
  if (inet_pton(AF_INET, std::string(text).c_str(), octets.data()) != 1) return "is no IPv4 address";
  append_octets(out, octets);
  return std::nullopt;
}

Wrong append_ipv6(std::string_view text, Octets& out) {
  const auto address = Ipv6Address::parse(text);
  if (!address) return "is no IPv6 address";
  append_octets(out, address->octets);
  return std::nullopt;
}

/// RFC 7598 §4.1: as many octets as the length needs, the bits behind it 0.
Wrong append_prefix(std::string_view text, Octets& out) {
  const size_t slash = text.find('/');
  const auto address = Ipv6Address::parse(trim(text.substr(0, slash)));
  const auto length = slash == std::string_view::npos ? std::nullopt : parse_number(trim(text.substr(slash + 1)));
  if (!address || !length || *length > 128) return "is no IPv6 prefix such as 2001:db8::/32";
  const U128 kept = *length == 0 ? 0 : ~U128{0} << (128 - *length);
  append_number(out, *length, 1);
  append_octets(out, Bytes(Ipv6Address::from_number(address->number() & kept).octets).first((*length + 7) / 8));
  return std::nullopt;
}

/// RFC 7598 §4.5: PSID-len, and the PSID in the first bits of 16.
Wrong append_psid(std::string_view text, Octets& out) {
  const size_t slash = text.find('/');
  const auto id = parse_number(trim(text.substr(0, slash)));
  const auto length = slash == std::string_view::npos ? std::nullopt : parse_number(trim(text.substr(slash + 1)));
  if (!id || !length || *length > 16) return "is no PSID and PSID-len such as 3/4, with a length of 0 to 16";
  if (*id >> *length != 0) return fmt::format("does not fit: {} has more than {} bits", *id, *length);
  append_number(out, *length, 1);
  append_number(out, *id << (16 - *length), 2);
  return std::nullopt;
}

// RFC 8415 §10: uncompressed labels, ended by the empty one (RFC 1035 §3.1).
Wrong append_fqdn(std::string_view text, Octets& out) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty()) return "is no domain name";
  if (text.size() > 253) return "is longer than a domain name can be";
  while (true) {
    const std::string_view label = text.substr(0, text.find('.'));
    if (label.empty()) return "has an empty label";
    if (label.size() > 63) return "has a label longer than 63 octets";
    if (std::ranges::any_of(label, [](unsigned char c) { return c <= 0x20 || c >= 0x7f; }))
      return "is no domain name (write names in Punycode: xn--…)";
    append_number(out, label.size(), 1);
    append_octets(out, wire::bytes_of(label));
    if (label.size() == text.size()) break;
    text.remove_prefix(label.size() + 1);
  }
  append_number(out, 0, 1);
  return std::nullopt;
}

Wrong append_tuple(std::string_view text, Octets& out) {
  if (text.size() > 0xffff) return "is too long";
  append_number(out, text.size(), 2);
  append_octets(out, wire::bytes_of(text));
  return std::nullopt;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Octets of one or two digits between colons or blanks.
std::optional<Octets> parse_divided(std::string_view text) {
  Octets out;
  while (true) {
    const size_t end = text.find_first_of(": ");
    const std::string_view digits = text.substr(0, end);
    if (digits.empty() || digits.size() > 2 || !std::ranges::all_of(digits, [](char c) { return hex_value(c) >= 0; }))
      return std::nullopt;
    int octet = 0;
    for (const char c : digits) octet = octet << 4 | hex_value(c);
    out.push_back(static_cast<std::byte>(octet));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

/// Two digits an octet, one after the other.
std::optional<Octets> parse_row(std::string_view text) {
  Octets out;
  if (text.size() % 2 != 0) return std::nullopt;
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_value(text[i]);
    const int low = hex_value(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<std::byte>(high << 4 | low));
  }
  return out;
}

}  // namespace

std::optional<std::string> append_field(OptionField field, std::string_view text, std::vector<std::byte>& out) {
  switch (field) {
    case OptionField::kBinary:
      return append_binary(text, out);
    case OptionField::kBoolean:
      return append_boolean(text, out);
    case OptionField::kUint8:
      return append_unsigned(text, 1, out);
    case OptionField::kUint16:
      return append_unsigned(text, 2, out);
    case OptionField::kUint32:
      return append_unsigned(text, 4, out);
    case OptionField::kInt8:
      return append_signed(text, 1, out);
    case OptionField::kInt16:
      return append_signed(text, 2, out);
    case OptionField::kInt32:
      return append_signed(text, 4, out);
    case OptionField::kIpv4Address:
      return append_ipv4(text, out);
    case OptionField::kIpv6Address:
      return append_ipv6(text, out);
    case OptionField::kIpv6Prefix:
      return append_prefix(text, out);
    case OptionField::kPsid:
      return append_psid(text, out);
    case OptionField::kFqdn:
      return append_fqdn(text, out);
    case OptionField::kTuple:
      return append_tuple(text, out);
    case OptionField::kString:
      append_octets(out, wire::bytes_of(text));
      return std::nullopt;
    case OptionField::kDnr:
      break;
  }
  return "is no value of one field";
}

std::optional<std::vector<std::byte>> parse_octets(std::string_view text) {
  text = trim(text);
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') {
    const Bytes own = wire::bytes_of(text.substr(1, text.size() - 2));
    return Octets(own.begin(), own.end());
  }
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  return text.find_first_of(": ") == std::string_view::npos ? parse_row(text) : parse_divided(text);
}

}  // namespace tandem6::control
