// `mac-sources`.
#include <algorithm>

#include "tests/unit/control/config_fixtures.h"

namespace tandem6::config_mac_sources_test {

using namespace tandem6::control;
using lease::MacSource;

namespace {

std::string with_sources(const std::string& list) { return R"({"Dhcp6": {"mac-sources": )" + list + "}}"; }

std::vector<MacSource> sources_of(const Configuration& configuration) {
  return {configuration.host_lookup.mac_sources.begin(), configuration.host_lookup.mac_sources.end()};
}
std::vector<MacSource> sources_of(const std::string& text) {
  const ConfigResult result = parse_configuration(text);
  CAPTURE(all_lines(result));
  REQUIRE(result.configuration);
  return sources_of(*result.configuration);
}

const std::vector<MacSource> kAll = {MacSource::kClientLinkLayerOption,
                                     MacSource::kDuid,
                                     MacSource::kLinkLocal,
                                     MacSource::kRemoteId,
                                     MacSource::kDocsisCmts,
                                     MacSource::kDocsisModem};

}  // namespace

TEST_CASE("mac-sources: all of them in Kea's order, unless something else is written") {
  CHECK(sources_of(R"({"Dhcp6": {}})") == kAll);
  CHECK(sources_of(with_sources(R"(["any"])")) == kAll);
}

TEST_CASE("mac-sources: in the order of the list, by both of their names, once") {
  CHECK(sources_of(with_sources(R"(["duid", "rfc6939", "client-link-addr-option"])")) ==
        std::vector{MacSource::kDuid, MacSource::kClientLinkLayerOption});
  CHECK(sources_of(with_sources(R"(["remote-id", "ipv6-link-local", "docsis-modem", "docsis-cmts"])")) ==
        std::vector{MacSource::kRemoteId, MacSource::kLinkLocal, MacSource::kDocsisModem, MacSource::kDocsisCmts});
  CHECK(sources_of(with_sources(R"(["docsis-modem", "any"])")).front() == MacSource::kDocsisModem);
  CHECK(sources_of(with_sources(R"(["docsis-modem", "any"])")).size() == kAll.size());
}

TEST_CASE("mac-sources: what gives nothing in Kea either is said; other words and an empty list are errors") {
  CHECK(sources_of(check_warning(with_sources(R"(["subscriber-id"])"), "Dhcp6.mac-sources[0]", "as in Kea")).empty());
  check_one_error(with_sources(R"(["duid", "mac"])"), "Dhcp6.mac-sources[1]", "duid");
  check_one_error(with_sources("[]"), "Dhcp6.mac-sources", "\"any\"");
}

}  // namespace tandem6::config_mac_sources_test
