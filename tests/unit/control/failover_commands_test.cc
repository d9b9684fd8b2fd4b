// failover-status, failover-partner-down, failover-resync, and what status-get says of the pair.
#include "control/local_time.h"
#include "tests/unit/control/failover_fixture.h"

namespace tandem6::control::failover_commands_test {
namespace {

using failover::OperatorCommand;
using failover::State;
using nlohmann::json;

std::string text_of(const json& answer) { return answer.value("text", std::string()); }

TEST_CASE("failover commands: without a relationship there is nothing to show and nothing to do") {
  FakeServer server;
  const json status = run(server, "failover-status");
  CHECK(status["result"] == 3);
  CHECK(status["arguments"]["relationships"].empty());
  for (const char* command : {"failover-status", "failover-partner-down", "failover-resync"}) {
    const json answer = run(server, command, {{"relationship", "west"}, {"confirm", true}});
    CHECK(answer["result"] == 1);
    CHECK(has(text_of(answer), "no failover relationship is configured"));
  }
  CHECK_FALSE(run(server, "status-get")["arguments"].contains("high-availability"));
}

TEST_CASE("failover-status: both servers, meaning, updates, prefixes") {
  FakeServer server;
  server.relationships = {pair_in_normal(server)};
  server.relationships[0].skew_seconds = -1;
  const json answer = run(server, "failover-status");
  CHECK(answer["result"] == 0);
  CHECK(has(text_of(answer), "pop-west: NORMAL. Both servers are in step"));
  REQUIRE(answer["arguments"]["relationships"].size() == 1);
  const json& one = answer["arguments"]["relationships"][0];
  CHECK(one["relationship"] == "pop-west");
  CHECK(one["alarms"].empty());
  CHECK(one["local"]["role"] == "primary");
  CHECK(one["local"]["state"] == "NORMAL");
  CHECK(one["local"]["since-seconds"] == 3600);
  CHECK(one["partner"]["role"] == "secondary");
  CHECK(one["partner"]["address"] == "2001:db8:ff::2");
  CHECK(one["partner"]["since-seconds"] == 3590);
  CHECK(one["partner"]["last-heard-seconds"] == 2);
  CHECK(one["communicating"] == true);
  CHECK(one["secure"] == true);
  CHECK(one["certificate-until"] == local_time(server.clock + 90 * 86400));
  CHECK(one["skew-seconds"] == -1);
  CHECK(one["mclt"] == 1800);
  CHECK(one["keepalive-time"] == 60);
  CHECK(one["partner-down-in-seconds"].is_null());
  CHECK(one["updates"] == json{{"sent", 120},
                               {"acked", 117},
                               {"rejected", 1},
                               {"received", 7},
                               {"refused", 3},
                               {"unacked", 2},
                               {"backlog", 5},
                               {"lag-milliseconds", 4}});
  CHECK(one["messages"] == json{{"sent", 300}, {"received", 200}, {"malformed", 0}});
  CHECK(one["prefixes"] ==
        json::array({{{"pool", "2001:db8:8000::/34"}, {"ours", 100}, {"partners", 90}, {"leased", 66}}}));
}

TEST_CASE("failover-status: a partner that was never heard has no times") {
  FakeServer server;
  failover::RelationshipStatus status = pair_in_normal(server);
  status.state = State::kRecover;
  status.partner = State::kNone;
  status.partner_since = {};
  status.last_heard = {};
  status.communicating = false;
  server.relationships = {status};
  const json one = run(server, "failover-status")["arguments"]["relationships"][0];
  CHECK(one["partner"]["state"] == "NONE");
  CHECK(one["partner"]["since"].is_null());
  CHECK(one["partner"]["last-heard"].is_null());
  CHECK(one["partner"]["last-heard-seconds"].is_null());
}

TEST_CASE("RFC 8156 8.4.1, 8.6.2: failover-status says until when it is waited, and how long still") {
  FakeServer server;
  server.relationships = {pair_apart(server)};
  failover::RelationshipStatus& status = server.relationships[0];
  const auto shown = [&] { return run(server, "failover-status")["arguments"]["relationships"][0]; };
  for (const char* name :
       {"recover-wait-until", "recover-wait-seconds-left", "partner-prefixes-from", "partner-prefixes-seconds-left"})
    CHECK(shown()[name].is_null());
  status.state = State::kRecoverWait;
  status.recover_wait_until = AbsoluteTime::from_unix(server.clock + 754);
  CHECK(shown()["recover-wait-until"] == local_time(server.clock + 754));
  CHECK(shown()["recover-wait-seconds-left"] == 754);
  CHECK(has(shown()["means"].get<std::string>(), "after it went down, at " + local_time(server.clock + 754)));
  CHECK(shown()["partner-prefixes-from"].is_null());
  status.state = State::kPartnerDown;
  status.recover_wait_until = {};
  status.partner_prefixes_from = AbsoluteTime::from_unix(server.clock + 1500);
  CHECK(shown()["partner-prefixes-from"] == local_time(server.clock + 1500));
  CHECK(shown()["partner-prefixes-seconds-left"] == 1500);
  CHECK(has(shown()["means"].get<std::string>(), "is over, at " + local_time(server.clock + 1500)));
  server.clock += 2000;
  CHECK(shown()["partner-prefixes-seconds-left"] == 0);
}

TEST_CASE("failover-status: how the last connection ended, when, and why there is no new one") {
  FakeServer server;
  server.relationships = {pair_apart(server)};
  json one = run(server, "failover-status")["arguments"]["relationships"][0];
  CHECK(one["last-disconnect"] == "no message for 60 s");
  CHECK(one["last-disconnect-at"] == one["local"]["since"]);
  CHECK(one["last-disconnect-at-seconds"] == 300);
  CHECK(one["connect-failure"] == "nobody is there");
  CHECK(has(one["alarms"].dump(), "no connection to the partner: nobody is there"));
  server.relationships = {pair_in_normal(server)};
  one = run(server, "failover-status")["arguments"]["relationships"][0];
  CHECK(one["connect-failure"] == "");
  CHECK(one["last-disconnect-at"].is_null());
  server.relationships[0].certificate_until = 0;
  CHECK(run(server, "failover-status")["arguments"]["relationships"][0]["certificate-until"].is_null());
  CHECK(one["last-disconnect-at-seconds"].is_null());
}

TEST_CASE("failover-status: one of several by its name, an unknown one names those that are there") {
  FakeServer server;
  server.relationships = {pair_in_normal(server, "west"), pair_in_normal(server, "east")};
  CHECK(run(server, "failover-status")["arguments"]["relationships"].size() == 2);
  const json east = run(server, "failover-status", {{"relationship", "east"}})["arguments"]["relationships"];
  REQUIRE(east.size() == 1);
  CHECK(east[0]["relationship"] == "east");
  CHECK(text_of(run(server, "failover-status", {{"relationship", "south"}})) ==
        "there is no failover relationship 'south'; there are 'west', 'east'");
  CHECK(run(server, "failover-status", {{"relationship", 7}})["result"] == 1);
}

TEST_CASE("RFC 8156 8.9.2: failover-status counts down to auto-partner-down") {
  FakeServer server;
  server.relationships = {pair_apart(server)};
  failover::RelationshipSettings& settings = server.config.failover.emplace_back();
  settings.name = "pop-west";
  const auto left = [&] {
    return run(server, "failover-status")["arguments"]["relationships"][0]["partner-down-in-seconds"];
  };
  CHECK(left().is_null());
  settings.auto_partner_down = Seconds{1000};
  CHECK(left() == 700);
  settings.auto_partner_down = Seconds{200};
  CHECK(left() == 0);
  server.relationships[0].state = State::kPartnerDown;
  CHECK(left().is_null());
}

TEST_CASE("failover-partner-down: without confirm nothing happens, and the danger is named") {
  FakeServer server;
  server.relationships = {pair_apart(server)};
  for (const json& arguments : {json::object(), json{{"confirm", false}}}) {
    const json answer = run(server, "failover-partner-down", arguments);
    CHECK(answer["result"] == 1);
    CHECK(has(text_of(answer), "If the partner is alive and only not heard, both servers give away the same prefixes"));
    CHECK(has(text_of(answer), "it was last heard at 20"));
    CHECK(has(text_of(answer), "Nothing was changed: repeat with \"confirm\": true"));
  }
  CHECK(run(server, "failover-partner-down", {{"confirm", "yes"}})["result"] == 1);
  CHECK(server.failover_commands.empty());
  server.relationships = {pair_in_normal(server)};
  CHECK(has(text_of(run(server, "failover-partner-down")), "IT IS HEARD RIGHT NOW"));
  server.relationships[0].state = State::kRecover;
  CHECK(has(text_of(run(server, "failover-partner-down")), "it gives them away at once"));
}

TEST_CASE("failover-partner-down when confirmed, failover-resync at once: done") {
  FakeServer server;
  server.relationships = {pair_apart(server)};
  const json down = run(server, "failover-partner-down", {{"confirm", true}});
  CHECK(down["result"] == 0);
  CHECK(has(text_of(down), "pop-west: the partner counts as down"));
  const json resync = run(server, "failover-resync", {{"relationship", "pop-west"}});
  CHECK(resync["result"] == 0);
  CHECK(has(text_of(resync), "pop-west: all leases are fetched from the partner again"));
  REQUIRE(server.failover_commands.size() == 2);
  CHECK(server.failover_commands[0] == std::pair(std::string("pop-west"), OperatorCommand::kPartnerDown));
  CHECK(server.failover_commands[1] == std::pair(std::string("pop-west"), OperatorCommand::kResync));
  server.failover_error = "not in RECOVER-WAIT";
  CHECK(text_of(run(server, "failover-resync")) == "not in RECOVER-WAIT");
}

TEST_CASE("RFC 8156 5.3.6: failover-resync stops nobody's service, so that any confirm is ignored") {
  FakeServer server;
  server.relationships = {pair_in_normal(server)};
  for (const json& arguments : {json::object(), json{{"confirm", false}}, json{{"confirm", true}}}) {
    const json answer = run(server, "failover-resync", arguments);
    CHECK(answer["result"] == 0);
    CHECK(has(text_of(answer), "clients are answered as before meanwhile"));
  }
  CHECK(server.failover_commands.size() == 3);
}

TEST_CASE("failover-partner-down: of several relationships one must be named") {
  FakeServer server;
  server.relationships = {pair_in_normal(server, "west"), pair_in_normal(server, "east")};
  CHECK(text_of(run(server, "failover-partner-down", {{"confirm", true}})) ==
        "'relationship' must say which one: 'west', 'east'");
  CHECK(server.failover_commands.empty());
  CHECK(run(server, "failover-partner-down", {{"confirm", true}, {"relationship", "east"}})["result"] == 0);
  REQUIRE(server.failover_commands.size() == 1);
  CHECK(server.failover_commands[0].first == "east");
}

TEST_CASE("status-get: the pair's alarms stand among the server's") {
  FakeServer server;
  server.relationships = {pair_in_normal(server)};
  CHECK(run(server, "status-get")["arguments"]["tandem6"]["alarms"].empty());
  server.relationships = {pair_apart(server)};
  const json alarms = run(server, "status-get")["arguments"]["tandem6"]["alarms"];
  REQUIRE(alarms.size() == 2);
  CHECK(alarms[0].get<std::string>().starts_with("failover pop-west: COMMUNICATIONS-INTERRUPTED since 20"));
  CHECK(alarms[1] == "failover pop-west: no connection to the partner: nobody is there");
}

TEST_CASE("status-get: the pair in the form of Kea's high-availability, for Stork") {
  FakeServer server;
  server.relationships = {pair_in_normal(server)};
  const json list = run(server, "status-get")["arguments"]["high-availability"];
  REQUIRE(list.size() == 1);
  CHECK(list[0]["ha-mode"] == "hot-standby");
  CHECK(list[0]["ha-servers"]["local"] == json{{"role", "primary"},
                                               {"scopes", {"pop-west-primary"}},
                                               {"server-name", "pop-west-primary"},
                                               {"state", "hot-standby"}});
  const json& remote = list[0]["ha-servers"]["remote"];
  CHECK(remote["role"] == "standby");
  CHECK(remote["server-name"] == "pop-west-secondary");
  CHECK(remote["last-state"] == "hot-standby");
  CHECK(remote["last-scopes"].empty());
  CHECK(remote["in-touch"] == true);
  CHECK(remote["communication-interrupted"] == false);
  CHECK(remote["age"] == 2);
}

TEST_CASE("status-get high-availability: a lost partner, and one that was never there") {
  FakeServer server;
  server.relationships = {pair_apart(server)};
  server.relationships[0].role = lease::FailoverRole::kSecondary;
  const json lost = run(server, "status-get")["arguments"]["high-availability"][0]["ha-servers"];
  CHECK(lost["local"]["state"] == "communication-recovery");
  CHECK(lost["local"]["role"] == "standby");
  CHECK(lost["local"]["scopes"] == json{"pop-west-primary"});
  CHECK(lost["remote"]["last-state"] == "unavailable");
  CHECK(lost["remote"]["communication-interrupted"] == true);
  CHECK(lost["remote"]["age"] == 360);
  server.relationships[0].last_heard = {};
  server.relationships[0].partner = State::kNone;
  const json never = run(server, "status-get")["arguments"]["high-availability"][0]["ha-servers"]["remote"];
  CHECK(never["in-touch"] == false);
  CHECK(never["last-state"] == "");
  CHECK(never["age"] == 0);
}

}  // namespace
}  // namespace tandem6::control::failover_commands_test
