// tandem6.failover: relationships, what must hold between them and the subnets, and what the snapshot makes of them.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "config_fixtures.h"
#include "control/config/build.h"

namespace tandem6::config_failover_test {

using namespace tandem6::control;
using failover::RelationshipSettings;

namespace {

constexpr const char* kTls =
    R"("tls": {"ca": "/e/ca.pem", "cert": "/e/a.pem", "key": "/e/a.key", "partner-name": "b"})";

/// A relationship with what it must have, and `more`.
std::string relationship(const std::string& more = "", const std::string& name = "west",
                         const std::string& partner = "2001:db8:ff::2") {
  return R"({"relationship": ")" + name + R"(", "role": "primary", "partner": ")" + partner + "\", " +
         (more.find("\"tls\"") == std::string::npos ? kTls + std::string(more.empty() ? "" : ", ") : "") + more + "}";
}

/// Subnets 1, 2 and 3 with valid lifetimes of 7200 s; 4 and 5 in the shared network "campus".
std::string file(const std::string& relationships, const std::string& dhcp6_keys = "") {
  return R"({"Dhcp6": {"interfaces-config": {"interfaces": ["eth0"]}, )" + dhcp6_keys + R"("subnet6": [
      {"id": 1, "subnet": "2001:db8:1::/64"}, {"id": 2, "subnet": "2001:db8:2::/64"},
      {"id": 3, "subnet": "2001:db8:3::/64"}],
    "shared-networks": [{"name": "campus", "subnet6": [
      {"id": 4, "subnet": "2001:db8:4::/64"}, {"id": 5, "subnet": "2001:db8:5::/64"}]}]},
    "tandem6": {"failover": [)" +
         relationships + "]}}";
}

void check_refused(const std::string& keys, std::string_view path, std::string_view part) {
  check_one_error(file(relationship(keys)), "tandem6.failover[0]" + std::string(path), part);
}

}  // namespace

TEST_CASE("failover: a relationship of three keys has the defaults") {
  const Configuration configuration = check_clean(file(relationship()));
  REQUIRE(configuration.failover.size() == 1);
  RelationshipSettings expected;
  expected.name = "west";
  expected.partner = address("2001:db8:ff::2");
  expected.tls = failover::TlsSettings{"/e/ca.pem", "", "/e/a.pem", "/e/a.key", "b"};
  CHECK(configuration.failover[0] == expected);
}

TEST_CASE("failover: every key arrives") {
  const Configuration configuration = check_clean(file(R"({"relationship": "Süd", "role": "primary",
      "partner": "2001:db8:ff::1", "local": "2001:db8:ff::2", "port": 1647, "mclt": 600, "keepalive-time": 8,
      "startup-time": 5, "scan-interval": 30, "auto-partner-down": 7200, "start-partner-down": true,
      "max-unacked-bndupd": 100, "pd-balance": 30, "subnets": [2, "2001:db8:1::/64"], "bfd": null,
      "service-state": false, "comment": "x",
      "tls": {"ca": "c", "cert": "d", "key": "e", "crl": "f", "partner-name": "a.example.net"}})"));
  REQUIRE(configuration.failover.size() == 1);
  RelationshipSettings expected;
  expected.name = "Süd";
  expected.partner = address("2001:db8:ff::1");
  expected.local = address("2001:db8:ff::2");
  expected.port = 1647;
  expected.mclt = Seconds{600};
  expected.keepalive = Seconds{8};
  expected.startup = Seconds{5};
  expected.scan_interval = Seconds{30};
  expected.auto_partner_down = Seconds{7200};
  expected.start_partner_down = true;
  expected.max_unacked = 100;
  expected.pd_balance = 30;
  expected.subnets = {2, 1};
  expected.tls = failover::TlsSettings{"c", "f", "d", "e", "a.example.net"};
  CHECK(configuration.failover[0] == expected);
}

TEST_CASE("failover: what a relationship must say") {
  const auto errors = errors_of(file("{\"tls\": null}"));
  REQUIRE(errors.size() == 3);
  for (const Remark& error : errors) CHECK(error.path == "tandem6.failover[0]");
  CHECK(errors[0].text == "\"relationship\" is missing here");
  CHECK(errors[1].text == "\"role\" is missing here");
  CHECK(errors[2].text == "\"partner\" is missing here");
}

