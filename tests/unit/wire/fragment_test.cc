#include "dataplane/wire/fragment.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "dataplane/wire/frame.h"
#include "tests/support/packet.h"

namespace tandem6::fragment_test {

using namespace tandem6::testing;
using namespace tandem6::wire;

namespace {

constexpr size_t kEthernet = 14 + 4;  // with one VLAN tag

/// An answer of `payload` bytes in its frame, with a VLAN tag.
Octets answer_frame(size_t payload) {
  FrameHeader header;
  header.source = ip("2001:db8::1");
  header.destination = ip("2001:db8::2");
  header.source_mac = {std::byte{2}, {}, {}, {}, {}, std::byte{1}};
  header.destination_mac = {std::byte{2}, {}, {}, {}, {}, std::byte{2}};
  header.vlan.count = 1;
  header.vlan.tags[0] = {.protocol = 0x8100, .control = 42};
  header.source_port = 547;
  header.destination_port = 547;
  Octets frame;
  frame.resize(frame_overhead(header) + payload);
  for (size_t i = 0; i < payload; ++i) frame[frame_overhead(header) + i] = static_cast<std::byte>(i * 7);
  REQUIRE(build_frame(header, payload, frame) == frame.size());
  return frame;
}

std::vector<Octets> cut(const Octets& frame, size_t mtu) {
  Fragmentation pieces(frame, kEthernet, mtu, 0xdeadbeef);
  std::vector<Octets> found;
  while (!pieces.done()) {
    Octets out;
    out.resize(pieces.largest());
    const size_t size = pieces.next(out);
    REQUIRE(size != 0);
    out.resize(size);
    found.push_back(out);
  }
  CHECK(found.size() == pieces.count());
  return found;
}

}  // namespace

TEST_CASE("RFC 8200 4.5: fragments fit the link, are in units of eight octets, and together are the packet") {
  for (const size_t payload : {1500u, 2000u, 4000u, 16376u}) {
    for (const size_t mtu : {1280u, 1283u, 1500u}) {
      CAPTURE(payload);
      CAPTURE(mtu);
      const Octets whole = answer_frame(payload);
      const std::vector<Octets> pieces = cut(whole, mtu);
      REQUIRE(pieces.size() >= 2);
      std::vector<std::byte> again;
      for (const Octets& piece : pieces) {
        const bool last = &piece == &pieces.back();
        const Bytes ip_packet = Bytes(piece).subspan(kEthernet);
        CHECK(ip_packet.size() <= mtu);
        CHECK(load_be16(ip_packet.data() + 4) == ip_packet.size() - 40);
        CHECK(ip_packet[6] == std::byte{44});
        CHECK(same_bytes(ip_packet.subspan(7, 33), Bytes(whole).subspan(kEthernet + 7, 33)));
        const Bytes header = ip_packet.subspan(40, 8);
        CHECK(header[0] == std::byte{17});
        CHECK(load_be16(header.data() + 2) == (again.size() | (last ? 0U : 1U)));
        CHECK(load_be32(header.data() + 4) == 0xdeadbeef);
        if (!last) CHECK((ip_packet.size() - 48) % 8 == 0);
        again.insert(again.end(), ip_packet.begin() + 48, ip_packet.end());
      }
      CHECK(same_bytes(again, Bytes(whole).subspan(kEthernet + 40)));
    }
  }
}

TEST_CASE("Each fragment carries the MAC addresses and the VLAN tag of its packet") {
  const Octets whole = answer_frame(3000);
  for (const Octets& piece : cut(whole, 1500)) {
    CHECK(same_bytes(Bytes(piece).first(kEthernet), Bytes(whole).first(kEthernet)));
  }
}

TEST_CASE("RFC 8200 4.5: a receiver reads its own headers and calls each piece a fragment") {
  for (const Octets& piece : cut(answer_frame(3000), 1500)) {
    ParsedFrame parsed;
    parse_frame(piece, {}, {}, parsed);
    CHECK(parsed.fault == FrameFault::kFragment);
    CHECK(parsed.header.vlan.count == 1);
    CHECK(parsed.fragment_offset == kEthernet + 40);
  }
}

TEST_CASE("A fragment that has no room is not written") {
  const Octets whole = answer_frame(3000);
  Fragmentation pieces(whole, kEthernet, 1500, 1);
  Octets out;
  out.resize(pieces.largest() - 1);
  CHECK(pieces.next(out) == 0);
  CHECK_FALSE(pieces.done());
  out.resize(pieces.largest());
  CHECK(pieces.next(out) == pieces.largest());
}

}  // namespace tandem6::fragment_test
