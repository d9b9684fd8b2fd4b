#include "control/commands/commands.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "tests/unit/control/fixtures.h"

namespace tandem6::control::commands_test {
namespace {

using nlohmann::json;

TEST_CASE("commands: list-commands names every command, and none of them is unsupported") {
  FakeServer server;
  const json answer = run(server, "list-commands");
  CHECK(answer["result"] == 0);
  const auto names = answer["arguments"].get<std::vector<std::string>>();
  CHECK(std::is_sorted(names.begin(), names.end()));
  for (const char* name : {"build-report", "config-get", "config-hash-get", "config-reload", "config-test",
                           "lease6-get", "lease6-get-page", "list-commands", "shutdown", "statistic-get",
                           "statistic-get-all", "status-get", "subnet6-get", "subnet6-list", "version-get"}) {
    CHECK_MESSAGE(std::find(names.begin(), names.end(), name) != names.end(), name);
  }
  for (const std::string& name : names) {
    CHECK(has(answer["text"], name + ": "));
    CHECK(run(server, name)["result"] != 2);
  }
}

TEST_CASE("commands: an unknown one is result 2 in Kea's words") {
  FakeServer server;
  const json answer = run(server, "make-coffee");
  CHECK(answer["result"] == 2);
  CHECK(answer["text"] == "'make-coffee' command not supported.");
}

TEST_CASE("commands: malformed ones are result 1 and say what is wrong") {
  FakeServer server;
  const auto refused = [&](const json& command, std::string_view part) {
    const json answer = run_command(server, command);
    CAPTURE(command.dump());
    CHECK(answer["result"] == 1);
    CHECK_MESSAGE(has(answer["text"], part), answer.dump());
  };
  refused(json::array(), "JSON object");
  refused(json::object(), "'command' parameter not specified");
  refused({{"command", 7}}, "'command' parameter must be a string");
  refused({{"command", "status-get"}, {"arguments", json::array({1})}}, "'arguments' must be a map");
  refused({{"command", "status-get"}, {"arguments", nullptr}}, "'arguments' must be a map");
  refused({{"command", "status-get"}, {"argumens", json::object()}}, "unsupported parameter 'argumens'");
}

TEST_CASE("commands: what Kea's control agent adds to a command is accepted") {
  FakeServer server;
  CHECK(run_command(server, {{"command", "version-get"}, {"service", json::array({"dhcp6"})}})["result"] == 0);
}

TEST_CASE("commands: version-get has the version as text and the libraries in extended") {
  FakeServer server;
  const json answer = run(server, "version-get");
  CHECK(answer["text"] == TANDEM6_VERSION);
  CHECK(has(answer["arguments"]["extended"], "RocksDB "));
  CHECK(has(run(server, "build-report")["text"], "compiler: "));
}

TEST_CASE("commands: status-get has Kea's fields and our own") {
  FakeServer server;
  const json status = run(server, "status-get")["arguments"];
  CHECK(status["pid"] == getpid());
  CHECK(status["uptime"] == 3725);
  CHECK(status["reload"] == 60);
  CHECK(status["multi-threading-enabled"] == true);
  CHECK(status["thread-pool-size"] == 2);
  CHECK(status["sockets"] == json{{"status", "ready"}});
  const json& own = status["tandem6"];
  CHECK(own["alarms"] == json::array());
  CHECK(own["leases"] == 20);
  CHECK(own["clients"] == 16);
  CHECK(own["memory"] == 2048);
  CHECK(own["ports"][0]["device"] == "0000:3b:00.0");
  CHECK(own["ports"][0]["link-up"] == true);
  CHECK(own["ports"][0]["missed"] == 3);
  CHECK(own["workers"][1]["core"] == 3);
  CHECK(own["storage"]["failing"] == false);
  CHECK(own["storage"]["durability"] == "sync");
}

TEST_CASE("commands: status-get raises alarms for a failing disk and a link that is down") {
  FakeServer server;
  server.disk.failing = true;
  server.disk.failing_since_unix = 1'800'000'000;
  server.disk.error = "No space left on device";
  server.port_list[0].link_up = false;
  const json status = run(server, "status-get")["arguments"];
  const json alarms = status["tandem6"]["alarms"];
  REQUIRE(alarms.size() == 2);
  CHECK(has(alarms[0], "disk failing since 2027-01-1"));
  CHECK(has(alarms[0], "No space left on device"));
  CHECK(has(alarms[0], "replies are held back"));
  CHECK(has(alarms[1], "link down: port client0"));
  CHECK(status["sockets"]["status"] == "failed");
}

TEST_CASE("commands: a clock that was set back does not make the uptime enormous") {
  FakeServer server;
  server.uptime = -100;
  CHECK(run(server, "status-get")["arguments"]["uptime"] == 0);
}

TEST_CASE("commands: shutdown ends the server, unless it is asked for something it cannot do") {
  FakeServer server;
  CHECK(run(server, "shutdown", {{"exit-value", 3}})["result"] == 1);
  CHECK(server.shutdowns == 0);
  CHECK(run(server, "shutdown")["result"] == 0);
  CHECK(server.shutdowns == 1);
}

TEST_CASE("commands: subnet6-list and subnet6-get show the subnets as configured") {
  FakeServer server;
  const json list = run(server, "subnet6-list");
  CHECK(list["text"] == "2 IPv6 subnets found");
  CHECK(list["arguments"]["subnets"][1] ==
        json{{"id", 2}, {"subnet", "2001:db8:2::/64"}, {"shared-network-name", nullptr}});
  const json by_id = run(server, "subnet6-get", {{"id", 1}});
  CHECK(by_id["result"] == 0);
  CHECK(by_id["arguments"]["subnets"][0]["user-context"]["a"] == 1);
  CHECK(run(server, "subnet6-get", {{"subnet", "2001:db8:1::/64"}})["arguments"] == by_id["arguments"]);
  CHECK(run(server, "subnet6-get", {{"id", 3}})["result"] == 3);
  CHECK(run(server, "subnet6-get", {{"subnet", "2001:db8:3::/64"}})["result"] == 3);
  for (const json& bad : {json::object(), json{{"id", "1"}}, json{{"id", 0}}, json{{"id", -1}}, json{{"subnet", "x"}},
                          json{{"id", 1}, {"subnet", "2001:db8:1::/64"}}, json{{"id", uint64_t{1} << 32}}}) {
    CAPTURE(bad.dump());
    CHECK(run(server, "subnet6-get", bad)["result"] == 1);
  }
  server.config.subnets.clear();
  CHECK(run(server, "subnet6-list")["result"] == 3);
}

}  // namespace
}  // namespace tandem6::control::commands_test
