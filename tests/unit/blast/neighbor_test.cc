#include "perf/blast/neighbor.h"

#include <doctest/doctest.h>

#include "tests/unit/blast/fixtures.h"

namespace tandem6::neighbor_test {

using namespace tandem6::blast;
using test::address;

namespace {

const Neighbor kAsker{{std::byte{2}, std::byte{1}}, address("fe80::1")};
const Neighbor kOwner{{std::byte{2}, std::byte{2}}, address("2001:db8::abcd:1234")};

struct Frame {
  std::array<std::byte, kMaxNeighborFrame> bytes{};
  size_t size = 0;
  Bytes view() const { return Bytes(bytes).first(size); }
};

Frame solicitation(const Neighbor& from = kAsker, const wire::VlanTags& vlan = {}) {
  Frame frame;
  frame.size = write_solicitation(from, kOwner.address, vlan, frame.bytes);
  return frame;
}

}  // namespace

TEST_CASE("RFC 4861 7.2.2: a solicitation goes to the solicited-node group with the sender's MAC address") {
  const Frame frame = solicitation();
  const auto parsed = parse_neighbor(frame.view());
  REQUIRE(parsed);
  CHECK(parsed->type == NeighborMessage::kSolicitation);
  CHECK(parsed->target == kOwner.address);
  CHECK(parsed->sender.mac == kAsker.mac);
  CHECK(parsed->sender.address == kAsker.address);
  CHECK(solicited_node(kOwner.address) == address("ff02::1:ffcd:1234"));
  const MacAddress group{std::byte{0x33}, std::byte{0x33}, std::byte{0xff},
                         std::byte{0xcd}, std::byte{0x12}, std::byte{0x34}};
  CHECK(wire::same_bytes(frame.view().first(6), group));
}

TEST_CASE("RFC 4861 7.2.4: the advertisement goes back to the asker and carries the target's MAC address") {
  for (const uint8_t tags : {0, 1, 2}) {
    wire::VlanTags vlan;
    vlan.count = tags;
    for (auto& tag : vlan.tags) tag = {.protocol = 0x8100, .control = 7};
    const Frame asked = solicitation(kAsker, vlan);
    Frame frame;
    frame.size = write_advertisement(kOwner, *parse_neighbor(asked.view()), frame.bytes);
    const auto parsed = parse_neighbor(frame.view());
    REQUIRE(parsed);
    CHECK(parsed->type == NeighborMessage::kAdvertisement);
    CHECK(parsed->target == kOwner.address);
    CHECK(parsed->target_mac == kOwner.mac);
    CHECK(parsed->vlan.count == tags);
    CHECK(wire::same_bytes(frame.view().first(6), kAsker.mac));
  }
}

TEST_CASE("RFC 4861 7.2.4: duplicate address detection is answered to all nodes") {
  const Frame asked = solicitation({kAsker.mac, Ipv6Address{}});
  Frame frame;
  frame.size = write_advertisement(kOwner, *parse_neighbor(asked.view()), frame.bytes);
  CHECK(Ipv6Address::load(frame.bytes.data() + 14 + 24) == address("ff02::1"));
}

TEST_CASE("RFC 4861 7.1: a hop limit below 255, a wrong checksum or a frame cut short is no neighbour's") {
  const Frame good = solicitation();
  Frame bad = good;
  bad.bytes[14 + 7] = std::byte{64};
  CHECK_FALSE(parse_neighbor(bad.view()));
  bad = good;
  bad.bytes[60] ^= std::byte{1};
  CHECK_FALSE(parse_neighbor(bad.view()));
  for (size_t size = 0; size < good.size; ++size) CHECK_FALSE(parse_neighbor(good.view().first(size)));
}

}  // namespace tandem6::neighbor_test
