#include "control/config/option_text.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "dataplane/wire/bytes.h"
#include "dataplane/wire/ipv6.h"

namespace tandem6::control {
namespace {

using Octets = std::vector<std::byte>;

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> fields(1);
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == ',')
      fields.back() += text[++i];
    else if (text[i] == ',')
      fields.emplace_back();
    else
      fields.back() += text[i];
  }
  for (std::string& field : fields) field = std::string(trim(field));
  return fields;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

void append(Octets& out, Bytes bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

void append_number(Octets& out, uint64_t number, size_t octets) {
  for (size_t i = octets; i-- > 0;) out.push_back(static_cast<std::byte>(number >> (8 * i)));
}

/// Appends one field. An error says what the text should have been.
class FieldWriter {
 public:
  explicit FieldWriter(Octets& out) : out_(out) {}

  std::optional<std::string> write(OptionField field, const std::string& text) {
    switch (field) {
      case OptionField::kUint8:
        return number(text, 1);
      case OptionField::kUint16:
        return number(text, 2);
      case OptionField::kUint32:
        return number(text, 4);
      case OptionField::kBinary:
        return binary(text);
      case OptionField::kIpv6Address:
        return address(text);
      case OptionField::kFqdn:
        return fqdn(text);
      case OptionField::kTuple:
        if (text.size() > 0xffff) return "is too long";
        append_number(out_, text.size(), 2);
        [[fallthrough]];
      case OptionField::kString:
        append(out_, wire::bytes_of(text));
        return std::nullopt;
    }
    return "is of no known type";
  }

 private:
  std::optional<std::string> number(std::string_view text, size_t octets) {
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    const std::string_view digits = hex ? text.substr(2) : text;
    const uint64_t max = (uint64_t{1} << (8 * octets)) - 1;
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
    if (error != std::errc() || end != digits.data() + digits.size() || value > max)
      return fmt::format("is no number from 0 to {}", max);
    append_number(out_, value, octets);
    return std::nullopt;
  }

  std::optional<std::string> binary(std::string_view text) {
    const auto octets = parse_octets(text);
    if (!octets) return "is not hexadecimal";
    append(out_, *octets);
    return std::nullopt;
  }

  std::optional<std::string> address(std::string_view text) {
    const auto parsed = Ipv6Address::parse(text);
    if (!parsed) return "is no IPv6 address";
    append(out_, parsed->octets);
    return std::nullopt;
  }

  // RFC 8415 §10: uncompressed labels, ended by the empty one (RFC 1035 §3.1).
  std::optional<std::string> fqdn(std::string_view text) {
    if (text.ends_with('.')) text.remove_suffix(1);
    if (text.empty()) return "is no domain name";
    if (text.size() > 253) return "is longer than a domain name can be";
    while (true) {
      const std::string_view label = text.substr(0, text.find('.'));
      if (label.empty()) return "has an empty label";
      if (label.size() > 63) return "has a label longer than 63 octets";
      if (std::ranges::any_of(label, [](unsigned char c) { return c <= 0x20 || c >= 0x7f; }))
        return "is no domain name (write names in Punycode: xn--…)";
      append_number(out_, label.size(), 1);
      append(out_, wire::bytes_of(label));
      if (label.size() == text.size()) break;
      text.remove_prefix(label.size() + 1);
    }
    append_number(out_, 0, 1);
    return std::nullopt;
  }

  Octets& out_;
};

/// Binary data may be written with commas in it: what is too much belongs to it.
void join_binary_tail(const OptionDefinition& definition, std::vector<std::string>& fields) {
  if (definition.array || definition.fields.empty() || definition.fields.back() != OptionField::kBinary) return;
  while (fields.size() > definition.fields.size()) {
    fields[fields.size() - 2] += " " + fields.back();
    fields.pop_back();
  }
}

}  // namespace

tl::expected<std::vector<std::byte>, Error> encode_option(const OptionDefinition& definition, std::string_view text) {
  Octets out;
  if (definition.fields.empty()) {
    if (trim(text).empty()) return out;
    return tl::unexpected(Error{fmt::format("the option {} has no data", definition.name)});
  }
  std::vector<std::string> fields = split(text);
  join_binary_tail(definition, fields);
  const size_t wanted = definition.fields.size();
  if (fields.size() < wanted || (fields.size() > wanted && !definition.array)) {
    const bool text_alone = definition.fields.back() == OptionField::kString;
    return tl::unexpected(Error{fmt::format("the option {} has {}{} value{}, here are {}{}", definition.name,
                                            definition.array ? "at least " : "", wanted, wanted == 1 ? "" : "s",
                                            fields.size(), text_alone ? ": write a comma in the text as \\\\," : "")});
  }
  FieldWriter writer(out);
  for (size_t i = 0; i < fields.size(); ++i)
    if (const auto wrong = writer.write(definition.fields[std::min(i, wanted - 1)], fields[i]))
      return tl::unexpected(Error{fmt::format("\"{}\" {}", fields[i], *wrong)});
  if (out.size() > 0xffff) return tl::unexpected(Error{"the data is longer than an option can be"});
  return out;
}

std::optional<std::vector<std::byte>> parse_octets(std::string_view text) {
  text = trim(text);
  Octets out;
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') {
    append(out, wire::bytes_of(text.substr(1, text.size() - 2)));
    return out;
  }
  if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
  std::string digits;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (hex_value(c) >= 0) {
      digits += c;
      continue;
    }
    // Dividers stand between octets only; "1:2" would leave open which octet has one digit.
    const bool between_octets = digits.size() % 2 == 0 && !digits.empty() && i + 1 < text.size();
    if ((c != ':' && c != ' ') || !between_octets) return std::nullopt;
  }
  if (digits.size() % 2 != 0) return std::nullopt;
  for (size_t i = 0; i < digits.size(); i += 2)
    out.push_back(static_cast<std::byte>(hex_value(digits[i]) << 4 | hex_value(digits[i + 1])));
  return out;
}

}  // namespace tandem6::control
