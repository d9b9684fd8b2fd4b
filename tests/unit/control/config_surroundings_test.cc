// Ports, storage, sockets, loggers, hooks, the server's DUID.
#include "config_fixtures.h"

namespace tandem6::config_surroundings_test {

using namespace tandem6::control;

namespace {

std::string with_own(const std::string& keys) { return "{\"Dhcp6\": {}, \"tandem6\": {" + keys + "}}"; }

}  // namespace

TEST_CASE("a Kea file without our keys has defaults") {
  const Configuration configuration =
      check_clean(R"({"Dhcp6": {"interfaces-config": {"interfaces": ["eth0", "eth1", "eth0"]}}})");
  REQUIRE(configuration.dataplane.ports.size() == 2);
  CHECK(configuration.dataplane.ports[1] == PortConfig{"eth1", "eth1", 0});
  CHECK(configuration.dataplane.cores.empty());
  CHECK(configuration.dataplane.idle == Idle::kSleep);
  CHECK(configuration.storage == StorageConfig{});
  CHECK(configuration.control_socket == "/run/tandem6/control.sock");
  CHECK(configuration.loggers.empty());
  CHECK(configuration.decline_probation == Seconds{86400});
  CHECK_FALSE(configuration.server_id.complete);
}

TEST_CASE("interfaces: an address is ignored, all of them is refused, none is warned about") {
  const Configuration configuration =
      check_warning(R"({"Dhcp6": {"interfaces-config": {"interfaces": ["eth0/2001:db8::1"]}}})",
                    "Dhcp6.interfaces-config.interfaces[0]", "the address is ignored");
  CHECK(configuration.dataplane.ports.at(0).device == "eth0");
  check_one_error(R"({"Dhcp6": {"interfaces-config": {"interfaces": ["*"]}}})", "Dhcp6.interfaces-config.interfaces[0]",
                  "not supported: name the interfaces");
  check_one_error(R"({"Dhcp6": {"interfaces-config": {"interfaces": ["a-name-that-is-too-long"]}}})",
                  "Dhcp6.interfaces-config.interfaces[0]", "at most 15 characters");
  check_warning(R"({"Dhcp6": {}})", "Dhcp6", "there are no ports");
}

TEST_CASE("our own keys") {
  const Configuration configuration = check_clean(
      R"({"Dhcp6": {"interfaces-config": {"interfaces": ["eth0"]}},
          "tandem6": {"dataplane": {"cores": [2, 3], "idle": "spin", "ports": [
              {"name": "client0", "device": "0000:3b:00.0", "queues": 4, "vlan": null, "exception-path": "none"},
              {"device": "net_memif0,role=server"}]},
            "storage": {"path": "/srv/leases", "durability": "async"}, "failover": []}})");
  CHECK(configuration.dataplane.cores == std::vector<unsigned>{2, 3});
  CHECK(configuration.dataplane.idle == Idle::kSpin);
  REQUIRE(configuration.dataplane.ports.size() == 2);
  CHECK(configuration.dataplane.ports[0] == PortConfig{"client0", "0000:3b:00.0", 4});
  CHECK(configuration.dataplane.ports[1].name == "net_memif0,role=server");
  CHECK(configuration.storage.path == "/srv/leases");
  CHECK(configuration.storage.durability == storage::Durability::kAsync);
}

TEST_CASE("our own keys that cannot be") {
  const auto check = [](const std::string& keys, std::string_view path, std::string_view part) {
    check_one_error(with_own(keys), "tandem6." + std::string(path), part);
  };
  check(R"("failover": {"role": "primary"})", "failover", "a list of objects");
  check(R"("metrics": {"listen": "[::1]:9547"})", "metrics", "not supported yet");
  check(R"("storge": {})", "storge", "did you mean \"storage\"?");
  check(R"("storage": {"path": "leases"})", "storage.path", "absolute path");
  check(R"("storage": {"durability": "maybe"})", "storage.durability", "not one of \"sync\", \"async\"");
  check(R"("dataplane": {"cores": [1, 1]})", "dataplane.cores[1]", "twice");
  check(R"("dataplane": {"cores": [4096]})", "dataplane.cores[0]", "out of range");
  check(R"("dataplane": {"idle": "nap"})", "dataplane.idle", "not one of");
  check(R"("dataplane": {"ports": [{"name": "a"}]})", "dataplane.ports[0]", "\"device\" is missing");
  check(R"("dataplane": {"ports": [{"device": "00:zz:00.0"}]})", "dataplane.ports[0].device", "no PCI address");
  check(R"("dataplane": {"ports": [{"device": "eth0", "vlan": 7}]})", "dataplane.ports[0].vlan", "not supported yet");
  check(R"("dataplane": {"ports": [{"device": "eth0", "exception-path": "tap"}]})", "dataplane.ports[0].exception-path",
        "not supported yet");
  check(R"("dataplane": {"ports": [{"device": "eth0", "queues": 0}]})", "dataplane.ports[0].queues", "out of range");
  check(R"("dataplane": {"ports": [{"device": "eth0"}, {"device": "eth0"}]})", "dataplane.ports[1].device",
        "already the port");
  check(R"("dataplane": {"ports": [{"name": "a", "device": "eth0"}, {"name": "a", "device": "eth1"}]})",
        "dataplane.ports[1]", "the name a is already");
}

