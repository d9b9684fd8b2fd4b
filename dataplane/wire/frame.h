// Ethernet frames with an IPv6 UDP datagram inside: from the NIC's bytes to a DHCPv6 datagram and back.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "dataplane/wire/bytes.h"
#include "dataplane/wire/codes.h"
#include "dataplane/wire/duid.h"
#include "dataplane/wire/ipv6.h"

namespace tandem6::wire {

/// RFC 8200 §3 and §4.5.
inline constexpr size_t kIpv6Size = 40;
inline constexpr uint8_t kFragmentHeader = 44;

/// The VLAN tags of a frame, outermost first: none, one (802.1Q) or two (QinQ).
struct VlanTags {
  struct Tag {
    uint16_t protocol;  ///< 0x8100 or 0x88a8
    uint16_t control;   ///< PCP, DEI and VLAN id
  };
  static constexpr size_t kMax = 2;
  std::array<Tag, kMax> tags{};
  uint8_t count = 0;
};

/// Who a datagram came from and went to, with everything that its answer needs to go back the same way.
struct FrameHeader {
  MacAddress source_mac{};
  MacAddress destination_mac{};
  VlanTags vlan;
  Ipv6Address source;
  Ipv6Address destination;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
};

enum class FrameFault : uint8_t {
  kNone,
  kNotIpv6,      ///< another ethertype, or a third VLAN tag: the exception path's business
  kNotUdp,       ///< IPv6, but ICMPv6, TCP, …, or headers that the kernel must judge: the exception path's business
  kNotDhcp,      ///< UDP to a port other than the rules': the exception path's business
  kTruncated,    ///< a length points behind the end of the frame, or is too small for what it covers
  kFragment,     ///< a fragment of what may be UDP, not whole by itself (RFC 8200 §4.5)
  kBadChecksum,  ///< UDP checksum wrong, or zero, which IPv6 forbids (RFC 8200 §8.1)
};

/// What a frame's UDP checksum field said.
enum class ChecksumKind : uint8_t {
  kComplete,
  /// Only the pseudo-header is summed: a sender in the same kernel left the rest to a NIC that the frame never met
  /// (Linux CHECKSUM_PARTIAL, as over veth).
  kPartial,
};

/// With a fault, `header` is filled as far as the frame was read before it was found.
struct ParsedFrame {
  FrameFault fault = FrameFault::kNone;
  ChecksumKind checksum = ChecksumKind::kComplete;
  FrameHeader header;
  size_t payload_offset = 0;  ///< of the DHCPv6 datagram in the frame
  size_t payload_size = 0;
  size_t ipv6_offset = 0;      ///< of the IPv6 header in the frame, where there is one
  size_t fragment_offset = 0;  ///< with kFragment: of the Fragment header in the frame
};

struct FrameRules {
  /// Take frames whose checksum is kPartial (kernel interfaces) instead of calling them kBadChecksum.
  bool accept_partial_checksum = false;
  /// The NIC has verified the UDP checksum; do not again.
  bool checksum_verified = false;
  /// Of our datagrams: the servers' and relays', or the clients' (RFC 8415 §7.2) for who plays them.
  uint16_t port = kServerPort;
};

/// Reads a frame: Ethernet, up to two VLAN tags, IPv6 with its extension headers (hop-by-hop, destination options,
/// routing with nothing left, atomic fragments), UDP to the rules' port. `stripped` holds tags that the NIC took out
/// before.
void parse_frame(Bytes frame, const VlanTags& stripped, FrameRules rules, ParsedFrame& out);

/// Bytes of MAC addresses, VLAN tags and ethertype in front of the IPv6 header that build_frame() makes of this header.
size_t ethernet_size(const VlanTags& vlan);

/// Bytes that build_frame() puts in front of the payload for this header.
size_t frame_overhead(const FrameHeader& header);

/// Writes the headers in front of `payload_size` bytes of payload that already lie at frame[frame_overhead(header)],
/// lengths and UDP checksum included. Hop limit 64. Returns the frame's size; 0 when it does not fit into `frame`.
size_t build_frame(const FrameHeader& header, size_t payload_size, MutableBytes frame);

}  // namespace tandem6::wire
