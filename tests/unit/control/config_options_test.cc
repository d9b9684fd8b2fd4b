// option-data: from the text of the file to the octets of the packet.
#include "option_fixtures.h"

namespace tandem6::config_options_test {

using namespace tandem6::control;

TEST_CASE("RFC 3646 3: dns-servers is a list of addresses") {
  const Configuration configuration = check_clean(with_keys(
      R"("option-data": [{"name": "dns-servers", "data": "2001:db8::1, 2001:db8::2", "always-send": true}])"));
  CHECK(sent(configuration.options) == "0017002020010db800000000000000000000000120010db8000000000000000000000002");
}

TEST_CASE("RFC 8415 10: names are labels that end with the empty one") {
  CHECK(data_of(R"("name": "domain-search", "data": "example.com, a.b.")") ==
        "076578616d706c6503636f6d00"
        "0161016200");
  check_wrong(R"("name": "domain-search", "data": "a..b")", "data", "empty label");
  check_wrong(R"("name": "domain-search", "data": "")", "data", "no domain name");
  check_wrong("\"name\": \"domain-search\", \"data\": \"" + std::string(64, 'x') + "\"", "data", "longer than 63");
}

TEST_CASE("each type of data is encoded") {
  CHECK(data_of(R"("name": "preference", "data": "0xf0")") == "f0");
  CHECK(data_of(R"("name": "information-refresh-time", "data": "3600")") == "00000e10");
  CHECK(data_of(R"("name": "client-arch-type", "data": "1, 7")") == "00010007");
  CHECK(data_of(R"("name": "nii", "data": "1, 2, 11")") == "01020b");
  CHECK(data_of(R"("name": "new-posix-timezone", "data": "EST5\\,M3.2.0")") == hex(wire::bytes_of("EST5,M3.2.0")));
  CHECK(data_of(R"("name": "bootfile-url", "data": "http://[::1]/a")") == hex(wire::bytes_of("http://[::1]/a")));
  // RFC 5970 3.2: each parameter after its length.
  CHECK(data_of(R"("name": "bootfile-param", "data": "ab, c")") == "00026162000163");
  CHECK(data_of(R"("name": "subscriber-id", "data": "AB CD")") == "abcd");
  CHECK(data_of(R"("name": "geoconf-civic", "data": "0, 0x5553, 15 9D, A3 FF")") == "005553159da3ff");
  CHECK(data_of(R"("name": "rdnss-selection", "data": "2001:db8::23, 01, a, b")") ==
        "20010db8000000000000000000000023010161000162"
        "00");
  CHECK(data_of(R"("name": "s46-cont-mape")") == "");
  CHECK(data_of(R"("name": "vendor-opts", "data": "4491")") == "0000118b");
}

TEST_CASE("data as hexadecimal, with and without a name") {
  CHECK(data_of(R"("name": "sntp-servers", "csv-format": false, "data": "20010db8000000000000000000000001")") ==
        "20010db8000000000000000000000001");
  CHECK(data_of(R"("code": 250, "data": "0x0102")") == "0102");
  CHECK(data_of(R"("code": 250, "data": "01:02:ff")") == "0102ff");
  CHECK(data_of(R"("code": 250, "data": "'text'")") == hex(wire::bytes_of("text")));
  CHECK(data_of(R"("code": 250)") == "");
  CHECK(data_of(R"("code": 250, "name": "my-own", "csv-format": false, "data": "AA")") == "aa");
  CHECK(data_of(R"("code": 250, "data": "1:2 a")") == "01020a");
  check_wrong(R"("code": 250, "data": "1::2")", "data", "hexadecimal");
  check_wrong(R"("code": 250, "data": "1:")", "data", "hexadecimal");
  check_wrong(R"("code": 250, "data": "123:45")", "data", "hexadecimal");
  check_wrong(R"("code": 250, "data": "abc")", "data", "hexadecimal");
  check_wrong(R"("code": 250, "csv-format": true, "data": "1")", "data", "not known");
}

TEST_CASE("data that does not fit its option is an error at the data") {
  check_wrong(R"("name": "dns-servers", "data": "2001:db8::1, 192.0.2.1")", "data", "\"192.0.2.1\" is no IPv6 address");
  check_wrong(R"("name": "preference", "data": "256")", "data", "is no number from 0 to 255");
  check_wrong(R"("name": "preference", "data": "-1")", "data", "is no number");
  check_wrong(R"("name": "solmax-rt", "data": "4294967296")", "data", "is no number from 0 to 4294967295");
  check_wrong(R"("name": "preference", "data": "1, 2")", "data", "has 1 value, here are 2");
  check_wrong(R"("name": "nii", "data": "1, 2")", "data", "has 3 values, here are 2");
  check_wrong(R"("name": "new-posix-timezone", "data": "EST5,M3")", "data", "\\\\,");
  check_wrong(R"("name": "s46-cont-mape", "data": "1")", "data", "has no data");
  check_wrong(R"("name": "dns-servers")", "", "is no IPv6 address");
}

TEST_CASE("the option must be one that may be configured, and be named rightly") {
  check_wrong(R"("data": "1")", "", "needs a \"name\" or a \"code\"");
  check_wrong(R"("name": "dns-server", "data": "::1")", "name", "did you mean \"dns-servers\"?");
  check_wrong(R"("name": "dns-servers", "code": 24, "data": "::1")", "name", "is option 23, not 24");
  check_wrong(R"("name": "resolvers", "code": 23, "data": "::1")", "name", "is called \"dns-servers\"");
  check_wrong(R"("code": 65536, "data": "")", "code", "out of range");
  check_wrong(R"("name": "serverid", "data": "00010203")", "", "makes the option serverid itself");
  check_wrong(R"("code": 3, "csv-format": false, "data": "00")", "", "makes the option ia-na itself");
}

TEST_CASE("RFC 9915: an option that no server configures any more is left out with a warning") {
  for (const auto& [entry, why] : std::vector<std::pair<std::string, std::string>>{
           {R"("name": "unicast", "data": "2001:db8::1")", "obsolete since RFC 9915"},
           {R"("name": "reconf-accept")", "Reconfigure"},
           {R"("name": "rsoo")", "relay agents"},
           {R"("name": "pd-exclude", "data": "2001:db8:1:1::/64")", "excluded-prefix"},
           {R"("code": 39, "data": "224, a.example")", "what the client sends"}}) {
    const Configuration configuration = check_warning(
        with_keys("\"option-data\": [{\"always-send\": true, " + entry + "}]"), "Dhcp6.option-data[0]", why);
    CHECK(configuration.options.empty());
  }
}

TEST_CASE("the second of an option in one scope is never sent: a warning that names the first") {
  const Configuration configuration = check_warning(
      with_keys("\"option-data\": [{\"name\": \"dns-servers\", \"data\": \"::1\", \"always-send\": true},\n"
                "{\"code\": 23, \"data\": \"::2\"}]"),
      "Dhcp6.option-data[1]", "of line 1");
  CHECK(sent(configuration.options) == "00170010" + std::string(31, '0') + "1");
}

TEST_CASE("options that may come several times do") {
  const Configuration vendors = check_clean(with_keys(R"("option-data": [
      {"name": "vendor-opts", "data": "4491", "always-send": true},
      {"name": "vendor-opts", "data": "9", "always-send": true}])"));
  CHECK(sent(vendors.options) ==
        "00110004000000090011000400"
        "00118b");
  const Configuration resolvers = check_clean(with_keys(R"("option-data": [
      {"name": "v6-dnr", "data": "1, a.", "always-send": true}, {"name": "v6-dnr", "data": "2, b.", "always-send": true}])"));
  CHECK(sent(resolvers.options) == "00900007000100030161000090000700020003016200");
}

TEST_CASE("what is never sent needs no value, and nothing else sends it") {
  const Configuration configuration = check_clean(with_keys(R"("option-data": [
      {"name": "dns-servers", "never-send": true},
      {"name": "preference", "data": "1", "always-send": true, "never-send": true}])"));
  CHECK(sent(configuration.options).empty());
}

TEST_CASE("subnets and pools have options of their own") {
  const Configuration configuration = check_clean(with_subnet(
      R"("option-data": [{"name": "preference", "data": "1", "always-send": true}],
         "pools": [{"pool": "2001:db8:1::/80", "option-data": [{"name": "preference", "data": "2", "always-send": true}]}],
         "pd-pools": [{"prefix": "2001:db8:2::", "prefix-len": 48, "delegated-len": 56,
                       "option-data": [{"name": "preference", "data": "3", "always-send": true}]}])"));
  REQUIRE(configuration.subnets.size() == 1);
  const SubnetConfig& subnet = configuration.subnets[0];
  CHECK(sent(subnet.options) == "0007000101");
  REQUIRE(subnet.pools.size() == 2);
  CHECK(sent(subnet.pools[0].options) == "0007000102");
  CHECK(sent(subnet.pools[1].options) == "0007000103");
}

}  // namespace tandem6::config_options_test
