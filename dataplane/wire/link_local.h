// The link-local address that follows from a MAC address.
#pragma once

#include <algorithm>

#include "dataplane/wire/duid.h"
#include "dataplane/wire/ipv6.h"

namespace tandem6 {

/// fe80::/64 and the modified EUI-64 interface identifier (RFC 4291 Appendix A).
inline Ipv6Address link_local_of(const MacAddress& mac) {
  Ipv6Address address;
  auto& to = address.octets;
  to[0] = std::byte{0xfe};
  to[1] = std::byte{0x80};
  std::copy_n(mac.begin(), 3, to.begin() + 8);
  to[8] ^= std::byte{0x02};
  to[11] = std::byte{0xff};
  to[12] = std::byte{0xfe};
  std::copy_n(mac.begin() + 3, 3, to.begin() + 13);
  return address;
}

}  // namespace tandem6
