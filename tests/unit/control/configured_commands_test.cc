#include <doctest/doctest.h>

#include "tests/unit/control/fixtures.h"

namespace tandem6::control::configured_commands_test {
namespace {

using nlohmann::json;

constexpr const char* kFile = R"json({"Dhcp6": {"interfaces-config": {"interfaces": ["veth0"]},
  "reservations-global": true, "valid-lifetime": 4000,
  "reservations": [{"duid": "00:03:00:01:02:00:00:00:00:01", "hostname": "anywhere.example"}],
  "subnet6": [
    {"subnet": "2001:db8:1::/64",
     "reservations": [{"hw-address": "02:00:00:00:00:0a", "ip-addresses": ["2001:db8:1::a"], "user-context": {"x": 1}},
                      {"duid": "00:03:00:01:02:00:00:00:00:02", "prefixes": ["2001:db8:f:100::/56"]}]}],
  "shared-networks": [{"name": "floor", "interface": "veth0", "subnet6": [
    {"id": 7, "subnet": "2001:db8:7::/64",
     "reservations": [{"flex-id": "'line-7'", "hostname": "Seven.example", "ip-addresses": ["2001:db8:7::7"]},
                      {"duid": "00:03:00:01:02:00:00:00:00:02", "ip-addresses": ["2001:db8:7::2"]}]},
    {"id": 8, "subnet": "2001:db8:8::/64"}]}, {"name": "empty", "subnet6": []}]}})json";

// A server with that file in force.
struct Configured {
  Configured() {
    ConfigResult read = parse_configuration(kFile);
    std::string errors;
    for (const Remark& remark : read.remarks)
      if (remark.is_error) errors += remark.to_string("file") + "\n";
    REQUIRE_MESSAGE(read.configuration, errors);
    server.config = std::move(*read.configuration);
    server.config.source["Dhcp6"]["client-classes"] = {{{"name", "gold"}, {"test", "member('ALL')"}},
                                                       {{"name", "lead"}}};
  }
  operator Server&() { return server; }
  FakeServer server;
};

// The subnet ids of the hosts in an answer.
std::vector<uint32_t> scopes(const json& answer) {
  std::vector<uint32_t> found;
  for (const json& host : answer["arguments"]["hosts"]) found.push_back(host["subnet-id"]);
  return found;
}

TEST_CASE("reservation-get: by address, by prefix, and by identifier however that is written") {
  Configured server;
  const json by_address = run(server, "reservation-get", {{"subnet-id", 1}, {"ip-address", "2001:db8:1:0::a"}});
  CHECK(by_address["result"] == 0);
  CHECK(by_address["text"] == "Host found.");
  CHECK(by_address["arguments"] == json{{"hw-address", "02:00:00:00:00:0a"},
                                        {"ip-addresses", {"2001:db8:1::a"}},
                                        {"prefixes", json::array()},
                                        {"hostname", ""},
                                        {"client-classes", json::array()},
                                        {"option-data", json::array()},
                                        {"user-context", {{"x", 1}}},
                                        {"subnet-id", 1}});
  const json by_prefix = run(server, "reservation-get", {{"subnet-id", 1}, {"ip-address", "2001:db8:f:100::"}});
  CHECK(by_prefix["arguments"]["prefixes"][0] == "2001:db8:f:100::/56");
  for (const char* text : {"02:00:00:00:00:0a", "02000000000A"})
    CHECK(run(server, "reservation-get",
              {{"subnet-id", 1}, {"identifier-type", "hw-address"}, {"identifier", text}})["result"] == 0);
  CHECK(run(server, "reservation-get",
            {{"subnet-id", 7},
             {"identifier-type", "flex-id"},
             {"identifier", "6c:69:6e:65:2d:37"},
             {"operation-target", "all"}})["arguments"]["hostname"] == "Seven.example");
}

TEST_CASE("reservation-get: of another subnet, or none, is result 3; arguments that are missing or wrong are named") {
  Configured server;
  const json absent = run(server, "reservation-get", {{"subnet-id", 7}, {"ip-address", "2001:db8:1::a"}});
  CHECK(absent["result"] == 3);
  CHECK(absent["text"] == "Host not found.");
  for (const json& bad :
       {json::object(), json{{"subnet-id", 1}}, json{{"ip-address", "2001:db8:1::a"}},
        json{{"subnet-id", 1}, {"ip-address", "x"}}, json{{"subnet-id", 1}, {"identifier-type", "duid"}},
        json{{"subnet-id", 1}, {"identifier-type", "circuit-id"}, {"identifier", "01"}},
        json{{"subnet-id", 1}, {"identifier-type", "duid"}, {"identifier", "xyz"}}}) {
    CAPTURE(bad.dump());
    CHECK(run(server, "reservation-get", bad)["result"] == 1);
  }
}

