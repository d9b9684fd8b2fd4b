#include <doctest/doctest.h>

#include <regex>

#include "control/answer_text.h"
#include "control/commands/statistics.h"
#include "tests/unit/control/failover_fixture.h"
#include "tests/unit/control/fixtures.h"

namespace tandem6::control::statistic_commands_test {
namespace {

using lease::DropReason;
using nlohmann::json;

lease::Counter& dropped(lease::Counters& counters, DropReason reason) {
  return counters.dropped[static_cast<size_t>(reason)];
}

TEST_CASE("statistics: Kea's format, a value and a time") {
  FakeServer server;
  const json answer = run(server, "statistic-get", {{"name", "pkt6-received"}});
  CHECK(answer["result"] == 0);
  const std::regex format(R"re(\{"pkt6-received":\[\[0,"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}"\]\]\})re");
  CHECK_MESSAGE(std::regex_match(answer_text(answer["arguments"]), format), answer_text(answer["arguments"]));
}

TEST_CASE("statistics: an unknown name is an empty map and a success, as in Kea; no name is an error") {
  FakeServer server;
  const json answer = run(server, "statistic-get", {{"name", "pkt6-nonsense"}});
  CHECK(answer["result"] == 0);
  CHECK(answer["arguments"] == json::object());
  CHECK(run(server, "statistic-get")["result"] == 1);
}

TEST_CASE("statistics: all names that Stork and kea-exporter read are there") {
  FakeServer server;
  const json all = run(server, "statistic-get-all")["arguments"];
  for (const char* name : {"pkt6-received",
                           "pkt6-sent",
                           "pkt6-solicit-received",
                           "pkt6-advertise-received",
                           "pkt6-request-received",
                           "pkt6-reply-received",
                           "pkt6-renew-received",
                           "pkt6-rebind-received",
                           "pkt6-release-received",
                           "pkt6-decline-received",
                           "pkt6-infrequest-received",
                           "pkt6-unknown-received",
                           "pkt6-advertise-sent",
                           "pkt6-reply-sent",
                           "pkt6-parse-failed",
                           "pkt6-receive-drop",
                           "pkt6-dhcpv4-query-received",
                           "total-nas",
                           "assigned-nas",
                           "cumulative-assigned-nas",
                           "total-pds",
                           "assigned-pds",
                           "cumulative-assigned-pds",
                           "declined-addresses",
                           "reclaimed-declined-addresses",
                           "reclaimed-leases",
                           "v6-allocation-fail",
                           "subnet[1].total-nas",
                           "subnet[1].assigned-pds",
                           "subnet[2].cumulative-assigned-nas",
                           "tandem6.drop.bad-checksum",
                           "tandem6.disk.pending",
                           "tandem6.port[client0].missed"}) {
    CHECK_MESSAGE(all.contains(name), name);
  }
}

TEST_CASE("statistics: packets of all workers are added up by type") {
  FakeServer server;
  server.worker_counters[0].received[1].add(5);
  server.worker_counters[1].received[1].add(7);
  server.worker_counters[1].received[11].add(2);
  server.worker_counters[0].received[0].add(4);
  server.worker_counters[0].sent[7].add(3);
  dropped(server.worker_counters[0], DropReason::kMalformed).add(10);
  dropped(server.worker_counters[0], DropReason::kNoClientId).add(1);
  dropped(server.worker_counters[1], DropReason::kNotDhcp).add(1000);
  const Statistics all = collect_statistics(server);
  CHECK(all.at("pkt6-solicit-received") == 12);
  CHECK(all.at("pkt6-infrequest-received") == 2);
  CHECK(all.at("pkt6-unknown-received") == 4);
  // What had a type, dropped later or not, and what was too broken to have one; not what is the kernel's.
  CHECK(all.at("pkt6-received") == 12 + 2 + 4 + 10);
  CHECK(all.at("pkt6-reply-sent") == 3);
  CHECK(all.at("pkt6-sent") == 3);
  CHECK(all.at("pkt6-receive-drop") == 11);
  CHECK(all.at("tandem6.drop.not-dhcp") == 1000);
  CHECK(all.at("tandem6.port[client0].missed") == 3);
}

TEST_CASE("statistics: every drop is in one of Kea's, and in the sum, but for what is no DHCPv6") {
  FakeServer server;
  for (size_t i = 1; i < lease::kDropReasonCount; ++i) {
    const auto reason = static_cast<DropReason>(i);
    CAPTURE(lease::to_string(reason));
    lease::Counters counters;
    dropped(counters, reason).add(1);
    server.worker_list[0].counters = &counters;
    const Statistics all = collect_statistics(server);
    U128 kea = 0;
    for (const char* name : {"pkt6-parse-failed", "pkt6-not-for-us", "pkt6-rfc-violation", "pkt6-queue-full",
                             "pkt6-limit-exceeded", "pkt6-processing-failed"}) {
      kea += all.at(name);
    }
    const bool is_dhcp = reason != DropReason::kNotDhcp && reason != DropReason::kKernelBusy;
    CHECK(kea == (is_dhcp ? 1 : 0));
    CHECK(all.at("pkt6-receive-drop") == kea);
    CHECK(all.at("tandem6.drop." + std::string(lease::to_string(reason))) == 1);
  }
}

TEST_CASE("statistics: each failover relationship has its figures; what nobody knows is missing") {
  FakeServer server;
  CHECK_FALSE(has(answer_text(run(server, "statistic-get-all")), "tandem6.failover"));
  server.relationships = {pair_in_normal(server, "west"), pair_apart(server)};
  server.relationships[0].skew_seconds = -3;
  const Statistics all = collect_statistics(server);
  const std::map<std::string, U128> expected = {{"state", 2},
                                                {"partner-state", 2},
                                                {"communicating", 1},
                                                {"skew-seconds", 3},
                                                {"updates-sent", 120},
                                                {"updates-acked", 117},
                                                {"updates-rejected", 1},
                                                {"updates-received", 7},
                                                {"updates-refused", 3},
                                                {"unacked", 2},
                                                {"backlog", 5},
                                                {"lag-milliseconds", 4},
                                                {"messages-sent", 300},
                                                {"messages-received", 200},
                                                {"messages-malformed", 0},
                                                {"conflicts", 0}};
  for (const auto& [name, value] : expected) CHECK_MESSAGE(all.at("tandem6.failover[west]." + name) == value, name);
  CHECK(all.at("tandem6.failover[pop-west].state") == 3);
  CHECK(all.at("tandem6.failover[pop-west].communicating") == 0);
  CHECK(all.at("tandem6.failover[pop-west].backlog") == 1200);
  const json one = run(server, "statistic-get", {{"name", "tandem6.failover[west].updates-sent"}});
  CHECK(one["arguments"]["tandem6.failover[west].updates-sent"][0][0] == 120);
}

TEST_CASE("statistics: a /64 has 2^64 addresses, and the server one plain integer for them") {
  FakeServer server;
  const Statistics all = collect_statistics(server);
  CHECK(decimal(all.at("subnet[1].total-nas")) == "18446744073709551616");
  CHECK(all.at("subnet[2].total-nas") == 16);
  CHECK(decimal(all.at("total-nas")) == "18446744073709551632");
  CHECK(all.at("subnet[1].total-pds") == 65536);
  const std::string text = answer_text(run(server, "statistic-get-all"));
  CHECK(has(text, R"("total-nas":[[18446744073709551632,)"));
}

TEST_CASE(
    "statistics: leases of a subnet are those of all workers; declined addresses still count as assigned, as in Kea") {
  FakeServer server;
  auto& cells = server.counters->cells;
  cells[0].addresses = 5;
  cells[1].addresses = 3;
  cells[1].declined = 2;
  cells[0].prefixes = 4;
  cells[0].addresses_assigned = 50;
  cells[1].allocation_failures = 6;
  Statistics all = collect_statistics(server);
  for (const char* scope : {"", "subnet[1]."}) {
    CHECK(all.at(std::string(scope) + "assigned-nas") == 10);
    CHECK(all.at(std::string(scope) + "declined-addresses") == 2);
    CHECK(all.at(std::string(scope) + "assigned-pds") == 4);
    CHECK(all.at(std::string(scope) + "cumulative-assigned-nas") == 50);
    CHECK(all.at(std::string(scope) + "v6-allocation-fail") == 6);
  }
  CHECK(all.at("subnet[2].assigned-nas") == 0);
  cells[0].prefixes = -1;  // a sum taken between two workers' updates
  CHECK(collect_statistics(server).at("assigned-pds") == 0);
}

TEST_CASE("stat-lease6-get: a row for each subnet that is asked for, with Kea's columns") {
  FakeServer server;
  server.counters->cells[0].addresses = 5;
  server.counters->cells[1].declined = 2;
  server.counters->cells[1].prefixes = 3;
  server.counters->cells[0].addresses_assigned = 9;
  const json answer = run(server, "stat-lease6-get");
  CHECK(answer["result"] == 0);
  CHECK(answer["text"] == "stat-lease6-get: 2 rows found");
  const json set = answer["arguments"]["result-set"];
  CHECK(set["columns"] == json{"subnet-id", "total-nas", "cumulative-assigned-nas", "assigned-nas",
                               "declined-addresses", "total-pds", "cumulative-assigned-pds", "assigned-pds"});
  CHECK(answer_text(set["rows"][0]) == "[1,18446744073709551616,9,7,2,65536,0,3]");
  CHECK(set["timestamp"].get<std::string>().size() == 26);
  const auto rows = [&](const json& arguments) {
    const json found = run(server, "stat-lease6-get", arguments);
    return found["result"] == 3 ? size_t{0} : found["arguments"]["result-set"]["rows"].size();
  };
  CHECK(rows({{"subnet-id", 2}}) == 1);
  CHECK(rows({{"subnet-id", 9}}) == 0);
  CHECK(rows({{"subnet-range", {{"first-subnet-id", 1}, {"last-subnet-id", 2}}}}) == 2);
  CHECK(rows({{"subnet-range", {{"first-subnet-id", 2}, {"last-subnet-id", 7}}}}) == 1);
  for (const json& bad : {json{{"subnet-id", 0}}, json{{"subnet-range", 1}},
                          json{{"subnet-range", {{"first-subnet-id", 2}, {"last-subnet-id", 1}}}},
                          json{{"subnet-id", 1}, {"subnet-range", {{"first-subnet-id", 1}, {"last-subnet-id", 2}}}}})
    CHECK(run(server, "stat-lease6-get", bad)["result"] == 1);
}

}  // namespace
}  // namespace tandem6::control::statistic_commands_test