TEST_CASE("the control socket, by its old and its new key") {
  CHECK(check_clean(with_keys(R"("control-socket": {"socket-type": "unix", "socket-name": "/run/a.sock"})"))
            .control_socket == "/run/a.sock");
  CHECK(
      check_clean(with_keys(R"("control-sockets": [{"socket-type": "unix", "socket-name": "kea6"}])")).control_socket ==
      "/run/tandem6/kea6");
  const Configuration configuration = check_warning(
      with_keys(R"("control-sockets": [{"socket-type": "http"}, {"socket-type": "unix", "socket-name": "/a"},
                                                     {"socket-type": "unix", "socket-name": "/b"}])"),
      "Dhcp6.control-sockets[0].socket-type", "only Unix sockets");
  CHECK(configuration.control_socket == "/a");
  check_one_error(
      with_keys("\"control-socket\": {\"socket-type\": \"unix\", \"socket-name\": \"/" + std::string(107, 'x') + "\"}"),
      "Dhcp6.control-socket.socket-name", "at most 107 octets");
  check_one_error(with_keys(R"("control-socket": {"socket-type": "tcp"})"), "Dhcp6.control-socket.socket-type",
                  "not one of");
}

TEST_CASE("loggers") {
  const Configuration configuration = check_clean(with_keys(
      R"("loggers": [{"name": "kea-dhcp6", "severity": "DEBUG", "debuglevel": 0,
                      "output-options": [{"output": "stdout"}, {"output": "kea.log"}, {"output": "syslog:a"}]},
                     {"name": "tandem6", "severity": "warn", "output_options": [{"output": "/var/log/a"}]},
                     {"name": "kea-dhcp6"}])"));
  REQUIRE(configuration.loggers.size() == 5);
  CHECK(configuration.loggers[0].severity == Severity::kDebug);
  CHECK(configuration.loggers[0].output == "stdout");
  CHECK(configuration.loggers[1].output == "/var/log/tandem6/kea.log");
  CHECK(configuration.loggers[2].output == "syslog:a");
  CHECK(configuration.loggers[3].severity == Severity::kWarn);
  CHECK(configuration.loggers[4].output == "stderr");
  CHECK(check_warning(with_keys(R"("loggers": [{"name": "kea-dhcp6.ha-hooks"}])"), "Dhcp6.loggers[0].name",
                      "no logger of a part")
            .loggers.empty());
  check_one_error(with_keys(R"("loggers": [{"name": "kea-dhcp6", "severity": "LOUD"}])"), "Dhcp6.loggers[0].severity",
                  "not one of");
}

TEST_CASE("the lease database: a file is replaced by ours, a shared one is refused") {
  check_warning(with_keys(R"("lease-database": {"type": "memfile", "lfc-interval": 3600})"), "Dhcp6.lease-database",
                "leases are in RocksDB at /var/lib/tandem6");
  check_one_error(with_keys(R"("lease-database": {"type": "mysql", "name": "kea"})"), "Dhcp6.lease-database.type",
                  "not supported: leases in \"mysql\"");
  check_one_error(with_keys(R"("lease-database": {})"), "Dhcp6.lease-database", "\"type\" is missing");
}

TEST_CASE("hooks: built in, done without, or refused") {
  const auto hook = [](const std::string& library) {
    return with_keys("\"hooks-libraries\": [{\"library\": \"" + library + "\", \"parameters\": {\"anything\": 1}}]");
  };
  check_warning(hook("/usr/lib/kea/hooks/libdhcp_lease_cmds.so"), "Dhcp6.hooks-libraries[0].library", "built in");
  check_warning(hook("libdhcp_run_script.so"), "Dhcp6.hooks-libraries[0].library", "no script is run");
  check_one_error(hook("libdhcp_ha.so"), "Dhcp6.hooks-libraries[0].library", "its own key `tandem6.failover`");
  check_one_error(hook("libdhcp_flex_option.so"), "Dhcp6.hooks-libraries[0].library", "not supported");
  check_one_error(hook("charging.so"), "Dhcp6.hooks-libraries[0].library", "is not known");
  check_one_error(with_keys("\"hooks-libraries\": [{}]"), "Dhcp6.hooks-libraries[0]", "\"library\" is missing");
}

