// Domain names in wire form: RFC 1035 §2.3.4 and §3.1, RFC 8415 §10.
#include "dataplane/wire/domain_name.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/packet.h"

namespace tandem6::domain_name_test {

using namespace tandem6::testing;
using tandem6::wire::DomainName;

namespace {

std::string read(std::string_view digits) {
  const Octets bytes = hex(digits);
  const auto name = DomainName::from_bytes(bytes);
  return name ? "'" + name->to_string() + "'" : "refused";
}
DomainName name(std::string_view words) { return DomainName::parse(words).value(); }

}  // namespace

TEST_CASE("RFC 4704 4.2: a name is complete with its root label, partial without, and may be empty") {
  CHECK(read("03 616263 02 6465 00") == "'abc.de.'");
  CHECK(read("03 616263 02 6465") == "'abc.de'");
  CHECK(read("") == "''");
  CHECK(read("00") == "'.'");
  CHECK(read("03 612e00") == "'a\\046\\000'");
}

TEST_CASE("RFC 1035 3.1, RFC 8415 10: labels that are cut short, too long or compressed, and what follows the root") {
  CHECK(read("03 6162") == "refused");
  CHECK(read("01") == "refused");
  CHECK(read("c0 0c") == "refused");
  CHECK(read("40 61") == "refused");
  CHECK(read("01 61 00 01 62") == "refused");
  CHECK(read("01 61 00 00") == "refused");
}

TEST_CASE("RFC 1035 2.3.4: 63 octets a label, 255 a name with the root") {
  Octets longest;
  for (int i = 0; i < 3; ++i) longest += u8(63) + Octets(63, std::byte{'a'});
  longest += u8(61) + Octets(61, std::byte{'a'});
  REQUIRE(longest.size() == 254);
  CHECK(DomainName::from_bytes(longest));
  CHECK(DomainName::from_bytes(longest + u8(0)));
  CHECK_FALSE(DomainName::from_bytes(longest + u8(1) + u8('a')));
  CHECK_FALSE(DomainName::parse(std::string(64, 'a')));
  CHECK(DomainName::parse(std::string(63, 'a')));
}

TEST_CASE("names from text and back") {
  for (const char* words : {"", "host", "host.example.org", "host.example.org."})
    CHECK(name(words).to_string() == words);
  CHECK(to_hex(name("ab.c.").bytes()) == "02 61 62 01 63 00");
  for (const char* bad : {".", "a..b", ".a", "a.."}) CHECK_FALSE(DomainName::parse(bad));
}

TEST_CASE("a suffix is found at a label's beginning, whatever the case, and appended where it fits") {
  CHECK(name("host.Example.org").ends_with(name("example.ORG.")));
  CHECK(name("example.org").ends_with(name("example.org.")));
  CHECK_FALSE(name("hostexample.org").ends_with(name("example.org.")));
  CHECK_FALSE(name("org").ends_with(name("example.org.")));
  DomainName host = name("host");
  REQUIRE(host.append(name("example.org.")));
  CHECK(host.to_string() == "host.example.org.");
  CHECK_FALSE(host.append(name("org.")));
  CHECK(host.to_string() == "host.example.org.");
}

TEST_CASE("RFC 1035 5.1: what to_string() writes is read back, whatever octets the labels have") {
  for (const char* digits : {"03 616263 02 6465 00", "03 616263", "03 612e00 02 5c5c 00", "01 ff 01 20"}) {
    const Octets bytes = hex(digits);
    const auto whole = DomainName::from_bytes(bytes).value();
    CHECK(DomainName::parse_escaped(whole.to_string()) == whole);
  }
  CHECK(DomainName::parse_escaped("a\\098c.d.") == name("abc.d."));
  CHECK(DomainName::parse_escaped("") == DomainName());
  for (const char* bad : {"a\\09", "a\\256", "a\\0x1", "a\\", ".", "a..b", ".a"}) {
    CHECK_FALSE(DomainName::parse_escaped(bad));
  }
  const std::string longest(63, 'x');
  CHECK(DomainName::parse_escaped(longest));
  CHECK_FALSE(DomainName::parse_escaped(longest + "x"));
}

}  // namespace tandem6::domain_name_test
