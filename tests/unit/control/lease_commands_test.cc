#include <doctest/doctest.h>

#include "tests/support/packet.h"
#include "tests/unit/control/fixtures.h"

namespace tandem6::control::lease_commands_test {
namespace {

using nlohmann::json;
using testing::address;
using testing::hex;
using testing::Octets;

constexpr const char* kDuid = "00:03:00:01:02:00:00:00:0a:01";

// Addresses of the leases on all pages, and how many pages that took.
std::vector<std::string> walk(Server& server, uint64_t limit, bool with_length) {
  std::vector<std::string> seen;
  std::string from = "start";
  for (int pages = 0; pages < 50; ++pages) {
    const json answer = run(server, "lease6-get-page", {{"from", from}, {"limit", limit}});
    if (answer["result"] == 3) return seen;
    REQUIRE(answer["result"] == 0);
    CHECK(answer["arguments"]["count"] == answer["arguments"]["leases"].size());
    for (const json& lease : answer["arguments"]["leases"]) {
      from = lease["ip-address"];
      seen.push_back(from);
      if (with_length && lease["type"] == "IA_PD") from += "/" + std::to_string(lease["prefix-len"].get<int>());
    }
  }
  FAIL("the walk does not end");
  return seen;
}

TEST_CASE("lease6-get-page: a lease has Kea's fields") {
  FakeServer server;
  lease::LeaseRecord declined = address_lease("2001:db8:1::5", kDuid);
  declined.status = lease::BindingStatus::kAbandoned;
  declined.last_contact = AbsoluteTime::from_unix(1'800'000'000);
  server.put({declined, prefix_lease("2001:db8:f000:100::", 56, kDuid, 9)});
  const json answer = run(server, "lease6-get-page", {{"from", "start"}, {"limit", 10}});
  CHECK(answer["text"] == "2 IPv6 lease(s) found.");
  CHECK(answer["arguments"]["leases"][0] == json{{"ip-address", "2001:db8:1::5"},
                                                 {"prefix-len", 128},
                                                 {"type", "IA_NA"},
                                                 {"iaid", 7},
                                                 {"duid", kDuid},
                                                 {"subnet-id", 1},
                                                 {"cltt", 1'800'000'000},
                                                 {"valid-lft", 4000},
                                                 {"preferred-lft", 3000},
                                                 {"state", 1},
                                                 {"hostname", ""},
                                                 {"fqdn-fwd", false},
                                                 {"fqdn-rev", false}});
  const json prefix = answer["arguments"]["leases"][1];
  CHECK(prefix["type"] == "IA_PD");
  CHECK(prefix["prefix-len"] == 56);
  CHECK(prefix["state"] == 0);
}

TEST_CASE("lease6-get: what is kept of the client is shown as Kea shows it") {
  FakeServer server;
  server.put({address_lease("2001:db8:1::5", kDuid)});
  const auto relayed = Octets{} + hex("01") +                                          //
                       hex("02 0005 01 686f7374") +                                    //
                       hex("01 0021 01") + address("::") + address("2001:db8:a::1") +  //
                       hex("01 002b 00") + address("2001:db8:1::1") + address("fe80::c") +
                       hex("0012 0006 706f7274aabb");
  server.remember(kDuid, relayed);
  const json lease = run(server, "lease6-get", {{"ip-address", "2001:db8:1::5"}})["arguments"];
  CHECK(lease["hostname"] == "host");
  CHECK(lease["fqdn-fwd"] == true);
  CHECK(lease["fqdn-rev"] == false);
  CHECK(lease["user-context"] == json::parse(R"({"ISC": {"relay-info": [
          {"hop": 1, "link": "::", "peer": "2001:db8:a::1"},
          {"hop": 0, "link": "2001:db8:1::1", "peer": "fe80::c", "options": "0x00120006706F7274AABB"}]}})"));
  const json page = run(server, "lease6-get-page", {{"from", "start"}, {"limit", 10}});
  CHECK(page["arguments"]["leases"][0] == lease);
}

TEST_CASE(
    "lease6-get-page: every lease once, whether a client goes on from the address alone, as Kea's do, or from "
    "prefix/length") {
  FakeServer server;
  std::vector<lease::LeaseRecord> records;
  for (const char* a : {"2001:db8:1::1", "2001:db8:1::2", "2001:db8:1::3", "2001:db8:f000:200::"}) {
    records.push_back(address_lease(a, kDuid));
  }
  for (const char* p : {"2001:db8:f000::", "2001:db8:f000:100::", "2001:db8:f000:300::", "2001:db8:f000:400::"}) {
    records.push_back(prefix_lease(p, 56, kDuid));
  }
  records.push_back(prefix_lease("fd00::", 48, kDuid));  // of a pool that is no longer configured
  server.put(records);
  for (const uint64_t limit : {1, 2, 3, 5, 100}) {
    for (const bool with_length : {false, true}) {
      CAPTURE(limit);
      CAPTURE(with_length);
      const std::vector<std::string> seen = walk(server, limit, with_length);
      REQUIRE(seen.size() == records.size());
      for (size_t i = 0; i < seen.size(); ++i) CHECK(seen[i] == records[i].key.address.to_string());
    }
  }
}

TEST_CASE("lease6-get-page: goes on where it was when the lease it stopped at is gone") {
  FakeServer server;
  server.put({address_lease("2001:db8:1::9", kDuid), prefix_lease("2001:db8:f000:100::", 56, kDuid),
              prefix_lease("2001:db8:f000:300::", 56, kDuid)});
  const json after = run(server, "lease6-get-page", {{"from", "2001:db8:f000:200::"}, {"limit", 10}});
  CHECK(after["arguments"]["count"] == 1);
  CHECK(after["arguments"]["leases"][0]["ip-address"] == "2001:db8:f000:300::");
  CHECK(run(server, "lease6-get-page", {{"from", "2001:db8:1::8"}, {"limit", 10}})["arguments"]["count"] == 3);
}

TEST_CASE("lease6-get-page: an empty database is result 3 with an empty list") {
  FakeServer server;
  const json answer = run(server, "lease6-get-page", {{"from", "start"}, {"limit", 10}});
  CHECK(answer["result"] == 3);
  CHECK(answer["text"] == "0 IPv6 lease(s) found.");
  CHECK(answer["arguments"] == json{{"count", 0}, {"leases", json::array()}});
}

TEST_CASE("lease6-get-page: bad arguments are named") {
  FakeServer server;
  const auto text = [&](const json& arguments) {
    const json answer = run(server, "lease6-get-page", arguments);
    CHECK(answer["result"] == 1);
    return answer["text"].get<std::string>();
  };
  CHECK(text(json::object()) == "'from' parameter not specified");
  CHECK(text({{"from", "start"}}) == "'limit' parameter not specified");
  CHECK(has(text({{"from", 1}, {"limit", 1}}), "'from' parameter must be a string"));
  CHECK(has(text({{"from", "bogus"}, {"limit", 1}}), "'bogus'"));
  for (const json& limit : {json(0), json(-1), json("1"), json(1.5), json(100'001), json(nullptr)}) {
    CAPTURE(limit.dump());
    CHECK(has(text({{"from", "start"}, {"limit", limit}}), "'limit' parameter must be a whole number"));
  }
}

TEST_CASE("lease6-get: an address by itself, a prefix by type or by its length") {
  FakeServer server;
  server.put({address_lease("2001:db8:f000:100::", "00:03:00:01:02:00:00:00:0a:01"),
              prefix_lease("2001:db8:f000:100::", 56, "00:03:00:01:02:00:00:00:0a:02")});
  const auto duid = [&](const json& arguments) {
    const json answer = run(server, "lease6-get", arguments);
    CAPTURE(answer.dump());
    REQUIRE(answer["result"] == 0);
    CHECK(answer["text"] == "IPv6 lease found.");
    return answer["arguments"]["duid"].get<std::string>().back();
  };
  CHECK(duid({{"ip-address", "2001:db8:f000:100::"}}) == '1');
  CHECK(duid({{"ip-address", "2001:db8:f000:100::"}, {"type", "IA_NA"}}) == '1');
  CHECK(duid({{"ip-address", "2001:db8:f000:100::"}, {"type", "IA_PD"}}) == '2');
  CHECK(duid({{"ip-address", "2001:db8:f000:100::/56"}}) == '2');
  for (const json& absent : {json{{"ip-address", "2001:db8:f000:100::/57"}}, json{{"ip-address", "2001:db8::1"}},
                             json{{"ip-address", "2001:db8:f000::"}, {"type", "IA_PD"}}}) {
    const json answer = run(server, "lease6-get", absent);
    CHECK(answer["result"] == 3);
    CHECK(answer["text"] == "Lease not found.");
  }
  for (const json& bad : {json::object(), json{{"ip-address", "x"}}, json{{"ip-address", 1}},
                          json{{"ip-address", "2001:db8::1"}, {"type", "IA_TA"}},
                          json{{"ip-address", "2001:db8::/56"}, {"type", "IA_NA"}}}) {
    CAPTURE(bad.dump());
    CHECK(run(server, "lease6-get", bad)["result"] == 1);
  }
}

}  // namespace
}  // namespace tandem6::control::lease_commands_test