TEST_CASE("RFC 8415 11: a DUID that the configuration says completely") {
  const auto duid = [](const std::string& keys) {
    const auto complete = check_clean(with_keys("\"server-id\": {" + keys + "}")).server_id.complete;
    return complete ? complete->to_string() : "to be made";
  };
  CHECK(duid(R"("type": "LLT", "identifier": "12C4D5AF870C", "time": 16, "htype": 8)") ==
        "00:01:00:08:00:00:00:10:12:c4:d5:af:87:0c");
  CHECK(duid(R"("type": "LL", "identifier": "12:C4:D5:AF:87:0C")") == "00:03:00:01:12:c4:d5:af:87:0c");
  CHECK(duid(R"("type": "EN", "enterprise-id": 9, "identifier": "ab")") == "00:02:00:00:00:09:ab");
  CHECK(duid(R"("type": "EN", "identifier": "ab")") == "00:02:00:00:09:bf:ab");
  CHECK(duid(R"("type": "LLT", "identifier": "12C4D5AF870C", "time": 0)") == "to be made");
  CHECK(duid(R"("type": "LL")") == "to be made");
}

TEST_CASE("a server-id that cannot be") {
  const auto check = [](const std::string& keys, std::string_view path, std::string_view part) {
    check_one_error(with_keys("\"server-id\": {" + keys + "}"), "Dhcp6.server-id" + std::string(path), part);
  };
  check("\"time\": 1", "", "\"type\" is missing");
  check(R"("type": "UUID")", ".type", "not one of");
  check(R"("type": "LL", "identifier": "xyz")", ".identifier", "hexadecimal");
  check(R"("type": "LLT", "htype": 6)", ".htype", "only 1 (Ethernet)");
  check(R"("type": "LLT", "identifier": "0102")", ".identifier", "6 octets");
  check("\"type\": \"EN\", \"identifier\": \"" + std::string(2 * 125, 'a') + "\"", "", "a DUID of 131 octets");
  check_warning(with_keys(R"("server-id": {"type": "LL", "enterprise-id": 9})"), "Dhcp6.server-id.enterprise-id",
                "belongs to a DUID of type EN");
}

TEST_CASE("decline-probation-period") {
  CHECK(check_clean(with_keys("\"decline-probation-period\": 60")).decline_probation == Seconds{60});
}

namespace {

std::string with_lease_query(const std::string& parameters) {
  return with_keys(R"("hooks-libraries": [{"library": "/usr/lib/kea/hooks/libdhcp_lease_query.so")" +
                   (parameters.empty() ? "" : ", \"parameters\": {" + parameters + "}") + "}]");
}
LeaseQueryConfig lease_query_of(const std::string& parameters) {
  const ConfigResult result = parse_configuration(with_lease_query(parameters));
  REQUIRE_MESSAGE(result.configuration, all_lines(result));
  return result.configuration->lease_query;
}

}  // namespace

TEST_CASE("RFC 5007: who may ask is what Kea's hook says, and nobody without it") {
  CHECK(check_clean(with_keys("")).lease_query == LeaseQueryConfig{});
  const LeaseQueryConfig config = lease_query_of(R"("requesters": ["2001:db8::2", "2001:db8:e::/64"])");
  CHECK(config.requesters ==
        std::vector{Ipv6Prefix{address("2001:db8::2"), 128}, Ipv6Prefix{address("2001:db8:e::"), 64}});
  CHECK_FALSE(config.bulk);
}

