#include "dataplane/wire/option.h"

#include <doctest/doctest.h>

#include "tests/support/packet.h"

namespace tandem6::option_test {

using namespace tandem6::testing;
using namespace tandem6::wire;

TEST_CASE("RFC 8415 21.1: options are walked in order, unknown ones and empty ones as well") {
  const Octets area = option(0, {}) + option(65535, hex("aa bb")) + option(14, {}) + option(8, hex("00 01"));
  OptionWalker walker(area);
  const auto first = walker.next();
  REQUIRE(first.has_value());
  CHECK(first->code == 0);
  CHECK(first->data.empty());
  const auto second = walker.next();
  REQUIRE(second.has_value());
  CHECK(second->code == 65535);
  CHECK(to_hex(second->data) == "aa bb");
  CHECK(walker.next()->is(OptionCode::kRapidCommit));
  CHECK(to_hex(walker.next()->data) == "00 01");
  CHECK_FALSE(walker.next().has_value());
  CHECK_FALSE(walker.malformed());
}

TEST_CASE("RFC 8415 21.1: an area cut anywhere but between options is malformed") {
  const Octets area = option(1, hex("00 03 00 01")) + option(14, {}) + option(8, hex("00 01"));
  for (size_t size = 0; size <= area.size(); ++size) {
    const bool between = size == 0 || size == 8 || size == 12 || size == 18;
    CAPTURE(size);
    CHECK(well_formed(Bytes(area).first(size)) == between);
  }
}

TEST_CASE("RFC 8415 21.1: option lengths to the last octet and one beyond") {
  CHECK(well_formed(option(300, zeros(65535))));
  CHECK_FALSE(well_formed(hex("00 01 00 03 aa bb")));
  CHECK(well_formed(hex("00 01 00 02 aa bb")));
  CHECK_FALSE(well_formed(hex("00 01 ff ff")));
  OptionWalker walker(Bytes{});
  CHECK_FALSE(walker.next().has_value());
  CHECK_FALSE(walker.malformed());
}

TEST_CASE("A walker that met malformed input stays there") {
  const Octets area = option(14, {}) + hex("00 01 00 09 aa");
  OptionWalker walker(area);
  CHECK(walker.next().has_value());
  for (int i = 0; i < 2; ++i) {
    CHECK_FALSE(walker.next().has_value());
    CHECK(walker.malformed());
  }
}

TEST_CASE("find_option gives the first of several, and nothing behind malformed input") {
  const Octets area = option(13, u16(1)) + option(13, u16(2)) + hex("00 0e 00 01");
  REQUIRE(find_option(area, OptionCode::kStatusCode).has_value());
  CHECK(to_hex(find_option(area, OptionCode::kStatusCode)->data) == "00 01");
  CHECK_FALSE(find_option(area, OptionCode::kRapidCommit).has_value());
  CHECK_FALSE(find_option({}, OptionCode::kClientId).has_value());
}

TEST_CASE("RFC 8415 21.2, 21.3: client and server identifiers carry a DUID") {
  const Octets area = client_id(hex("00 03 00 01 02 03 04 05 06 07")) + server_id(hex("00 02 00 00 7e d9 01"));
  CHECK(to_hex(find_option(area, OptionCode::kClientId)->data) == "00 03 00 01 02 03 04 05 06 07");
  CHECK(to_hex(find_option(area, OptionCode::kServerId)->data) == "00 02 00 00 7e d9 01");
}

TEST_CASE("RFC 8415 21.4, 21.21: IA_NA and IA_PD") {
  const Octets data = hex("01 02 03 04 00 00 0e 10 00 00 15 18") + status(0, "ok");
  const auto ia = IaView::parse(data);
  REQUIRE(ia.has_value());
  CHECK(ia->iaid == 0x01020304);
  CHECK(ia->t1 == Seconds{3600});
  CHECK(ia->t2 == Seconds{5400});
  CHECK(to_hex(ia->options) == to_hex(status(0, "ok")));
  CHECK(IaView::parse(zeros(12))->options.empty());
  CHECK_FALSE(IaView::parse(zeros(11)).has_value());
  for (size_t cut = 13; cut < data.size(); ++cut) CHECK_FALSE(IaView::parse(Bytes(data).first(cut)).has_value());
}

TEST_CASE("RFC 8415 21.5: IA_TA") {
  const Octets data = hex("01 02 03 04") + ia_address("2001:db8::1");
  const auto ia = IaTaView::parse(data);
  REQUIRE(ia.has_value());
  CHECK(ia->iaid == 0x01020304);
  CHECK(to_hex(ia->options) == to_hex(ia_address("2001:db8::1")));
  CHECK(IaTaView::parse(zeros(4)).has_value());
  CHECK_FALSE(IaTaView::parse(zeros(3)).has_value());
  CHECK_FALSE(IaTaView::parse(zeros(5)).has_value());
}

TEST_CASE("RFC 8415 21.6: IA Address") {
  const Octets data = address("2001:db8::1") + u32(3000) + u32(0xffffffff) + status(0, "");
  const auto view = IaAddressView::parse(data);
  REQUIRE(view.has_value());
  CHECK(view->address == ip("2001:db8::1"));
  CHECK(view->preferred == Seconds{3000});
  CHECK(view->valid.infinite());
  CHECK(to_hex(view->options) == "00 0d 00 02 00 00");
  CHECK(IaAddressView::parse(zeros(24))->options.empty());
  CHECK_FALSE(IaAddressView::parse(zeros(23)).has_value());
  CHECK_FALSE(IaAddressView::parse(zeros(25)).has_value());
}

TEST_CASE("RFC 8415 21.22: IA Prefix") {
  const Octets data = u32(3000) + u32(4000) + u8(56) + address("2001:db8:0:ff::1") + status(6, "none");
  const auto view = IaPrefixView::parse(data);
  REQUIRE(view.has_value());
  CHECK(view->preferred == Seconds{3000});
  CHECK(view->valid == Seconds{4000});
  CHECK(view->length == 56);
  CHECK(view->prefix == ip("2001:db8:0:ff::1"));  // bits beyond the length stay
  CHECK(to_hex(view->options) == to_hex(status(6, "none")));
  CHECK(IaPrefixView::parse(zeros(25))->options.empty());
  CHECK_FALSE(IaPrefixView::parse(zeros(24)).has_value());
  CHECK_FALSE(IaPrefixView::parse(zeros(26)).has_value());
  CHECK(IaPrefixView::parse(zeros(8) + u8(128) + zeros(16)).has_value());
  CHECK_FALSE(IaPrefixView::parse(zeros(8) + u8(129) + zeros(16)).has_value());
}

TEST_CASE("RFC 8415 21.7: Option Request holds whole codes") {
  const Octets data = u16(23) + u16(24) + u16(82);
  const auto view = OptionRequestView::parse(data);
  REQUIRE(view.has_value());
  CHECK(view->size() == 3);
  CHECK((*view)[0] == 23);
  CHECK((*view)[2] == 82);
  CHECK(view->contains(OptionCode::kSolMaxRt));
  CHECK_FALSE(view->contains(OptionCode::kInfMaxRt));
  CHECK(OptionRequestView::parse({})->size() == 0);
  CHECK_FALSE(OptionRequestView::parse(zeros(1)).has_value());
  CHECK_FALSE(OptionRequestView::parse(zeros(3)).has_value());
}

TEST_CASE("RFC 8415 21.8, 21.19: Preference and Reconfigure Message are one octet") {
  CHECK(parse_octet(u8(255)) == 255);
  CHECK_FALSE(parse_octet({}).has_value());
  CHECK_FALSE(parse_octet(zeros(2)).has_value());
}

TEST_CASE("RFC 8415 21.9: Elapsed Time is two octets") {
  CHECK(parse_elapsed_time(u16(0xffff)) == 0xffff);
  CHECK_FALSE(parse_elapsed_time(zeros(1)).has_value());
  CHECK_FALSE(parse_elapsed_time(zeros(3)).has_value());
}

TEST_CASE("RFC 8415 21.11: Authentication") {
  const Octets data = hex("03 01 00") + u64(0x1122334455667788) + hex("01 aa bb");
  const auto view = AuthenticationView::parse(data);
  REQUIRE(view.has_value());
  CHECK(view->protocol == 3);
  CHECK(view->algorithm == 1);
  CHECK(view->replay_detection_method == 0);
  CHECK(view->replay_detection == 0x1122334455667788);
  CHECK(to_hex(view->information) == "01 aa bb");
  CHECK(AuthenticationView::parse(zeros(11))->information.empty());
  CHECK_FALSE(AuthenticationView::parse(zeros(10)).has_value());
}

TEST_CASE("RFC 8415 21.12: Server Unicast is one address") {
  CHECK(parse_address(address("2001:db8::547")) == ip("2001:db8::547"));
  CHECK_FALSE(parse_address(zeros(15)).has_value());
  CHECK_FALSE(parse_address(zeros(17)).has_value());
}

TEST_CASE("RFC 8415 21.13: Status Code") {
  const Octets data = u16(2) + text("full");
  const auto view = StatusView::parse(data);
  REQUIRE(view.has_value());
  CHECK(view->code == StatusCode::kNoAddrsAvail);
  CHECK(view->message == "full");
  CHECK(StatusView::parse(zeros(2))->message.empty());
  CHECK_FALSE(StatusView::parse(zeros(1)).has_value());
}

TEST_CASE("RFC 8415 21.15: User Class holds length-prefixed items") {
  const Octets data = u16(3) + text("abc") + u16(0) + u16(1) + text("z");
  ClassDataWalker walker(data);
  CHECK(to_hex(walker.next().value()) == to_hex(text("abc")));
  CHECK(walker.next().value().empty());
  CHECK(to_hex(walker.next().value()) == to_hex(text("z")));
  CHECK_FALSE(walker.next().has_value());
  CHECK_FALSE(walker.malformed());
}

TEST_CASE("RFC 8415 21.15: class data cut anywhere but between items is malformed") {
  const Octets data = u16(3) + text("abc") + u16(0) + u16(1) + text("z");
  for (size_t size = 0; size <= data.size(); ++size) {
    ClassDataWalker walker(Bytes(data).first(size));
    while (walker.next()) {
    }
    const bool between = size == 0 || size == 5 || size == 7 || size == 10;
    CAPTURE(size);
    CHECK(walker.malformed() != between);
  }
}

TEST_CASE("RFC 8415 21.16, 21.17: vendor options start with an enterprise number") {
  const Octets data = u32(4491) + u16(8) + text("docsis3.");
  const auto view = VendorView::parse(data);
  REQUIRE(view.has_value());
  CHECK(view->enterprise == 4491);
  ClassDataWalker items(view->data);
  CHECK(to_hex(items.next().value()) == to_hex(text("docsis3.")));
  const Octets vendor_options = u32(4491) + option(1, u16(32));
  CHECK(find_option(VendorView::parse(vendor_options)->data, OptionCode::kClientId).has_value());
  CHECK(VendorView::parse(zeros(4))->data.empty());
  CHECK_FALSE(VendorView::parse(zeros(3)).has_value());
}

TEST_CASE("RFC 8415 21.23 to 21.25: refresh and maximum times are four octets") {
  CHECK(parse_seconds(u32(86400)) == Seconds{86400});
  CHECK(parse_seconds(u32(0xffffffff))->infinite());
  CHECK_FALSE(parse_seconds(zeros(3)).has_value());
  CHECK_FALSE(parse_seconds(zeros(5)).has_value());
}

TEST_CASE("RFC 6939 4: a Client Link-Layer Address has a hardware type and at least one octet") {
  const Octets data = hex("0001 0a0b");
  const auto view = LinkLayerAddressView::parse(data);
  REQUIRE(view);
  CHECK(view->hardware_type == 1);
  CHECK(to_hex(view->address) == "0a 0b");
  for (const char* bad : {"", "00", "0001"}) CHECK_FALSE(LinkLayerAddressView::parse(hex(bad)));
}

TEST_CASE("RFC 4649 3: a Remote-ID has an enterprise number and at least one octet") {
  const Octets data = hex("00000009 aa");
  const auto view = parse_remote_id(data);
  REQUIRE(view);
  CHECK(view->enterprise == 9);
  CHECK(to_hex(view->data) == "aa");
  CHECK_FALSE(parse_remote_id(hex("00000009")));
}

TEST_CASE("RFC 8357 4.2: a Relay Source Port is two octets") {
  CHECK(parse_port(hex("03e8")) == 1000);
  CHECK_FALSE(parse_port(hex("03")));
  CHECK_FALSE(parse_port(hex("000003e8")));
}

}  // namespace tandem6::option_test
