// IPv6 addresses and prefixes as values.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dataplane/wire/bytes.h"

namespace tandem6 {

__extension__ typedef unsigned __int128 U128;

/// An IPv6 address in network order. Ordered as its bytes are.
struct Ipv6Address {
  std::array<std::byte, 16> octets{};

  /// The address whose 16 bytes start at `from`.
  static Ipv6Address load(const std::byte* from) {
    Ipv6Address address;
    std::memcpy(address.octets.data(), from, 16);
    return address;
  }
  static Ipv6Address from_number(U128 number) {
    Ipv6Address address;
    wire::store_be64(address.octets.data(), static_cast<uint64_t>(number >> 64));
    wire::store_be64(address.octets.data() + 8, static_cast<uint64_t>(number));
    return address;
  }
  U128 number() const {
    return static_cast<U128>(wire::load_be64(octets.data())) << 64 | wire::load_be64(octets.data() + 8);
  }
  /// "2001:db8::1"; nothing when the text is no IPv6 address (zones such as "%eth0" are not accepted).
  static std::optional<Ipv6Address> parse(std::string_view text);
  std::string to_string() const;
  /// As to_string(), without allocation: the text is in `room`.
  static constexpr size_t kMaxText = 46;
  std::string_view write_text(std::span<char, kMaxText> room) const;

  bool is_unspecified() const { return number() == 0; }
  bool is_link_local() const {
    return octets[0] == std::byte{0xfe} && (octets[1] & std::byte{0xc0}) == std::byte{0x80};
  }
  bool is_multicast() const { return octets[0] == std::byte{0xff}; }

  // As numbers, not byte by byte: the packet path compares several addresses for each packet.
  friend bool operator==(const Ipv6Address& a, const Ipv6Address& b) { return a.number() == b.number(); }
  friend std::strong_ordering operator<=>(const Ipv6Address& a, const Ipv6Address& b) {
    const U128 left = a.number();
    const U128 right = b.number();
    if (left == right) return std::strong_ordering::equal;
    return left < right ? std::strong_ordering::less : std::strong_ordering::greater;
  }
};

/// A prefix: the bits of `address` after the first `length` are zero.
struct Ipv6Prefix {
  Ipv6Address address;
  uint8_t length = 0;  ///< 0 to 128

  /// "2001:db8::/32"; nothing when the text is no prefix or has bits set beyond its length.
  static std::optional<Ipv6Prefix> parse(std::string_view text);
  std::string to_string() const;

  bool contains(const Ipv6Address& other) const;
  Ipv6Address last() const;  ///< the highest address inside
  friend bool operator==(const Ipv6Prefix&, const Ipv6Prefix&) = default;
};

/// All_DHCP_Relay_Agents_and_Servers and All_DHCP_Servers (RFC 8415 §7.1).
extern const Ipv6Address kAllRelayAgentsAndServers;  // ff02::1:2
extern const Ipv6Address kAllServers;                // ff05::1:3

}  // namespace tandem6
