// option-def: Kea's types, and what is wrong with a definition.
#include "option_fixtures.h"

namespace tandem6::config_option_definitions_test {

using namespace tandem6::control;

namespace {

/// The octets of `data` in an option with this definition.
std::string encoded(const std::string& format, const std::string& data) {
  const Configuration configuration = check_clean(
      with_keys("\"option-def\": [{\"name\": \"x\", \"code\": 250, " + format +
                "}], \"option-data\": [{\"name\": \"x\", \"always-send\": true, \"data\": \"" + data + "\"}]"));
  const std::string option = sent(configuration.options);
  REQUIRE(option.size() >= 8);
  CHECK(option.substr(0, 4) == "00fa");
  return option.substr(8);
}

std::string encoded_as(const std::string& type, const std::string& data) {
  return encoded("\"type\": \"" + type + "\"", data);
}

void check_value(const std::string& type, const std::string& data, std::string_view part) {
  check_one_error(with_keys("\"option-def\": [{\"name\": \"x\", \"code\": 250, \"type\": \"" + type +
                            "\"}], \"option-data\": [{\"code\": 250, \"data\": \"" + data + "\"}]"),
                  "Dhcp6.option-data[0].data", part);
}

void check_definition(const std::string& keys, const std::string& key, std::string_view part) {
  check_one_error(with_keys("\"option-def\": [{" + keys + "}]"), "Dhcp6.option-def[0]" + key, part);
}

}  // namespace

TEST_CASE("option-def: each of Kea's types has its text and its octets") {
  CHECK(encoded_as("binary", "0x0102ff") == "0102ff");
  CHECK(encoded_as("boolean", "true") == "01");
  CHECK(encoded_as("boolean", "FALSE") == "00");
  CHECK(encoded_as("boolean", "1") == "01");
  CHECK(encoded_as("empty", "") == "");
  CHECK(encoded_as("fqdn", "a.example.") == "0161076578616d706c6500");
  CHECK(encoded_as("ipv4-address", "192.0.2.1") == "c0000201");
  CHECK(encoded_as("ipv6-address", "2001:db8::1") == "20010db8000000000000000000000001");
  CHECK(encoded_as("string", "a\\\\,b") == hex(wire::bytes_of("a,b")));
  CHECK(encoded_as("tuple", "ab") == "00026162");
  CHECK(encoded_as("uint8", "255") == "ff");
  CHECK(encoded_as("uint16", "0x1234") == "1234");
  CHECK(encoded_as("uint32", "4294967295") == "ffffffff");
  CHECK(encoded_as("int8", "-128") == "80");
  CHECK(encoded_as("int16", "-2") == "fffe");
  CHECK(encoded_as("int32", "-25200") == "ffff9d90");
  CHECK(encoded_as("int32", "2147483647") == "7fffffff");
}

TEST_CASE("RFC 7598 4.1: a prefix has the octets that its length needs, the bits behind it are 0") {
  CHECK(encoded_as("ipv6-prefix", "2001:db8::/32") == "2020010db8");
  CHECK(encoded_as("ipv6-prefix", "2001:db8:ff00::/36") == "2420010db8f0");
  CHECK(encoded_as("ipv6-prefix", "::/0") == "00");
  CHECK(encoded_as("ipv6-prefix", "2001:db8::1/128") == "8020010db8000000000000000000000001");
}

TEST_CASE("RFC 7598 4.5: a PSID is in the first bits of 16") {
  CHECK(encoded_as("psid", "3/4") == "043000");
  CHECK(encoded_as("psid", "0/0") == "000000");
  CHECK(encoded_as("psid", "65535/16") == "10ffff");
}

TEST_CASE("option-def: a value that is none of its type is an error at the data") {
  check_value("boolean", "2", "neither \"true\" nor");
  check_value("uint8", "-1", "no number from 0 to 255");
  check_value("int8", "128", "no number from -128 to 127");
  check_value("int8", "-129", "no number from -128 to 127");
  check_value("int16", "--1", "no number from -32768 to 32767");
  check_value("ipv4-address", "192.0.2", "no IPv4 address");
  check_value("ipv6-prefix", "2001:db8::", "no IPv6 prefix");
  check_value("ipv6-prefix", "2001:db8::/129", "no IPv6 prefix");
  check_value("psid", "16/4", "16 has more than 4 bits");
  check_value("psid", "1/17", "length of 0 to 16");
  check_value("psid", "1", "no PSID");
  check_value("binary", "xy", "not hexadecimal");
}

TEST_CASE("option-def: records and arrays") {
  CHECK(encoded(R"("type": "record", "record-types": "ipv6-address, uint16, boolean, string")",
                "2001:db8:1::10, 123, false, Hello World") ==
        "20010db8000100000000000000000010007b00" + hex(wire::bytes_of("Hello World")));
  CHECK(encoded(R"("type": "uint16", "array": true)", "1, 2, 3") == "000100020003");
  CHECK(encoded(R"("type": "record", "array": true, "record-types": "uint8, fqdn")", "1, a, b") == "01016100016200");
}

TEST_CASE("a record's surplus is left out with a warning, as in Kea") {
  const Configuration configuration =
      check_warning(with_keys(R"("option-data": [{"name": "nii", "data": "1, 2, 11, 13", "always-send": true}])"),
                    "Dhcp6.option-data[0].data", "has 3 values");
  CHECK(sent(configuration.options) == "003e000301020b");
}

TEST_CASE("option-def: an option without a name in the file is written by its code") {
  const Configuration configuration = check_clean(with_keys(R"(
      "option-def": [{"name": "x", "code": 250, "type": "uint8", "record-types": "", "encapsulate": "", "array": false,
                      "space": "dhcp6", "user-context": {}}],
      "option-data": [{"code": 250, "data": "7", "always-send": true}])"));
  CHECK(sent(configuration.options) == "00fa000107");
}

TEST_CASE("option-def: what is wrong with a definition is said at its key") {
  check_definition(R"("code": 250, "type": "uint8")", "", "\"name\" is missing");
  check_definition(R"("name": "x", "type": "uint8")", "", "\"code\" is missing");
  check_definition(R"("name": "x", "code": 250)", "", "\"type\" is missing");
  check_definition(R"("name": "a b", "code": 250, "type": "uint8")", ".name", "letters, digits");
  check_definition(R"("name": "x", "code": 0, "type": "uint8")", ".code", "out of range");
  check_definition(R"("name": "x", "code": 65536, "type": "uint8")", ".code", "out of range");
  check_definition(R"("name": "x", "code": 250, "type": "uint")", ".type", "did you mean \"uint8\"?");
  check_definition(R"("name": "x", "code": 250, "type": "internal")", ".type", "v6-dnr");
  check_definition(R"("name": "x", "code": 23, "type": "uint8")", ".code", "is \"dns-servers\" already");
  check_definition(R"("name": "dns-servers", "code": 250, "type": "uint8")", ".name", "is option 23");
  check_definition(R"("name": "x", "code": 250, "type": "record")", "", "needs \"record-types\"");
  check_definition(R"("name": "x", "code": 250, "type": "record", "record-types": "uint8")", ".record-types",
                   "at least two types");
  check_definition(R"("name": "x", "code": 250, "type": "record", "record-types": "string, uint8")", ".record-types",
                   "only be the last");
  check_definition(R"("name": "x", "code": 250, "type": "record", "record-types": "uint8, record")", ".record-types",
                   "cannot be of the type \"record\"");
  check_definition(R"("name": "x", "code": 250, "type": "uint8", "record-types": "uint8")", ".record-types",
                   "\"record\" only");
  check_definition(R"("name": "x", "code": 250, "type": "string", "array": true)", ".array", "no array");
  check_definition(R"("name": "x", "code": 250, "type": "empty", "array": true)", ".array", "no array");
  check_definition(R"("name": "x", "code": 250, "type": "uint8", "array": true, "encapsulate": "inner")", ".array",
                   "cannot contain options");
  check_definition(R"("name": "x", "code": 250, "type": "empty", "encapsulate": "dhcp6")", ".encapsulate",
                   "cannot contain those of the space \"dhcp6\"");
  check_definition(R"("name": "x", "code": 250, "type": "empty", "encapsulate": "vendor-9")", ".encapsulate",
                   "cannot contain");
  check_definition(R"("name": "x", "code": 250, "type": "empty", "space": "own", "encapsulate": "own")", ".encapsulate",
                   "inside itself");
}

TEST_CASE("option-def: containers that would contain each other are an error, and each code and name is defined once") {
  check_one_error(with_keys(R"("option-def": [
      {"name": "x", "code": 1, "type": "empty", "space": "a", "encapsulate": "b"},
      {"name": "y", "code": 1, "type": "empty", "space": "b", "encapsulate": "c"},
      {"name": "z", "code": 1, "type": "empty", "space": "c", "encapsulate": "a"}])"),
                  "Dhcp6.option-def[2].encapsulate", "inside itself");
  check_one_error(with_keys(R"("option-def": [{"name": "x", "code": 250, "type": "uint8"},
      {"name": "y", "code": 250, "type": "uint8"}])"),
                  "Dhcp6.option-def[1].code", "is \"x\" already");
  check_one_error(with_keys(R"("option-def": [{"name": "x", "code": 250, "type": "uint8"},
      {"name": "x", "code": 251, "type": "uint8"}])"),
                  "Dhcp6.option-def[1].name", "is option 250");
}