TEST_CASE("RFC 5460: Bulk Leasequery by the hook's advanced parameters") {
  const LeaseQueryConfig defaults = lease_query_of(R"("requesters": [], "advanced": {"bulk-query-enabled": true})");
  CHECK(defaults.bulk);
  CHECK(defaults.bulk_address.is_unspecified());
  CHECK(defaults.bulk_port == 547);
  CHECK(defaults.bulk_connections == 10);
  CHECK(defaults.bulk_timeout_seconds == 300);
  const LeaseQueryConfig config = lease_query_of(
      R"("requesters": ["2001:db8::2"], "prefix-lengths": [56], "advanced": {"bulk-query-enabled": true,
         "active-query-enabled": false, "lease-query-ip": "2001:db8:a::1", "lease-query-tcp-port": 5547,
         "max-requester-connections": 3, "max-requester-idle-time": 30, "max-leases-per-fetch": 50})");
  CHECK(config.bulk_address == address("2001:db8:a::1"));
  CHECK(config.bulk_port == 5547);
  CHECK(config.bulk_connections == 3);
  CHECK(config.bulk_timeout_seconds == 30);
}

TEST_CASE("parameters of the leasequery hook that cannot be") {
  const auto check = [](const std::string& parameters, std::string_view path, std::string_view part) {
    const auto errors = errors_of(with_lease_query(parameters));
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].path == "Dhcp6.hooks-libraries[0]" + std::string(path));
    CHECK_MESSAGE(errors[0].text.find(part) != std::string::npos, errors[0].text);
  };
  check("", "", "nobody could ask");
  check(R"("requesters": [], "requester": [])", ".parameters.requester", "did you mean \"requesters\"");
  check(R"("requesters": ["10.0.0.1"])", ".parameters.requesters[0]", "10.0.0.1");
  check(R"("requesters": [], "advanced": {"active-query-enabled": true})", ".parameters.advanced.active-query-enabled",
        "RFC 7653");
  check(R"("requesters": [], "advanced": {"cert-file": "/x"})", ".parameters.advanced.cert-file", "TLS");
  check(R"("requesters": [], "advanced": {"lease-query-tcp-port": 70000})", ".parameters.advanced.lease-query-tcp-port",
        "65535");
}

TEST_CASE("tandem6.reconfigure: off, on, or with its own keys") {
  const auto with_tandem6 = [](const std::string& keys) {
    return R"({"Dhcp6": {"interfaces-config": {"interfaces": ["eth0"]}}, "tandem6": {)" + keys + "}}";
  };
  CHECK_FALSE(check_clean(with_tandem6("")).reconfigure.enabled);
  CHECK_FALSE(check_clean(with_tandem6("\"reconfigure\": false")).reconfigure.enabled);
  const ReconfigureConfig plain = check_clean(with_tandem6("\"reconfigure\": true")).reconfigure;
  CHECK(plain.enabled);
  CHECK_FALSE(plain.secret);
  CHECK(plain.per_second == 100);
  CHECK_FALSE(plain.on_reload);
  const ReconfigureConfig full =
      check_clean(with_tandem6(R"("reconfigure": {"secret": "0123456789abcdef", "rate": 7, "on-reload": true})"))
          .reconfigure;
  CHECK(full.enabled);
  CHECK(full.secret == "0123456789abcdef");
  CHECK(full.per_second == 7);
  CHECK(full.on_reload);
  check_one_error(with_tandem6("\"reconfigure\": 1"), "tandem6.reconfigure", "an object");
  check_one_error(with_tandem6(R"("reconfigure": {"secret": "short"})"), "tandem6.reconfigure.secret", "this has 5");
  check_one_error(with_tandem6(R"("reconfigure": {"rate": 0})"), "tandem6.reconfigure.rate", "1 to");
  check_one_error(with_tandem6(R"("reconfigure": {"sercet": ""})"), "tandem6.reconfigure.sercet", "secret");
}

TEST_CASE("RFC 8156 5.5.13: with a partner, both must be told the secret of clients' keys") {
  const auto pair = [](const std::string& reconfigure) {
    return R"({"Dhcp6": {"interfaces-config": {"interfaces": ["eth0"]},
               "subnet6": [{"id": 1, "subnet": "2001:db8:1::/64", "interface": "eth0"}]},
             "tandem6": {"failover": [{"relationship": "a", "role": "primary", "partner": "2001:db8::2"}],
                         "reconfigure": )" +
           reconfigure + "}}";
  };
  const auto errors = [&](const std::string& reconfigure) {
    std::vector<std::string> paths;
    for (const Remark& remark : parse_configuration(pair(reconfigure)).remarks)
      if (remark.is_error) paths.push_back(remark.path + ": " + remark.text);
    return paths;
  };
  REQUIRE(errors("true").size() == 1);
  CHECK(errors("true")[0].find("tandem6.reconfigure: with a failover partner") == 0);
  CHECK(errors("false").empty());
  CHECK(errors(R"({"secret": "0123456789abcdef"})").empty());
}

}  // namespace tandem6::config_surroundings_test
