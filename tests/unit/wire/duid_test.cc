#include "dataplane/wire/duid.h"

#include <doctest/doctest.h>

#include "tests/support/packet.h"

namespace tandem6::duid_test {

using namespace tandem6::testing;

namespace {

MacAddress mac() {
  MacAddress address{};
  const Octets octets = hex("02 00 5e 10 20 30");
  std::copy(octets.begin(), octets.end(), address.begin());
  return address;
}

}  // namespace

TEST_CASE("RFC 8415 11.1: a DUID is 3 to 130 octets") {
  CHECK_FALSE(Duid::from_bytes({}).has_value());
  CHECK_FALSE(Duid::from_bytes(zeros(2)).has_value());
  CHECK(Duid::from_bytes(zeros(3)).has_value());
  CHECK(Duid::from_bytes(zeros(130)).has_value());
  CHECK_FALSE(Duid::from_bytes(zeros(131)).has_value());
  CHECK_FALSE(Duid::from_bytes(zeros(3 + 256)).has_value());
  CHECK(is_duid(zeros(3)));
  CHECK(is_duid(zeros(130)));
  CHECK_FALSE(is_duid(zeros(2)));
  CHECK_FALSE(is_duid(zeros(131)));
}

TEST_CASE("RFC 8415 11: DUIDs are equal when all their octets are") {
  const auto a = Duid::from_bytes(hex("00 04 aa bb"));
  CHECK(a == Duid::from_bytes(hex("00 04 aa bb")));
  CHECK(a != Duid::from_bytes(hex("00 04 aa bc")));
  CHECK(a != Duid::from_bytes(hex("00 04 aa bb 00")));
  CHECK(a != Duid::from_bytes(hex("00 04 aa")));
  CHECK(Duid().empty());
  CHECK(Duid() != *a);
}

TEST_CASE("RFC 8415 11.2: DUID-LLT") {
  CHECK(to_hex(Duid::make_llt(mac(), AbsoluteTime{0x2f3e4d5c}).bytes()) == "00 01 00 01 2f 3e 4d 5c 02 00 5e 10 20 30");
}

TEST_CASE("RFC 8415 11.3: DUID-EN, up to what a DUID holds") {
  const auto duid = Duid::make_en(32473, hex("0c c0 84 d3 03 00 09 12"));
  REQUIRE(duid.has_value());
  CHECK(to_hex(duid->bytes()) == "00 02 00 00 7e d9 0c c0 84 d3 03 00 09 12");
  CHECK(Duid::make_en(32473, zeros(124))->bytes().size() == 130);
  CHECK_FALSE(Duid::make_en(32473, zeros(125)).has_value());
  CHECK_FALSE(Duid::make_en(32473, {}).has_value());
}

TEST_CASE("RFC 8415 11.4: DUID-LL") { CHECK(to_hex(Duid::make_ll(mac()).bytes()) == "00 03 00 01 02 00 5e 10 20 30"); }

TEST_CASE("DUIDs are read in both forms of Kea's files and written with colons") {
  const auto expected = Duid::from_bytes(hex("00 01 00 ff aB"));
  CHECK(Duid::parse("00:01:00:ff:ab") == expected);
  CHECK(Duid::parse("000100FFAB") == expected);
  CHECK(Duid::parse("0:1:0:fF:Ab") == expected);
  CHECK(expected->to_string() == "00:01:00:ff:ab");
  CHECK(Duid().to_string().empty());

  const Octets longest(130, std::byte{0x5a});
  const auto duid = Duid::from_bytes(longest);
  REQUIRE(duid.has_value());
  CHECK(Duid::parse(duid->to_string()) == duid);
}

TEST_CASE("Text that is no DUID is refused") {
  for (const std::string_view bad :
       {"", "00", "0001", "00:01", "00:01:", ":00:01:02", "00:01:02:", "00::01:02", "00:001:02", "00 01 02", "00010",
        "00:01:0g", "00010g", "0x000102", "-1:01:02", "00:+1:02", "00-01-02", ":", "::::"}) {
    CAPTURE(std::string(bad));
    CHECK_FALSE(Duid::parse(bad).has_value());
  }
  CHECK_FALSE(Duid::parse(std::string(size_t{131} * 2, '1')).has_value());
  CHECK(Duid::parse(std::string(size_t{130} * 2, '1')).has_value());
}

}  // namespace tandem6::duid_test
