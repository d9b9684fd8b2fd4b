// Subnets, their timers and pools, and what must hold between them.
#include "config_fixtures.h"

namespace tandem6::config_subnets_test {

using namespace tandem6::control;

namespace {

lease::Lifetimes lifetimes_of(const std::string& text) {
  const Configuration configuration = check_clean(text);
  REQUIRE(configuration.subnets.size() == 1);
  return configuration.subnets[0].lifetimes;
}

void check_lifetimes(const lease::Lifetimes& is, uint32_t preferred, uint32_t valid, uint32_t t1, uint32_t t2) {
  CHECK(is.preferred.usual.count == preferred);
  CHECK(is.valid.usual.count == valid);
  const lease::RenewTimes times = is.renew_times(is.preferred.usual);
  CHECK(times.t1.count == t1);
  CHECK(times.t2.count == t2);
}

std::string two_subnets(const std::string& first, const std::string& second) {
  return with_keys("\"subnet6\": [{\"id\": 1, \"subnet\": \"2001:db8:1::/64\"" + first +
                   "},\n {\"id\": 2, \"subnet\": \"2001:db8:2::/64\"" + second + "}]");
}

}  // namespace

TEST_CASE("lifetimes and timers without any key are Kea's") {
  check_lifetimes(lifetimes_of(with_subnet("\"comment\": \"\"")), 3600, 7200, 1800, 2880);
}

TEST_CASE("a subnet's lifetimes win over the global ones") {
  const std::string text = with_keys(
      R"("preferred-lifetime": 3000, "valid-lifetime": 4000, "renew-timer": 1000, "rebind-timer": 2000,
         "subnet6": [{"id": 1, "subnet": "2001:db8::/64", "valid-lifetime": 5000, "rebind-timer": 2500}])");
  check_lifetimes(lifetimes_of(text), 3000, 5000, 1000, 2500);
}

TEST_CASE("T1 and T2 are calculated from the preferred lifetime, unless that is turned off") {
  check_lifetimes(lifetimes_of(with_subnet("\"preferred-lifetime\": 1000, \"t1-percent\": .45, \"t2-percent\": 0.7")),
                  1000, 7200, 450, 700);
  check_lifetimes(lifetimes_of(with_subnet("\"calculate-tee-times\": false")), 3600, 7200, 0, 0);
  check_lifetimes(lifetimes_of(with_subnet("\"preferred-lifetime\": 4294967295, \"valid-lifetime\": 4294967295")),
                  4294967295, 4294967295, 4294967295, 4294967295);
}

TEST_CASE("a valid lifetime shorter than the preferred one that nobody asked for: 5/8 of it, as in Kea") {
  check_lifetimes(lifetimes_of(with_subnet("\"valid-lifetime\": 800")), 500, 800, 250, 400);
}

TEST_CASE("lifetimes that do not go together are errors, said once") {
  check_one_error(with_subnet("\"preferred-lifetime\": 5000, \"valid-lifetime\": 4000"),
                  "Dhcp6.subnet6[0].preferred-lifetime", "5000 is longer than valid-lifetime 4000");
  check_one_error(with_keys(R"("preferred-lifetime": 5000, "valid-lifetime": 4000,
                               "subnet6": [{"id": 1, "subnet": "2001:db8::/64"}])"),
                  "Dhcp6.preferred-lifetime", "longer than valid-lifetime");
  check_one_error(with_subnet("\"valid-lifetime\": 0"), "Dhcp6.subnet6[0].valid-lifetime", "out of range");
  check_one_error(with_subnet("\"renew-timer\": 200, \"rebind-timer\": 100"), "Dhcp6.subnet6[0].rebind-timer",
                  "100 is shorter than renew-timer 200");
  check_one_error(with_subnet("\"t1-percent\": 0.9"), "Dhcp6.subnet6[0].t1-percent", "not smaller than t2-percent 0.8");
  check_one_error(with_subnet("\"t2-percent\": 1.5"), "Dhcp6.subnet6[0].t2-percent", "between 0 and 1");
}

TEST_CASE("a T1 later than the calculated T2 is left to the client, as in Kea") {
  const Configuration configuration = check_warning(
      with_subnet("\"renew-timer\": 3000"), "Dhcp6.subnet6[0].renew-timer", "T1 3000 would be later than T2 2880");
  check_lifetimes(configuration.subnets.at(0).lifetimes, 3600, 7200, 0, 2880);
}

TEST_CASE("a T2 after the preferred lifetime is warned about") {
  check_warning(with_subnet("\"rebind-timer\": 4000"), "Dhcp6.subnet6[0].rebind-timer",
                "longer than preferred-lifetime 3600");
}

TEST_CASE("how clients are found to be in a subnet") {
  const Configuration configuration = check_clean(with_subnet(
      R"("interface": "eth0", "interface-id": "0x0a0b", "rapid-commit": true,
         "relay": {"ip-addresses": ["2001:db8::f", "2001:db8::f"], "ip-address": "2001:db8::e"})"));
  const SubnetConfig& subnet = configuration.subnets.at(0);
  CHECK(subnet.interface == "eth0");
  CHECK(subnet.interface_id == "\x0a\x0b");
  CHECK(subnet.rapid_commit);
  CHECK(subnet.relay_addresses == std::vector{address("2001:db8::f"), address("2001:db8::e")});
  CHECK(check_clean(with_subnet("\"interface-id\": \"vlan 7\"")).subnets.at(0).interface_id == "vlan 7");
  check_warning(with_subnet("\"interface\": \"eth1\""), "Dhcp6.subnet6[0].interface",
                "\"eth1\" is no port, so none of its clients is heard; the ports are: eth0");
  check_one_error(with_subnet("\"relay\": {\"ip-addresses\": [\"10.0.0.1\"]}"),
                  "Dhcp6.subnet6[0].relay.ip-addresses[0]", "no IPv6 address");
}

TEST_CASE("store-extended-info: of the subnet, or of the scope around it, or false") {
  CHECK_FALSE(check_clean(with_subnet("")).subnets.at(0).keep_relays);
  CHECK(check_clean(with_subnet("\"store-extended-info\": true")).subnets.at(0).keep_relays);
  CHECK(check_clean(with_keys(R"("store-extended-info": true, "subnet6": [{"id": 1, "subnet": "2001:db8:1::/64"}])"))
            .subnets.at(0)
            .keep_relays);
  CHECK_FALSE(check_clean(with_keys(R"("store-extended-info": true,
      "subnet6": [{"id": 1, "subnet": "2001:db8:1::/64", "store-extended-info": false}])"))
                  .subnets.at(0)
                  .keep_relays);
}

TEST_CASE("pools of addresses: ranges and prefixes, a single address too") {
  const Configuration configuration = check_clean(with_subnet(
      R"("pools": [{"pool": "2001:db8:1::100 - 2001:db8:1::1ff"}, {"pool": "2001:db8:1::5-2001:db8:1::5"},
                   {"pool": "2001:db8:1:0:8000::/65"}])"));
  const auto& pools = configuration.subnets.at(0).pools;
  REQUIRE(pools.size() == 3);
  CHECK(pools[0].first == address("2001:db8:1::100"));
  CHECK(pools[0].last == address("2001:db8:1::1ff"));
  CHECK(pools[0].text == "2001:db8:1::100 - 2001:db8:1::1ff");
  CHECK(pools[1].first == pools[1].last);
  CHECK(pools[2].last == address("2001:db8:1:0:ffff:ffff:ffff:ffff"));
}

TEST_CASE("RFC 4291 2.6.1: no pool gives away the Subnet-Router anycast address") {
  const Configuration configuration = check_clean(with_subnet("\"pools\": [{\"pool\": \"2001:db8:1::/120\"}]"));
  CHECK(configuration.subnets.at(0).pools.at(0).first == address("2001:db8:1::1"));
  check_one_error(with_subnet("\"pools\": [{\"pool\": \"2001:db8:1::/128\"}]"), "Dhcp6.subnet6[0].pools[0].pool",
                  "anycast");
}

TEST_CASE("pools of addresses that cannot be") {
  const auto check = [](const std::string& pool, std::string_view part) {
    check_one_error(with_subnet("\"pools\": [{\"pool\": \"" + pool + "\"}]"), "Dhcp6.subnet6[0].pools[0].pool", part);
  };
  check("2001:db8:2::/80", "is not inside the subnet 2001:db8:1::/64");
  check("2001:db8::/16", "has bits set after the first 16");
  check("2001:db8:1::f - 2001:db8:1::1", "the last address 2001:db8:1::1 is before the first");
  check("2001:db8:1::1", "write FIRST - LAST or PREFIX/LENGTH");
  check("2001:db8:1::/129", "from 0 to 128");
  check("", "no pool");
  check_one_error(with_subnet("\"pools\": [{}]"), "Dhcp6.subnet6[0].pools[0]", "\"pool\" is missing");
}

TEST_CASE("pools of prefixes") {
  const Configuration configuration =
      check_clean(with_subnet(R"("pd-pools": [{"prefix": "2001:db8:8000::", "prefix-len": 34, "delegated-len": 60}])"));
  const PoolConfig& pool = configuration.subnets.at(0).pools.at(0);
  CHECK(pool.type == lease::LeaseType::kPrefix);
  CHECK(pool.unit_length == 60);
  CHECK(pool.last == address("2001:db8:bfff:ffff:ffff:ffff:ffff:ffff"));
}

TEST_CASE("pools of prefixes that cannot be") {
  const auto check = [](const std::string& keys, std::string_view path, std::string_view part) {
    check_one_error(with_subnet("\"pd-pools\": [{" + keys + "}]"), "Dhcp6.subnet6[0].pd-pools[0]" + std::string(path),
                    part);
  };
  check(R"("prefix": "2001:db8::", "prefix-len": 52, "delegated-len": 48)", ".delegated-len",
        "48 is shorter than prefix-len 52");
  check(R"("prefix": "2001:db8::", "prefix-len": 32, "delegated-len": 59)", ".delegated-len", "a pool can have 2^26");
  check(R"("prefix": "2001:db8::", "prefix-len": 32, "delegated-len": 129)", ".delegated-len",
        "out of range: 1 to 128");
  check(R"("prefix": "2001:db8::1", "prefix-len": 48, "delegated-len": 56)", ".prefix", "bits set after the first 48");
  check(R"("prefix": "here", "prefix-len": 48, "delegated-len": 56)", ".prefix", "no IPv6 address");
  check(R"("prefix": "2001:db8::", "prefix-len": 48)", "", "\"delegated-len\" is missing");
  const std::string pool = R"("prefix": "2001:db8::", "prefix-len": 48, "delegated-len": 56, )";
  check(pool + R"("excluded-prefix": "2001:db8:0:1::")", "", "\"excluded-prefix-len\" is missing");
  check(pool + R"("excluded-prefix": "2001:db8::", "excluded-prefix-len": 56)", ".excluded-prefix", "not longer than");
  check(pool + R"("excluded-prefix": "2001:db8:1::", "excluded-prefix-len": 64)", ".excluded-prefix", "is not inside");
  check(pool + R"("excluded-prefix": "2001:db8::1", "excluded-prefix-len": 64)", ".excluded-prefix", "bits set");
}

TEST_CASE("RFC 6603 4.2: the excluded prefix's bits behind the delegated prefix, from the left") {
  const auto encoded = [](std::string_view keys) {
    const Configuration configuration = check_clean(with_subnet(
        R"("pd-pools": [{"prefix": "2001:db8::", "prefix-len": 48, "delegated-len": 59, )" + std::string(keys) + "}]"));
    std::vector<int> octets;
    for (const std::byte octet : configuration.subnets.at(0).pools.at(0).pd_exclude)
      octets.push_back(static_cast<int>(octet));
    return octets;
  };
  CHECK(encoded(R"("excluded-prefix": "2001:db8:0:1f::", "excluded-prefix-len": 64)") == std::vector{64, 0xf8});
  CHECK(encoded(R"("excluded-prefix": "2001:db8:0:1:8000::", "excluded-prefix-len": 68)") == std::vector{68, 0x0c, 0});
  CHECK(encoded(R"("excluded-prefix": "::", "excluded-prefix-len": 0)").empty());
}

TEST_CASE("pools that overlap are an error that names both") {
  check_one_error(two_subnets(R"(, "pd-pools": [{"prefix": "2001:db8:100::", "prefix-len": 40, "delegated-len": 56}])",
                              R"(, "pd-pools": [{"prefix": "2001:db8:180::", "prefix-len": 48, "delegated-len": 64}])"),
                  "Dhcp6.subnet6[1].pd-pools[0].prefix",
                  "2001:db8:180::/48 delegating /64 overlaps with 2001:db8:100::/40 delegating /56 in "
                  "Dhcp6.subnet6[0].pd-pools[0].prefix (line 1)");
  check_one_error(
      with_subnet(R"("pools": [{"pool": "2001:db8:1::f-2001:db8:1::1f"}, {"pool": "2001:db8:1::1-2001:db8:1::f"}])"),
      "Dhcp6.subnet6[0].pools[1].pool", "overlaps with 2001:db8:1::f-2001:db8:1::1f");
}

TEST_CASE("ids and subnets are unique, ids are numbered when they are left out") {
  check_one_error(
      with_keys(R"("subnet6": [{"id": 7, "subnet": "2001:db8::/64"}, {"id": 7, "subnet": "2001:db8:1::/64"}])"),
      "Dhcp6.subnet6[1].id", "the id 7 is already in Dhcp6.subnet6[0].id");
  check_one_error(
      with_keys(R"("subnet6": [{"id": 7, "subnet": "2001:db8::/64"}, {"id": 8, "subnet": "2001:db8:0::/64"}])"),
      "Dhcp6.subnet6[1].subnet", "the subnet 2001:db8::/64 is already in");
  const Configuration configuration =
      check_warning(with_keys(
                        R"("subnet6": [{"subnet": "2001:db8:1::/64"}, {"id": 2, "subnet": "2001:db8:2::/64"},
                         {"subnet": "2001:db8:3::/64"}])"),
                    "Dhcp6.subnet6[2]", "3 is taken");
  CHECK(configuration.subnets.at(0).id == 1);
  CHECK(configuration.subnets.at(1).id == 2);
  CHECK(configuration.subnets.at(2).id == 3);
}

TEST_CASE("subnets that no client could be in are refused") {
  for (const char* prefix : {"fe80::/64", "ff05::/16", "::/0"})
    check_one_error(with_keys("\"subnet6\": [{\"id\": 1, \"subnet\": \"" + std::string(prefix) + "\"}]"),
                    "Dhcp6.subnet6[0].subnet", "holds no addresses that clients could be given");
  check_one_error(with_keys("\"subnet6\": [{\"id\": 1}]"), "Dhcp6.subnet6[0]", "\"subnet\" is missing");
}

TEST_CASE("of two subnets for the same clients the second is told that it has none") {
  check_warning(two_subnets(R"(, "interface": "eth0")", R"(, "interface": "eth0")"), "Dhcp6.subnet6[1].interface",
                "the clients of interface \"eth0\" are already in Dhcp6.subnet6[0] (line 1)");
  check_warning(two_subnets(R"(, "interface-id": "a")", R"(, "interface-id": "a")"), "Dhcp6.subnet6[1].interface-id",
                "a shared network");
  check_warning(two_subnets(R"(, "relay": {"ip-addresses": ["::5"]})", R"(, "relay": {"ip-addresses": ["::5"]})"),
                "Dhcp6.subnet6[1].relay", "a shared network");
  check_clean(two_subnets(R"(, "interface": "eth0")", R"(, "interface": "eth0", "interface-id": "a")"));
}

}  // namespace tandem6::config_subnets_test
