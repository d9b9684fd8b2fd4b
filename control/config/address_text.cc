#include "control/config/address_text.h"

#include <charconv>

#include <fmt/format.h>

#include "control/config/characters.h"

namespace tandem6::control {
namespace {

template <typename... Arguments>
tl::unexpected<Error> wrong(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  return tl::unexpected(Error{fmt::format(format, std::forward<Arguments>(arguments)...)});
}

}  // namespace

tl::expected<Ipv6Address, Error> read_address(std::string_view text) {
  if (const auto address = Ipv6Address::parse(trim(text))) return *address;
  return wrong("\"{}\" is no IPv6 address", text);
}

tl::expected<Ipv6Prefix, Error> make_prefix(const Ipv6Address& address, uint8_t length) {
  const U128 host_bits = length == 0 ? ~U128{0} : length == 128 ? U128{0} : (U128{1} << (128 - length)) - 1;
  const Ipv6Prefix prefix{Ipv6Address::from_number(address.number() & ~host_bits), length};
  if (prefix.address == address) return prefix;
  return wrong("{}/{} has bits set after the first {}: {} is the prefix around it", address.to_string(), length, length,
               prefix.to_string());
}

tl::expected<Ipv6Prefix, Error> read_prefix(std::string_view text) {
  const std::string_view whole = trim(text);
  const size_t slash = whole.find('/');
  if (slash == std::string_view::npos) return wrong("\"{}\" is no prefix: its length is missing, such as /64", text);
  const auto address = read_address(whole.substr(0, slash));
  if (!address) return tl::unexpected(address.error());
  const std::string_view digits = trim(whole.substr(slash + 1));
  unsigned length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc() || end != digits.data() + digits.size() || length > 128)
    return wrong("\"{}\" is no prefix: its length is a number from 0 to 128", text);
  return make_prefix(*address, static_cast<uint8_t>(length));
}

tl::expected<AddressRange, Error> read_range(std::string_view text) {
  if (text.find('/') != std::string_view::npos) {
    const auto prefix = read_prefix(text);
    if (!prefix) return tl::unexpected(prefix.error());
    return AddressRange{prefix->address, prefix->last()};
  }
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) return wrong("\"{}\" is no pool: write FIRST - LAST or PREFIX/LENGTH", text);
  const auto first = read_address(text.substr(0, dash));
  if (!first) return tl::unexpected(first.error());
  const auto last = read_address(text.substr(dash + 1));
  if (!last) return tl::unexpected(last.error());
  if (*last < *first) return wrong("the last address {} is before the first {}", last->to_string(), first->to_string());
  return AddressRange{*first, *last};
}

}  // namespace tandem6::control
