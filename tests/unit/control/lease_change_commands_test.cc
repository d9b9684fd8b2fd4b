// What an operator changes: lease6-add, -update, -del, -wipe, -bulk-apply.
#include <doctest/doctest.h>

#include "tests/unit/control/fixtures.h"

namespace tandem6::control::lease_change_commands_test {
namespace {

using nlohmann::json;

constexpr const char* kDuid = "00:03:00:01:02:00:00:00:0a:01";
constexpr const char* kOther = "00:03:00:01:02:00:00:00:0a:02";

json address(const char* text, const char* duid = kDuid) {
  return {{"subnet-id", 2}, {"ip-address", text}, {"duid", duid}, {"iaid", 7}};
}
json prefix(const char* text, int length, const char* duid = kDuid) {
  return {{"subnet-id", 1},       {"ip-address", text}, {"type", "IA_PD"},
          {"prefix-len", length}, {"duid", duid},       {"iaid", uint32_t{99}}};
}
json with(json arguments, const char* name, json value) {
  arguments[name] = std::move(value);
  return arguments;
}
json without(json arguments, const char* name) {
  arguments.erase(name);
  return arguments;
}

std::string done(Server& server, const char* command, const json& arguments) {
  const json answer = run(server, command, arguments);
  CAPTURE(answer.dump());
  CHECK(answer["result"] == 0);
  return answer["text"];
}
std::string refusal(Server& server, const char* command, const json& arguments) {
  const json answer = run(server, command, arguments);
  CAPTURE(arguments.dump());
  CAPTURE(answer.dump());
  CHECK(answer["result"] == 1);
  return answer["text"];
}
json lease(Server& server, const json& arguments) { return run(server, "lease6-get", arguments)["arguments"]; }

TEST_CASE("lease6-add: the lease is on the disk, in its shard and out of its pool") {
  FakeServer server;
  CHECK(done(server, "lease6-add", address("2001:db8:2::10")) ==
        "Lease for address 2001:db8:2::10, subnet-id 2 added.");
  const json shown = lease(server, {{"ip-address", "2001:db8:2::10"}});
  CHECK(shown["duid"] == kDuid);
  CHECK(shown["iaid"] == 7);
  CHECK(shown["subnet-id"] == 2);
  CHECK(shown["cltt"] == server.clock);
  CHECK(shown["valid-lft"] == 7200);
  CHECK(shown["preferred-lft"] == 3600);
  CHECK(shown["state"] == 0);
  CHECK(server.group.lease_count() == 1);
  CHECK(server.snapshot().by_id(2)->address_pools[0].is_taken(ip("2001:db8:2::10")));
  CHECK_FALSE(server.snapshot().by_id(2)->address_pools[0].is_taken(ip("2001:db8:2::11")));

  CHECK(done(server, "lease6-add", prefix("2001:db8:f000:100::", 56)) ==
        "Lease for prefix 2001:db8:f000:100::/56, subnet-id 1 added.");
  CHECK(lease(server, {{"ip-address", "2001:db8:f000:100::/56"}})["iaid"] == 99);
}

TEST_CASE("lease6-add: everything that Kea lets be given") {
  FakeServer server;
  json given = without(address("2001:db8:2::10"), "subnet-id");
  given.update({{"valid-lft", 1000},
                {"preferred-lft", 500},
                {"expire", server.clock + 400},
                {"hostname", "cpe.lan."},
                {"fqdn-fwd", true},
                {"hw-address", "02:00:00:00:0a:01"}});
  done(server, "lease6-add", given);
  json shown = lease(server, {{"ip-address", "2001:db8:2::10"}});
  CHECK(shown["subnet-id"] == 2);
  CHECK(shown["valid-lft"] == 1000);
  CHECK(shown["preferred-lft"] == 500);
  CHECK(shown["cltt"] == server.clock - 600);
  CHECK(shown["hostname"] == "cpe.lan.");
  CHECK(shown["fqdn-fwd"] == true);
  CHECK(shown["fqdn-rev"] == false);

  done(server, "lease6-add", with(address("2001:db8:2::11", kOther), "state", 1));
  CHECK(lease(server, {{"ip-address", "2001:db8:2::11"}})["state"] == 1);
  // Inside of the subnet, outside of its pools; and in a sparse pool, wherever its bits point.
  done(server, "lease6-add", address("2001:db8:2::99"));
  for (int i = 0; i < 20; ++i) {
    const std::string in_sparse = fmt::format("2001:db8:1::aa{:x}", i);
    done(server, "lease6-add", with(address(in_sparse.c_str()), "subnet-id", 1));
  }
  CHECK(server.group.lease_count() == 23);
}

TEST_CASE("lease6-add: what somebody has cannot be added, in whichever pool or in none") {
  FakeServer server;
  for (const char* unit : {"2001:db8:2::10", "2001:db8:2::99", "2001:db8:1::1", "2001:db8:1::1ff"}) {
    CAPTURE(unit);
    const json given = without(address(unit), "subnet-id");
    done(server, "lease6-add", given);
    CHECK(refusal(server, "lease6-add", given) == "IPv6 lease already exists.");
    CHECK(has(refusal(server, "lease6-add", with(given, "duid", kOther)), kDuid));
    CHECK(lease(server, {{"ip-address", unit}})["duid"] == kDuid);
  }
  CHECK(server.group.lease_count() == 4);
}

TEST_CASE("lease6-add: a client has no more leases than one that asks for them") {
  FakeServer server;
  for (int i = 0; i < 64; ++i) {
    done(server, "lease6-add", with(address(fmt::format("2001:db8:1::{:x}", i + 1).c_str()), "subnet-id", 1));
  }
  CHECK(has(refusal(server, "lease6-add", address("2001:db8:2::10")), "64 leases"));
}

TEST_CASE("lease6-add: bad arguments are named, and change nothing") {
  FakeServer server;
  const json good = address("2001:db8:2::10");
  const auto text = [&](const json& arguments) { return refusal(server, "lease6-add", arguments); };
  for (const char* name : {"ip-address", "duid", "iaid"}) {
    CHECK(text(without(good, name)) == fmt::format("'{}' parameter not specified", name));
  }
  CHECK(has(text(with(good, "ip-address", "10.0.0.1")), "10.0.0.1"));
  CHECK(has(text(with(good, "ip-address", "2001:db8:1::1")), "does not belong to subnet 2001:db8:2::/64"));
  CHECK(has(text(with(good, "subnet-id", 9)), "No IPv6 subnet with subnet-id=9"));
  CHECK(has(text(without(with(good, "ip-address", "fd00::1"), "subnet-id")), "failed to find a subnet"));
  CHECK(has(text(with(good, "duid", "00")), "'duid'"));
  CHECK(has(text(with(good, "iaid", -1)), "'iaid'"));
  CHECK(has(text(with(good, "iaid", 1ULL << 32)), "'iaid'"));
  CHECK(has(text(with(good, "type", "IA_TA")), "IA_TA"));
  CHECK(has(text(with(good, "prefix-len", 64)), "'prefix-len'"));
  CHECK(has(text(with(good, "valid-lft", 0)), "'valid-lft'"));
  CHECK(has(text(with(with(good, "valid-lft", 100), "preferred-lft", 101)), "'preferred-lft'"));
  CHECK(has(text(with(good, "expire", server.clock)), "is over"));
  CHECK(has(text(with(good, "expire", server.clock + 7201)), "'expire'"));
  CHECK(has(text(with(good, "fqdn-fwd", true)), "No hostname"));
  CHECK(has(text(with(good, "hostname", "a..b")), "'a..b'"));
  CHECK(has(text(with(good, "state", 2)), "Invalid state value: 2"));
  CHECK(has(text(with(good, "user-context", json::object())), "'user-context'"));
  const json delegated = prefix("2001:db8:f000:100::", 56);
  CHECK(has(text(without(delegated, "prefix-len")), "'prefix-len' parameter not specified"));
  CHECK(has(text(without(delegated, "subnet-id")), "allowed for address leases only"));
  CHECK(
      has(text(with(delegated, "ip-address", "2001:db8:f000:101::")), "2001:db8:f000:101::"));  // not a /56 of the pool
  CHECK(has(text(with(delegated, "prefix-len", 57)), "shares space with pool"));
  CHECK(has(text(with(delegated, "ip-address", "2001:db8:f000:100::1")), "bits set beyond"));
  CHECK(has(text(with(delegated, "state", 1)), "RFC 8415"));
  CHECK(server.group.lease_count() == 0);
  CHECK(run(server, "lease6-get-page", {{"from", "start"}, {"limit", 10}})["result"] == 3);
}

TEST_CASE("lease6-update: changes the lease of the same client only; with force-create it makes one") {
  FakeServer server;
  const json given = address("2001:db8:2::10");
  CHECK(has(refusal(server, "lease6-update", given), "does not exist"));
  CHECK(done(server, "lease6-update", with(given, "force-create", true)) == "IPv6 lease added.");
  const json changed = with(with(given, "iaid", 8), "valid-lft", 9000);
  CHECK(done(server, "lease6-update", changed) == "IPv6 lease updated.");
  CHECK(done(server, "lease6-update", with(changed, "force-create", true)) == "IPv6 lease updated.");
  const json shown = lease(server, {{"ip-address", "2001:db8:2::10"}});
  CHECK(shown["iaid"] == 8);
  CHECK(shown["valid-lft"] == 9000);
  CHECK(has(refusal(server, "lease6-update", with(given, "duid", kOther)), "another client"));
  CHECK(has(refusal(server, "lease6-update", with(given, "force-create", 1)), "'force-create'"));
  CHECK(server.group.lease_count() == 1);
}

TEST_CASE("lease6-update: a client's name is changed when one is given, and with an empty one it goes") {
  FakeServer server;
  const json given = address("2001:db8:2::10");
  const auto name = [&] { return lease(server, {{"ip-address", "2001:db8:2::10"}})["hostname"]; };
  done(server, "lease6-add", with(given, "hostname", "a.lan"));
  CHECK(name() == "a.lan");
  done(server, "lease6-update", given);
  CHECK(name() == "a.lan");
  done(server, "lease6-update", with(given, "hostname", "b.lan"));
  CHECK(name() == "b.lan");
  done(server, "lease6-update", with(given, "hostname", ""));
  CHECK(name() == "");
}

TEST_CASE("lease6-del: by address, by prefix and by client; what is gone is not there") {
  FakeServer server;
  const auto gone = [&](const json& arguments) {
    const json answer = run(server, "lease6-del", arguments);
    CHECK(answer["result"] == 3);
    return answer["text"] == "IPv6 lease not found.";
  };
  done(server, "lease6-add", with(address("2001:db8:2::10"), "hostname", "a.lan"));
  done(server, "lease6-add", prefix("2001:db8:f000:100::", 56));
  done(server, "lease6-add", prefix("2001:db8:f000:200::", 56, kOther));
  const json by_client = {
      {"identifier-type", "duid"}, {"identifier", kOther}, {"iaid", 99}, {"subnet-id", 1}, {"type", "IA_PD"}};
  CHECK(lease(server, by_client)["ip-address"] == "2001:db8:f000:200::");
  CHECK(gone(with(by_client, "iaid", 98)));
  CHECK(gone(with(by_client, "subnet-id", 2)));
  CHECK(done(server, "lease6-del", by_client) == "IPv6 lease deleted.");
  CHECK(gone(by_client));
  CHECK(gone({{"ip-address", "2001:db8:f000:100::"}}));  // an IA_NA
  CHECK(gone({{"ip-address", "2001:db8:f000:100::"}, {"type", "IA_PD"}, {"prefix-len", 57}}));
  done(server, "lease6-del", {{"ip-address", "2001:db8:f000:100::"}, {"type", "IA_PD"}});
  done(server, "lease6-del", {{"ip-address", "2001:db8:2::10"}});
  CHECK(gone({{"ip-address", "2001:db8:2::10"}}));
  CHECK(server.group.client_count() == 0);
  CHECK(server.store().find_client(Duid::parse(kDuid)->bytes())->empty());
  CHECK_FALSE(server.snapshot().by_id(2)->address_pools[0].is_taken(ip("2001:db8:2::10")));
  done(server, "lease6-add", address("2001:db8:2::10", kOther));

  CHECK(has(refusal(server, "lease6-del", json::object()), "'ip-address'"));
  CHECK(has(refusal(server, "lease6-del", with(by_client, "identifier-type", "hw-address")), "hw-address"));
  CHECK(has(refusal(server, "lease6-del", with(by_client, "identifier", "zz")), "'identifier'"));
  CHECK(has(refusal(server, "lease6-del", without(by_client, "subnet-id")), "'subnet-id'"));
}

TEST_CASE("lease6-wipe: all leases of the subnet, however many pages and errands it takes") {
  FakeServer server;
  std::vector<lease::LeaseRecord> records;
  for (unsigned i = 0; i < 5000; ++i) {
    const std::string duid = fmt::format("00:03:00:01:02:00:00:00:{:02x}:{:02x}", i >> 8, i & 0xff);
    records.push_back(address_lease(fmt::format("2001:db8:1::{:x}:0", i), duid, i % 10 == 0 ? 2 : 1));
    REQUIRE(server.group.load(records.back(), server.snapshot()));
  }
  server.put(records);
  const json answer = run(server, "lease6-wipe", {{"subnet-id", 1}});
  CHECK(answer["result"] == 0);
  CHECK(answer["text"] == "Deleted 4500 IPv6 lease(s) from subnet(s) 1");
  CHECK(server.group.lease_count() == 500);
  CHECK(run(server, "lease6-get-page", {{"from", "start"}, {"limit", 10000}})["arguments"]["count"] == 500);
  CHECK(run(server, "lease6-wipe", {{"subnet-id", 1}})["result"] == 3);
  CHECK(done(server, "lease6-wipe", json::object()) == "Deleted 500 IPv6 lease(s) from subnet(s) 1 2");
  CHECK(has(refusal(server, "lease6-wipe", {{"subnet-id", "1"}}), "'subnet-id'"));
}

TEST_CASE("lease6-bulk-apply: one malformed lease refuses all; one that cannot be done is told of") {
  FakeServer server;
  done(server, "lease6-add", address("2001:db8:2::10"));
  done(server, "lease6-add", address("2001:db8:2::11"));
  const json deleted = json::array({{{"ip-address", "2001:db8:2::10"}}, {{"ip-address", "2001:db8:2::1f"}}});
  const json leases = json::array({address("2001:db8:2::11", kOther), address("2001:db8:2::12")});
  const json bad = json::array({address("2001:db8:2::12"), address("2001:db8:1::12")});
  CHECK(has(refusal(server, "lease6-bulk-apply", {{"deleted-leases", deleted}, {"leases", bad}}), "does not belong"));
  CHECK(server.group.lease_count() == 2);
  const json answer = run(server, "lease6-bulk-apply", {{"deleted-leases", deleted}, {"leases", leases}});
  CHECK(answer["result"] == 0);
  CHECK(answer["text"] == "IPv6 leases bulk apply completed.");
  const json& failed = answer["arguments"];
  REQUIRE(failed["failed-deleted-leases"].size() == 1);
  CHECK(failed["failed-deleted-leases"][0]["ip-address"] == "2001:db8:2::1f");
  CHECK(failed["failed-deleted-leases"][0]["result"] == 3);
  REQUIRE(failed["failed-leases"].size() == 1);
  CHECK(failed["failed-leases"][0]["result"] == 1);
  CHECK(has(failed["failed-leases"][0]["error-message"], "another client"));
  CHECK(server.group.lease_count() == 2);
  CHECK(lease(server, {{"ip-address", "2001:db8:2::12"}})["duid"] == kDuid);
  CHECK(has(refusal(server, "lease6-bulk-apply", json::object()), "neither"));
  CHECK(has(refusal(server, "lease6-bulk-apply", {{"leases", 1}}), "'leases'"));
}

TEST_CASE("a change is done when it is on the disk, and it is said when that cannot be") {
  FakeServer server;
  server.disk.failing = true;
  server.disk.error = "no space left";
  const std::string text = refusal(server, "lease6-add", address("2001:db8:2::10"));
  CHECK(has(text, "not on the disk yet"));
  CHECK(has(text, "no space left"));
  server.disk.failing = false;
  server.commit();
  done(server, "lease6-del", {{"ip-address", "2001:db8:2::10"}});
  server.workers_run = false;
  CHECK(has(refusal(server, "lease6-add", address("2001:db8:2::10")), "workers do not run"));
  CHECK(has(refusal(server, "lease6-get-by-duid", {{"duid", kDuid}}), "workers do not run"));
}

/// The primary of a failover relationship that shares 2001:db8:2::10 to ::1f, and a sparse pool.
class SharedServer : public FakeServer {
 public:
  SharedServer() {
    scope_->set_policy({.responsiveness = lease::Responsiveness::kResponsive, .limited = true, .mclt = Seconds{600}});
    lease::Snapshot::Content content;
    content.subnets = FakeServer::snapshot().subnets();
    for (lease::Subnet& subnet : content.subnets) subnet.failover = scope_;
    std::get<std::shared_ptr<lease::DensePool>>(content.subnets[1].address_pools[0].space)->part(*scope_);
    shared_ = std::make_unique<lease::Snapshot>(std::move(content));
  }
  const lease::Snapshot& snapshot() const override { return *shared_; }
  bool run_at_all_workers(const lease::Errand& errand) override {
    errand({group, *shared_, now()});
    commit();
    return true;
  }
  std::optional<lease::LeaseRecord> stored(const char* address) {
    return store().find({lease::LeaseType::kAddress, 128, ip(address)}).value();
  }

