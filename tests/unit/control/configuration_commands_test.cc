#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/unit/control/fixtures.h"

namespace tandem6::control::configuration_commands_test {
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

TEST_CASE("config-test: what is missing on this machine is a warning, and the configuration sane") {
  FakeServer server;
  server.missing = {{.is_error = false, .path = "tandem6.failover[0].tls", .text = "no such file"}};
  const json answer = run(server, "config-test", kGood);
  CHECK(answer["result"] == 0);
  CHECK(has(answer["text"], "Configuration seems sane.\nconfiguration: warning: tandem6.failover[0].tls: no such"));
  REQUIRE(answer["arguments"]["remarks"].size() == 1);
  CHECK(answer["arguments"]["remarks"][0]["severity"] == "warning");
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

TEST_CASE("config-test, config-set: what is not said of \"tandem6\" is as it was") {
  FakeServer server;
  server.config.source["tandem6"] = {{"storage", {{"path", "/kept"}}}};
  server.config.storage.path = "/kept";
  CHECK(run(server, "config-test", kGood)["arguments"]["needs-restart"].dump().find("/kept") == std::string::npos);
  REQUIRE(run(server, "config-set", kGood)["result"] == 0);
  CHECK(server.applied->storage.path == "/kept");
  json moved = kGood;
  moved["tandem6"] = {{"storage", {{"path", "/new"}}}};
  REQUIRE(run(server, "config-set", moved)["result"] == 0);
  CHECK(server.applied->storage.path == "/new");
}

TEST_CASE("config-set: what config-get gave can be handed back; a bad one is not applied and says why") {
  FakeServer server;
  server.reload_warnings = {"a warning"};
  json given = kGood;
  given["hash"] = "ABC";
  const json answer = run(server, "config-set", given);
  CHECK_MESSAGE(answer["result"] == 0, answer.dump(2));
  CHECK(answer["text"] == "Configuration successful.\na warning");
  CHECK(answer["arguments"]["hash"].get<std::string>().size() == 32);
  REQUIRE(server.applied);
  CHECK(server.applied->subnets.size() == 1);
  CHECK(server.applied->source["Dhcp6"] == kGood["Dhcp6"]);
  server.applied.reset();
  given["Dhcp6"]["subnet6"][0]["subnet"] = "nonsense";
  const json refused = run(server, "config-set", given);
  CHECK(refused["result"] == 1);
  CHECK_MESSAGE(has(refused["text"], "subnet6[0].subnet"), refused.dump(2));
  CHECK(run(server, "config-set")["result"] == 1);
  CHECK(run(server, "config-set", {{"tandem6", json::object()}})["result"] == 1);
  CHECK_FALSE(server.applied);
}

TEST_CASE("config-set, config-reload: refuse-if-leases-lost is handed on, and is no key of the configuration") {
  FakeServer server;
  json given = kGood;
  given["refuse-if-leases-lost"] = true;
  REQUIRE(run(server, "config-set", given)["result"] == 0);
  CHECK(server.lost_leases == LostLeases::kRefuse);
  CHECK_FALSE(server.applied->source.contains("refuse-if-leases-lost"));
  REQUIRE(run(server, "config-reload")["result"] == 0);
  CHECK(server.lost_leases == LostLeases::kWarn);
  REQUIRE(run(server, "config-reload", {{"refuse-if-leases-lost", true}})["result"] == 0);
  CHECK(server.lost_leases == LostLeases::kRefuse);
  CHECK(run(server, "config-reload", {{"refuse-if-leases-lost", "yes"}})["result"] == 1);
  CHECK(server.reloads == 2);
}

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("config-write: the configuration in force, as a file that can be read again, in place of the old one") {
  FakeServer server;
  const TemporaryDirectory directory;
  server.path = directory / "tandem6.json";
  server.config.source = kGood;
  std::ofstream(server.path) << "// old";
  std::filesystem::permissions(server.path, std::filesystem::perms(0604));
  const json answer = run(server, "config-write");
  CHECK_MESSAGE(answer["result"] == 0, answer.dump());
  CHECK(answer["arguments"]["filename"] == server.path);
  CHECK(answer["arguments"]["size"] == content_of(server.path).size());
  CHECK(json::parse(content_of(server.path)) == kGood);
  CHECK(load_configuration(server.path).configuration);
  CHECK(std::filesystem::status(server.path).permissions() == std::filesystem::perms(0604));
}

TEST_CASE("config-write: to another name beside the file only, and nothing is left over when it cannot be") {
  FakeServer server;
  const TemporaryDirectory directory;
  server.path = directory / "tandem6.json";
  std::filesystem::create_directory(directory / "sub");
  std::filesystem::create_symlink("/etc/passwd", directory / "link");
  for (const std::string& name : {std::string("new.json"), directory / "absolute.json"}) {
    const json answer = run(server, "config-write", {{"filename", name}});
    CHECK_MESSAGE(answer["result"] == 0, answer.dump());
    CHECK(std::filesystem::is_regular_file(answer["arguments"]["filename"].get<std::string>()));
  }
  const auto files = [&] {
    return std::distance(std::filesystem::directory_iterator(directory / ""), std::filesystem::directory_iterator());
  };
  const auto before = files();
  for (const json& name :
       {json("/etc/tandem6-test.json"), json("sub/x.json"), json("../x.json"), json(".."), json("sub"), json("link"),
        json(directory / "sub/../x.json"), json(""), json(7), json(std::string(300, 'x'))}) {
    CAPTURE(name.dump());
    CHECK(run(server, "config-write", {{"filename", name}})["result"] == 1);
  }
  CHECK(files() == before);
  server.path = "/nonexistent/tandem6.json";
  CHECK(has(run(server, "config-write")["text"], "/nonexistent/tandem6.json"));
}

TEST_CASE("config-write: a configuration file that is a symbolic link stays one") {
  FakeServer server;
  const TemporaryDirectory directory;
  std::ofstream(directory / "real.json") << "{}";
  std::filesystem::create_symlink("real.json", directory / "tandem6.json");
  server.path = directory / "tandem6.json";
  CHECK(run(server, "config-write")["result"] == 0);
  CHECK(std::filesystem::is_symlink(server.path));
  CHECK(json::parse(content_of(directory / "real.json")) == server.config.source);
}

}  // namespace
}  // namespace tandem6::control::configuration_commands_test
