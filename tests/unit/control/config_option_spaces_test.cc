// option-data of other spaces: containers, softwires, vendors; and what a class may have.
#include "control/config/json_text.h"
#include "control/config/option_data.h"
#include "control/config/option_def.h"
#include "option_fixtures.h"

namespace tandem6::config_option_spaces_test {

using namespace tandem6::control;

namespace {

/// What a client gets of these scopes, the narrowest first, that asks for nothing.
std::string sent_by_chain(const std::vector<const lease::OptionSet*>& chain) {
  std::array<std::byte, 2048> buffer{};
  wire::Writer out(buffer);
  lease::write_options(out, {}, chain);
  return hex(out.written());
}

/// option-data as a scope with the classes "gold" (1) and "blue" (2) has it. The tree must outlive nothing.
lease::OptionSet options_for_classes(const std::string& entries) {
  const std::string text = "{\"option-data\": [" + entries + "]}";
  const Places places(text);
  const JsonText json = read_json_text(text);
  REQUIRE(json.root);
  Remarks remarks(places);
  Vocabulary vocabulary;
  vocabulary.class_is_known = [](std::string_view) { return true; };
  vocabulary.class_id = [](std::string_view name) -> std::optional<lease::ClassId> {
    if (name == "gold") return lease::ClassId{1};
    if (name == "blue") return lease::ClassId{2};
    return std::nullopt;
  };
  lease::OptionSet options = read_option_data(*json.root, vocabulary, remarks);
  CHECK(remarks.take().empty());
  return options;
}

std::string sent_to(const lease::OptionSet& options, const std::vector<lease::ClassId>& classes) {
  lease::OptionWish wish;
  for (const lease::ClassId id : classes) wish.classes.add(id);
  std::array<std::byte, 512> buffer{};
  wire::Writer out(buffer);
  const lease::OptionSet* const chain[] = {&options};
  lease::write_options(out, wish, chain);
  return hex(out.written());
}

constexpr const char* kOwnSpace = R"("option-def": [
    {"name": "subopt1", "code": 1, "space": "isc", "type": "ipv6-address"},
    {"name": "subopt2", "code": 2, "space": "isc", "type": "string"},
    {"name": "container", "code": 102, "type": "uint16", "encapsulate": "isc"}],)";

}  // namespace

TEST_CASE("a container's sub-options follow its own data") {
  const Configuration configuration = check_clean(with_keys(std::string(kOwnSpace) + R"("option-data": [
      {"name": "subopt2", "space": "isc", "data": "Hello"},
      {"code": 1, "space": "isc", "data": "2001:db8::abcd"},
      {"name": "container", "data": "123", "always-send": true}])"));
  CHECK(sent(configuration.options) ==
        "0066001f007b"
        "0001001020010db800000000000000000000abcd"
        "0002000548656c6c6f");
}

TEST_CASE("sub-options of a narrower scope are in the container of an outer one, before the outer's of their code") {
  const Configuration configuration = check_clean(with_keys(std::string(kOwnSpace) + R"("option-data": [
          {"name": "container", "data": "1", "always-send": true},
          {"name": "subopt2", "space": "isc", "data": "out"},
          {"name": "subopt1", "space": "isc", "data": "::1"}],
          "subnet6": [{"id": 1, "subnet": "2001:db8:1::/64",
                       "option-data": [{"name": "subopt2", "space": "isc", "data": "in"}]}])"));
  CHECK(sent_by_chain({&configuration.subnets[0].options, &configuration.options}) ==
        "0066001c0001"
        "00020002696e"
        "0001001000000000000000000000000000000001");
  CHECK(sent_by_chain({&configuration.subnets[0].options}).empty());
}

TEST_CASE("RFC 7598 5.1: a MAP-E container has all its rules with their port parameters, and its relay") {
  const Configuration configuration = check_clean(with_keys(R"("option-data": [
      {"name": "s46-cont-mape", "always-send": true},
      {"space": "s46-cont-mape-options", "name": "s46-rule", "data": "128, 0, 24, 192.0.2.0, 2001:db8:1::/64"},
      {"space": "s46-cont-mape-options", "name": "s46-rule", "data": "0, 16, 24, 198.51.100.0, 2001:db8:2::/48"},
      {"space": "s46-cont-mape-options", "name": "s46-br", "data": "2001:db8:cafe::1"},
      {"space": "s46-rule-options", "name": "s46-portparams", "data": "0, 3/4"}])"));
  const std::string ports = "005d000400043000";
  const std::string first =
      "00590018"
      "800018c0000200"
      "4020010db800010000" +
      ports;
  const std::string second =
      "00590016"
      "001018c6336400"
      "3020010db80002" +
      ports;
  CHECK(sent(configuration.options) == "005e004a" + first + second + "005a001020010db8cafe00000000000000000001");
}