TEST_CASE("failover: values that cannot be") {
  check_refused(R"("port": 0)", ".port", "1 to 65535");
  check_refused(R"("mclt": 29)", ".mclt", "30 to");
  check_refused(R"("keepalive-time": 3)", ".keepalive-time", "4 to");
  check_refused(R"("startup-time": 0)", ".startup-time", "1 to");
  check_refused(R"("scan-interval": 0)", ".scan-interval", "1 to");
  check_refused(R"("auto-partner-down": "soon")", ".auto-partner-down", "seconds are wanted, or null");
  check_refused(R"("auto-partner-down": 0)", ".auto-partner-down", "1 to");
  check_refused(R"("max-unacked-bndupd": 0)", ".max-unacked-bndupd", "1 to");
  check_refused(R"("pd-balance": 101)", ".pd-balance", "0 to 100");
  check_refused(R"("local": "2001:db8:ff::2")", ".partner", "the partner is another server");
  check_refused(R"("local": "fe80::1")", ".local", "link-local");
  check_refused(R"("local": "east")", ".local", "east");
  check_refused(R"("tls": true)", ".tls", "an object with \"ca\"");
  check_refused(R"("keepalive-tim": 60)", ".keepalive-tim", "did you mean \"keepalive-time\"");
  check_one_error(file(relationship("", "west", "::")), "tandem6.failover[0].partner", ":: is none");
  check_one_error(file(relationship("", "west", "ff02::1")), "tandem6.failover[0].partner", "multicast");
  check_one_error(file(relationship("", "west", "192.0.2.1")), "tandem6.failover[0].partner", "192.0.2.1");
  check_one_error(file(R"({"relationship": "w", "role": "standby", "partner": "2001:db8::1", "tls": null})"),
                  "tandem6.failover[0].role", "not one of \"primary\", \"secondary\"");
}

TEST_CASE("failover: BFD and the service state come later") {
  check_refused(R"("bfd": {"interval-ms": 50})", ".bfd", "not supported yet");
  check_refused(R"("service-state": true)", ".service-state", "not supported yet");
}

TEST_CASE("RFC 8156 5.5.14: a relationship's name is UTF-8 text of 1 to 255 octets") {
  check_one_error(file(relationship("", "")), "tandem6.failover[0].relationship", "a name is wanted");
  check_clean(file(relationship("", std::string(255, 'x'))));
  check_one_error(file(relationship("", std::string(256, 'x'))), "tandem6.failover[0].relationship", "256 octets");
  check_one_error(file(relationship("", "a\xff")), "", "ill-formed UTF-8");
  check_one_error(file(relationship("", "a\\u0000")), "tandem6.failover[0].relationship", "control characters");
}

TEST_CASE("RFC 8156 10: plain TCP is warned of, half a TLS is refused") {
  const std::string none = R"({"relationship": "w", "role": "primary", "partner": "2001:db8::1")";
  CHECK_FALSE(check_warning(file(none + "}"), "tandem6.failover[0]", "plain TCP").failover[0].tls);
  CHECK_FALSE(check_warning(file(none + R"(, "tls": null})"), "tandem6.failover[0].tls", "plain TCP").failover[0].tls);
  check_refused(R"("tls": {"ca": "a", "cert": "b", "key": "c"})", ".tls", "\"partner-name\" is missing");
  check_refused(R"("tls": {"ca": "a", "cert": "b", "key": "", "partner-name": "d"})", ".tls.key", "is empty");
  check_refused(R"("tls": {"ca": "a", "certificate": "b", "key": "c", "partner-name": "d", "cert": "e"})",
                ".tls.certificate", "unknown key");
}

TEST_CASE("failover: which subnets") {
  CHECK(check_clean(file(relationship(R"("subnets": "all")"))).failover[0].subnets.empty());
  check_refused(R"("subnets": [])", ".subnets", "a relationship has subnets");
  check_refused(R"("subnets": "some")", ".subnets", "\"all\" is wanted");
  check_refused(R"("subnets": [1, 77])", ".subnets[1]", "there is no subnet 77");
  check_refused(R"("subnets": ["2001:db8:9::/64"])", ".subnets[0]", "there is no subnet \"2001:db8:9::/64\"");
  check_refused(R"("subnets": ["east"])", ".subnets[0]", "east");
  check_refused(R"("subnets": [1, "2001:db8:1::/64"])", ".subnets[1]", "the subnet 1 (2001:db8:1::/64) is here twice");
  check_refused(R"("subnets": [true])", ".subnets[0]", "id or prefix");
}

