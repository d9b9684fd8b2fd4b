#include "dataplane/wire/ipv6.h"

#include <doctest/doctest.h>

#include "dataplane/wire/link_local.h"
#include "tests/support/packet.h"

namespace tandem6::ipv6_test {

using namespace tandem6::testing;

TEST_CASE("RFC 4291 2.2: addresses are read in every form of text") {
  CHECK(to_hex(ip("2001:db8::1").octets) == "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01");
  CHECK(ip("2001:DB8:0:0:0:0:0:1") == ip("2001:db8::1"));
  CHECK(ip("::ffff:192.0.2.1") == ip("::ffff:c000:201"));
  CHECK(ip("::").is_unspecified());
}

TEST_CASE("What is no IPv6 address is refused") {
  using namespace std::string_view_literals;
  for (const std::string_view bad : {""sv, ":"sv, ":::"sv, "2001:db8"sv, "2001:db8::1::2"sv, "fe80::1%eth0"sv,
                                     "192.0.2.1"sv, "2001:db8::g"sv, " ::1"sv, "::1 "sv, "::1\0"sv, "12345::"sv,
                                     "2001:db8::/32"sv, "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb"sv}) {
    CAPTURE(std::string(bad));
    CHECK_FALSE(Ipv6Address::parse(bad).has_value());
  }
}

TEST_CASE("RFC 5952 4: addresses are written in canonical form") {
  CHECK(ip("2001:0DB8:0:0:1:0:0:1").to_string() == "2001:db8::1:0:0:1");
  CHECK(ip("2001:db8:0:1:1:1:1:1").to_string() == "2001:db8:0:1:1:1:1:1");
  CHECK(ip("::").to_string() == "::");
  CHECK(ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").to_string() == "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
}

TEST_CASE("An address is a number, and ordered as its bytes") {
  CHECK(ip("::1:0:0:0:2").number() == ((U128{1} << 64) | 2));
  CHECK(Ipv6Address::from_number((U128{0x20010db8} << 96) | 0xff) == ip("2001:db8::ff"));
  CHECK(ip("2001:db8::ff") < ip("2001:db8::100"));
  CHECK(ip("8000::") > ip("7fff::"));
}

TEST_CASE("RFC 4291 2.5.6, 2.7: link-local and multicast") {
  CHECK(ip("fe80::1").is_link_local());
  CHECK(ip("febf:ffff::").is_link_local());
  CHECK_FALSE(ip("fec0::1").is_link_local());
  CHECK_FALSE(ip("fe7f::1").is_link_local());
  CHECK(ip("ff02::1:2").is_multicast());
  CHECK_FALSE(ip("feff::").is_multicast());
}

TEST_CASE("RFC 8415 7.1: the multicast addresses") {
  CHECK(kAllRelayAgentsAndServers == ip("ff02::1:2"));
  CHECK(kAllServers == ip("ff05::1:3"));
}

TEST_CASE("Prefixes are read and written") {
  const auto prefix = Ipv6Prefix::parse("2001:db8:42::/48");
  REQUIRE(prefix.has_value());
  CHECK(prefix->address == ip("2001:db8:42::"));
  CHECK(prefix->length == 48);
  CHECK(prefix->to_string() == "2001:db8:42::/48");
  CHECK(Ipv6Prefix::parse("::/0")->length == 0);
  CHECK(Ipv6Prefix::parse("2001:db8::1/128")->address == ip("2001:db8::1"));
  CHECK(Ipv6Prefix::parse("2001:db8::8000:0:0:0/65").has_value());
}

TEST_CASE("What is no prefix is refused, host bits as well") {
  for (const std::string_view bad : {"2001:db8::", "2001:db8::/", "2001:db8::/129", "2001:db8::/256", "2001:db8::/-1",
                                     "2001:db8::/+8", "2001:db8::/ 32", "2001:db8::/32x", "/32", "2001:db8::/32/32",
                                     "2001:db8::1/127", "::1/0", "2001:db8::/28", "8000::/0"}) {
    CAPTURE(std::string(bad));
    CHECK_FALSE(Ipv6Prefix::parse(bad).has_value());
  }
}

TEST_CASE("A prefix contains its first and last address and not their neighbours") {
  const Ipv6Prefix prefix{ip("2001:db8:0:10::"), 60};
  CHECK(prefix.last() == ip("2001:db8:0:1f:ffff:ffff:ffff:ffff"));
  CHECK(prefix.contains(prefix.address));
  CHECK(prefix.contains(prefix.last()));
  CHECK_FALSE(prefix.contains(ip("2001:db8:0:20::")));
  CHECK_FALSE(prefix.contains(ip("2001:db8:0:f:ffff:ffff:ffff:ffff")));
}

TEST_CASE("The longest and the shortest prefix") {
  const Ipv6Prefix all{};
  CHECK(all.contains(ip("::")));
  CHECK(all.contains(ip("ffff::")));
  CHECK(all.last() == ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"));
  const Ipv6Prefix one{ip("2001:db8::1"), 128};
  CHECK(one.contains(ip("2001:db8::1")));
  CHECK_FALSE(one.contains(ip("2001:db8::")));
  CHECK(one.last() == ip("2001:db8::1"));
}

TEST_CASE("RFC 4291 appendix A: the link-local address of a MAC address") {
  const MacAddress mac{std::byte{0x02}, std::byte{0x11}, std::byte{0x22},
                       std::byte{0x33}, std::byte{0x44}, std::byte{0x55}};
  CHECK(link_local_of(mac) == ip("fe80::11:22ff:fe33:4455"));
}

}  // namespace tandem6::ipv6_test