TEST_CASE("RFC 9463 4.1: v6-dnr has priority, name, addresses, and parameters in order of their keys") {
  const std::string name = "08" + hex(wire::bytes_of("resolver")) + "07" + hex(wire::bytes_of("example")) + "00";
  CHECK(data_of("\"name\": \"v6-dnr\", \"data\": \"150, resolver.example., 2001:db8::1 2001:db8::2, "
                R"(dohpath=/q{?dns} alpn=dot\\,doq\\,h2\\,h3 port=8530")") ==
        "00960012" + name + "0020" + "20010db8000000000000000000000001" + "20010db8000000000000000000000002" +
            "0001000e" + "03646f74" + "03646f71" + "026832" + "026833" + "000300022152" + "00070008" +
            hex(wire::bytes_of("/q{?dns}")));
  CHECK(data_of(R"("name": "v6-dnr", "data": "100, resolver.example")") == "00640012" + name);
  check_wrong(R"("name": "v6-dnr", "data": "100")", "data", "has 2 to 4 values");
  check_wrong(R"("name": "v6-dnr", "data": "100, a., ")", "data", "address");
  check_wrong(R"("name": "v6-dnr", "data": "100, a., 192.0.2.1")", "data", "no IPv6 address");
  check_wrong(R"("name": "v6-dnr", "data": "100, a., 2001:db8::1, ipv6hint=::1")", "data", "none of the parameters");
  check_wrong(R"("name": "v6-dnr", "data": "100, a., 2001:db8::1, port=1 port=2")", "data", "twice");
}

TEST_CASE("RFC 6422: relay-supplied-options are codes or names of options that relays may supply") {
  const Configuration configuration = check_clean(with_keys(
      R"("option-def": [{"name": "mine", "code": 300, "type": "uint8"}],
         "relay-supplied-options": ["110", "dns-servers", "mine"])"));
  for (const uint16_t code : {23, 65, 110, 300}) CHECK(configuration.relay_supplied.contains(code));
  CHECK_FALSE(configuration.relay_supplied.contains(24));
  for (const auto& [text, part] :
       std::vector<std::pair<std::string, std::string>>{{"dns-server", "did you mean \"dns-servers\"?"},
                                                        {"0", "is no code"},
                                                        {"65536", "is no code"},
                                                        {"23 ", "is no code"},
                                                        {"ia-na", "not for relay agents"},
                                                        {"2", "not for relay agents"}})
    check_one_error(with_keys("\"relay-supplied-options\": [\"" + text + "\"]"), "Dhcp6.relay-supplied-options[0]",
                    part);
}

}  // namespace tandem6::config_option_definitions_test
