// DHCPv6 messages and frames for tests, put together octet by octet from the figures of the RFCs. Deliberately knows
// nothing of dataplane/wire's builders: what they write is judged by this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/wire/ipv6.h"

namespace tandem6::testing {

/// Octets that own themselves. Converts to Bytes; `+` puts one behind the other.
class Octets : public std::vector<std::byte> {
 public:
  using std::vector<std::byte>::vector;
  explicit Octets(std::span<const std::byte> from) : std::vector<std::byte>(from.begin(), from.end()) {}

  Octets& operator+=(const Octets& other) {
    insert(end(), other.begin(), other.end());
    return *this;
  }
  friend Octets operator+(Octets a, const Octets& b) { return a += b; }
};

/// "00 01 0203": digits with spaces anywhere between octets. Throws on anything else, which fails the test.
inline Octets hex(std::string_view text) {
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    throw std::invalid_argument("hex(): no digit");
  };
  Octets out;
  for (size_t i = 0; i < text.size();) {
    if (text[i] == ' ' || text[i] == '\n') {
      ++i;
      continue;
    }
    if (i + 1 == text.size()) throw std::invalid_argument("hex(): half an octet");
    out.push_back(static_cast<std::byte>(digit(text[i]) << 4 | digit(text[i + 1])));
    i += 2;
  }
  return out;
}

/// "00 01 02": for comparisons that say what differs.
inline std::string to_hex(std::span<const std::byte> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const std::byte octet : bytes) {
    if (!out.empty()) out += ' ';
    out += kDigits[static_cast<size_t>(octet >> 4)];
    out += kDigits[static_cast<size_t>(octet & std::byte{0xf})];
  }
  return out;
}

inline Octets u8(uint8_t value) { return {std::byte{value}}; }
inline Octets u16(uint16_t value) { return {static_cast<std::byte>(value >> 8), static_cast<std::byte>(value)}; }
inline Octets u32(uint32_t value) {
  return u16(static_cast<uint16_t>(value >> 16)) + u16(static_cast<uint16_t>(value));
}
inline Octets u64(uint64_t value) {
  return u32(static_cast<uint32_t>(value >> 32)) + u32(static_cast<uint32_t>(value));
}
inline Octets text(std::string_view value) { return Octets(std::as_bytes(std::span(value.data(), value.size()))); }
inline Octets zeros(size_t count) { return Octets(count, std::byte{0}); }
inline Octets join(std::initializer_list<Octets> parts) {
  Octets out;
  for (const Octets& part : parts) out += part;
  return out;
}

/// "2001:db8::1" as a value. Throws when it is none.
inline Ipv6Address ip(std::string_view value) { return Ipv6Address::parse(value).value(); }
inline Octets address(std::string_view value) { return Octets(ip(value).octets); }

// --- RFC 8415 §8, §9, §21 ---

