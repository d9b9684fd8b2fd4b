// The little of Neighbor Discovery (RFC 4861) that a host without a kernel needs: it asks for one MAC address and
// answers for its own. Bytes in, bytes out.
#pragma once

#include <optional>

#include "dataplane/wire/duid.h"
#include "dataplane/wire/frame.h"
#include "dataplane/wire/ipv6.h"

namespace tandem6::blast {

/// A host that solicits or is solicited.
struct Neighbor {
  MacAddress mac{};
  Ipv6Address address;
};

enum class NeighborMessage : uint8_t { kSolicitation, kAdvertisement };

struct ParsedNeighbor {
  NeighborMessage type;
  Neighbor sender;  ///< the frame's and the packet's source; its address is :: in duplicate address detection
  Ipv6Address target;
  std::optional<MacAddress> target_mac;  ///< of an advertisement
  wire::VlanTags vlan;
};

/// A Neighbor Solicitation or Advertisement (§4.3, §4.4) that is valid (§7.1): hop limit 255, checksum, lengths.
std::optional<ParsedNeighbor> parse_neighbor(Bytes frame);

/// Where solicitations for an address go (RFC 4291 §2.7.1), and the MAC address of a multicast group (RFC 2464 §7).
Ipv6Address solicited_node(const Ipv6Address& address);
MacAddress multicast_mac(const Ipv6Address& group);

/// Bytes of the frames below.
inline constexpr size_t kMaxNeighborFrame = 14 + 8 + 40 + 32;

/// Asks for the MAC address of `target`. Returns the frame's size.
size_t write_solicitation(const Neighbor& from, const Ipv6Address& target, const wire::VlanTags& vlan,
                          MutableBytes frame);
/// Answers `asked`: `self` has the address. Returns the frame's size.
size_t write_advertisement(const Neighbor& self, const ParsedNeighbor& asked, MutableBytes frame);

}  // namespace tandem6::blast
