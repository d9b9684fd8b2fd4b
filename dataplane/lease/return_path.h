// The way back to whoever a datagram came from: by which the server sends something that answers nothing.
#pragma once

#include <cstdint>

#include "dataplane/wire/duid.h"
#include "dataplane/wire/frame.h"
#include "dataplane/wire/ipv6.h"

namespace tandem6::lease {

/// Plain data. The client itself, or the relay nearest to the server.
struct ReturnPath {
  uint16_t port = 0;      ///< index of the client port
  uint16_t udp_port = 0;  ///< that it is answered at
  MacAddress mac{};       ///< that its frame came from
  wire::VlanTags vlan{};
  Ipv6Address address{};
};

}  // namespace tandem6::lease
