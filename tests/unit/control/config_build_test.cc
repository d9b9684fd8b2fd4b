// From a configuration to the snapshot that workers read.
#include "config_fixtures.h"
#include "control/config/build.h"
#include "dataplane/wire/builder.h"

namespace tandem6::config_build_test {

using namespace tandem6::control;

namespace {

Duid server_duid() { return Duid::make_ll({}); }

/// The data of the one-octet option 7 that the set always sends; 0 when there is none.
unsigned preference_in(const lease::OptionSet& options) {
  std::array<std::byte, 512> buffer{};
  wire::Writer out(buffer);
  options.write(out, std::nullopt);
  const auto option = wire::find_option(Bytes(buffer).first(out.size()), wire::OptionCode::kPreference);
  return option ? std::to_integer<unsigned>(option->data[0]) : 0;
}

std::string preference(int value) {
  return R"("option-data": [{"name": "preference", "always-send": true, "data": ")" + std::to_string(value) + "\"}]";
}

}  // namespace

TEST_CASE("a snapshot has the subnets, their ports, pools and counters") {
  const Configuration configuration = check_clean(
      R"({"Dhcp6": {"subnet6": [
           {"id": 5, "subnet": "2001:db8:1::/64", "interface": "east",
            "pools": [{"pool": "2001:db8:1::/80"}, {"pool": "2001:db8:1:0:1::/112"}],
            "pd-pools": [{"prefix": "2001:db8:100::", "prefix-len": 40, "delegated-len": 56}]},
           {"id": 6, "subnet": "2001:db8:2::/64", "interface": "eth1", "interface-id": "x"},
           {"id": 7, "subnet": "2001:db8:3::/64", "relay": {"ip-addresses": ["2001:db8::f"]}}]},
          "tandem6": {"dataplane": {"ports": [{"name": "west", "device": "eth1"},
                                              {"name": "east", "device": "eth2"}]}}})");
  Continuity continuity(3);
  const auto snapshot = build_snapshot(configuration, server_duid(), {1, 2}, continuity);
  CHECK(snapshot->server_duid() == server_duid());
  CHECK(snapshot->decline_probation() == Seconds{86400});
  CHECK(snapshot->search_key().high == 2);
  REQUIRE(snapshot->subnets().size() == 3);
  const lease::Subnet& east = *snapshot->by_id(5);
  CHECK(east.port == 1);
  CHECK(snapshot->by_id(6)->port == 0);
  CHECK(snapshot->by_id(6)->interface_id.size() == 1);
  CHECK_FALSE(snapshot->by_id(7)->port);
  CHECK(snapshot->by_id(7)->relay_addresses == std::vector{address("2001:db8::f")});
  REQUIRE(east.address_pools.size() == 2);
  CHECK(std::holds_alternative<std::shared_ptr<lease::SparsePool>>(east.address_pools[0].space));
  CHECK(std::get<std::shared_ptr<lease::DensePool>>(east.address_pools[1].space)->count() == 65536);
  REQUIRE(east.prefix_pools.size() == 1);
  CHECK(std::get<std::shared_ptr<lease::DensePool>>(east.prefix_pools[0].space)->count() == 65536);
  CHECK(east.counters->cells.size() == 3);
}

TEST_CASE("a pool of 2^26 addresses is dense, a larger one sparse") {
  const Configuration configuration =
      check_clean(with_subnet(R"("pools": [{"pool": "2001:db8:1:0:1::/102"}, {"pool": "2001:db8:1:0:2::/101"}])"));
  Continuity continuity(1);
  const auto snapshot = build_snapshot(configuration, server_duid(), {}, continuity);
  const auto& pools = snapshot->subnets()[0].address_pools;
  CHECK(std::holds_alternative<std::shared_ptr<lease::DensePool>>(pools[0].space));
  CHECK(std::holds_alternative<std::shared_ptr<lease::SparsePool>>(pools[1].space));
}

TEST_CASE("every scope has its own options") {
  const Configuration configuration = check_clean(
      with_keys(preference(1) + R"(, "subnet6": [{"id": 1, "subnet": "2001:db8:1::/64", )" + preference(2) +
                R"(, "pools": [{"pool": "2001:db8:1::/80"}, {"pool": "2001:db8:1:0:1::/80", )" + preference(3) + R"(}]},
         {"id": 2, "subnet": "2001:db8:2::/64", "pools": [{"pool": "2001:db8:2::/80"}]}])"));
  Continuity continuity(1);
  const auto snapshot = build_snapshot(configuration, server_duid(), {}, continuity);
  CHECK(preference_in(snapshot->global_options()) == 1);
  const lease::Subnet& first = snapshot->subnets()[0];
  CHECK(preference_in(first.options) == 2);
  CHECK(first.address_pools[0].options.empty());
  CHECK(preference_in(first.address_pools[1].options) == 3);
  CHECK(snapshot->subnets()[1].options.empty());
}

