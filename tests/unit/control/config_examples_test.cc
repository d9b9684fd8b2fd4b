// Kea's own examples: each is accepted, or refused for a reason that has a place.
#include <cstdlib>
#include <filesystem>
#include <map>

#include "config_fixtures.h"

namespace tandem6::config_examples_test {

using namespace tandem6::control;

namespace {

/// What becomes of each: an empty text when it is accepted, else a path that is refused in it.
const std::map<std::string, std::string> kExpected = {
    {"advanced.json", ""},
    {"all-keys-netconf.json", "Dhcp6.client-classes[0].preferred-lifetime"},
    {"all-keys.json", "Dhcp6.client-classes[0].preferred-lifetime"},
    {"all-options.json", ""},
    {"backends.json", ""},
    {"classify.json", ""},
    {"classify2.json", ""},
    {"comments.json", "Dhcp6.interfaces-config.interfaces[0]"},
    {"config-backend.json", "Dhcp6.config-control.config-databases"},
    {"dhcpv4-over-dhcpv6.json", "Dhcp6.dhcp4o6-port"},
    {"duid.json", ""},
    {"global-reservations.json", ""},
    {"ha-hot-standby-server1-with-tls.json", "Dhcp6.hooks-libraries[1].library"},
    {"ha-hot-standby-server2.json", "Dhcp6.hooks-libraries[1].library"},
    {"hooks-rbac.json", ""},
    {"hooks.json", "Dhcp6.hooks-libraries[0].library"},
    {"iPXE.json", ""},
    {"leases-expiration.json", ""},
    {"multiple-options.json", ""},
    {"mysql-reservations.json", "Dhcp6.hosts-databases"},
    {"pgsql-reservations.json", "Dhcp6.hosts-databases"},
    {"reservations.json", ""},
    {"several-subnets.json", ""},
    {"shared-network.json", ""},
    {"simple.json", ""},
    {"softwire46.json", ""},
    {"stateless.json", ""},
    {"tee-times.json", ""},
    {"with-ddns.json", "Dhcp6.dhcp-ddns.enable-updates"},
};

void check_example(const ConfigResult& result, const std::string& refused_path) {
  CAPTURE(all_lines(result));
  CHECK(result.configuration.has_value() == refused_path.empty());
  bool refused = false;
  for (const Remark& remark : result.remarks) {
    CAPTURE(line_of(remark));
    CHECK_FALSE(remark.path.empty());
    CHECK(remark.line > 0);
    CHECK(remark.column > 0);
    CHECK(remark.text.find("unknown") == std::string::npos);
    refused = refused || (remark.is_error && remark.path == refused_path);
  }
  CHECK(refused == !refused_path.empty());
}

}  // namespace

TEST_CASE("every example of Kea's is accepted, or refused with the path and place of the reason") {
  const char* directory = std::getenv("TANDEM6_KEA_EXAMPLES");
  REQUIRE_MESSAGE(directory != nullptr,
                  "TANDEM6_KEA_EXAMPLES names the directory of Kea's examples; `meson test` sets it");
  REQUIRE_MESSAGE(std::filesystem::is_directory(directory), directory,
                  " is missing: `shared` must lie beside the checkout, with kea-config-examples in it");
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const std::string name = entry.path().filename();
    CAPTURE(name);
    ++files;
    const auto expected = kExpected.find(name);
    REQUIRE_MESSAGE(expected != kExpected.end(), "what is expected of this file?");
    check_example(load_configuration(entry.path()), expected->second);
  }
  CHECK(files == kExpected.size());
}

}  // namespace tandem6::config_examples_test
