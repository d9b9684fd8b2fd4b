// tandem6ctl end to end: the program itself against a control socket. Meson says where it lies.
#include <doctest/doctest.h>
#include <stdio.h>
#include <sys/wait.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "tests/unit/control/failover_fixture.h"
#include "tests/unit/control/fixtures.h"
#include "tests/unit/control/socket_fixture.h"

namespace tandem6::control::tandem6ctl_test {
namespace {

using nlohmann::json;

struct Outcome {
  int code = -1;
  std::string output;  // stdout and stderr
};

Outcome tandem6ctl(const std::string& arguments) {
  const char* program = getenv("TANDEM6CTL");
  REQUIRE_MESSAGE(program != nullptr, "the environment must say where tandem6ctl is: TANDEM6CTL");
  FILE* pipe = popen(("TZ=UTC '" + std::string(program) + "' " + arguments + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  Outcome outcome;
  std::array<char, 4096> buffer;
  for (size_t size = 0; (size = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;)
    outcome.output.append(buffer.data(), size);
  outcome.code = WEXITSTATUS(pclose(pipe));
  return outcome;
}

// A server that tandem6ctl can talk to.
class Rig {
 public:
  Outcome operator()(const std::string& arguments) const { return tandem6ctl("--socket " + path_ + " " + arguments); }
  std::string operator/(const std::string& name) const { return directory_ / name; }
  FakeServer server;

 private:
  TemporaryDirectory directory_;
  std::string path_ = directory_ / "sock";
  ServedSocket served_{path_, [this](const json& command) { return run_command(server, command); }};
};

size_t widest_line(const std::string& text) {
  size_t widest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, line.size());
  return widest;
}

size_t line_count(const std::string& text) { return static_cast<size_t>(std::count(text.begin(), text.end(), '\n')); }

constexpr const char* kDuid = "00:03:00:01:02:00:00:00:0a:01";
constexpr const char* kOtherDuid = "00:03:00:01:02:00:00:00:0a:02";

TEST_CASE("tandem6ctl: wrong usage is exit code 2, help is 0 and tells the exit codes") {
  CHECK(tandem6ctl("").code == 2);
  CHECK(tandem6ctl("brew").code == 2);
  CHECK(tandem6ctl("leases --limit x").code == 2);
  CHECK(tandem6ctl("leases --limit 5 --all").code == 2);
  CHECK(tandem6ctl("config").code == 2);
  const Outcome help = tandem6ctl("--help");
  CHECK(help.code == 0);
  CHECK(has(help.output, "4 the server cannot be reached, 5 with --check"));
}

TEST_CASE("tandem6ctl: a server that is not there is exit code 4 and says what to check") {
  for (const char* command : {"status", "leases", "statistics", "config test /dev/null", "raw status-get"}) {
    CAPTURE(command);
    const Outcome outcome = tandem6ctl("--socket /nonexistent/sock " + std::string(command));
    CHECK(outcome.code == 4);
    CHECK(has(outcome.output, "cannot reach the server on '/nonexistent/sock': No such file or directory"));
    CHECK(has(outcome.output, "is tandem6d running"));
  }
}

TEST_CASE("tandem6ctl status: first line says that all is well; fits 80 columns") {
  Rig rig;
  rig.server.port_list[0].device = "net_af_packet0,iface=a-rather-long-interface-name,qpairs=4";
  rig.server.config.storage.path = "/var/lib/tandem6/a/very/long/path/that/somebody/wanted/for/the/database";
  const Outcome outcome = rig("status");
  CHECK(outcome.code == 0);
  CHECK(outcome.output.starts_with("tandem6 " TANDEM6_VERSION ": all is well\nup 01:02:05, since "));
  CHECK(has(outcome.output, "leases 20 of 16 clients, in 2.0 KiB\n"));
  CHECK(has(outcome.output, "client0"));
  CHECK_MESSAGE(widest_line(outcome.output) <= 80, outcome.output);
}

TEST_CASE("tandem6ctl status: a failing disk and a dead link are the first lines; fits 80 columns") {
  Rig rig;
  rig.server.disk.failing = true;
  rig.server.disk.failing_since_unix = 1'800'000'000;
  rig.server.disk.error = "IO error: No space left on device: While appending to file: /var/lib/tandem6/000123.log";
  rig.server.port_list[0].link_up = false;
  const Outcome outcome = rig("status");
  CHECK(outcome.code == 0);
  CHECK(outcome.output.starts_with("tandem6 " TANDEM6_VERSION ": PROBLEM: disk failing since "));
  CHECK(has(outcome.output, "No space left"));
  CHECK(has(outcome.output, "tandem6 " TANDEM6_VERSION ": PROBLEM: link down: port client0"));
  CHECK(has(outcome.output, "DOWN"));
  CHECK_MESSAGE(widest_line(outcome.output) <= 80, outcome.output);
}

TEST_CASE("tandem6ctl --json: the answer as it came, before or after the command") {
  Rig rig;
  for (const char* arguments : {"--json status", "status --json"}) {
    const Outcome outcome = rig(arguments);
    CHECK(outcome.code == 0);
    CHECK(json::parse(outcome.output)["arguments"]["uptime"] == 3725);
  }
  CHECK(has(rig("statistics --json").output, "[[18446744073709551632,"));
  CHECK(json::parse(rig("version --json").output)["text"] == TANDEM6_VERSION);
}

TEST_CASE("tandem6ctl leases: none is exit code 3") {
  Rig rig;
  CHECK(rig("leases").code == 3);
  const Outcome outcome = rig("leases --json");
  CHECK(outcome.code == 3);
  CHECK(json::parse(outcome.output)["arguments"]["count"] == 0);
}

TEST_CASE("tandem6ctl leases: a table with who, what and until when") {
  Rig rig;
  lease::LeaseRecord forever = address_lease("2001:db8:1::2", kOtherDuid);
  forever.valid = kInfinity;
  lease::LeaseRecord declined = address_lease("2001:db8:1::3", kOtherDuid);
  declined.status = lease::BindingStatus::kAbandoned;
  rig.server.put(
      {address_lease("2001:db8:1::1", kDuid), forever, declined, prefix_lease("2001:db8:f000:100::", 56, kDuid, 2)});
  const Outcome outcome = rig("leases");
  CHECK(outcome.code == 0);
  CHECK(line_count(outcome.output) == 5);
  const auto shows = [&](const char* line) {
    CHECK_MESSAGE(std::regex_search(outcome.output, std::regex(line)), outcome.output);
  };
  shows(R"(ADDRESS/PREFIX +TYPE +CLIENT DUID +IAID +SUBNET +VALID UNTIL +REMAINING\n)");
  shows(
      R"(2001:db8:1::1 +IA_NA +00:03:00:01:02:00:00:00:0a:01 +7 +1 +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00 +01:06:\d\d\n)");
  shows(R"(2001:db8:1::2 +IA_NA .* - +for ever\n)");
  shows(R"(2001:db8:1::3 +IA_NA .*, declined\n)");
  shows(R"(2001:db8:f000:100::/56 +IA_PD .* 2 )");
}

TEST_CASE("tandem6ctl leases delete: shows the lease, and ends it with --confirm") {
  Rig rig;
  const auto record = prefix_lease("2001:db8:f000:100::", 56, kDuid);
  REQUIRE(rig.server.group.load(record, rig.server.snapshot()));
  rig.server.put({record});
  const Outcome shown = rig("leases delete 2001:db8:f000:100::/56");
  CHECK(shown.code == 1);
  CHECK(has(shown.output, kDuid));
  CHECK(has(shown.output, "--confirm"));
  CHECK(rig.server.group.lease_count() == 1);
  const Outcome done = rig("leases delete 2001:db8:f000:100::/56 --confirm");
  CHECK(done.code == 0);
  CHECK(done.output == "IPv6 lease deleted.\n");
  CHECK(rig.server.group.lease_count() == 0);
  CHECK(rig("leases delete 2001:db8:f000:100::/56 --confirm").code == 3);
  CHECK(rig("leases delete nonsense --confirm").code == 1);
  CHECK(rig("leases delete").code == 2);
}

TEST_CASE("tandem6ctl leases: limits, filters, and a walk over many pages") {
  Rig rig;
  std::vector<lease::LeaseRecord> records;
  for (uint32_t i = 0; i < 1500; ++i) {
    records.push_back(address_lease("2001:db8:1::1", i % 2 == 0 ? kDuid : kOtherDuid, 1 + i % 3));
    records.back().key.address = Ipv6Address::from_number(ip("2001:db8:1::1000").number() + i);
    records.push_back(prefix_lease("2001:db8:f000::", 56, kDuid));
    records.back().key.address =
        Ipv6Address::from_number(ip("2001:db8:f000::").number() + (static_cast<U128>(i) << 72));
  }
  rig.server.put(records);
  const auto rows = [&](const std::string& arguments) {
    const Outcome outcome = rig("leases " + arguments);
    CHECK(outcome.code == 0);
    return line_count(outcome.output) - 1;
  };
  CHECK(rows("--all") == 3000);
  CHECK(rows("--limit 5") == 5 + 1);
  CHECK(has(rig("leases --limit 5").output, "there are more; --all shows them"));
  CHECK(rows("--limit 3000") == 3000);
  CHECK(rows("--limit 1000") == 1000 + 1);
  CHECK(rows("--all --duid 0003000102000000:0A02") == 750);
  CHECK(rows("--all --subnet 3") == 500);
  CHECK(rig("leases --subnet 77").code == 3);
  const json all = json::parse(rig("leases --all --json").output);
  CHECK(all["arguments"]["count"] == 3000);
  CHECK(all["arguments"]["leases"].size() == 3000);
}

TEST_CASE("tandem6ctl statistics: those that are not zero; patterns; nothing matching is exit code 3") {
  Rig rig;
  rig.server.worker_counters[0].received[1].add(42);
  const Outcome outcome = rig("statistics");
  CHECK(outcome.code == 0);
  CHECK(std::regex_search(outcome.output, std::regex(R"(pkt6-solicit-received +42\n)")));
  CHECK(!has(outcome.output, "pkt6-renew-received"));
  CHECK(has(outcome.output, "1.845e+19"));
  CHECK(has(rig("statistics --all renew").output, "pkt6-renew-received"));
  const Outcome subnet = rig("statistics --all 'subnet[1].*'");
  CHECK(has(subnet.output, "subnet[1].assigned-nas"));
  CHECK(!has(subnet.output, "subnet[2]"));
  CHECK(rig("statistics nonsense").code == 3);
  CHECK(json::parse(rig("statistics --json solicit").output)["arguments"].size() == 1);
}

TEST_CASE("tandem6ctl drops: reason and count") {
  Rig rig;
  CHECK(rig("drops").output == "no packet was dropped\n");
  rig.server.worker_counters[1].dropped[static_cast<size_t>(lease::DropReason::kBadChecksum)].add(9);
  const Outcome outcome = rig("drops");
  CHECK(outcome.code == 0);
  CHECK(outcome.output == "REASON        PACKETS\nbad-checksum        9\n");
  CHECK(line_count(rig("drops --all").output) == lease::kDropReasonCount);
}

TEST_CASE("tandem6ctl subnets: how full they are") {
  Rig rig;
  rig.server.counters->cells[0].prefixes = 32768;
  const Outcome outcome = rig("subnets");
  CHECK(outcome.code == 0);
  CHECK_MESSAGE(std::regex_search(outcome.output,
                                  std::regex(R"(1 +2001:db8:1::/64 +0 +1\.845e\+19 +0\.0 % +32768 +65536 +50\.0 %)")),
                outcome.output);
  CHECK_MESSAGE(std::regex_search(outcome.output, std::regex(R"(2 +2001:db8:2::/64 +0 +16 +0\.0 % +0 +0 +-\n)")),
                outcome.output);
  CHECK(widest_line(outcome.output) <= 80);
}

TEST_CASE(
    "tandem6ctl config: get is a file again, test gives places as compilers do, reload says what the server says") {
  Rig rig;
  CHECK(json::parse(rig("config get").output) == rig.server.config.source);
  std::ofstream(rig / "bad.json") << "# hm\n{ \"Dhcp6\": {\n  \"valid-lifetim\": 7 } }\n";
  const Outcome bad = rig("config test " + (rig / "bad.json"));
  CHECK(bad.code == 1);
  CHECK_MESSAGE(has(bad.output, (rig / "bad.json") + ":3:"), bad.output);
  std::ofstream(rig / "good.json") << R"({"Dhcp6": {"interfaces-config": {"interfaces": ["veth0"]}, "subnet6": [],},})";
  const Outcome good = rig("config test " + (rig / "good.json"));
  CHECK_MESSAGE(good.code == 0, good.output);
  CHECK(has(good.output, "good.json: can be used\n"));
  CHECK(rig("config test " + (rig / "absent.json")).code == 2);
  CHECK(rig("config reload").output == "Configuration successful.\n");
  CHECK(rig.server.lost_leases == LostLeases::kWarn);
  CHECK(rig("config reload --keep-leases").code == 0);
  CHECK(rig.server.lost_leases == LostLeases::kRefuse);
  CHECK(rig("config set " + (rig / "good.json")).code == 0);
  CHECK(rig.server.applied.has_value());
  CHECK(rig("config set " + (rig / "bad.json")).code == 1);
  rig.server.path = rig / "written.json";
  CHECK(rig("config write").code == 0);
  std::ifstream written(rig / "written.json");
  CHECK(json::parse(written) == rig.server.config.source);
  rig.server.reload_error = "file.json:1:1: error: no";
  const Outcome refused = rig("config reload");
  CHECK(refused.code == 1);
  CHECK(has(refused.output, "file.json:1:1: error: no"));
}

TEST_CASE("tandem6ctl failover: none configured is exit code 3") {
  Rig rig;
  CHECK(rig("failover status").code == 3);
  CHECK(rig("failover").code == 2);
  CHECK(rig("failover partner-down --confirm").code == 1);
}

TEST_CASE("tandem6ctl failover status: all is well; both servers side by side; fits 80 columns") {
  Rig rig;
  rig.server.relationships = {pair_in_normal(rig.server), pair_in_normal(rig.server, "east")};
  const Outcome outcome = rig("failover status");
  CHECK(outcome.code == 0);
  CHECK_MESSAGE(outcome.output.starts_with("failover pop-west: all is well\n"), outcome.output);
  CHECK(has(outcome.output, "failover east: all is well\n"));
  const auto shows = [&](const char* line) {
    CHECK_MESSAGE(std::regex_search(outcome.output, std::regex(line)), outcome.output);
  };
  shows(R"(\n +THIS SERVER +PARTNER 2001:db8:ff::2\n)");
  shows(R"(role +primary +secondary\n)");
  shows(R"(state +NORMAL +NORMAL\n)");
  shows(R"(since +01:00:\d\d ago +00:59:\d\d ago\n)");
  shows(R"(last heard +\d s ago\n)");
  shows(R"(what to do +Nothing: all is well\.\n)");
  shows(R"(connection +up, TLS; the clocks agree\n)");
  shows(R"(certificate +this server's ends at 20\d\d-\d\d-\d\dT[^\n]+\n)");
  shows(R"(120 sent, 117 acked, 1 refused by the partner; 2 unacked, 5 leases)");
  shows(R"(updates in +7 received, 3 refused by us\n)");
  shows(R"(2001:db8:8000::/34 +100 +90 +66\n)");
  CHECK_MESSAGE(widest_line(outcome.output) <= 80, outcome.output);
  CHECK_FALSE(has(rig("failover status east").output, "pop-west"));
  CHECK(rig("failover status south").code == 1);
  CHECK(json::parse(rig("failover status --json").output)["arguments"]["relationships"].size() == 2);
}

TEST_CASE("tandem6ctl failover status: what is wrong comes first; fits 80 columns") {
  Rig rig;
  rig.server.relationships = {pair_apart(rig.server)};
  rig.server.relationships[0].skew_seconds = 3;
  rig.server.config.failover.emplace_back().name = "pop-west";
  rig.server.config.failover[0].auto_partner_down = Seconds{90000};
  const Outcome outcome = rig("failover status");
  CHECK(outcome.code == 0);
  CHECK_MESSAGE(outcome.output.starts_with("failover pop-west: PROBLEM: COMMUNICATIONS-INTERRUPTED since\n"),
                outcome.output);
  CHECK(has(outcome.output, "failover pop-west: PROBLEM: the partner's clock is 3 s ahead"));
  CHECK(has(outcome.output, "failover pop-west: goes PARTNER-DOWN by itself in 1 d 00:5"));
  CHECK(has(outcome.output, "connection  DOWN: the partner is not heard\n"));
  CHECK(std::regex_search(outcome.output, std::regex("1200\\s+leases\\s+wait")));
  // Neither why it ended nor why there is no new one is lost for the other.
  CHECK(has(outcome.output, "failover pop-west: PROBLEM: no connection to the partner: nobody is there\n"));
  CHECK(has(outcome.output, "connecting  nobody is there\n"));
  CHECK_MESSAGE(std::regex_search(outcome.output, std::regex(R"(last ended  00:05:\d\d ago: no message for 60 s\n)")),
                outcome.output);
  CHECK_MESSAGE(widest_line(outcome.output) <= 80, outcome.output);
  rig.server.relationships = {pair_in_normal(rig.server)};
  rig.server.relationships[0].secure = false;
  CHECK(has(rig("failover status").output, "PROBLEM: the connection is plain TCP"));
  CHECK(has(rig("status").output, "PROBLEM: failover pop-west: the connection is plain TCP"));
}

TEST_CASE("tandem6ctl failover status --check: exit code 5 unless both are in NORMAL and nothing is wrong") {
  Rig rig;
  const auto check = [&](const std::string& more = "") { return rig("failover status --check" + more).code; };
  CHECK(check() == 3);
  rig.server.relationships = {pair_in_normal(rig.server), pair_in_normal(rig.server, "east")};
  CHECK(check() == 0);
  CHECK(rig("failover status --check").output == rig("failover status").output);
  failover::RelationshipStatus& east = rig.server.relationships[1];
  east.skew_seconds = 3;
  CHECK(check() == 5);
  CHECK(check(" --json") == 5);
  CHECK(check(" east") == 5);
  CHECK(check(" pop-west") == 0);
  CHECK(rig("failover status").code == 0);
  CHECK(has(rig("failover status --check").output, "PROBLEM: the partner's clock is 3 s ahead"));
  // Not yet what the alarms are about: this server is in step already.
  east.skew_seconds = 0;
  east.partner = failover::State::kRecoverDone;
  CHECK(check() == 5);
}

TEST_CASE("tandem6ctl failover status: how long a wait still lasts") {
  Rig rig;
  rig.server.relationships = {pair_apart(rig.server)};
  failover::RelationshipStatus& status = rig.server.relationships[0];
  status.state = failover::State::kRecoverWait;
  status.recover_wait_until = AbsoluteTime::from_unix(rig.server.clock + 754);
  CHECK(has(rig("failover status").output, "failover pop-west: RECOVER-WAIT ends in 00:12:34\n"));
  status.state = failover::State::kPartnerDown;
  status.recover_wait_until = {};
  status.partner_prefixes_from = AbsoluteTime::from_unix(rig.server.clock + 65);
  CHECK(has(rig("failover status").output, "failover pop-west: may use the partner's prefixes in 00:01:05\n"));
  status.partner_prefixes_from = AbsoluteTime::from_unix(rig.server.clock - 5);
  const std::string over = rig("failover status").output;
  CHECK(has(over, "failover pop-west: may use the partner's prefixes now\n"));
  CHECK_MESSAGE(widest_line(over) <= 80, over);
}

TEST_CASE("tandem6ctl failover partner-down: only with --confirm; resync: without") {
  Rig rig;
  rig.server.relationships = {pair_apart(rig.server)};
  const Outcome warned = rig("failover partner-down");
  CHECK(warned.code == 1);
  CHECK(has(warned.output, "two clients can hold one"));
  CHECK(has(warned.output, "--confirm"));
  CHECK(rig.server.failover_commands.empty());
  CHECK(rig("failover resync pop-west").code == 0);
  CHECK(rig("failover partner-down --confirm").code == 0);
  CHECK(rig("failover resync pop-west --confirm").code == 0);
  CHECK(rig.server.failover_commands.size() == 3);
}

TEST_CASE("tandem6ctl: raw, commands, version, shutdown") {
  Rig rig;
  CHECK(has(rig("raw subnet6-get '{\"id\": 2}'").output, "\"result\":0"));
  CHECK(rig("raw subnet6-get '{\"id\": 9}'").code == 3);
  CHECK(rig("raw make-coffee").code == 1);
  CHECK(rig("raw subnet6-get '{'").code == 2);
  CHECK(has(rig("commands").output, "lease6-get-page: "));
  CHECK(has(rig("version").output, "tandem6 " TANDEM6_VERSION "\n"));
  const Outcome outcome = rig("shutdown");
  CHECK(outcome.code == 0);
  CHECK(outcome.output == "Shutting down.\n");
  CHECK(rig.server.shutdowns == 1);
}

}  // namespace
}  // namespace tandem6::control::tandem6ctl_test
