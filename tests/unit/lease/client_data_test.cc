// What is kept of a client: the form on the disk, and what is left out when there is too much.
#include "dataplane/lease/client_data.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "tests/support/packet.h"

namespace tandem6::lease::client_data_test {
namespace {

using namespace tandem6::testing;

/// The relays of a datagram; the bytes must outlive it.
struct Relayed {
  explicit Relayed(Octets bytes) : datagram(std::move(bytes)) {
    REQUIRE(received.parse(datagram) == wire::MessageFault::kNone);
  }
  Octets datagram;
  wire::ReceivedMessage received;
};

const Octets kSolicitInside = relay_message(message(1, 0xabcdef, {client_id(hex("0003000102000000000a"))}));

Octets kept(const Relayed& relayed) {
  ClientDataBuilder data;
  data.relays(relayed.received.relays(), ip("2001:db8:b::1"));
  return Octets(data.bytes());
}

std::vector<uint16_t> codes_of(Bytes options) {
  std::vector<uint16_t> codes;
  wire::OptionWalker walker(options);
  while (const auto option = walker.next()) codes.push_back(option->code);
  CHECK_FALSE(walker.malformed());
  return codes;
}

TEST_CASE("the form of version 1 stays what it is on users' disks: relays, outermost first, without what they relay") {
  const Octets inner = relay_forward(0, "2001:db8:1::1", "fe80::c", {interface_id(text("port 7")), kSolicitInside});
  const Relayed relayed(
      relay_forward(1, "::", "2001:db8:a::1", {relay_message(inner), option(37, hex("00000009aabb"))}));
  CHECK(to_hex(kept(relayed)) == to_hex(u8(1) + u8(3) + u16(16) + address("2001:db8:b::1") +                       //
                                        u8(1) + u16(43) + u8(1) + address("::") + address("2001:db8:a::1") +       //
                                        option(37, hex("00000009aabb")) +                                          //
                                        u8(1) + u16(43) + u8(0) + address("2001:db8:1::1") + address("fe80::c") +  //
                                        interface_id(text("port 7"))));
}

TEST_CASE("what was kept is read back") {
  const Relayed relayed(relay_forward(3, "2001:db8:1::1", "fe80::c", {interface_id(text("x")), kSolicitInside}));
  ClientDataBuilder data;
  data.hostname({.forward = false, .reverse = true, .name = "home.example.org"});
  data.relays(relayed.received.relays(), ip("fe80::b"));
  const auto view = ClientDataView::parse(data.bytes());
  REQUIRE(view);
  const KeptRelays relays = view->relays();
  REQUIRE(relays.size() == 1);
  CHECK(relays.begin()->hop_count == 3);
  CHECK(relays.begin()->link_address == ip("2001:db8:1::1"));
  CHECK(relays.begin()->peer_address == ip("fe80::c"));
  CHECK(to_hex(relays.begin()->options) == to_hex(interface_id(text("x"))));
  CHECK(view->relay_source() == ip("fe80::b"));
  REQUIRE(view->hostname());
  CHECK_FALSE(view->hostname()->forward);
  CHECK(view->hostname()->reverse);
  CHECK(view->hostname()->name == "home.example.org");
}

TEST_CASE("nothing to keep is no bytes at all, and its digest is 0 and no other's") {
  CHECK(ClientDataBuilder().bytes().empty());
  CHECK(digest_of({}) == 0);
  CHECK(digest_of(hex("01")) != 0);
  CHECK(digest_of(hex("01")) != digest_of(hex("02")));
}

TEST_CASE("options that do not fit go, the least useful first; the relays themselves never do") {
  const Octets identity = option(53, hex("0003000102000000000b")) + option(37, Octets(200, std::byte{1}));
  const Octets line = option(38, Octets(300, std::byte{2})) + interface_id(text("port"));
  const auto codes = [](const Octets& options) {
    const Relayed relayed(relay_forward(0, "2001:db8:1::1", "fe80::c", {options, kSolicitInside}));
    const Octets data = kept(relayed);
    CHECK(data.size() <= 20 + kMaxRelayData);
    return codes_of(ClientDataView::parse(data)->relays().begin()->options);
  };
  const Octets vendor = option(17, Octets(300, std::byte{3}));
  CHECK(codes(vendor + identity + line) == std::vector<uint16_t>{17, 53, 37, 38, 18});
  CHECK(codes(vendor + vendor + identity + line) == std::vector<uint16_t>{53, 37, 38, 18});
  CHECK(codes(identity + option(38, Octets(900, std::byte{2}))) == std::vector<uint16_t>{53, 37});
  CHECK(codes(option(37, Octets(1100, std::byte{1}))).empty());
}

TEST_CASE("nine relays fit, with whatever they say") {
  Octets datagram = message(1, 1, {client_id(hex("0003000102000000000a"))});
  for (uint8_t hop = 0; hop < 9; ++hop) {
    datagram =
        relay_forward(hop, "2001:db8::1", "fe80::1", {option(37, Octets(900, std::byte{7})), relay_message(datagram)});
  }
  const Octets data = kept(Relayed(datagram));
  CHECK(data.size() <= 20 + kMaxRelayData);
  CHECK(ClientDataView::parse(data)->relays().size() == 9);
}

TEST_CASE("a name that is too long is left out") {
  ClientDataBuilder data;
  const std::string name(kMaxClientData, 'a');
  data.hostname({.forward = true, .reverse = true, .name = name});
  CHECK(data.bytes().empty());
}

TEST_CASE("what is not whole, or of another version, is not read") {
  const Octets whole = u8(1) + u8(1) + u16(37) + u8(0) + address("::") + address("::1") + interface_id({});
  REQUIRE(ClientDataView::parse(whole));
  for (size_t size = 0; size < whole.size(); ++size) {
    if (size == 1) continue;  // a version and no items
    CHECK_FALSE(ClientDataView::parse(Octets(std::span(whole).first(size))));
  }
  CHECK_FALSE(ClientDataView::parse(u8(2) + Octets(std::span(whole).subspan(1))));
  CHECK_FALSE(ClientDataView::parse(u8(1) + u8(1) + u16(36) + u8(0) + address("::") + address("::1") + hex("001200")));
  CHECK_FALSE(ClientDataView::parse(u8(1) + u8(2) + u16(0)));
  Octets ten = u8(1);
  for (int i = 0; i < 10; ++i) ten += u8(1) + u16(33) + u8(0) + address("::") + address("::1");
  CHECK_FALSE(ClientDataView::parse(ten));
}

TEST_CASE("a client that gets another name keeps all else that is known of it") {
  ClientDataBuilder before;
  before.hostname({.forward = true, .reverse = true, .name = "old"});
  const std::array<std::byte, 6> key{};
  before.reconfigure_data(key);
  ClientDataBuilder after;
  after.all_but_hostname(*ClientDataView::parse(before.bytes()));
  CHECK_FALSE(ClientDataView::parse(after.bytes())->hostname());
  CHECK(ClientDataView::parse(after.bytes())->find(ClientTag::kReconfigureData)->size() == 6);
  after.hostname({.forward = false, .reverse = false, .name = "new"});
  CHECK(ClientDataView::parse(after.bytes())->hostname()->name == "new");
}

TEST_CASE("RFC 8156 5.5.3, 5.5.13: what only a failover partner knows is kept as it came") {
  ClientDataBuilder data;
  data.reconfigure_data(hex("2faf0000 a1b2"));
  data.dns_removal_info(hex("0077 0002 0003"));
  CHECK(to_hex(data.bytes()) == to_hex(hex("01  04 0006 2faf0000 a1b2  05 0006 0077 0002 0003")));
  const auto view = ClientDataView::parse(data.bytes());
  REQUIRE(view);
  CHECK(to_hex(*view->find(ClientTag::kReconfigureData)) == "2f af 00 00 a1 b2");
  CHECK(to_hex(*view->find(ClientTag::kDnsRemovalInfo)) == "00 77 00 02 00 03");
  CHECK(ClientDataView::parse(hex("01 04 0004 2faf0000")));
  CHECK_FALSE(ClientDataView::parse(hex("01 04 0003 2faf00")));
  CHECK(ClientDataView::parse(hex("01 05 0000")));
  CHECK_FALSE(ClientDataView::parse(hex("01 05 0005 0077 0002 00")));
}

TEST_CASE("a value that fills the last octet is kept, and one that is longer is left out") {
  ClientDataBuilder data;
  data.reconfigure_data(Octets(kMaxClientData - 3, std::byte{1}));
  CHECK(data.bytes().empty());
  data.reconfigure_data(Octets(kMaxClientData - 4, std::byte{1}));
  CHECK(data.bytes().size() == kMaxClientData);
  data.dns_removal_info({});
  CHECK(data.bytes().size() == kMaxClientData);
}

TEST_CASE("items with a tag of a later version are passed over") {
  const Octets data = hex("01 c8 0002 aabb 02 0002 01 61");
  const auto view = ClientDataView::parse(data);
  REQUIRE(view);
  CHECK(view->relays().empty());
  CHECK(view->hostname()->name == "a");
}

}  // namespace
}  // namespace tandem6::lease::client_data_test
