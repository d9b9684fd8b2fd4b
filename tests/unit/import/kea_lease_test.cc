#include "tools/tandem6-import/kea_lease.h"

#include <random>

#include "tests/unit/import/fixtures.h"

namespace tandem6::import::kea_lease_test {
namespace {

using lease::BindingStatus;
using lease::LeaseType;

KeaLease read(const std::string& line, std::string_view header = kHeader) {
  const Columns columns(header);
  REQUIRE(check_columns(columns));
  const auto lease = read_lease(columns, line);
  REQUIRE_MESSAGE(lease, (lease ? "" : lease.error().message));
  return *lease;
}

std::string why(const std::string& line) {
  const auto lease = read_lease(Columns(kHeader), line);
  CAPTURE(line);
  REQUIRE_FALSE(lease);
  return lease.error().message;
}

TEST_CASE("import: an address lease as Kea writes it") {
  const KeaLease lease = read(
      "2001:db8:1::5,00:01:00:01:2a:00:00:01:02:00:00:00:00:05,4000,1800004000,17,3000,0,4294967295,128,1,0,"
      "cpe-5.example.net,02:00:00:00:00:05,0,{ \"a\": 1&#x2c \"b\": 2 },1,0,3");
  CHECK(lease.kind == RowKind::kLease);
  CHECK(lease.record.key == lease::LeaseKey{LeaseType::kAddress, 128, *Ipv6Address::parse("2001:db8:1::5")});
  CHECK(lease.record.status == BindingStatus::kActive);
  CHECK(lease.record.duid == *Duid::parse("00:01:00:01:2a:00:00:01:02:00:00:00:00:05"));
  CHECK(lease.record.valid.count == 4000);
  CHECK(lease.record.preferred.count == 3000);
  CHECK(lease.record.last_contact.to_unix() == 1'800'000'000);
  CHECK(lease.record.subnet_id == 17);
  CHECK(lease.record.iaid == 0xffffffff);
  CHECK(lease.hostname == "cpe-5.example.net");
  CHECK(lease.forward);
  CHECK_FALSE(lease.reverse);
  CHECK(lease.has_hwaddr);
  CHECK(lease.has_user_context);
}

TEST_CASE("import: a delegated prefix; bits beyond its length, or no length, are refused") {
  const std::string prefix = with(with(row("2001:db8:f000:100::"), "lease_type", "2"), "prefix_len", "56");
  CHECK(read(prefix).record.key == lease::LeaseKey{LeaseType::kPrefix, 56, *Ipv6Address::parse("2001:db8:f000:100::")});
  CHECK(why(with(prefix, "address", "2001:db8:f000:101::")).find("beyond its prefix_len 56") != std::string::npos);
  CHECK(why(with(prefix, "prefix_len", "0")).find("prefix_len") != std::string::npos);
  CHECK(why(with(prefix, "prefix_len", "129")).find("prefix_len") != std::string::npos);
  CHECK(why(with(row("2001:db8::1"), "prefix_len", "64")).find("128") != std::string::npos);
}

TEST_CASE("import: columns go by name, and those of a newer Kea may be missing") {
  const KeaLease old = read("00:03:00:01:02:00:00:00:0a:01,2001:db8::1,4000,1800004000,1,3000,0,7,128,0,0,a,b",
                            "duid,address,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,"
                            "fqdn_fwd,fqdn_rev,hostname,hwaddr");
  CHECK(old.record.key.address.to_string() == "2001:db8::1");
  CHECK(old.record.status == BindingStatus::kActive);
  CHECK(read("2001:db8::1,00:03:00:01:02,4000,1800004000,1,3000,0,7,128").hostname.empty());
  CHECK_FALSE(check_columns(Columns("address,duid,valid_lifetime")));
  CHECK_FALSE(check_columns(Columns("")));
  CHECK(check_columns(Columns("address,hwaddr,client_id")).error().message.find("'duid'") != std::string::npos);
}

TEST_CASE(
    "import: Kea's states: declined is quarantine, reclaimed and released and deleted are the end, registered is no "
    "lease") {
  const KeaLease declined = read(with(with(row("2001:db8::1"), "state", "1"), "duid", "00"));
  CHECK(declined.record.status == BindingStatus::kAbandoned);
  CHECK(declined.record.duid.empty());
  CHECK(declined.record.valid.count == 4000);
  CHECK(read(with(with(row("2001:db8::1"), "state", "1"), "duid", "00:00:00")).record.duid.empty());
  CHECK(read(with(row("2001:db8::1"), "state", "2")).kind == RowKind::kEnded);
  CHECK(read(with(row("2001:db8::1"), "state", "3")).kind == RowKind::kEnded);
  CHECK(read(with(row("2001:db8::1"), "state", "4")).kind == RowKind::kRegistered);
  CHECK(read(with(row("2001:db8::1"), "valid_lifetime", "0")).kind == RowKind::kEnded);
  CHECK(why(with(row("2001:db8::1"), "state", "5")).find("state") != std::string::npos);
  const std::string prefix = with(with(row("2001:db8:1::"), "lease_type", "2"), "prefix_len", "48");
  CHECK(why(with(prefix, "state", "1")).find("RFC 8415") != std::string::npos);
}

TEST_CASE("import: an infinite lifetime stays one") {
  std::string line = with(row("2001:db8::1"), "valid_lifetime", "4294967295");
  line = with(line, "expire", std::to_string(kContact + int64_t{4294967295}));
  CHECK(read(line).record.valid.infinite());
  CHECK(read(line).record.last_contact.to_unix() == kContact);
}

TEST_CASE("import: a value that cannot be is refused, and its column named") {
  const std::string good = row("2001:db8::1");
  CHECK(why(with(good, "address", "10.0.0.1")) == "address: '10.0.0.1' is no IPv6 address");
  CHECK(why(with(good, "duid", "")).find("duid: ''") != std::string::npos);
  CHECK(why(with(good, "duid", "00")).find("duid: '00'") != std::string::npos);
  CHECK(why(with(good, "lease_type", "1")).find("IA_TA") != std::string::npos);
  CHECK(why(with(good, "lease_type", "3")).find("lease_type") != std::string::npos);
  for (const char* column : {"valid_lifetime", "expire", "subnet_id", "pref_lifetime", "iaid", "prefix_len"})
    for (const char* value : {"", "x", "-1", "1x", " 1", "99999999999999999999999"}) {
      CAPTURE(column);
      CHECK(why(with(good, column, value)).starts_with(column));
    }
  CHECK(why(with(good, "expire", "3000")).find("expire") != std::string::npos);
  CHECK(why(good + ",1").find("19 values in 18 columns") != std::string::npos);
  CHECK(why("2001:db8::1,00:03:00:01:02").find("lease_type") != std::string::npos);
}

TEST_CASE("import: escapes are Kea's: two hexadecimal digits, no semicolon") {
  CHECK(unescape("a&#x2cb&#x26&#x2C") == "a,b&,");
  CHECK(unescape("&#x2") == "&#x2");
  CHECK(unescape("&#xzz&#x") == "&#xzz&#x");
  CHECK(escape("a,b&c") == "a&#x2cb&#x26c");
  CHECK(unescape(escape("&#x2c,\n&&#x")) == "&#x2c,\n&&#x");
}

TEST_CASE("import: what write_lease() makes is read as the same lease, for thousands of random ones") {
  std::mt19937 random(7);
  const auto number = [&](uint32_t most) { return std::uniform_int_distribution<uint32_t>(0, most)(random); };
  const Columns columns(written_header());
  REQUIRE(check_columns(columns));
  for (int i = 0; i < 5000; ++i) {
    KeaLease lease;
    const bool is_prefix = number(1) == 1;
    const auto length = static_cast<uint8_t>(is_prefix ? 1 + number(127) : 128);
    U128 bits = 0;
    for (int word = 0; word < 4; ++word) bits = bits << 32 | random();
    if (length < 128) bits = bits >> (128 - length) << (128 - length);
    lease.record.key = {is_prefix ? LeaseType::kPrefix : LeaseType::kAddress, length, Ipv6Address::from_number(bits)};
    if (!is_prefix && number(4) == 0) lease.record.status = BindingStatus::kAbandoned;
    std::vector<std::byte> octets(Duid::kMinSize + number(Duid::kMaxSize - Duid::kMinSize));
    for (std::byte& octet : octets) octet = static_cast<std::byte>(1 + number(254));
    lease.record.duid = *Duid::from_bytes(octets);
    lease.record.valid = Seconds{1 + number(0xfffffffe)};
    lease.record.preferred = Seconds{number(lease.record.valid.count)};
    lease.record.last_contact = AbsoluteTime::from_unix(kContact + number(1'000'000'000));
    lease.record.subnet_id = random();
    lease.record.iaid = random();
    lease.forward = number(1) == 1;
    for (uint32_t size = number(20); size != 0; --size) lease.hostname += static_cast<char>(number(255));
    const std::string line = write_lease(lease);
    CAPTURE(line);
    const auto back = read_lease(columns, line);
    REQUIRE_MESSAGE(back, (back ? "" : back.error().message));
    CHECK(back->record == lease.record);
    CHECK(back->hostname == lease.hostname);
    CHECK(back->forward == lease.forward);
  }
}

}  // namespace
}  // namespace tandem6::import::kea_lease_test