TEST_CASE("RFC 7598 5.2, 5.3: MAP-T and lightweight 4over6 containers have their own options") {
  const Configuration configuration = check_clean(with_keys(R"("option-data": [
      {"name": "s46-cont-mapt", "always-send": true}, {"name": "s46-cont-lw", "always-send": true},
      {"space": "s46-cont-mapt-options", "name": "s46-dmr", "data": "2001:db8:cafe::/64"},
      {"space": "s46-cont-lw-options", "name": "s46-v4v6bind", "data": "192.0.2.3, 2001:db8:1:cafe::/64"},
      {"space": "s46-v4v6bind-options", "name": "s46-portparams", "data": "2, 3/4"}])"));
  CHECK(sent(configuration.options) ==
        "005f000d"
        "005b00094020010db8cafe0000"
        "00600019"
        "005c0015"
        "c0000203"
        "4020010db80001cafe"
        "005d000402043000");
}

TEST_CASE("RFC 5908 4: each NTP_SERVER option has one sub-option") {
  const Configuration configuration = check_clean(with_keys(R"("option-data": [
      {"name": "ntp-server", "always-send": true},
      {"space": "v6-ntp-server-suboptions", "name": "ntp-server-address", "data": "2001:db8::1"},
      {"space": "v6-ntp-server-suboptions", "name": "ntp-server-address", "data": "2001:db8::2"},
      {"space": "v6-ntp-server-suboptions", "name": "ntp-server-fqdn", "data": "a."}])"));
  CHECK(sent(configuration.options) ==
        "00380014"
        "0001001020010db8000000000000000000000001"
        "00380014"
        "0001001020010db8000000000000000000000002"
        "00380007"
        "00030003016100");
}

TEST_CASE("Kea: options of several vendors are in one Vendor-specific Information each") {
  const Configuration configuration = check_clean(with_keys(R"(
      "option-def": [{"name": "tag", "code": 22, "space": "vendor-2234", "type": "string"},
                     {"name": "url", "code": 11, "space": "vendor-3561", "type": "string"}],
      "option-data": [
          {"name": "tag", "space": "vendor-2234", "data": "t", "always-send": true},
          {"name": "url", "space": "vendor-3561", "data": "u", "always-send": true},
          {"name": "vendor-opts", "data": "2234", "always-send": true},
          {"name": "vendor-opts", "data": "3561", "always-send": true}])"));
  CHECK(sent(configuration.options) == "00110009000008ba00160001740011000900000de9000b000175");
}

TEST_CASE("the space docsis3-v6 is CableLabs'") {
  const Configuration configuration = check_clean(with_keys(R"("option-data": [
      {"name": "vendor-opts", "data": "4491", "always-send": true},
      {"name": "time-offset", "space": "docsis3-v6", "data": "-25200"}])"));
  CHECK(sent(configuration.options) == "0011000c0000118b00260004ffff9d90");
}

TEST_CASE("an option of a vendor that is not defined is written as hexadecimal") {
  const Configuration configuration = check_clean(with_keys(R"("option-data": [
      {"code": 17, "data": "9", "always-send": true}, {"code": 5, "space": "vendor-9", "data": "aabb"}])"));
  CHECK(sent(configuration.options) == "0011000a0000000900050002aabb");
  check_wrong(R"("name": "what", "space": "vendor-9", "data": "aabb")", "name", "unknown option");
  check_wrong(R"("code": 5, "space": "vendor-9", "csv-format": true, "data": "1")", "data", "\"option-def\"");
  check_wrong(R"("name": "vendor-opts", "csv-format": false, "data": "00118b")", "data", "enterprise number");
}

TEST_CASE("what can never be sent is a warning") {
  check_warning(with_keys(R"("option-data": [{"code": 1, "space": "s46-cont-mape-option", "data": "aa"}])"),
                "Dhcp6.option-data[0].space", "did you mean \"s46-cont-mape-options\"?");
  check_warning(with_keys(std::string(kOwnSpace) + R"("option-data": [
      {"name": "subopt2", "space": "isc", "data": "a", "always-send": true}])"),
                "Dhcp6.option-data[0].always-send", "with the container");
}

TEST_CASE("client-classes of an option: only clients of one of them get it, the others the next one") {
  const lease::OptionSet options = options_for_classes(R"(
      {"name": "preference", "data": "1", "always-send": true, "client-classes": ["gold"]},
      {"name": "preference", "data": "2", "always-send": true, "client-classes": ["blue", "gold"]},
      {"name": "preference", "data": "3", "always-send": true})");
  CHECK(sent_to(options, {1}) == "0007000101");
  CHECK(sent_to(options, {2}) == "0007000102");
  CHECK(sent_to(options, {}) == "0007000103");
  CHECK(sent_to(options, {7}) == "0007000103");
}

}  // namespace tandem6::config_option_spaces_test