TEST_CASE("RFC 7031 7, requirement 2: a subnet is in one relationship, the error names both") {
  const std::string other_partner = "2001:db8:ff::3";
  check_clean(file(relationship(R"("subnets": [1])") + "," + relationship(R"("subnets": [2])", "east", other_partner)));
  check_one_error(
      file(relationship(R"("subnets": [1, 2])") + "," + relationship(R"("subnets": [3, 2])", "east", other_partner)),
      "tandem6.failover[1].subnets[1]", "the subnet 2 (2001:db8:2::/64) is in the relationship \"west\" (line");
  const auto both = errors_of(file(relationship() + "," + relationship(R"("subnets": "all")", "east", other_partner)));
  REQUIRE(both.size() == 1);
  CHECK(both[0].path == "tandem6.failover[1].subnets");
  CHECK(both[0].text.find("with 4 more, is in the relationship \"west\"") != std::string::npos);
  CHECK(both[0].text.find("and in \"east\"") != std::string::npos);
}

TEST_CASE("failover: names of relationships are unique") {
  check_one_error(file(relationship(R"("subnets": [1])") + "," + relationship(R"("subnets": [2])")),
                  "tandem6.failover[1].relationship", "already that of another relationship");
}

TEST_CASE("failover: all subnets of a shared network have the same partner, or none") {
  check_clean(file(relationship(R"("subnets": [4, 5])")));
  check_refused(R"("subnets": [1, 4])", ".subnets[1]", "the subnet 5 (2001:db8:5::/64) is not");
  check_one_error(
      file(relationship(R"("subnets": [4])") + "," + relationship(R"("subnets": [5])", "east", "2001:db8::3")),
      "tandem6.failover[0].subnets[0]", "shared network \"campus\"");
}

TEST_CASE("RFC 8156 1: no valid lifetimes below 30 s, of subnets or classes") {
  check_clean(file(relationship(R"("mclt": 30)"), R"("preferred-lifetime": 20, "valid-lifetime": 30, )"));
  const std::string brief = R"("min-valid-lifetime": 20, "valid-lifetime": 4000, "max-valid-lifetime": 5000, )";
  const auto errors = errors_of(file(relationship(R"("subnets": [1, 2])"), brief));
  REQUIRE(errors.size() == 2);
  CHECK(errors[1].path == "tandem6.failover[0].subnets[1]");
  CHECK(errors[1].text.find("the subnet 2 (2001:db8:2::/64) has valid lifetimes of 20 s") != std::string::npos);
  check_one_error(file(relationship(), R"("client-classes": [{"name": "brief", "valid-lifetime": 29}], )"),
                  "tandem6.failover", "the client class \"brief\" has valid lifetimes of 29 s");
  check_clean(R"({"Dhcp6": {"interfaces-config": {"interfaces": ["eth0"]}, "preferred-lifetime": 20,
      "valid-lifetime": 20}, "tandem6": {"failover": []}})");
}

TEST_CASE("RFC 8156 4.4: an MCLT beyond the valid lifetime is warned of") {
  check_warning(file(relationship(R"("mclt": 7201)")), "tandem6.failover[0].mclt", "7200 s of the subnet 1");
  check_clean(file(relationship(R"("mclt": 7200)")));
}

TEST_CASE("failover: secondaries share a listening address, not half of one, and one TLS for a partner") {
  const auto secondary = [](const std::string& name, const std::string& subnet, const std::string& more) {
    return R"({"relationship": ")" + name + R"(", "role": "secondary", "partner": "2001:db8:ff::1", "subnets": [)" +
           subnet + "], " + (more.find("\"tls\"") == std::string::npos ? kTls + std::string(", ") : "") + more + "}";
  };
  const std::string here = R"("local": "2001:db8:ff::9")";
  check_clean(file(secondary("a", "1", here) + "," + secondary("b", "2", here)));
  check_clean(file(secondary("a", "1", here) + "," + secondary("b", "2", R"("local": "2001:db8:ff::8")")));
  check_clean(file(secondary("a", "1", here) + "," + secondary("b", "2", R"("port": 648)")));
  check_one_error(file(secondary("a", "1", here) + "," + secondary("b", "2", R"("port": 647)")), "tandem6.failover[1]",
                  "one on every address");
  check_one_error(file(secondary("a", "1", here) + "," + secondary("b", "2", here + R"(, "tls": null)")),
                  "tandem6.failover[1]", "both need the same \"tls\"");
}

