// `ddns-…` and `hostname-char-…`: how clients are called.
#include "tests/unit/control/config_fixtures.h"

namespace tandem6::config_names_test {

using namespace tandem6::control;

namespace {

const lease::FqdnPolicy& of_subnet(const Configuration& configuration) { return configuration.subnets.at(0).names; }

}  // namespace

TEST_CASE("names: Kea's defaults") {
  const Configuration configuration = check_clean(with_keys("\"subnet6\": []"));
  CHECK_FALSE(configuration.names.replaces_client_name);
  CHECK(configuration.names.generated_prefix == "myhost");
  CHECK(configuration.names.suffix.empty());
  CHECK(configuration.names.invalid.test('_'));
  CHECK_FALSE(configuration.names.invalid.test('-'));
}

TEST_CASE("names: a subnet says it, else what is around it; an old file says it in dhcp-ddns") {
  const Configuration configuration = check_clean(with_keys(
      R"("dhcp-ddns": {"enable-updates": false, "qualifying-suffix": "old.org", "generated-prefix": "old"},
         "ddns-generated-prefix": "dyn", "hostname-char-set": "[_!]", "hostname-char-replacement": "x",
         "subnet6": [{"id": 1, "subnet": "2001:db8:1::/64", "ddns-qualifying-suffix": "example.org.",
                      "ddns-replace-client-name": "when-present"}])"));
  CHECK(configuration.names.suffix.to_string() == "old.org.");
  CHECK_FALSE(configuration.names.replaces_client_name);
  const lease::FqdnPolicy& names = of_subnet(configuration);
  CHECK(names.suffix.to_string() == "example.org.");
  CHECK(names.replaces_client_name);
  CHECK(names.generated_prefix == "dyn");
  CHECK(names.replacement == "x");
  CHECK(names.invalid.count() == 2);
}

TEST_CASE("names: which modes of ddns-replace-client-name replace a name") {
  for (const auto& [mode, replaces] :
       {std::pair{"never", false}, {"always", true}, {"when-present", true}, {"when-not-present", false}})
    CHECK(of_subnet(check_clean(with_subnet("\"ddns-replace-client-name\": \"" + std::string(mode) + "\"")))
              .replaces_client_name == replaces);
}

TEST_CASE("names that cannot be") {
  check_one_error(with_subnet(R"("ddns-qualifying-suffix": "a..b")"), "Dhcp6.subnet6[0].ddns-qualifying-suffix",
                  "a domain name is wanted");
  check_one_error(
      with_subnet(R"("ddns-generated-prefix": "")" + std::string(", \"ddns-replace-client-name\": \"sometimes\"")),
      "Dhcp6.subnet6[0].ddns-replace-client-name", "never");
  check_one_error(with_subnet(R"("ddns-generated-prefix": "a-prefix-that-is-far-too-long")"),
                  "Dhcp6.subnet6[0].ddns-generated-prefix", "beginning of a host name");
  check_one_error(with_subnet(R"("hostname-char-set": "a+")"), "Dhcp6.subnet6[0].hostname-char-set", "in brackets");
  check_one_error(with_subnet(R"("hostname-char-set": "[z-a]")"), "Dhcp6.subnet6[0].hostname-char-set", "in brackets");
}

}  // namespace tandem6::config_names_test
