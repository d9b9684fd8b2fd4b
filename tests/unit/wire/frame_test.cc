#include "dataplane/wire/frame.h"

#include <doctest/doctest.h>

#include "tests/support/packet.h"

namespace tandem6::frame_test {

using namespace tandem6::testing;
using namespace tandem6::wire;

namespace {

constexpr std::string_view kServerMac = "33 33 00 01 00 02";
constexpr std::string_view kClientMac = "02 00 5e 10 20 30";
const Ipv6Address kClient = ip("fe80::5eff:fe10:2030");
const Ipv6Address kServers = ip("ff02::1:2");
const Octets kSolicit = message(1, 0x123456, {client_id(hex("00 03 00 01 02 00 5e 10 20 30")), ia_na(1)});

Octets client_udp(const Octets& payload = kSolicit) { return udp(kClient, kServers, 546, 547, payload); }
Octets frame_of(uint8_t next_header, const Octets& rest) {
  return ethernet(kServerMac, kClientMac, "86dd", ipv6(kClient, kServers, next_header, rest));
}
Octets plain() { return frame_of(17, client_udp()); }
Octets tagged(std::string_view tags_and_type) {
  return ethernet(kServerMac, kClientMac, tags_and_type, ipv6(kClient, kServers, 17, client_udp()));
}

ParsedFrame parse(const Octets& frame, FrameRules rules = {}, const VlanTags& stripped = {}) {
  // At the end of an allocation of its own, so that AddressSanitizer sees a read behind it.
  const std::vector<std::byte> exact(frame.begin(), frame.end());
  ParsedFrame out;
  parse_frame(exact, stripped, rules, out);
  return out;
}
FrameFault fault_of(const Octets& frame, FrameRules rules = {}) { return parse(frame, rules).fault; }
std::string payload_of(const Octets& frame, const ParsedFrame& parsed) {
  return to_hex(Bytes(frame).subspan(parsed.payload_offset, parsed.payload_size));
}

/// Octet `at` of the frame replaced.
Octets with(Octets frame, size_t at, uint8_t value) {
  frame.at(at) = std::byte{value};
  return frame;
}

constexpr size_t kIpv6At = 14;
constexpr size_t kUdpAt = kIpv6At + 40;

}  // namespace

TEST_CASE("A plain frame: addresses, ports and payload") {
  const Octets frame = plain();
  const ParsedFrame parsed = parse(frame);
  REQUIRE(parsed.fault == FrameFault::kNone);
  CHECK(parsed.checksum == ChecksumKind::kComplete);
  CHECK(to_hex(parsed.header.destination_mac) == kServerMac);
  CHECK(to_hex(parsed.header.source_mac) == kClientMac);
  CHECK(parsed.header.vlan.count == 0);
  CHECK(parsed.header.source == kClient);
  CHECK(parsed.header.destination == kServers);
  CHECK(parsed.header.source_port == 546);
  CHECK(parsed.header.destination_port == 547);
  CHECK(parsed.payload_offset == 62);
  CHECK(payload_of(frame, parsed) == to_hex(kSolicit));
}

TEST_CASE("RFC 9915 7.2: any source port will do") {
  CHECK(fault_of(frame_of(17, udp(kClient, kServers, 40000, 547, kSolicit))) == FrameFault::kNone);
}

TEST_CASE("A frame cut at any octet is truncated") {
  const Octets frame = plain();
  for (size_t size = 0; size < frame.size(); ++size) {
    CAPTURE(size);
    CHECK(fault_of(Octets(Bytes(frame).first(size))) == FrameFault::kTruncated);
  }
}

TEST_CASE("Padding behind the IPv6 payload is not the datagram's") {
  const Octets short_payload = hex("0b 00 00 01");
  const Octets frame = frame_of(17, client_udp(short_payload)) + hex("de ad be ef");
  const ParsedFrame parsed = parse(frame);
  CHECK(parsed.fault == FrameFault::kNone);
  CHECK(payload_of(frame, parsed) == "0b 00 00 01");
}

TEST_CASE("Payloads of every small length, odd ones as well, and none at all") {
  for (size_t size = 0; size <= 70; ++size) {
    const Octets frame = frame_of(17, client_udp(Octets(size, std::byte{0xa5})));
    const ParsedFrame parsed = parse(frame);
    CAPTURE(size);
    CHECK(parsed.fault == FrameFault::kNone);
    CHECK(parsed.payload_size == size);
  }
}

TEST_CASE("IEEE 802.1Q, 802.1ad: one and two tags, outermost first") {
  const ParsedFrame vlan = parse(tagged("8100 6064 86dd"));
  REQUIRE(vlan.fault == FrameFault::kNone);
  REQUIRE(vlan.header.vlan.count == 1);
  CHECK(vlan.header.vlan.tags[0].protocol == 0x8100);
  CHECK(vlan.header.vlan.tags[0].control == 0x6064);
  CHECK(vlan.payload_offset == 66);

  const Octets frame = tagged("88a8 0007 8100 0064 86dd");
  const ParsedFrame qinq = parse(frame);
  REQUIRE(qinq.fault == FrameFault::kNone);
  REQUIRE(qinq.header.vlan.count == 2);
  CHECK(qinq.header.vlan.tags[0].protocol == 0x88a8);
  CHECK(qinq.header.vlan.tags[0].control == 7);
  CHECK(qinq.header.vlan.tags[1].protocol == 0x8100);
  CHECK(qinq.header.vlan.tags[1].control == 100);
  CHECK(payload_of(frame, qinq) == to_hex(kSolicit));
}

TEST_CASE("IEEE 802.1Q: tags that the NIC took out come first") {
  VlanTags outer;
  outer.tags[0] = {.protocol = 0x88a8, .control = 7};
  outer.count = 1;
  const ParsedFrame one = parse(plain(), {}, outer);
  REQUIRE(one.fault == FrameFault::kNone);
  REQUIRE(one.header.vlan.count == 1);
  CHECK(one.header.vlan.tags[0].control == 7);
  const ParsedFrame two = parse(tagged("8100 0064 86dd"), {}, outer);
  REQUIRE(two.fault == FrameFault::kNone);
  REQUIRE(two.header.vlan.count == 2);
  CHECK(two.header.vlan.tags[0].control == 7);
  CHECK(two.header.vlan.tags[1].control == 100);
  CHECK(two.payload_offset == 66);
  CHECK(parse(tagged("88a8 0007 8100 0064 86dd"), {}, outer).fault == FrameFault::kNotIpv6);
}

TEST_CASE("A third tag, or a tag cut short") {
  CHECK(fault_of(tagged("88a8 0007 8100 0064 8100 0065 86dd")) == FrameFault::kNotIpv6);
  CHECK(fault_of(ethernet(kServerMac, kClientMac, "8100 00", {})) == FrameFault::kTruncated);
  CHECK(fault_of(ethernet(kServerMac, kClientMac, "8100 0064 86dd", {})) == FrameFault::kTruncated);
}

TEST_CASE("Other protocols are told apart, for the exception path") {
  CHECK(fault_of(ethernet(kServerMac, kClientMac, "0800", zeros(46))) == FrameFault::kNotIpv6);
  CHECK(fault_of(ethernet(kServerMac, kClientMac, "8100 0064 0806", zeros(46))) == FrameFault::kNotIpv6);
  CHECK(fault_of(with(plain(), kIpv6At, 0x45)) == FrameFault::kNotIpv6);
  CHECK(fault_of(frame_of(58, hex("87 00 00 00 00 00 00 00"))) == FrameFault::kNotUdp);  // neighbour solicitation
  CHECK(fault_of(frame_of(6, zeros(20))) == FrameFault::kNotUdp);
  CHECK(fault_of(frame_of(59, {})) == FrameFault::kNotUdp);         // no next header
  CHECK(fault_of(frame_of(51, zeros(24))) == FrameFault::kNotUdp);  // IPsec
  CHECK(fault_of(frame_of(17, udp(kClient, kServers, 546, 546, kSolicit))) == FrameFault::kNotDhcp);
  CHECK(fault_of(frame_of(17, udp(kClient, kServers, 547, 53, kSolicit))) == FrameFault::kNotDhcp);
}

TEST_CASE("Who plays a client takes datagrams to the clients' port, and no others") {
  const FrameRules rules{.port = 546};
  CHECK(fault_of(frame_of(17, udp(kClient, kServers, 547, 546, kSolicit)), rules) == FrameFault::kNone);
  CHECK(fault_of(frame_of(17, udp(kClient, kServers, 547, 547, kSolicit)), rules) == FrameFault::kNotDhcp);
}

TEST_CASE("RFC 768: UDP lengths below the header, up to the IPv6 payload, and beyond") {
  const auto length = static_cast<uint8_t>(8 + kSolicit.size());
  CHECK(fault_of(with(plain(), kUdpAt + 5, 0)) == FrameFault::kTruncated);
  CHECK(fault_of(with(plain(), kUdpAt + 5, 7)) == FrameFault::kTruncated);
  CHECK(fault_of(with(plain(), kUdpAt + 5, static_cast<uint8_t>(length + 1))) == FrameFault::kTruncated);
  CHECK(fault_of(frame_of(17, zeros(7))) == FrameFault::kTruncated);
}

TEST_CASE("RFC 768: a UDP length smaller than the IPv6 payload ends the datagram, checksum and all") {
  const Octets frame = frame_of(17, client_udp() + hex("de ad be"));
  const ParsedFrame parsed = parse(frame);
  CHECK(parsed.fault == FrameFault::kNone);
  CHECK(payload_of(frame, parsed) == to_hex(kSolicit));
}

TEST_CASE("RFC 2675: a jumbogram is refused") {
  const Octets jumbo_option = hex("11 00 c2 04 00 01 00 00");
  Octets frame = frame_of(0, jumbo_option + client_udp());
  frame = with(with(frame, kIpv6At + 4, 0), kIpv6At + 5, 0);
  CHECK(fault_of(frame) == FrameFault::kTruncated);
  CHECK(fault_of(with(with(plain(), kIpv6At + 4, 0), kIpv6At + 5, 0)) == FrameFault::kTruncated);
}

TEST_CASE("RFC 8200 4: extension headers in front of UDP are walked") {
  const Octets hop_by_hop = hex("3c 00 05 02 00 00 01 00");            // router alert, PadN
  const Octets destination = hex("2b 01") + hex("01 0c") + zeros(12);  // PadN over 16 octets
  const Octets routing = hex("2c 02 02 00") + zeros(20);
  const Octets atomic = hex("11 00 00 00 01 02 03 04");
  const Octets frame = frame_of(0, hop_by_hop + destination + routing + atomic + client_udp());
  const ParsedFrame parsed = parse(frame);
  CHECK(parsed.fault == FrameFault::kNone);
  CHECK(parsed.payload_offset == 62 + 8 + 16 + 24 + 8);
  CHECK(payload_of(frame, parsed) == to_hex(kSolicit));
}

TEST_CASE("RFC 8200 4: extension headers cut at any octet are truncated") {
  const Octets headers = hex("3c 00 00 00 00 00 00 00") + hex("2b 01 01 0c") + zeros(12) +
                         hex("2c 00 02 00 00 00 00 00") + hex("11 00 00 00 01 02 03 04");
  REQUIRE(fault_of(frame_of(0, headers + client_udp())) == FrameFault::kNone);
  for (size_t size = 0; size < headers.size() + 8; ++size) {
    CAPTURE(size);
    const Octets rest(Bytes(headers + client_udp()).first(size));
    CHECK(fault_of(frame_of(0, rest)) == FrameFault::kTruncated);
  }
}

TEST_CASE("RFC 8200 4.1: Hop-by-Hop stands first or nowhere") {
  CHECK(fault_of(frame_of(60, hex("00 00 00 00 00 00 00 00") + hex("11 00 00 00 00 00 00 00") + client_udp())) ==
        FrameFault::kNotUdp);
}

TEST_CASE("RFC 8200 4.2: options that may be skipped are, others are the kernel's business") {
  CHECK(fault_of(frame_of(60, hex("11 00 3e 04 00 00 00 00") + client_udp())) == FrameFault::kNone);
  for (const uint8_t type : {0x41, 0x81, 0xc9}) {
    const Octets header = hex("11 00") + u8(type) + hex("04 00 00 00 00");
    CAPTURE(static_cast<int>(type));
    CHECK(fault_of(frame_of(60, header + client_udp())) == FrameFault::kNotUdp);
    CHECK(fault_of(frame_of(0, header + client_udp())) == FrameFault::kNotUdp);
  }
}

TEST_CASE("RFC 8200 4.2: an option that reaches behind its header is truncated") {
  CHECK(fault_of(frame_of(60, hex("11 00 01 05 00 00 00 00") + client_udp())) == FrameFault::kTruncated);
  CHECK(fault_of(frame_of(60, hex("11 00 01 03 00 00 00 01") + client_udp())) == FrameFault::kTruncated);
}

TEST_CASE("RFC 8200 4.4: a routing header with segments left is not for us") {
  CHECK(fault_of(frame_of(43, hex("11 00 04 00 00 00 00 00") + client_udp())) == FrameFault::kNone);
  CHECK(fault_of(frame_of(43, hex("11 00 04 01 00 00 00 00") + client_udp())) == FrameFault::kNotUdp);
}

TEST_CASE("RFC 6946: an atomic fragment is a whole datagram") {
  CHECK(fault_of(frame_of(44, hex("11 00 00 00 de ad be ef") + client_udp())) == FrameFault::kNone);
  CHECK(fault_of(frame_of(44, hex("11 ff 00 06 de ad be ef") + client_udp())) == FrameFault::kNone);  // reserved bits
}

TEST_CASE("RFC 8200 4.5: first, middle and last fragments are refused") {
  CHECK(fault_of(frame_of(44, hex("11 00 00 01 de ad be ef") + client_udp())) == FrameFault::kFragment);
  CHECK(fault_of(frame_of(44, hex("11 00 00 09 de ad be ef") + client_udp())) == FrameFault::kFragment);
  CHECK(fault_of(frame_of(44, hex("11 00 80 00 de ad be ef") + client_udp())) == FrameFault::kFragment);
}

TEST_CASE("RFC 8200 4.5: it is said where a fragment's headers are, behind VLAN tags and extension headers too") {
  const Octets fragment = hex("11 00 00 01 de ad be ef") + client_udp();
  const ParsedFrame plain_fragment = parse(frame_of(44, fragment));
  CHECK(plain_fragment.ipv6_offset == 14);
  CHECK(plain_fragment.fragment_offset == 54);
  CHECK(plain_fragment.header.source == kClient);
  CHECK(plain_fragment.header.destination == kServers);
  const ParsedFrame tagged_fragment =
      parse(ethernet(kServerMac, kClientMac, "8100 0007 86dd",
                     ipv6(kClient, kServers, 60, hex("2c 00 00 00 00 00 00 00") + fragment)));
  CHECK(tagged_fragment.fault == FrameFault::kFragment);
  CHECK(tagged_fragment.ipv6_offset == 18);
  CHECK(tagged_fragment.fragment_offset == 66);
}

TEST_CASE("RFC 8200 4.5: a fragment of something else than UDP is the kernel's business") {
  CHECK(fault_of(frame_of(44, hex("3a 00 00 01 de ad be ef") + client_udp())) == FrameFault::kNotUdp);
  CHECK(fault_of(frame_of(44, hex("06 00 00 10 de ad be ef") + client_udp())) == FrameFault::kNotUdp);
  CHECK(fault_of(frame_of(44, hex("3c 00 00 01 de ad be ef") + client_udp())) == FrameFault::kFragment);
}

TEST_CASE("The number of extension headers is bounded") {
  const auto chain = [](int count) {
    Octets headers;
    for (int i = 1; i < count; ++i) headers += hex("3c 00 00 00 00 00 00 00");
    return frame_of(60, headers + hex("11 00 00 00 00 00 00 00") + client_udp());
  };
  CHECK(fault_of(chain(8)) == FrameFault::kNone);
  CHECK(fault_of(chain(9)) == FrameFault::kNotUdp);
}

TEST_CASE("RFC 8200 8.1: any octet changed makes the checksum wrong") {
  const Octets frame = plain();
  for (size_t at = kIpv6At + 8; at < frame.size(); ++at) {
    const bool lengths_or_port = at >= kUdpAt + 2 && at < kUdpAt + 6;
    if (lengths_or_port) continue;
    CAPTURE(at);
    CHECK(fault_of(with(frame, at, std::to_integer<uint8_t>(frame[at]) ^ 0x10)) == FrameFault::kBadChecksum);
  }
}

TEST_CASE("RFC 8200 8.1: a checksum of zero is refused, even when the NIC saw nothing wrong") {
  const Octets frame = with(with(plain(), kUdpAt + 6, 0), kUdpAt + 7, 0);
  CHECK(fault_of(frame) == FrameFault::kBadChecksum);
  CHECK(fault_of(frame, {.accept_partial_checksum = true}) == FrameFault::kBadChecksum);
  CHECK(fault_of(frame, {.checksum_verified = true}) == FrameFault::kBadChecksum);
}

TEST_CASE("A checksum that the NIC verified is not verified again") {
  const Octets frame = with(plain(), kUdpAt + 6, 0xab);
  CHECK(fault_of(frame) == FrameFault::kBadChecksum);
  CHECK(fault_of(frame, {.checksum_verified = true}) == FrameFault::kNone);
}

TEST_CASE("A partial checksum (only the pseudo-header summed) is known, and taken only where the rules say so") {
  for (const size_t extra : {0, 1}) {
    const Octets payload = kSolicit + option(99, zeros(extra));
    Octets frame = frame_of(17, client_udp(payload));
    const Octets partial =
        u16(internet_sum(pseudo_header(kClient, kServers, static_cast<uint32_t>(8 + payload.size()))));
    std::copy(partial.begin(), partial.end(), frame.begin() + kUdpAt + 6);

    const ParsedFrame accepted = parse(frame, {.accept_partial_checksum = true});
    CHECK(accepted.fault == FrameFault::kNone);
    CHECK(accepted.checksum == ChecksumKind::kPartial);
    CHECK(payload_of(frame, accepted) == to_hex(payload));
    const ParsedFrame refused = parse(frame);
    CHECK(refused.fault == FrameFault::kBadChecksum);
    CHECK(refused.checksum == ChecksumKind::kPartial);
    CHECK(fault_of(with(frame, kUdpAt + 7, 0x5a), {.accept_partial_checksum = true}) == FrameFault::kBadChecksum);
  }
  CHECK(parse(plain(), {.accept_partial_checksum = true}).checksum == ChecksumKind::kComplete);
}

TEST_CASE("A ParsedFrame can be used again: nothing of the last frame stays") {
  ParsedFrame out;
  const Octets first = tagged("8100 0064 86dd");
  parse_frame(first, {}, {}, out);
  REQUIRE(out.header.vlan.count == 1);
  const Octets second = plain();
  parse_frame(second, {}, {}, out);
  CHECK(out.header.vlan.count == 0);
  parse_frame(Bytes(second).first(20), {}, {}, out);
  CHECK(out.fault == FrameFault::kTruncated);
  CHECK(out.payload_size == 0);
  CHECK(out.payload_offset == 0);
  out.checksum = ChecksumKind::kPartial;
  parse_frame(second, {}, {}, out);
  CHECK(out.checksum == ChecksumKind::kComplete);
}

namespace {

FrameHeader reply_header(uint8_t tags) {
  FrameHeader header;
  const Octets source = hex("02 aa bb cc dd ee");
  const Octets destination = hex(kClientMac);
  std::copy(source.begin(), source.end(), header.source_mac.begin());
  std::copy(destination.begin(), destination.end(), header.destination_mac.begin());
  header.vlan.count = tags;
  header.vlan.tags[0] = {.protocol = 0x88a8, .control = 7};
  header.vlan.tags[1] = {.protocol = 0x8100, .control = 0x6064};
  header.source = ip("fe80::1");
  header.destination = kClient;
  header.source_port = 547;
  header.destination_port = 546;
  return header;
}

/// The frame that build_frame() makes of this payload.
Octets built(const FrameHeader& header, const Octets& payload) {
  Octets frame(frame_overhead(header) + payload.size());
  std::copy(payload.begin(), payload.end(), frame.end() - static_cast<std::ptrdiff_t>(payload.size()));
  CHECK(build_frame(header, payload.size(), frame) == frame.size());
  return frame;
}

}  // namespace

TEST_CASE("RFC 2464, 8200, 768: a built frame, octet by octet, with no, one and two tags") {
  const auto expected = [](std::string_view tags_and_type) {
    return ethernet(kClientMac, "02 aa bb cc dd ee", tags_and_type,
                    ipv6(ip("fe80::1"), kClient, 17, udp(ip("fe80::1"), kClient, 547, 546, kSolicit)));
  };
  CHECK(to_hex(built(reply_header(0), kSolicit)) == to_hex(expected("86dd")));
  CHECK(to_hex(built(reply_header(1), kSolicit)) == to_hex(expected("88a8 0007 86dd")));
  CHECK(to_hex(built(reply_header(2), kSolicit)) == to_hex(expected("88a8 0007 8100 6064 86dd")));
  CHECK(frame_overhead(reply_header(0)) == 62);
  CHECK(frame_overhead(reply_header(2)) == 70);
}

TEST_CASE("What build_frame writes, parse_frame reads, for every payload length") {
  for (size_t size = 0; size <= 300; ++size) {
    FrameHeader header = reply_header(static_cast<uint8_t>(size % 3));
    header.destination_port = 547;
    Octets payload(size);
    for (size_t i = 0; i < size; ++i) payload[i] = static_cast<std::byte>(i * 7 + size);
    const Octets frame = built(header, payload);
    const ParsedFrame parsed = parse(frame);
    CAPTURE(size);
    REQUIRE(parsed.fault == FrameFault::kNone);
    CHECK(parsed.header.source_mac == header.source_mac);
    CHECK(parsed.header.destination_mac == header.destination_mac);
    CHECK(parsed.header.vlan.count == header.vlan.count);
    CHECK(parsed.header.source == header.source);
    CHECK(parsed.header.destination == header.destination);
    CHECK(parsed.header.source_port == 547);
    CHECK(payload_of(frame, parsed) == to_hex(payload));
  }
}

TEST_CASE("RFC 8200 8.1: a checksum that comes out as zero is sent as 0xffff") {
  FrameHeader header = reply_header(0);
  header.destination_port = 547;
  const Octets without = built(header, zeros(2));
  // The complement of the sum, as payload, makes the sum 0xffff and so the checksum 0.
  const Octets payload(Bytes(without).subspan(kUdpAt + 6, 2));
  const Octets frame = built(header, payload);
  CHECK(to_hex(Bytes(frame).subspan(kUdpAt + 6, 2)) == "ff ff");
  CHECK(fault_of(frame) == FrameFault::kNone);
}

TEST_CASE("build_frame writes nothing when the frame does not fit") {
  const FrameHeader header = reply_header(1);
  const size_t overhead = frame_overhead(header);
  Octets frame(overhead + 10, std::byte{0xee});
  CHECK(build_frame(header, 11, frame) == 0);
  CHECK(frame == Octets(overhead + 10, std::byte{0xee}));
  CHECK(build_frame(header, 10, frame) == overhead + 10);
  Octets large(overhead + 65536);
  CHECK(build_frame(header, 65527, large) == overhead + 65527);
  CHECK(build_frame(header, 65528, large) == 0);
  CHECK(build_frame(header, SIZE_MAX, large) == 0);
}

}  // namespace tandem6::frame_test
