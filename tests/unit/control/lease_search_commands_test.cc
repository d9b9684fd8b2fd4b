// lease6-get-all and lease6-get-by-….
#include <doctest/doctest.h>

#include "dataplane/lease/client_data.h"
#include "tests/unit/control/fixtures.h"

namespace tandem6::control::lease_search_commands_test {
namespace {

using nlohmann::json;

constexpr const char* kFirst = "00:03:00:01:02:00:00:00:0a:01";
constexpr const char* kSecond = "00:01:00:01:26:f7:81:88:02:00:00:00:0a:02";

/// Two clients: the first with an address and a prefix, the second with an address; and a declined address.
struct Leases {
  FakeServer server;
  Leases() {
    lease::LeaseRecord declined = address_lease("2001:db8:2::15", kSecond, 2);
    declined.status = lease::BindingStatus::kAbandoned;
    const std::vector<lease::LeaseRecord> records = {address_lease("2001:db8:2::10", kFirst, 2),
                                                     prefix_lease("2001:db8:f000:100::", 56, kFirst, 1),
                                                     address_lease("2001:db8:1::10", kSecond, 1), declined};
    for (const auto& record : records) REQUIRE(server.group.load(record, server.snapshot()));
    server.put(records);
    name(kFirst, "cpe.example.org.");
  }
  void name(const char* duid, const char* text) {
    lease::ClientDataBuilder data;
    data.hostname({.forward = false, .reverse = false, .name = text});
    server.remember(duid, data.bytes());
  }
  /// The addresses that the command finds, in alphabetical order.
  std::vector<std::string> found(const char* command, const json& arguments) {
    const json answer = run(server, command, arguments);
    CAPTURE(answer.dump());
    std::vector<std::string> addresses;
    for (const json& lease : answer["arguments"]["leases"]) addresses.push_back(lease["ip-address"]);
    std::ranges::sort(addresses);
    CHECK(answer["result"] == (addresses.empty() ? 3 : 0));
    CHECK(answer["text"] == fmt::format("{} IPv6 lease(s) found.", addresses.size()));
    return addresses;
  }
  std::string refusal(const char* command, const json& arguments) {
    const json answer = run(server, command, arguments);
    CHECK(answer["result"] == 1);
    return answer["text"];
  }
};

using Texts = std::vector<std::string>;

TEST_CASE("lease6-get-by-duid: all leases that the client holds, with Kea's fields") {
  Leases leases;
  CHECK(leases.found("lease6-get-by-duid", {{"duid", kFirst}}) == Texts{"2001:db8:2::10", "2001:db8:f000:100::"});
  CHECK(leases.found("lease6-get-by-duid", {{"duid", kSecond}}) == Texts{"2001:db8:1::10"});
  CHECK(leases.found("lease6-get-by-duid", {{"duid", "00:03:00:01:ff"}}).empty());
  const json one = run(leases.server, "lease6-get-by-duid", {{"duid", kSecond}})["arguments"]["leases"][0];
  CHECK(one == run(leases.server, "lease6-get", {{"ip-address", "2001:db8:1::10"}})["arguments"]);
  CHECK(has(leases.refusal("lease6-get-by-duid", {{"duid", "xyz"}}), "'xyz'"));
  CHECK(has(leases.refusal("lease6-get-by-duid", json::object()), "'duid' parameter not specified"));
}

TEST_CASE("lease6-get-by-hostname: whatever the case, with or without the last dot") {
  Leases leases;
  const Texts both{"2001:db8:2::10", "2001:db8:f000:100::"};
  CHECK(leases.found("lease6-get-by-hostname", {{"hostname", "cpe.example.org."}}) == both);
  CHECK(leases.found("lease6-get-by-hostname", {{"hostname", "CPE.Example.org"}}) == both);
  CHECK(leases.found("lease6-get-by-hostname", {{"hostname", "cpe"}}).empty());
  leases.name(kSecond, "CPE.example.org");
  CHECK(leases.found("lease6-get-by-hostname", {{"hostname", "cpe.example.org."}}).size() == 3);
  CHECK(has(leases.refusal("lease6-get-by-hostname", {{"hostname", ""}}), "'hostname'"));
  CHECK(has(leases.refusal("lease6-get-by-hostname", json::object()), "'hostname'"));
}

TEST_CASE("lease6-get-by-hw-address: RFC 8415 11.2, 11.4: what the DUID is made of") {
  Leases leases;
  CHECK(leases.found("lease6-get-by-hw-address", {{"hw-address", "02:00:00:00:0A:01"}}).size() == 2);
  CHECK(leases.found("lease6-get-by-hw-address", {{"hw-address", "02:00:00:00:0a:02"}}).size() == 2);
  CHECK(leases.found("lease6-get-by-hw-address", {{"hw-address", "00:00:00:0a:02"}}).empty());
  CHECK(has(leases.refusal("lease6-get-by-hw-address", {{"hw-address", "zz"}}), "'zz'"));
  CHECK(has(leases.refusal("lease6-get-by-hw-address", json::object()), "'hw-address'"));
}

TEST_CASE("lease6-get-by-state: by Kea's number or name, in one subnet or all") {
  Leases leases;
  CHECK(leases.found("lease6-get-by-state", {{"state", 0}}).size() == 3);
  CHECK(leases.found("lease6-get-by-state", {{"state", "assigned"}, {"subnet-id", 1}}).size() == 2);
  CHECK(leases.found("lease6-get-by-state", {{"state", "declined"}}) == Texts{"2001:db8:2::15"});
  CHECK(leases.found("lease6-get-by-state", {{"state", 1}, {"subnet-id", 1}}).empty());
  CHECK(leases.found("lease6-get-by-state", {{"state", "released"}}).empty());
  for (const json& bad : {json(9), json("gone"), json(true), json()}) {
    CHECK(has(leases.refusal("lease6-get-by-state", {{"state", bad}}), "'state'"));
  }
  CHECK(has(leases.refusal("lease6-get-by-state", json::object()), "'state' parameter not specified"));
}

TEST_CASE("lease6-get-all: of all subnets or of those that are listed") {
  Leases leases;
  CHECK(leases.found("lease6-get-all", json::object()).size() == 4);
  CHECK(leases.found("lease6-get-all", {{"subnets", {2}}}) == Texts{"2001:db8:2::10", "2001:db8:2::15"});
  CHECK(leases.found("lease6-get-all", {{"subnets", {1, 2}}}).size() == 4);
  CHECK(leases.found("lease6-get-all", {{"subnets", {7}}}).empty());
  for (const json& bad : {json(1), json{"1"}, json{-1}, json{1.5}}) {
    CHECK(has(leases.refusal("lease6-get-all", {{"subnets", bad}}), "'subnets'"));
  }
}

}  // namespace
}  // namespace tandem6::control::lease_search_commands_test
