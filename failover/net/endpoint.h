// Our addresses as Asio's, and back.
#pragma once

#include <cstring>

#include <asio/ip/tcp.hpp>

#include "dataplane/wire/ipv6.h"

namespace tandem6::failover {

inline asio::ip::tcp::endpoint endpoint_of(const Ipv6Address& address, uint16_t port) {
  asio::ip::address_v6::bytes_type octets;
  std::memcpy(octets.data(), address.octets.data(), octets.size());
  return {asio::ip::address_v6(octets), port};
}

/// Unspecified when it is no IPv6 address.
inline Ipv6Address address_of(const asio::ip::tcp::endpoint& endpoint) {
  if (!endpoint.address().is_v6()) return {};
  const auto octets = endpoint.address().to_v6().to_bytes();
  return Ipv6Address::load(std::as_bytes(std::span(octets)).data());
}

}  // namespace tandem6::failover
