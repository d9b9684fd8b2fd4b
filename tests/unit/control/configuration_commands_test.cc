#include <doctest/doctest.h>

#include "tests/unit/control/fixtures.h"

namespace tandem6::control {
namespace {

using nlohmann::json;

const json kGood = json::parse(R"({"Dhcp6": {"interfaces-config": {"interfaces": ["veth0"]},
  "subnet6": [{"id": 1, "subnet": "2001:db8:1::/64", "pools": [{"pool": "2001:db8:1::10-2001:db8:1::20"}]}]}})");

TEST_CASE("config-get: the configuration as read, with a hash that config-hash-get knows too") {
  FakeServer server;
  const json answer = run(server, "config-get");
  CHECK(answer["result"] == 0);
  CHECK(answer["arguments"]["Dhcp6"] == server.config.source["Dhcp6"]);
  const json hash = answer["arguments"]["hash"];
  CHECK(hash.get<std::string>().size() == 32);
  CHECK(run(server, "config-hash-get")["arguments"]["hash"] == hash);
  server.config.source["Dhcp6"]["valid-lifetime"] = 1;
  CHECK(run(server, "config-hash-get")["arguments"]["hash"] != hash);
}

TEST_CASE("config-test: a good configuration is sane; what config-get gave can be handed back") {
  FakeServer server;
  const json answer = run(server, "config-test", kGood);
  CHECK_MESSAGE(answer["result"] == 0, answer.dump(2));
  CHECK(has(answer["text"], "Configuration seems sane."));
  json with_hash = kGood;
  with_hash["hash"] = "ABC";
  CHECK(run(server, "config-test", with_hash)["result"] == 0);
}

TEST_CASE("config-test: a bad one is result 1 with all that is wrong, in text and as a list") {
  FakeServer server;
  json bad = kGood;
  bad["Dhcp6"]["subnet6"][0]["subnet"] = "nonsense";
  bad["Dhcp6"]["valid-lifetim"] = 7;
  const json answer = run(server, "config-test", bad);
  CHECK(answer["result"] == 1);
  CHECK(has(answer["text"], "nonsense"));
  CHECK(has(answer["text"], "valid-lifetim"));
  CHECK(answer["arguments"]["remarks"].size() >= 2);
  for (const json& remark : answer["arguments"]["remarks"]) {
    CHECK(remark["line"].is_number());
    CHECK(!remark["text"].get<std::string>().empty());
  }
}

TEST_CASE("config-test: a file's text keeps its comments and its lines") {
  FakeServer server;
  const json answer = run(server, "config-test", {{"text", "// a comment\n{\n\"Dhcp6\": {\n \"valid-lifetim\": 7 }}"}});
  CHECK(answer["result"] == 1);
  const json remarks = answer["arguments"]["remarks"];
  const bool placed = std::any_of(remarks.begin(), remarks.end(), [](const json& remark) {
    return remark["line"] == 4 &&
           has(remark["path"].get<std::string>() + remark["text"].get<std::string>(), "valid-lifetim");
  });
  CHECK_MESSAGE(placed, answer.dump(2));
}

TEST_CASE("config-test: names what a reload could not change") {
  FakeServer server;
  json moved = kGood;
  moved["tandem6"] = {{"storage", {{"path", "/somewhere/else"}}}};
  const json answer = run(server, "config-test", moved);
  CHECK_MESSAGE(answer["result"] == 0, answer.dump(2));
  CHECK(!answer["arguments"]["needs-restart"].empty());
  CHECK(has(answer["text"], "needs a restart: "));
}

TEST_CASE("config-test: nothing to test is an error") {
  FakeServer server;
  CHECK(run(server, "config-test")["result"] == 1);
  CHECK(run(server, "config-test", {{"text", 7}})["result"] == 1);
}

TEST_CASE("config-reload: says what the server says, good or bad") {
  FakeServer server;
  server.reload_warnings = {"Dhcp6.lease-database: ignored"};
  const json answer = run(server, "config-reload");
  CHECK(answer["result"] == 0);
  CHECK(answer["text"] == "Configuration successful.\nDhcp6.lease-database: ignored");
  CHECK(server.reloads == 1);
  server.reload_error = "tandem6.json:7:1: error: nonsense";
  const json refused = run(server, "config-reload");
  CHECK(refused["result"] == 1);
  CHECK(refused["text"] == server.reload_error);
}

}  // namespace
}  // namespace tandem6::control