 private:
  std::shared_ptr<lease::FailoverScope> scope_ =
      std::make_shared<lease::FailoverScope>(uint8_t{0}, "pair", lease::FailoverRole::kPrimary);
  std::unique_ptr<lease::Snapshot> shared_;
};

TEST_CASE("RFC 8156 4.2.1.1, 4.4: a lease that is added beside a partner is limited, and never the partner's") {
  SharedServer server;
  CHECK(has(refusal(server, "lease6-add", address("2001:db8:2::12")), "partner's to lease"));
  CHECK(has(refusal(server, "lease6-add", with(address("2001:db8:1::12"), "subnet-id", 1)), "partner's to lease"));
  CHECK(server.group.lease_count() == 0);
  done(server, "lease6-add", address("2001:db8:2::11"));
  const auto record = server.stored("2001:db8:2::11");
  REQUIRE(record);
  CHECK(record->valid == Seconds{600});
  REQUIRE(record->partner);
  CHECK(record->partner->unacked);
}

TEST_CASE("RFC 8156 7.2: a lease that is deleted beside a partner is RESET, and rests until the partner knows") {
  SharedServer server;
  done(server, "lease6-add", address("2001:db8:2::11"));
  done(server, "lease6-del", {{"ip-address", "2001:db8:2::11"}});
  CHECK(server.stored("2001:db8:2::11")->status == lease::BindingStatus::kReset);
  CHECK(lease(server, {{"ip-address", "2001:db8:2::11"}})["state"] == 2);
  CHECK(run(server, "lease6-del", {{"ip-address", "2001:db8:2::11"}})["result"] == 3);
  CHECK(has(refusal(server, "lease6-add", address("2001:db8:2::11")), "has ended"));
  CHECK(has(refusal(server, "lease6-add", address("2001:db8:2::11", kOther)), "has ended"));
  CHECK(run(server, "lease6-wipe", {{"subnet-id", 2}})["result"] == 3);
}

TEST_CASE("leases-reclaim: there is nothing to do, and that is a success") {
  FakeServer server;
  CHECK(has(done(server, "leases-reclaim", {{"remove", true}}), "by themselves"));
  CHECK(has(refusal(server, "leases-reclaim", {{"remove", 1}}), "'remove'"));
}

}  // namespace
}  // namespace tandem6::control::lease_change_commands_test
