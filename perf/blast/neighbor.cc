#include "perf/blast/neighbor.h"

#include <algorithm>

#include "dataplane/wire/builder.h"
#include "dataplane/wire/checksum.h"
#include "dataplane/wire/frame.h"

namespace tandem6::blast {
namespace {

using wire::kIpv6Size;

constexpr uint8_t kIcmpv6 = 58;
constexpr uint8_t kSolicitationType = 135;
constexpr uint8_t kAdvertisementType = 136;
constexpr uint8_t kSourceLinkLayerAddress = 1;  // RFC 4861 §4.6.1
constexpr uint8_t kTargetLinkLayerAddress = 2;
constexpr uint8_t kHopLimit = 255;
constexpr size_t kMessageSize = 24;  // type, code, checksum, flags, target
constexpr size_t kOptionSize = 8;
constexpr uint32_t kSolicited = 0x40000000;
constexpr uint32_t kOverride = 0x20000000;

uint8_t octet(Bytes bytes, size_t at) { return std::to_integer<uint8_t>(bytes[at]); }

wire::ChecksumSum sum_of(Bytes addresses, Bytes message) {
  std::array<std::byte, 8> rest{};
  wire::store_be32(rest.data(), static_cast<uint32_t>(message.size()));
  rest[7] = std::byte{kIcmpv6};
  wire::ChecksumSum sum;
  sum.add(addresses);
  sum.add(rest);
  sum.add(message);
  return sum;
}

// Ethernet and VLAN tags. Where the IPv6 header starts; 0 for another protocol.
size_t read_ethernet(Bytes frame, ParsedNeighbor& out) {
  constexpr size_t kMacs = 12;
  size_t at = kMacs;
  while (frame.size() >= at + 4 &&
         (wire::load_be16(frame.data() + at) == 0x8100 || wire::load_be16(frame.data() + at) == 0x88a8)) {
    if (out.vlan.count == wire::VlanTags::kMax) return 0;
    out.vlan.tags[out.vlan.count++] = {wire::load_be16(frame.data() + at), wire::load_be16(frame.data() + at + 2)};
    at += 4;
  }
  if (frame.size() < at + 2 || wire::load_be16(frame.data() + at) != 0x86dd) return 0;
  std::copy_n(frame.begin() + 6, 6, out.sender.mac.begin());
  return at + 2;
}

std::optional<MacAddress> link_layer_address(Bytes options, uint8_t type) {
  while (options.size() >= kOptionSize) {
    const size_t size = size_t{8} * octet(options, 1);
    if (size == 0 || size > options.size()) return std::nullopt;
    if (octet(options, 0) == type) {
      MacAddress mac;
      std::copy_n(options.begin() + 2, mac.size(), mac.begin());
      return mac;
    }
    options = options.subspan(size);
  }
  return std::nullopt;
}

struct Plan {
  Neighbor from;
  Neighbor to;
  const wire::VlanTags& vlan;
  uint8_t type;
  uint32_t flags;
  Ipv6Address target;
  uint8_t option;  // the link-layer address in it is the sender's
};

size_t write(const Plan& plan, MutableBytes frame) {
  wire::Writer out(frame);
  out.bytes(plan.to.mac);
  out.bytes(plan.from.mac);
  for (size_t i = 0; i < plan.vlan.count; ++i) {
    out.u16(plan.vlan.tags[i].protocol);
    out.u16(plan.vlan.tags[i].control);
  }
  out.u16(0x86dd);
  const size_t ip = out.size();
  out.u32(uint32_t{6} << 28);
  out.u16(kMessageSize + kOptionSize);
  out.u8(kIcmpv6);
  out.u8(kHopLimit);
  out.address(plan.from.address);
  out.address(plan.to.address);
  const size_t message = out.size();
  out.u8(plan.type);
  out.u8(0);
  out.u16(0);
  out.u32(plan.flags);
  out.address(plan.target);
  out.u8(plan.option);
  out.u8(1);  // in units of eight octets
  out.bytes(plan.from.mac);
  if (out.overflow()) return 0;
  const Bytes written = out.written();
  const auto sum = sum_of(written.subspan(ip + 8, 32), written.subspan(message));
  wire::ChecksumSum::store_field(frame.data() + message + 2, sum.checksum());
  return out.size();
}

}  // namespace

std::optional<ParsedNeighbor> parse_neighbor(Bytes frame) {
  ParsedNeighbor out{};
  const size_t ip = read_ethernet(frame, out);
  if (ip == 0 || frame.size() < ip + kIpv6Size + kMessageSize) return std::nullopt;
  const Bytes packet = frame.subspan(ip);
  const size_t length = wire::load_be16(packet.data() + 4);
  if (octet(packet, 6) != kIcmpv6 || octet(packet, 7) != kHopLimit) return std::nullopt;
  if (length < kMessageSize || packet.size() - kIpv6Size < length) return std::nullopt;
  const Bytes message = packet.subspan(kIpv6Size, length);
  const uint8_t type = octet(message, 0);
  if ((type != kSolicitationType && type != kAdvertisementType) || octet(message, 1) != 0) return std::nullopt;
  if (sum_of(packet.subspan(8, 32), message).folded() != 0xffff) return std::nullopt;
  out.type = type == kSolicitationType ? NeighborMessage::kSolicitation : NeighborMessage::kAdvertisement;
  out.sender.address = Ipv6Address::load(packet.data() + 8);
  out.target = Ipv6Address::load(message.data() + 8);
  out.target_mac = link_layer_address(message.subspan(kMessageSize), kTargetLinkLayerAddress);
  return out;
}

Ipv6Address solicited_node(const Ipv6Address& address) {
  Ipv6Address group{};
  group.octets[0] = std::byte{0xff};
  group.octets[1] = std::byte{0x02};
  group.octets[11] = std::byte{0x01};
  group.octets[12] = std::byte{0xff};
  std::copy_n(address.octets.begin() + 13, 3, group.octets.begin() + 13);
  return group;
}

MacAddress multicast_mac(const Ipv6Address& group) {
  MacAddress mac{std::byte{0x33}, std::byte{0x33}};
  std::copy_n(group.octets.begin() + 12, 4, mac.begin() + 2);
  return mac;
}

size_t write_solicitation(const Neighbor& from, const Ipv6Address& target, const wire::VlanTags& vlan,
                          MutableBytes frame) {
  const Ipv6Address group = solicited_node(target);
  const Neighbor to{multicast_mac(group), group};
  return write({.from = from,
                .to = to,
                .vlan = vlan,
                .type = kSolicitationType,
                .flags = 0,
                .target = target,
                .option = kSourceLinkLayerAddress},
               frame);
}

size_t write_advertisement(const Neighbor& self, const ParsedNeighbor& asked, MutableBytes frame) {
  // RFC 4861 §7.2.4: to all nodes, unsolicited, when the asker has no address yet.
  static const Ipv6Address kAllNodes = *Ipv6Address::parse("ff02::1");
  const bool anonymous = asked.sender.address.is_unspecified();
  const Neighbor to = anonymous ? Neighbor{multicast_mac(kAllNodes), kAllNodes} : asked.sender;
  return write({.from = self,
                .to = to,
                .vlan = asked.vlan,
                .type = kAdvertisementType,
                .flags = anonymous ? kOverride : kSolicited | kOverride,
                .target = self.address,
                .option = kTargetLinkLayerAddress},
               frame);
}

}  // namespace tandem6::blast