TEST_CASE("failover: a subnet of the snapshot has its relationship's scope, which a reload keeps") {
  const std::string two = relationship(R"("subnets": [1])") + "," +
                          R"({"relationship": "east", "role": "secondary", "subnets": [4, 5],
        "partner": "2001:db8:ff::3", )" +
                          kTls + "}";
  Continuity continuity(1);
  const auto first = build_snapshot(check_clean(file(two)), {}, {}, continuity);
  REQUIRE(continuity.scopes.size() == 2);
  const auto west = first->by_id(1)->failover;
  REQUIRE(west);
  CHECK(west->number() == 0);
  CHECK(west->name() == "west");
  CHECK(west->role() == lease::FailoverRole::kPrimary);
  CHECK(first->by_id(2)->failover == nullptr);
  CHECK(first->by_id(5)->failover == first->by_id(4)->failover);
  CHECK(first->by_id(5)->failover->number() == 1);
  CHECK(first->by_id(5)->failover->role() == lease::FailoverRole::kSecondary);
  const auto again = build_snapshot(check_clean(file(two)), {}, {}, continuity);
  CHECK(again->by_id(1)->failover == west);
  Continuity fresh(1);
  const auto everything = build_snapshot(check_clean(file(relationship())), {}, {}, fresh);
  CHECK(everything->by_id(5)->failover == fresh.scopes.at(0));
  Continuity alone(1);
  CHECK(build_snapshot(check_clean(file("")), {}, {}, alone)->by_id(1)->failover == nullptr);
}

TEST_CASE("failover: changes need a restart and are named") {
  const Configuration none = check_clean(file(""));
  const Configuration one = check_clean(file(relationship(R"("subnets": [1])")));
  const Configuration changed = check_clean(file(relationship(R"("subnets": [1], "keepalive-time": 61)")));
  const Configuration two = check_clean(
      file(relationship(R"("subnets": [1])") + "," + relationship(R"("subnets": [2])", "east", "2001:db8:ff::3")));
  const Configuration turned = check_clean(
      file(relationship(R"("subnets": [2])", "east", "2001:db8:ff::3") + "," + relationship(R"("subnets": [1])")));
  using Lines = std::vector<std::string>;
  CHECK(needs_restart(one, one).empty());
  CHECK(needs_restart(none, one) == Lines{"tandem6.failover: \"west\" begins with a restart"});
  CHECK(needs_restart(one, none) == Lines{"tandem6.failover: \"west\" ends with a restart"});
  CHECK(needs_restart(one, changed) == Lines{"tandem6.failover: \"west\" is changed after a restart (keepalive-time)"});
  CHECK(needs_restart(one, two) == Lines{"tandem6.failover: \"east\" begins with a restart"});
  CHECK(needs_restart(two, turned) == Lines{"tandem6.failover: the relationships' order"});
}

TEST_CASE("failover: a change that needs a restart names its keys; start-partner-down changes with a reload") {
  const auto refusal = [](const std::string& keys) {
    const auto lines = needs_restart(check_clean(file(relationship())), check_clean(file(relationship(keys))));
    return lines.empty() ? "" : lines.at(0).substr(lines.at(0).find('('));
  };
  CHECK(refusal(R"("start-partner-down": true)").empty());
  CHECK(refusal(R"("subnets": [1])") == "(subnets)");
  CHECK(refusal(R"("local": "2001:db8:ff::1")") == "(local)");
  CHECK(refusal(R"("port": 648)") == "(port)");
  CHECK(refusal(R"("mclt": 600, "pd-balance": 30)") == "(mclt, pd-balance)");
  CHECK(refusal(R"("startup-time": 5)") == "(startup-time)");
  CHECK(refusal(R"("scan-interval": 5)") == "(scan-interval)");
  CHECK(refusal(R"("auto-partner-down": 7200)") == "(auto-partner-down)");
  CHECK(refusal(R"("max-unacked-bndupd": 7)") == "(max-unacked-bndupd)");
  CHECK(refusal(R"("tls": {"ca": "/e/ca.pem", "cert": "/e/b.pem", "key": "/e/a.key", "partner-name": "b"})") ==
        "(tls)");
  const Configuration west = check_clean(file(relationship()));
  const Configuration moved = check_clean(file(relationship("", "west", "2001:db8:ff::3")));
  CHECK(needs_restart(west, moved).at(0).ends_with("(partner)"));
  Configuration turned = west;
  turned.failover[0].role = lease::FailoverRole::kSecondary;
  CHECK(needs_restart(west, turned).at(0).ends_with("(role)"));
}

TEST_CASE("failover: the summary shows what is set, and no defaults") {
  const std::string text = summary(check_clean(file(relationship(
      R"("local": "2001:db8:ff::1", "start-partner-down": true, "auto-partner-down": 7200, "pd-balance": 30)"))));
  CHECK(text.find("MCLT 3600 s, all subnets, local 2001:db8:ff::1, start-partner-down, auto-partner-down 7200 s, "
                  "pd-balance 30\n") != std::string::npos);
}

