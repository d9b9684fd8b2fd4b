#include "dataplane/wire/ipv6.h"

#include <arpa/inet.h>

#include <charconv>

namespace tandem6 {
namespace {

static_assert(Ipv6Address::kMaxText == INET6_ADDRSTRLEN);
constexpr unsigned kBits = 128;

/// The bits of an address that a prefix of this length leaves to the hosts.
U128 host_mask(uint8_t length) { return length == 0 ? ~U128{0} : (U128{1} << (kBits - length)) - 1; }

constexpr Ipv6Address well_known(uint16_t first, uint16_t second_last, uint16_t last) {
  Ipv6Address address;
  const auto put = [&address](size_t at, uint16_t group) {
    address.octets[at] = static_cast<std::byte>(group >> 8);
    address.octets[at + 1] = static_cast<std::byte>(group & 0xff);
  };
  put(0, first);
  put(12, second_last);
  put(14, last);
  return address;
}

}  // namespace

constinit const Ipv6Address kAllRelayAgentsAndServers = well_known(0xff02, 1, 2);
constinit const Ipv6Address kAllServers = well_known(0xff05, 1, 3);

std::optional<Ipv6Address> Ipv6Address::parse(std::string_view text) {
  // inet_pton() wants a terminator, and would take a zero inside the text for one.
  std::array<char, kMaxText> terminated{};
  if (text.size() >= kMaxText || text.find('\0') != std::string_view::npos) return std::nullopt;
  text.copy(terminated.data(), text.size());
  Ipv6Address address;
  if (inet_pton(AF_INET6, terminated.data(), address.octets.data()) != 1) return std::nullopt;
  return address;
}

std::string_view Ipv6Address::write_text(std::span<char, kMaxText> out) const {
  return inet_ntop(AF_INET6, octets.data(), out.data(), kMaxText);
}

std::string Ipv6Address::to_string() const {
  std::array<char, kMaxText> text{};
  return std::string(write_text(text));
}

std::optional<Ipv6Prefix> Ipv6Prefix::parse(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::optional<Ipv6Address> address = Ipv6Address::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const std::string_view digits = text.substr(slash + 1);
  uint8_t length = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (error != std::errc{} || end != digits.data() + digits.size() || length > kBits) return std::nullopt;
  if ((address->number() & host_mask(length)) != 0) return std::nullopt;
  return Ipv6Prefix{*address, length};
}

std::string Ipv6Prefix::to_string() const { return address.to_string() + '/' + std::to_string(length); }

bool Ipv6Prefix::contains(const Ipv6Address& other) const {
  return ((address.number() ^ other.number()) & ~host_mask(length)) == 0;
}

Ipv6Address Ipv6Prefix::last() const { return Ipv6Address::from_number(address.number() | host_mask(length)); }

}  // namespace tandem6