inline Octets option(uint16_t code, const Octets& data) {
  return u16(code) + u16(static_cast<uint16_t>(data.size())) + data;
}
/// §8: message type, 24 bits of transaction id, options.
inline Octets message(uint8_t type, uint32_t transaction_id, std::initializer_list<Octets> options) {
  return u32(uint32_t{type} << 24 | transaction_id) + join(options);
}
inline Octets client_id(const Octets& duid) { return option(1, duid); }
inline Octets server_id(const Octets& duid) { return option(2, duid); }
inline Octets ia_na(uint32_t iaid, std::initializer_list<Octets> options = {}, uint32_t t1 = 0, uint32_t t2 = 0) {
  return option(3, u32(iaid) + u32(t1) + u32(t2) + join(options));
}
inline Octets ia_ta(uint32_t iaid, std::initializer_list<Octets> options = {}) {
  return option(4, u32(iaid) + join(options));
}
inline Octets ia_pd(uint32_t iaid, std::initializer_list<Octets> options = {}, uint32_t t1 = 0, uint32_t t2 = 0) {
  return option(25, u32(iaid) + u32(t1) + u32(t2) + join(options));
}
inline Octets ia_address(std::string_view value, uint32_t preferred = 0, uint32_t valid = 0,
                         std::initializer_list<Octets> options = {}) {
  return option(5, address(value) + u32(preferred) + u32(valid) + join(options));
}
inline Octets ia_prefix(std::string_view value, uint8_t length, uint32_t preferred = 0, uint32_t valid = 0,
                        std::initializer_list<Octets> options = {}) {
  return option(26, u32(preferred) + u32(valid) + u8(length) + address(value) + join(options));
}
inline Octets option_request(std::initializer_list<uint16_t> codes) {
  Octets data;
  for (const uint16_t code : codes) data += u16(code);
  return option(6, data);
}
inline Octets elapsed_time(uint16_t hundredths) { return option(8, u16(hundredths)); }
inline Octets relay_message(const Octets& inner) { return option(9, inner); }
inline Octets status(uint16_t code, std::string_view words) { return option(13, u16(code) + text(words)); }
inline Octets rapid_commit() { return option(14, {}); }
inline Octets echo_request(std::initializer_list<uint16_t> codes) {
  Octets data;
  for (const uint16_t code : codes) data += u16(code);
  return option(43, data);
}
inline Octets relay_source_port(uint16_t downstream) { return option(135, u16(downstream)); }
inline Octets interface_id(const Octets& value) { return option(18, value); }

/// §9: a relay message of type 12 (Relay-forward) or 13 (Relay-reply); `options` in the order given.
inline Octets relay(uint8_t type, uint8_t hops, std::string_view link, std::string_view peer,
                    std::initializer_list<Octets> options) {
  return u8(type) + u8(hops) + address(link) + address(peer) + join(options);
}
inline Octets relay_forward(uint8_t hops, std::string_view link, std::string_view peer,
                            std::initializer_list<Octets> options) {
  return relay(12, hops, link, peer, options);
}
inline Octets relay_reply(uint8_t hops, std::string_view link, std::string_view peer,
                          std::initializer_list<Octets> options) {
  return relay(13, hops, link, peer, options);
}

// --- Frames: RFC 2464, RFC 8200, RFC 768 ---

/// The RFC 1071 sum, two octets at a time, folded and not complemented.
inline uint16_t internet_sum(std::span<const std::byte> bytes) {
  uint32_t sum = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    const uint32_t octet = static_cast<uint32_t>(bytes[i]);
    sum += i % 2 == 0 ? octet << 8 : octet;
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<uint16_t>(sum);
}
/// RFC 8200 §8.1.
inline Octets pseudo_header(const Ipv6Address& source, const Ipv6Address& destination, uint32_t udp_length) {
  return Octets(source.octets) + Octets(destination.octets) + u32(udp_length) + u32(17);
}
/// A UDP datagram with its right checksum.
inline Octets udp(const Ipv6Address& source, const Ipv6Address& destination, uint16_t source_port,
                  uint16_t destination_port, const Octets& payload) {
  const auto length = static_cast<uint16_t>(8 + payload.size());
  const Octets ports = u16(source_port) + u16(destination_port) + u16(length);
  const uint16_t sum =
      static_cast<uint16_t>(~internet_sum(pseudo_header(source, destination, length) + ports + u16(0) + payload));
  return ports + u16(sum == 0 ? 0xffff : sum) + payload;
}
/// An IPv6 packet: `rest` is the extension headers, if any, and the datagram.
inline Octets ipv6(const Ipv6Address& source, const Ipv6Address& destination, uint8_t next_header, const Octets& rest,
                   uint8_t hop_limit = 64) {
  return u32(0x60000000) + u16(static_cast<uint16_t>(rest.size())) + u8(next_header) + u8(hop_limit) +
         Octets(source.octets) + Octets(destination.octets) + rest;
}
/// An Ethernet frame. `tags_and_type` is "86dd", or "8100 0064 86dd" for VLAN 100.
inline Octets ethernet(std::string_view destination_mac, std::string_view source_mac, std::string_view tags_and_type,
                       const Octets& packet) {
  return hex(destination_mac) + hex(source_mac) + hex(tags_and_type) + packet;
}

}  // namespace tandem6::testing
