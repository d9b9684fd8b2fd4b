#include "dataplane/wire/frame.h"

#include <cassert>

#include "dataplane/wire/builder.h"
#include "dataplane/wire/checksum.h"

namespace tandem6::wire {
namespace {

constexpr uint16_t kEtherTypeIpv6 = 0x86dd;
constexpr uint16_t kEtherTypeVlan = 0x8100;  // IEEE 802.1Q
constexpr uint16_t kEtherTypeQinQ = 0x88a8;  // IEEE 802.1ad
constexpr size_t kMacsSize = 12;
constexpr size_t kEthernetSize = kMacsSize + 2;
constexpr size_t kVlanTagSize = 4;
constexpr size_t kIpv6AddressesAt = 8;
constexpr size_t kIpv6AddressesSize = 32;
constexpr size_t kUdpSize = 8;
constexpr size_t kUdpChecksumAt = 6;
constexpr uint8_t kHopLimit = 64;

// RFC 8200 §4, IANA "Protocol Numbers".
constexpr uint8_t kHopByHop = 0;
constexpr uint8_t kUdp = 17;
constexpr uint8_t kRouting = 43;
constexpr uint8_t kDestinationOptions = 60;

/// RFC 8200 §4.1 recommends each extension header once, Destination Options twice. A frame with more than this many is
/// nobody's DHCP, and walking it would be work that a stranger chose for us.
constexpr int kMaxExtensionHeaders = 8;

uint8_t octet(Bytes bytes, size_t at) { return std::to_integer<uint8_t>(bytes[at]); }

/// The sum of the pseudo-header (RFC 8200 §8.1). `udp` starts with the UDP header; its length field is the
/// pseudo-header's length as well.
ChecksumSum pseudo_header_sum(const std::byte* addresses, const std::byte* udp) {
  constexpr std::array<std::byte, 2> kNextHeader = {{{}, std::byte{kUdp}}};
  ChecksumSum sum;
  sum.add_fixed<kIpv6AddressesSize>(addresses);
  sum.add_field(ChecksumSum::load_field(udp + 4));
  sum.add_field(ChecksumSum::load_field(kNextHeader.data()));
  return sum;
}

/// Hop-by-Hop and Destination Options: every option in it may be skipped by who does not know it (RFC 8200 §4.2). Other
/// options ask for an ICMPv6 answer or change what the packet means, which is the kernel's business.
FrameFault check_skippable_options(Bytes options) {
  constexpr uint8_t kPad1 = 0;
  constexpr uint8_t kActionBits = 0xc0;
  while (!options.empty()) {
    const uint8_t type = octet(options, 0);
    if ((type & kActionBits) != 0) return FrameFault::kNotUdp;
    size_t size = 1;
    if (type != kPad1) {
      if (options.size() < 2) return FrameFault::kTruncated;
      size = size_t{2} + octet(options, 1);
    }
    if (size > options.size()) return FrameFault::kTruncated;
    options = options.subspan(size);
  }
  return FrameFault::kNone;
}

bool is_extension(uint8_t next_header) {
  return next_header == kHopByHop || next_header == kRouting || next_header == kFragmentHeader ||
         next_header == kDestinationOptions;
}

/// What one extension header says, apart from its length: may the packet be read on as if it were not there?
FrameFault check_extension_header(uint8_t kind, bool first, Bytes header) {
  switch (kind) {
    case kHopByHop:
      // RFC 8200 §4.1: directly after the IPv6 header or nowhere.
      return first ? check_skippable_options(header.subspan(2)) : FrameFault::kNotUdp;
    case kDestinationOptions:
      return check_skippable_options(header.subspan(2));
    case kRouting: {
      constexpr size_t kSegmentsLeftAt = 3;
      return octet(header, kSegmentsLeftAt) == 0 ? FrameFault::kNone : FrameFault::kNotUdp;
    }
    default: {  // Fragment (§4.5): atomic (RFC 6946) when offset and M flag are zero
      constexpr uint16_t kOffsetAndMore = 0xfff9;
      if ((load_be16(header.data() + 2) & kOffsetAndMore) == 0) return FrameFault::kNone;
      const uint8_t next_header = octet(header, 0);
      return next_header == kUdp || is_extension(next_header) ? FrameFault::kFragment : FrameFault::kNotUdp;
    }
  }
}

/// Takes the extension headers off the front of `payload`, until UDP starts.
FrameFault skip_extension_headers(uint8_t next_header, Bytes& payload) {
  constexpr size_t kUnit = 8;  // lengths are counted in it, and no header is shorter
  for (int seen = 0; next_header != kUdp; ++seen) {
    if (!is_extension(next_header) || seen == kMaxExtensionHeaders) return FrameFault::kNotUdp;
    if (payload.size() < kUnit) return FrameFault::kTruncated;
    const size_t size = next_header == kFragmentHeader ? kUnit : (size_t{1} + octet(payload, 1)) * kUnit;
    if (payload.size() < size) return FrameFault::kTruncated;
    const FrameFault fault = check_extension_header(next_header, seen == 0, payload.first(size));
    if (fault != FrameFault::kNone) return fault;
    next_header = octet(payload, 0);
    payload = payload.subspan(size);
  }
  return FrameFault::kNone;
}

/// Reads MAC addresses and VLAN tags; `frame` keeps what follows the ethertype.
FrameFault read_ethernet(Bytes& frame, const VlanTags& stripped, FrameHeader& out) {
  if (frame.size() < kEthernetSize) return FrameFault::kTruncated;
  std::memcpy(out.destination_mac.data(), frame.data(), out.destination_mac.size());
  std::memcpy(out.source_mac.data(), frame.data() + out.destination_mac.size(), out.source_mac.size());
  out.vlan = stripped;
  uint16_t type = load_be16(frame.data() + kMacsSize);
  frame = frame.subspan(kEthernetSize);
  while (type == kEtherTypeVlan || type == kEtherTypeQinQ) {
    if (out.vlan.count >= VlanTags::kMax) return FrameFault::kNotIpv6;
    if (frame.size() < kVlanTagSize) return FrameFault::kTruncated;
    out.vlan.tags[out.vlan.count++] = {.protocol = type, .control = load_be16(frame.data())};
    type = load_be16(frame.data() + 2);
    frame = frame.subspan(kVlanTagSize);
  }
  return type == kEtherTypeIpv6 ? FrameFault::kNone : FrameFault::kNotIpv6;
}

/// Checks the UDP checksum over `udp`, which is the whole datagram and nothing else.
FrameFault check_udp_checksum(Bytes addresses, Bytes udp, FrameRules rules, ChecksumKind& kind) {
  const uint16_t field = ChecksumSum::load_field(udp.data() + kUdpChecksumAt);
  if (field == 0) return FrameFault::kBadChecksum;
  if (rules.checksum_verified) return FrameFault::kNone;
  const ChecksumSum pseudo = pseudo_header_sum(addresses.data(), udp.data());
  ChecksumSum whole = pseudo;
  whole.add(udp);
  if (whole.folded() == 0xffff) return FrameFault::kNone;
  if (field != pseudo.folded()) return FrameFault::kBadChecksum;
  kind = ChecksumKind::kPartial;
  return rules.accept_partial_checksum ? FrameFault::kNone : FrameFault::kBadChecksum;
}

FrameFault read_frame(Bytes frame, const VlanTags& stripped, FrameRules rules, ParsedFrame& out) {
  const std::byte* const start = frame.data();
  if (const FrameFault fault = read_ethernet(frame, stripped, out.header); fault != FrameFault::kNone) return fault;

  out.ipv6_offset = static_cast<size_t>(frame.data() - start);
  if (frame.size() < kIpv6Size) return FrameFault::kTruncated;
  if (octet(frame, 0) >> 4 != 6) return FrameFault::kNotIpv6;
  // A payload length of 0 would announce a jumbogram (RFC 2675), too long for any frame: nothing fits into 0 bytes.
  const size_t payload_length = load_be16(frame.data() + 4);
  if (frame.size() - kIpv6Size < payload_length) return FrameFault::kTruncated;
  const Bytes addresses = frame.subspan(kIpv6AddressesAt, kIpv6AddressesSize);
  out.header.source = Ipv6Address::load(addresses.data());
  out.header.destination = Ipv6Address::load(addresses.data() + 16);
  // What lies behind the payload is Ethernet's padding.
  Bytes udp = frame.subspan(kIpv6Size, payload_length);
  if (const FrameFault fault = skip_extension_headers(octet(frame, 6), udp); fault != FrameFault::kNone) {
    if (fault == FrameFault::kFragment) out.fragment_offset = static_cast<size_t>(udp.data() - start);
    return fault;
  }

  if (udp.size() < kUdpSize) return FrameFault::kTruncated;
  out.header.source_port = load_be16(udp.data());
  out.header.destination_port = load_be16(udp.data() + 2);
  if (out.header.destination_port != rules.port) return FrameFault::kNotDhcp;
  // A UDP length below the IPv6 payload's leaves surplus bytes that are not the datagram's.
  const size_t udp_length = load_be16(udp.data() + 4);
  if (udp_length < kUdpSize || udp_length > udp.size()) return FrameFault::kTruncated;
  udp = udp.first(udp_length);
  out.payload_offset = static_cast<size_t>(udp.data() - start) + kUdpSize;
  out.payload_size = udp_length - kUdpSize;
  return check_udp_checksum(addresses, udp, rules, out.checksum);
}

/// Returns where the IPv6 header begins. The caller has made sure that there is room.
std::byte* write_ethernet(std::byte* at, const FrameHeader& header) {
  std::memcpy(at, header.destination_mac.data(), 6);
  std::memcpy(at + 6, header.source_mac.data(), 6);
  at += kMacsSize;
  for (size_t i = 0; i < header.vlan.count; ++i, at += kVlanTagSize) {
    store_be16(at, header.vlan.tags[i].protocol);
    store_be16(at + 2, header.vlan.tags[i].control);
  }
  store_be16(at, kEtherTypeIpv6);
  return at + 2;
}

}  // namespace

void parse_frame(Bytes frame, const VlanTags& stripped, FrameRules rules, ParsedFrame& out) {
  assert(stripped.count <= VlanTags::kMax);
  out.checksum = ChecksumKind::kComplete;
  out.payload_offset = 0;
  out.payload_size = 0;
  out.ipv6_offset = 0;
  out.fragment_offset = 0;
  out.fault = read_frame(frame, stripped, rules, out);
}

size_t ethernet_size(const VlanTags& vlan) { return kEthernetSize + kVlanTagSize * vlan.count; }

size_t frame_overhead(const FrameHeader& header) { return ethernet_size(header.vlan) + kIpv6Size + kUdpSize; }

size_t build_frame(const FrameHeader& header, size_t payload_size, MutableBytes frame) {
  assert(header.vlan.count <= VlanTags::kMax);
  constexpr size_t kMaxUdpLength = 0xffff;
  const size_t overhead = frame_overhead(header);
  if (payload_size > kMaxUdpLength - kUdpSize || frame.size() < overhead + payload_size) return 0;
  const auto udp_length = static_cast<uint16_t>(kUdpSize + payload_size);

  std::byte* const ipv6 = write_ethernet(frame.data(), header);
  store_be32(ipv6, uint32_t{6} << 28);
  store_be16(ipv6 + 4, udp_length);
  ipv6[6] = std::byte{kUdp};
  ipv6[7] = std::byte{kHopLimit};
  std::memcpy(ipv6 + kIpv6AddressesAt, header.source.octets.data(), 16);
  std::memcpy(ipv6 + kIpv6AddressesAt + 16, header.destination.octets.data(), 16);
  std::byte* const udp = ipv6 + kIpv6Size;
  store_be16(udp, header.source_port);
  store_be16(udp + 2, header.destination_port);
  store_be16(udp + 4, udp_length);
  store_be16(udp + kUdpChecksumAt, 0);

  ChecksumSum sum = pseudo_header_sum(ipv6 + kIpv6AddressesAt, udp);
  sum.add({udp, udp_length});
  // RFC 8200 §8.1: a checksum that comes out as zero is sent as its other form, since zero would mean "none".
  const uint16_t checksum = sum.checksum();
  ChecksumSum::store_field(udp + kUdpChecksumAt, checksum == 0 ? uint16_t{0xffff} : checksum);
  return overhead + payload_size;
}

}  // namespace tandem6::wire