TEST_CASE("a pool that stays keeps its taken units over a reload, and a subnet its counters") {
  const std::string pool = R"("pools": [{"pool": "2001:db8:1::/112"}])";
  Continuity continuity(1);
  const auto before = build_snapshot(check_clean(with_subnet(pool)), server_duid(), {}, continuity);
  CHECK(continuity.pools.has_fresh());
  continuity.pools.settle();
  CHECK(before->subnets()[0].address_pools[0].mark_taken(address("2001:db8:1::7"), 0));
  const auto after =
      build_snapshot(check_clean(with_subnet(pool + ", \"valid-lifetime\": 9000")), server_duid(), {}, continuity);
  CHECK_FALSE(continuity.pools.has_fresh());
  CHECK(after->subnets()[0].address_pools[0].is_taken(address("2001:db8:1::7")));
  CHECK(after->subnets()[0].counters == before->subnets()[0].counters);
}

TEST_CASE("direct clients belong to the subnet that is not for relayed ones") {
  const Configuration configuration = check_clean(with_keys(
      R"("subnet6": [{"id": 1, "subnet": "2001:db8:1::/64", "interface": "eth0", "interface-id": "a"},
                     {"id": 2, "subnet": "2001:db8:2::/64", "interface": "eth0"}])"));
  Continuity continuity(1);
  const auto snapshot = build_snapshot(configuration, server_duid(), {}, continuity);
  CHECK_FALSE(snapshot->by_id(1)->port);
  CHECK(snapshot->by_id(2)->port == 0);
}

TEST_CASE("what needs a restart is named, what does not is not") {
  const auto own = [](const std::string& keys) {
    return check_clean(R"({"Dhcp6": {"interfaces-config": {"interfaces": ["eth0"]}}, "tandem6": {)" + keys + "}}");
  };
  const Configuration now = own("");
  CHECK(needs_restart(now, now).empty());
  CHECK(needs_restart(now, check_clean(with_subnet("\"valid-lifetime\": 9000, \"pools\": []"))).empty());
  const auto check = [&](const std::string& keys, const std::string& line) {
    const auto lines = needs_restart(now, own(keys));
    REQUIRE(lines.size() == 1);
    CHECK(lines[0] == line);
  };
  check(R"("dataplane": {"cores": [1]})", "workers: 1, on a core of its choice now, 1, on core 1 after a restart");
  check(R"("dataplane": {"ports": [{"device": "eth1", "queues": 2}]})",
        "ports: eth0 now, eth1, 2 queues after a restart");
  check(R"("dataplane": {"idle": "spin"})", "tandem6.dataplane.idle: sleep now, spin after a restart");
  check(R"("storage": {"path": "/srv"})", "tandem6.storage.path: /var/lib/tandem6 now, /srv after a restart");
  check(R"("storage": {"durability": "async"})", "tandem6.storage.durability: sync now, async after a restart");
  CHECK(needs_restart(now, check_clean(with_keys(R"("control-socket": {"socket-type": "unix", "socket-name": "/a"})")))
            .size() == 1);
  CHECK(needs_restart(now, check_clean(with_keys(R"("server-id": {"type": "EN", "identifier": "aa"})"))).size() == 1);
}

TEST_CASE("the summary shows what would run") {
  const Configuration configuration = check_clean(with_subnet(
      R"("interface": "eth0", "pools": [{"pool": "2001:db8:1:0:1::/80"}, {"pool": "2001:db8:1::5 - 2001:db8:1::5"}],
         "pd-pools": [{"prefix": "2001:db8:100::", "prefix-len": 40, "delegated-len": 56}])"));
  CHECK(summary(configuration) ==
        "ports    eth0\n"
        "workers  1, on a core of its choice; when idle: sleep\n"
        "storage  /var/lib/tandem6, sync\n"
        "control  /run/tandem6/control.sock\n"
        "subnets  1\n"
        "  [1] 2001:db8:1::/64 on eth0, valid 7200 s\n"
        "      2001:db8:1:0:1::/80: 2^48 addresses\n"
        "      2001:db8:1::5 - 2001:db8:1::5: 1 address\n"
        "      2001:db8:100::/40 delegating /56: 65536 prefixes\n");
}

}  // namespace tandem6::config_build_test
