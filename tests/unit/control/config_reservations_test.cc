// `reservations`.
#include "config_fixtures.h"
#include "control/config/build.h"

namespace tandem6::config_reservations_test {

using namespace tandem6::control;

namespace {

std::string reserve(const std::string& reservations, const std::string& more = "") {
  return with_keys(R"("subnet6": [{"id": 7, "subnet": "2001:db8:1::/64", "pools": [{"pool": "2001:db8:1::/112"}],
      "pd-pools": [{"prefix": "2001:db8:100::", "prefix-len": 40, "delegated-len": 56}],
      "reservations": [)" +
                   reservations + "]" + more + "}]");
}

Ipv6Address address(const char* text) { return Ipv6Address::parse(text).value(); }

}  // namespace

TEST_CASE("reservations by DUID and hardware address; a flexible identifier is nobody's without the hook flex_id") {
  const Configuration configuration = check_clean(reserve(
      R"({"duid": "01:02:03:04:05", "ip-addresses": ["2001:db8:1::5"], "prefixes": ["2001:db8:100:1200::/56"], "hostname": "a"},
         {"hw-address": "02:00:00:00:00:01", "ip-addresses": ["2001:db8:1::6"]})"));
  REQUIRE(configuration.reservations.size() == 2);
  const lease::Reservation& first = configuration.reservations[0];
  CHECK(first.scope == 7);
  CHECK(first.identifier == lease::HostIdentifier::kDuid);
  CHECK(first.value.size() == 5);
  CHECK(first.hostname == "a");
  REQUIRE(first.units.size() == 2);
  CHECK(first.units[0] == lease::LeaseKey{lease::LeaseType::kAddress, 128, address("2001:db8:1::5")});
  CHECK(first.units[1] == lease::LeaseKey{lease::LeaseType::kPrefix, 56, address("2001:db8:100:1200::")});
  CHECK(configuration.reservations[1].identifier == lease::HostIdentifier::kHardwareAddress);
  check_warning(reserve(R"({"flex-id": "'port 7'", "prefixes": ["2001:db8:900::/48"]})"),
                "Dhcp6.subnet6[0].reservations[0].flex-id", "no client has this");
}

namespace {

std::string with_flex_id(const std::string& reservation, const std::string& parameters,
                         const std::string& more = R"("host-reservation-identifiers": ["flex-id"],)") {
  return with_keys(more +
                   R"("hooks-libraries": [{"library": "/usr/lib/kea/hooks/libdhcp_flex_id.so", "parameters": {)" +
                   parameters + R"(}}], "subnet6": [{"id": 7, "subnet": "2001:db8:1::/64", "reservations": [)" +
                   reservation + "]}]");
}

}  // namespace

TEST_CASE("flex-id: reservations are known by what the hook's expression makes of a message") {
  const std::string line = R"({"flex-id": "'port 7'", "ip-addresses": ["2001:db8:1::5"]})";
  const std::string expression = R"("identifier-expression": "relay6[-1].option[18].hex")";
  const ConfigResult read = parse_configuration(with_flex_id(line, expression));
  REQUIRE(read.configuration);
  const lease::HostLookup& lookup = read.configuration->host_lookup;
  CHECK(lookup.flex_id);
  CHECK(lookup.order == std::vector{lease::HostIdentifier::kFlexId});
  REQUIRE(read.configuration->reservations.size() == 1);
  CHECK(read.configuration->reservations[0].identifier == lease::HostIdentifier::kFlexId);
  // Only that the library is not loaded is said.
  REQUIRE(read.remarks.size() == 1);
  CHECK(read.remarks[0].path == "Dhcp6.hooks-libraries[0].library");
}

TEST_CASE("flex-id: what makes it useless is said") {
  const std::string line = R"({"flex-id": "'port 7'"})";
  const std::string expression = R"("identifier-expression": "relay6[-1].option[18].hex")";
  const auto remark_at = [](const std::string& text, const std::string& path) {
    for (const Remark& remark : parse_configuration(text).remarks)
      if (remark.path == path) return (remark.is_error ? "error: " : "warning: ") + remark.text;
    return std::string("nothing");
  };
  const std::string hook = "Dhcp6.hooks-libraries[0]";
  CHECK(remark_at(with_flex_id(line, expression, ""), "Dhcp6.subnet6[0].reservations[0].flex-id")
            .find("warning: no client has this: \"flex-id\" is not among") == 0);
  CHECK(remark_at(with_flex_id(line, ""), hook).find("error: \"parameters\" with an \"identifier-expression\"") == 0);
  CHECK(remark_at(with_flex_id(line, R"("identifier-expression": "option[18")"),
                  hook + ".parameters.identifier-expression")
            .find("error: column ") == 0);
  CHECK(remark_at(with_flex_id(line, R"("identifier-expression": "option[18].exists")"),
                  hook + ".parameters.identifier-expression")
            .find("error: column ") == 0);
  CHECK(remark_at(with_flex_id(line, expression + R"(, "replace-client-id": true)"),
                  hook + ".parameters.replace-client-id")
            .find("error: not supported: leases belong to the DUID") == 0);
  CHECK(remark_at(with_flex_id(line, expression + R"(, "replace-client-id": false)"),
                  hook + ".parameters.replace-client-id") == "nothing");
  CHECK(remark_at(with_flex_id(line, expression + R"(, "ignore-iaid": true)"), hook + ".parameters.ignore-iaid")
            .find("error: not supported") == 0);
}

TEST_CASE("RFC 6603 4.2: excluded-prefixes of a reservation, one for each prefix") {
  const Configuration configuration = check_clean(reserve(
      R"({"duid": "01:02:03", "ip-addresses": ["2001:db8:1::5"], "prefixes": ["2001:db8:100:1200::/56", "2001:db8:900::/48"],
          "excluded-prefixes": ["2001:db8:100:12ff::/64", ""]})"));
  REQUIRE(configuration.reservations.size() == 1);
  using Data = std::vector<std::byte>;
  const std::vector<Data> wanted{{}, {std::byte{64}, std::byte{0xff}}, {}};
  CHECK(configuration.reservations[0].pd_exclude == wanted);

  const std::string path = "Dhcp6.subnet6[0].reservations[0].excluded-prefixes";
  const auto excluding = [](const std::string& list) {
    return reserve(R"({"duid": "01:02:03", "prefixes": ["2001:db8:900::/48"], "excluded-prefixes": )" + list + "}");
  };
  check_one_error(excluding(R"(["", ""])"), path, "one for each of the 1");
  check_one_error(excluding(R"(["2001:db8:901::/64"])"), path + "[0]", "is no part of 2001:db8:900::/48");
  check_one_error(excluding(R"(["2001:db8:900::/48"])"), path + "[0]", "is no part of");
  check_one_error(excluding(R"(["2001:db8:900::1/64"])"), path + "[0]", "bits");
}

TEST_CASE("reservations that cannot be are errors at their place") {
  const std::string path = "Dhcp6.subnet6[0].reservations[0]";
  check_one_error(reserve(R"({"ip-addresses": ["2001:db8:1::5"]})"), path, "whose is it?");
  check_one_error(reserve(R"({"duid": "01:02:03", "hw-address": "02:00:00:00:00:01"})"), path + ".hw-address",
                  "one identifier");
  check_one_error(reserve(R"({"duid": "01"})"), path + ".duid", "a DUID has");
  check_one_error(reserve(R"({"hw-address": "zz"})"), path + ".hw-address", "hexadecimal digits are wanted");
  check_one_error(reserve(R"({"duid": "01:02:03", "ip-addresses": ["2001:db8:2::5"]})"), path + ".ip-addresses[0]",
                  "2001:db8:2::5 is not inside the subnet 2001:db8:1::/64");
  check_one_error(reserve(R"({"duid": "01:02:03", "prefixes": ["2001:db8:100:1280::/60"]})"), path + ".prefixes[0]",
                  "reserve a /56, or one outside of all pools");
  check_one_error(reserve(R"({"duid": "01:02:03", "prefixes": ["2001:db8:100::/32"]})"), path + ".prefixes[0]", "bits");
}

TEST_CASE("what is reserved twice is an error that names the first") {
  const std::string path = "Dhcp6.subnet6[0].reservations[1]";
  check_one_error(reserve(R"({"duid": "01:02:03"}, {"duid": "010203"})"), path,
                  "a reservation for this client is already in Dhcp6.subnet6[0].reservations[0]");
  check_one_error(reserve(R"({"duid": "01:02:03", "ip-addresses": ["2001:db8:1::5"]},
                             {"duid": "01:02:04", "ip-addresses": ["2001:db8:1:0::5"]})"),
                  path + ".ip-addresses[0]", "2001:db8:1:0::5 is already in");
  check_one_error(reserve(R"({"duid": "01:02:03", "prefixes": ["2001:db8:900::/48"]},
                             {"duid": "01:02:04", "prefixes": ["2001:db8:900:100::/56"]})"),
                  path + ".prefixes[0]", "shares space with 2001:db8:900::/48");
}

TEST_CASE("global reservations that nobody looks at are warned about") {
  const std::string host = R"("reservations": [{"duid": "01:02:03", "hostname": "a"}], )";
  const std::string subnet = R"("subnet6": [{"id": 1, "subnet": "2001:db8:1::/64")";
  check_warning(with_keys(host + subnet + "}]"), "Dhcp6.reservations", "no client gets these");
  check_clean(with_keys(host + subnet + R"(, "reservations-global": true}])"));
  check_clean(with_keys(R"("reservations-global": true, )" + host + subnet + "}]"));
}

TEST_CASE("a reserved unit counts as taken in its pool, and is free again when it is no longer reserved") {
  const std::string host = R"({"duid": "01:02:03", "ip-addresses": ["2001:db8:1::5"]})";
  Continuity continuity(1);
  const auto plain = build_snapshot(check_clean(reserve("")), {}, {}, continuity);
  continuity.settle();
  const lease::Pool& pool = plain->subnets()[0].address_pools[0];
  CHECK_FALSE(pool.is_taken(address("2001:db8:1::5")));

  const auto reserved = build_snapshot(check_clean(reserve(host)), {}, {}, continuity);
  CHECK(continuity.has_fresh());
  continuity.settle();
  CHECK(pool.is_taken(address("2001:db8:1::5")));
  const lease::LeaseKey key{lease::LeaseType::kAddress, 128, address("2001:db8:1::5")};
  const lease::ReservedUnit* unit = reserved->reservations().unit(key);
  REQUIRE(unit != nullptr);
  CHECK_FALSE(unit->pool.is_taken(key.address));
  CHECK(reserved->pool_of(key, 7) == &unit->pool);

  SUBCASE("free: the pool has it back") {
    const auto after = build_snapshot(check_clean(reserve("")), {}, {}, continuity);
    after->give_back_reserved(*reserved);
    CHECK_FALSE(pool.is_taken(key.address));
  }
  SUBCASE("leased: it stays taken") {
    REQUIRE(unit->pool.mark_taken(key.address, 0));
    const auto after = build_snapshot(check_clean(reserve("")), {}, {}, continuity);
    after->give_back_reserved(*reserved);
    CHECK(pool.is_taken(key.address));
  }
}

TEST_CASE("host-reservation-identifiers says what is looked at, in which order") {
  const auto order = [](const std::string& keys) { return check_clean(with_keys(keys)).host_lookup.order; };
  using enum lease::HostIdentifier;
  CHECK(order("\"comment\": \"\"") == std::vector{kHardwareAddress, kDuid});
  CHECK(order(R"("host-reservation-identifiers": ["flex-id", "duid"])") == std::vector{kFlexId, kDuid});
  check_one_error(with_keys(R"("host-reservation-identifiers": ["circuit-id"])"),
                  "Dhcp6.host-reservation-identifiers[0]", "hw-address");
}

}  // namespace tandem6::config_reservations_test
