// Fuzzes parse_frame, and build_frame on what it read. The input's first octet holds the rules and how many VLAN tags
// the NIC stripped; the rest is the frame.
#include <algorithm>
#include <vector>

#include "dataplane/wire/codes.h"
#include "dataplane/wire/frame.h"
#include "dataplane/wire/require.h"

using namespace tandem6;
using namespace tandem6::wire;

namespace {

VlanTags stripped_tags(uint8_t choice) {
  VlanTags tags;
  tags.count = static_cast<uint8_t>((choice >> 2) % (VlanTags::kMax + 1));
  tags.tags = {VlanTags::Tag{0x88a8, 7}, VlanTags::Tag{0x8100, 100}};
  return tags;
}

bool same_tags(const VlanTags& a, const VlanTags& b) {
  return std::equal(
      a.tags.begin(), a.tags.begin() + a.count, b.tags.begin(), b.tags.begin() + b.count,
      [](VlanTags::Tag x, VlanTags::Tag y) { return x.protocol == y.protocol && x.control == y.control; });
}

/// What was read, built again, is read the same way.
void rebuild(Bytes frame, const ParsedFrame& parsed) {
  const Bytes payload = frame.subspan(parsed.payload_offset, parsed.payload_size);
  const size_t overhead = frame_overhead(parsed.header);
  std::vector<std::byte> built(overhead + payload.size());
  std::copy(payload.begin(), payload.end(), built.begin() + static_cast<std::ptrdiff_t>(overhead));
  require(build_frame(parsed.header, payload.size(), built) == built.size(), "a frame that was read can be built");

  ParsedFrame again;
  parse_frame(built, {}, {}, again);
  require(again.fault == FrameFault::kNone, "a built frame is read");
  require(again.checksum == ChecksumKind::kComplete, "a built frame has its checksum");
  require(same_tags(again.header.vlan, parsed.header.vlan), "VLAN tags are kept");
  require(again.header.source_mac == parsed.header.source_mac, "the source MAC is kept");
  require(again.header.destination_mac == parsed.header.destination_mac, "the destination MAC is kept");
  require(again.header.source == parsed.header.source, "the source is kept");
  require(again.header.destination == parsed.header.destination, "the destination is kept");
  require(again.header.source_port == parsed.header.source_port, "the source port is kept");
  require(again.ipv6_offset == ethernet_size(parsed.header.vlan), "the IPv6 header is where it was put");
  require(again.payload_offset == overhead && again.payload_size == payload.size(), "the payload is where it was put");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Bytes frame = std::as_bytes(std::span(data + 1, size - 1));
  const FrameRules rules{.accept_partial_checksum = (data[0] & 1) != 0, .checksum_verified = (data[0] & 2) != 0};
  ParsedFrame parsed;
  parse_frame(frame, stripped_tags(data[0]), rules, parsed);
  require(parsed.checksum == ChecksumKind::kComplete || !rules.checksum_verified, "a verified checksum is complete");
  if (parsed.fault == FrameFault::kFragment) {
    require(parsed.ipv6_offset + 40 <= parsed.fragment_offset, "the Fragment header follows an IPv6 header");
    require(parsed.fragment_offset + 8 <= frame.size(), "the Fragment header is in the frame");
  }
  if (parsed.fault != FrameFault::kNone) return 0;
  require(parsed.payload_offset <= frame.size(), "the payload starts in the frame");
  require(parsed.payload_size <= frame.size() - parsed.payload_offset, "the payload ends in the frame");
  require(parsed.header.destination_port == kServerPort, "it is for a server");
  rebuild(frame, parsed);
  return 0;
}