TEST_CASE("reservation-get-all, -by-id, -by-hostname, -by-address: each host belongs to its subnet, 0 is for all") {
  Configured server;
  CHECK(scopes(run(server, "reservation-get-all", {{"subnet-id", 7}})) == std::vector<uint32_t>{7, 7});
  CHECK(scopes(run(server, "reservation-get-all", {{"subnet-id", 0}})) == std::vector<uint32_t>{0});
  const json none = run(server, "reservation-get-all", {{"subnet-id", 8}});
  CHECK(none["result"] == 3);
  CHECK(none["arguments"]["hosts"] == json::array());
  const json by_id = run(server, "reservation-get-by-id",
                         {{"identifier-type", "duid"}, {"identifier", "00:03:00:01:02:00:00:00:00:02"}});
  CHECK(by_id["text"] == "2 IPv6 host(s) found.");
  CHECK(scopes(by_id) == std::vector<uint32_t>{1, 7});
  CHECK(scopes(run(server, "reservation-get-by-hostname", {{"hostname", "seven.EXAMPLE"}})) ==
        std::vector<uint32_t>{7});
  CHECK(run(server, "reservation-get-by-hostname", {{"hostname", "seven.example"}, {"subnet-id", 1}})["result"] == 3);
  CHECK(run(server, "reservation-get-by-hostname", {{"hostname", ""}})["result"] == 3);
  CHECK(scopes(run(server, "reservation-get-by-address", {{"ip-address", "2001:db8:7::2"}})) ==
        std::vector<uint32_t>{7});
}

TEST_CASE("reservation-get-page: every host once, as Stork walks them, in all subnets or in one") {
  Configured server;
  for (const uint64_t limit : {1, 2, 3, 100}) {
    for (const bool one_subnet : {false, true}) {
      CAPTURE(limit);
      std::vector<uint32_t> seen;
      json arguments = {{"limit", limit}};
      if (one_subnet) arguments["subnet-id"] = 7;
      for (int pages = 0; pages < 20; ++pages) {
        const json answer = run(server, "reservation-get-page", arguments);
        if (answer["result"] == 3) break;
        CHECK(answer["arguments"]["count"] == answer["arguments"]["hosts"].size());
        for (const uint32_t scope : scopes(answer)) seen.push_back(scope);
        arguments["from"] = answer["arguments"]["next"]["from"];
        arguments["source-index"] = answer["arguments"]["next"]["source-index"];
      }
      CHECK(seen == (one_subnet ? std::vector<uint32_t>{7, 7} : std::vector<uint32_t>{0, 1, 1, 7, 7}));
    }
  }
  CHECK(run(server, "reservation-get-page", {{"limit", 10}, {"source-index", 1}})["result"] == 3);
  CHECK(run(server, "reservation-get-page")["result"] == 1);
}

TEST_CASE(
    "subnet6-list, subnet6-get: subnets of shared networks say so, and one without an id has the one it was given") {
  Configured server;
  const json list = run(server, "subnet6-list")["arguments"]["subnets"];
  REQUIRE(list.size() == 3);
  CHECK(list[0] == json{{"id", 1}, {"subnet", "2001:db8:1::/64"}, {"shared-network-name", nullptr}});
  CHECK(list[2] == json{{"id", 8}, {"subnet", "2001:db8:8::/64"}, {"shared-network-name", "floor"}});
  const json seven = run(server, "subnet6-get", {{"id", 7}})["arguments"]["subnets"][0];
  CHECK(seven["shared-network-name"] == "floor");
  CHECK(seven["reservations"].size() == 2);
  CHECK(run(server, "subnet6-get", {{"id", 1}})["arguments"]["subnets"][0]["id"] == 1);
}

TEST_CASE("network6-list, network6-get") {
  Configured server;
  const json list = run(server, "network6-list");
  CHECK(list["text"] == "2 IPv6 network(s) found");
  CHECK(list["arguments"]["shared-networks"][0] == json{{"name", "floor"}});
  const json floor = run(server, "network6-get", {{"name", "floor"}});
  CHECK(floor["result"] == 0);
  const json& shown = floor["arguments"]["shared-networks"][0];
  CHECK(shown["interface"] == "veth0");
  REQUIRE(shown["subnet6"].size() == 2);
  CHECK(shown["subnet6"][1]["id"] == 8);
  CHECK(run(server, "network6-get", {{"name", "roof"}})["result"] == 3);
  CHECK(run(server, "network6-get")["result"] == 1);
  FakeServer without;
  CHECK(run(without, "network6-list")["result"] == 3);
}

TEST_CASE("class-list, class-get") {
  Configured server;
  const json list = run(server, "class-list");
  CHECK(list["text"] == "2 classes found");
  CHECK(list["arguments"]["client-classes"] == json{{{"name", "gold"}}, {{"name", "lead"}}});
  CHECK(run(server, "class-get", {{"name", "gold"}})["arguments"]["client-classes"][0]["test"] == "member('ALL')");
  CHECK(run(server, "class-get", {{"name", "tin"}})["result"] == 3);
  FakeServer without;
  CHECK(run(without, "class-list")["result"] == 3);
}

}  // namespace
}  // namespace tandem6::control::configured_commands_test