TEST_CASE("failover: start-partner-down is warned of on a secondary, which would not wait for the primary's leases") {
  check_clean(file(relationship(R"("start-partner-down": true)")));
  const std::string secondary = R"({"relationship": "w", "role": "secondary", "partner": "2001:db8::1", )" +
                                std::string(kTls) + R"(, "start-partner-down": )";
  const Configuration read =
      check_warning(file(secondary + "true}"), "tandem6.failover[0].start-partner-down", "on a secondary");
  CHECK(read.failover[0].role == lease::FailoverRole::kSecondary);
  check_clean(file(secondary + "false}"));
}

TEST_CASE("failover: an auto-partner-down that any restart of the partner outlasts is warned of") {
  check_clean(file(relationship(R"("auto-partner-down": 60)")));
  check_warning(file(relationship(R"("auto-partner-down": 59)")), "tandem6.failover[0].auto-partner-down",
                "each restart of the partner");
}

TEST_CASE("RFC 8156 4.2: a pool of one address or prefix cannot be shared, which is warned of once a relationship") {
  const auto with_pools = [](const std::string& pools) {
    return R"({"Dhcp6": {"interfaces-config": {"interfaces": ["eth0"]}, "subnet6": [{"id": 7, "subnet": "2001:db8:1::/64", )" +
           pools + "}]}, \"tandem6\": {\"failover\": [" + relationship() + "]}}";
  };
  check_warning(with_pools(R"("pools": [{"pool": "2001:db8:1::5-2001:db8:1::5"}])"), "tandem6.failover[0]",
                "has one address: it cannot be shared");
  check_warning(with_pools(R"("pd-pools": [{"prefix": "2001:db8:8000::", "prefix-len": 56, "delegated-len": 56}])"),
                "tandem6.failover[0]", "has one prefix: it cannot be shared");
  const ConfigResult two = parse_configuration(
      with_pools(R"("pools": [{"pool": "2001:db8:1::5-2001:db8:1::5"}, {"pool": "2001:db8:1::7-2001:db8:1::7"}])"));
  REQUIRE(two.remarks.size() == 1);
  CHECK(two.remarks[0].text.find("has one address (1 more like it)") != std::string::npos);
  check_clean(with_pools(R"("pools": [{"pool": "2001:db8:1::5-2001:db8:1::6"}],
      "pd-pools": [{"prefix": "2001:db8:8000::", "prefix-len": 55, "delegated-len": 56}])"));
}

TEST_CASE("RFC 8156 4.4: infinite lifetimes are none in a relationship, which is warned of") {
  check_warning(file(relationship(), R"("valid-lifetime": 4294967295, )"), "tandem6.failover[0]",
                "has infinite valid lifetimes");
  check_warning(file(relationship(), R"("max-valid-lifetime": 4294967295, )"), "tandem6.failover[0]",
                "has infinite valid lifetimes");
}

TEST_CASE("failover: the summary shows relationships") {
  const std::string text = summary(check_clean(file(relationship(R"("subnets": [1, 3], "mclt": 600)"))));
  CHECK(text.find("failover west: primary, partner 2001:db8:ff::2 port 647, TLS, MCLT 600 s, subnets 1, 3\n") !=
        std::string::npos);
}

TEST_CASE("docs/failover.md: the pair in it can be used as it is") {
  const char* dialect = std::getenv("TANDEM6_DIALECT_PAGE");
  REQUIRE_MESSAGE(dialect != nullptr, "TANDEM6_DIALECT_PAGE names docs/kea-dialect.md; `meson test` sets it");
  std::ifstream stream(std::filesystem::path(dialect).replace_filename("failover.md"));
  const std::string page{std::istreambuf_iterator<char>(stream), {}};
  constexpr std::string_view kStart = "```json\n";
  std::vector<Configuration> servers;
  for (size_t at = page.find(kStart); at != std::string::npos; at = page.find(kStart, at + 1)) {
    const size_t start = at + kStart.size();
    servers.push_back(check_clean(page.substr(start, page.find("```", start) - start)));
  }
  REQUIRE(servers.size() == 2);
  const RelationshipSettings& primary = servers[0].failover.at(0);
  const RelationshipSettings& secondary = servers[1].failover.at(0);
  CHECK(primary.name == secondary.name);
  CHECK(primary.role != secondary.role);
  CHECK(primary.partner == secondary.local);
  CHECK(secondary.partner == primary.local);
  CHECK(primary.mclt == secondary.mclt);
  CHECK(servers[0].source["Dhcp6"] == servers[1].source["Dhcp6"]);
}

}  // namespace tandem6::config_failover_test
