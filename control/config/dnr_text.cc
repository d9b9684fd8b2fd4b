#include "control/config/dnr_text.h"

#include <map>

#include <fmt/format.h>

#include "control/config/characters.h"
#include "control/config/option_field.h"
#include "dataplane/wire/bytes.h"

namespace tandem6::control {
namespace {

using Octets = std::vector<std::byte>;
using Result = tl::expected<Octets, Error>;

// Those that RFC 9463 §3.1.8 has for a client, by their keys (RFC 9460 §14.3.2, RFC 9461 §5).
constexpr uint16_t kAlpn = 1;
constexpr uint16_t kPort = 3;
constexpr uint16_t kDohPath = 7;

void append_u16(Octets& out, size_t number) {
  out.push_back(static_cast<std::byte>(number >> 8));
  out.push_back(static_cast<std::byte>(number));
}

std::vector<std::string_view> divide(std::string_view text, char divider) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(divider);
    if (const std::string_view part = trim(text.substr(0, end)); !part.empty()) parts.push_back(part);
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

Result encode(OptionField field, std::string_view text) {
  Octets out;
  if (const auto wrong = append_field(field, text, out))
    return tl::unexpected(Error{fmt::format("\"{}\" {}", text, *wrong)});
  return out;
}

// RFC 9460 §7.1.1: each protocol after its length.
Result encode_alpn(std::string_view value) {
  Octets out;
  for (const std::string_view protocol : divide(value, ',')) {
    if (protocol.size() > 255) return tl::unexpected(Error{"a protocol of \"alpn\" has at most 255 octets"});
    out.push_back(static_cast<std::byte>(protocol.size()));
    append_octets(out, wire::bytes_of(protocol));
  }
  if (out.empty()) return tl::unexpected(Error{"\"alpn\" lists no protocol"});
  return out;
}

Result encode_parameters(std::string_view text) {
  std::map<uint16_t, Octets> parameters;  // RFC 9460 §2.2: in increasing order, each once
  for (const std::string_view parameter : divide(text, ' ')) {
    const size_t equals = parameter.find('=');
    const std::string_view key = parameter.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? "" : parameter.substr(equals + 1);
    if (key != "alpn" && key != "port" && key != "dohpath")
      return tl::unexpected(Error{fmt::format("\"{}\" is none of the parameters alpn, port, dohpath", key)});
    const uint16_t number = key == "alpn" ? kAlpn : key == "port" ? kPort : kDohPath;
    Result encoded = number == kAlpn   ? encode_alpn(value)
                     : number == kPort ? encode(OptionField::kUint16, value)
                                       : encode(OptionField::kString, value);
    if (!encoded) return encoded;
    if (!parameters.emplace(number, std::move(*encoded)).second)
      return tl::unexpected(Error{fmt::format("the parameter \"{}\" is given twice", key)});
  }
  Octets out;
  for (const auto& [key, value] : parameters) {
    append_u16(out, key);
    append_u16(out, value.size());
    append_octets(out, value);
  }
  return out;
}

Result encode_addresses(std::string_view text) {
  Octets out;
  for (const std::string_view address : divide(text, ' ')) {
    const Result encoded = encode(OptionField::kIpv6Address, address);
    if (!encoded) return encoded;
    append_octets(out, *encoded);
  }
  if (out.empty()) return tl::unexpected(Error{"an address of the resolver is wanted in the third place"});
  return out;
}

}  // namespace

tl::expected<std::vector<std::byte>, Error> encode_dnr(const std::vector<std::string>& values) {
  if (values.size() < 2 || values.size() > 4)
    return tl::unexpected(
        Error{fmt::format("the option v6-dnr has 2 to 4 values, here are {}: priority, name, addresses, parameters; "
                          "write a comma in the parameters as \\\\,",
                          values.size())});
  Result out = encode(OptionField::kUint16, values[0]);
  if (!out) return out;
  Result name = encode(OptionField::kFqdn, values[1]);
  if (!name) return name;
  append_u16(*out, name->size());
  append_octets(*out, *name);
  if (values.size() == 2) return out;  // RFC 9463 §3.1.6: the name is enough

  Result addresses = encode_addresses(values[2]);
  if (!addresses) return addresses;
  append_u16(*out, addresses->size());
  append_octets(*out, *addresses);
  if (values.size() == 3) return out;
  Result parameters = encode_parameters(values[3]);
  if (!parameters) return parameters;
  append_octets(*out, *parameters);
  return out;
}

}  // namespace tandem6::control
