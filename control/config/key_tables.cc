#include "control/config/key_tables.h"

#include <algorithm>
#include <initializer_list>
#include <set>

#include "control/config/reconfigure.h"

namespace tandem6::control {

bool is_false(const Node& value) { return value.is_boolean() && !value.scalar.get<bool>(); }

namespace {

using enum Treatment;
using enum ValueKind;
using Rules = std::vector<KeyRule>;

bool is_empty(const Node& value) {
  return value.is_string() ? value.text().empty() : value.shape != Node::Shape::kScalar && value.children.empty();
}
bool is_true(const Node& value) { return value.is_boolean() && value.scalar.get<bool>(); }
bool is_zero(const Node& value) { return value.is_number() && value.scalar.get<double>() == 0.0; }
bool is_one(const Node& value) { return value.is_number() && value.scalar.get<double>() == 1.0; }
bool is_null_or_none(const Node& value) { return value.is_null() || (value.is_string() && value.text() == "none"); }
bool is_null(const Node& value) { return value.is_null(); }

KeyTable table(std::string_view place, std::initializer_list<Rules> groups) {
  KeyTable result{place, {}};
  for (const Rules& group : groups) result.rules.insert(result.rules.end(), group.begin(), group.end());
  return result;
}

// --- groups that stand in several places
// ------------------------------------------------------------------------------

const Rules kRemarksOfPeople = {
    {"user-context", kObject, kSupported, "kept, shown by `config-get`"},
    {"comment", kString, kSupported, "kept, shown by `config-get`"},
};

const Rules kLifetimes = {
    {"preferred-lifetime", kInteger, kSupported, "default 3600, or 5/8 of a shorter `valid-lifetime`"},
    {"min-preferred-lifetime", kInteger, kSupported, "what a client asks for is held to this"},
    {"max-preferred-lifetime", kInteger, kSupported, "what a client asks for is held to this"},
    {"valid-lifetime", kInteger, kSupported, "default 7200"},
    {"min-valid-lifetime", kInteger, kSupported, "what a client asks for is held to this"},
    {"max-valid-lifetime", kInteger, kSupported, "what a client asks for is held to this"},
};

const Rules kTimers = {
    {"renew-timer", kInteger, kSupported, "T1; 0: left to the client"},
    {"rebind-timer", kInteger, kSupported, "T2; 0: left to the client"},
    {"calculate-tee-times", kBoolean, kSupported, "default true"},
    {"t1-percent", kNumber, kSupported, "default 0.5"},
    {"t2-percent", kNumber, kSupported, "default 0.8"},
};

constexpr std::string_view kAllocators =
    "`iterative` in pools of up to 2^26 units; `random`, `flq`, and `hashed`, which is ours and the default: where a "
    "keyed hash of the client's DUID and IAID leads (RFC 7824)";
const Rules kAllocation = {
    {"cache-threshold", kNumber, kSupported, "a renewal within this share of the valid lifetime is not written"},
    {"cache-max-age", kInteger, kSupported},
    {"adaptive-lease-time-threshold", kNumber, kRefused,
     "not supported yet: lifetimes do not get shorter when a pool fills", is_one},
    {"allocator", kString, kSupported, kAllocators},
    {"pd-allocator", kString, kSupported, kAllocators},
    {"store-extended-info", kBoolean, kSupported, "default false: what relays said is not kept"},
    {"reservation-mode", kString, kSupported, "the old key: `disabled`, `out-of-pool`, `global` or `all`"},
    {"reservations-global", kBoolean, kSupported, "default false"},
    {"reservations-in-subnet", kBoolean, kSupported, "default true"},
    {"reservations-out-of-pool", kBoolean, kSupported,
     "reservations inside of pools count all the same: they cost nothing here"},
};

constexpr std::string_view kNoNameUpdates = "there are no DNS updates yet, and clients are told so (N in RFC 4704)";
constexpr std::string_view kNamesNotMade =
    "default `never`; `when-not-present` is the same, as a client that sends no name is not told one";
constexpr std::string_view kCharacters = "default `[^A-Za-z0-9.-]`; one set in brackets";
const Rules kNameUpdates = {
    {"ddns-send-updates", kBoolean, kIgnored, kNoNameUpdates, is_false},
    {"ddns-override-no-update", kBoolean, kIgnored, kNoNameUpdates, is_false},
    {"ddns-override-client-update", kBoolean, kIgnored, kNoNameUpdates, is_false},
    {"ddns-replace-client-name", kString, kSupported, kNamesNotMade},
    {"ddns-generated-prefix", kString, kSupported, "default `myhost`"},
    {"ddns-qualifying-suffix", kString, kSupported, "default none: a name that is not complete gets a dot"},
    {"ddns-update-on-renew", kBoolean, kIgnored, kNoNameUpdates, is_false},
    {"ddns-use-conflict-resolution", kBoolean, kIgnored, kNoNameUpdates},
    {"ddns-conflict-resolution-mode", kString, kIgnored, kNoNameUpdates},
    {"ddns-ttl", kInteger, kIgnored, kNoNameUpdates},
    {"ddns-ttl-percent", kNumber, kIgnored, kNoNameUpdates},
    {"ddns-ttl-min", kInteger, kIgnored, kNoNameUpdates},
    {"ddns-ttl-max", kInteger, kIgnored, kNoNameUpdates},
    {"hostname-char-set", kString, kSupported, kCharacters},
    {"hostname-char-replacement", kString, kSupported, "default none: they are left out"},
};

const Rules kClassChoice = {
    {"client-class", kString, kSupported, "the old name of `client-classes`, for one class"},
    {"client-classes", kStrings, kSupported, "a client in none of them gets nothing here"},
    {"require-client-classes", kStrings, kSupported, "the old name of `evaluate-additional-classes`"},
    {"evaluate-additional-classes", kStrings, kSupported},
};

// --- options
// ----------------------------------------------------------------------------------------------------------

const KeyTable& option_data_keys() {
  static const KeyTable keys =
      table("option-data[]", {{
                                  {"name", kString, kSupported, "of a standard option, or of one in `option-def`"},
                                  {"code", kInteger, kSupported},
                                  {"space", kString, kSupported, "default `dhcp6`"},
                                  {"csv-format", kBoolean, kSupported, "default true when the option is known"},
                                  {"data", kString, kSupported},
                                  {"always-send", kBoolean, kSupported, "default false; counts for all scopes"},
                                  {"never-send", kBoolean, kSupported, "default false; counts for all scopes"},
                                  {"client-classes", kStrings, kSupported, "only clients of one of them get it"},
                              },
                              kRemarksOfPeople});
  return keys;
}
const Rules kOptionData = {{"option-data", kObjects, kSupported, "", nullptr, option_data_keys}};

const KeyTable& option_def_keys() {
  static const KeyTable keys =
      table("Dhcp6.option-def[]", {{
                                       {"name", kString, kSupported},
                                       {"code", kInteger, kSupported},
                                       {"type", kString, kSupported, "any of Kea's but `internal`"},
                                       {"array", kBoolean, kSupported, "default false"},
                                       {"record-types", kString, kSupported, "of the type `record`"},
                                       {"space", kString, kSupported, "default `dhcp6`"},
                                       {"encapsulate", kString, kSupported, "not `dhcp6`, not a vendor's"},
                                   },
                                   kRemarksOfPeople});
  return keys;
}

// --- classes and reservations
// -----------------------------------------------------------------------------------------

const KeyTable& client_class_keys() {
  static const KeyTable keys = table(
      "client-classes[]", {{
                               {"name", kString},
                               {"test", kString, kSupported, "all of Kea's operators but `match()`"},
                               {"template-test", kString},
                               {"only-if-required", kBoolean, kSupported, "the old name of `only-in-additional-list`"},
                               {"only-in-additional-list", kBoolean},
                           },
                           kLifetimes,
                           kOptionData,
                           kRemarksOfPeople});
  return keys;
}

constexpr std::string_view kExclusion =
    "of every delegated prefix the same part; sent to clients that ask for option 67";

const KeyTable& reservation_keys() {
  static const KeyTable keys =
      table("reservations[]", {{
                                   {"duid", kString},
                                   {"hw-address", kString},
                                   {"flex-id", kString},
                                   {"ip-addresses", kStrings},
                                   {"prefixes", kStrings},
                                   {"excluded-prefixes", kStrings, kSupported,
                                    "as many as `prefixes`, \"\" for nothing; sent to clients that ask for option 67"},
                                   {"hostname", kString},
                                   {"client-classes", kStrings},
                               },
                               kOptionData,
                               kRemarksOfPeople});
  return keys;
}
const Rules kReservations = {{"reservations", kObjects, kSupported, "", nullptr, reservation_keys}};

// --- subnets
// ----------------------------------------------------------------------------------------------------------

constexpr std::string_view kCountedBySubnet = "statistics are by subnet";

const KeyTable& pool_keys() {
  static const KeyTable keys =
      table("Dhcp6.subnet6[].pools[]", {{
                                            {"pool", kString, kSupported, "`FIRST - LAST` or `PREFIX/LENGTH`"},
                                            {"pool-id", kInteger, kIgnored, kCountedBySubnet, is_zero},
                                        },
                                        kOptionData,
                                        kClassChoice,
                                        kNameUpdates,
                                        kRemarksOfPeople});
  return keys;
}

const KeyTable& pd_pool_keys() {
  static const KeyTable keys =
      table("Dhcp6.subnet6[].pd-pools[]", {{
                                               {"prefix", kString, kSupported},
                                               {"prefix-len", kInteger, kSupported},
                                               {"delegated-len", kInteger, kSupported, "at most 2^26 prefixes a pool"},
                                               {"excluded-prefix", kString, kSupported, kExclusion},
                                               {"excluded-prefix-len", kInteger, kSupported, kExclusion},
                                               {"pool-id", kInteger, kIgnored, kCountedBySubnet, is_zero},
                                           },
                                           kOptionData,
                                           kClassChoice,
                                           kRemarksOfPeople});
  return keys;
}

const KeyTable& relay_keys() {
  static const KeyTable keys = table("Dhcp6.subnet6[].relay", {{
                                                                   {"ip-addresses", kStrings, kSupported},
                                                                   {"ip-address", kString, kSupported, "the old name"},
                                                               },
                                                               kRemarksOfPeople});
  return keys;
}

const Rules kLink = {
    {"interface", kString, kSupported, "a port's name or device"},
    {"interface-id", kString, kSupported, "as text, or as hexadecimal digits after `0x`"},
    {"relay", kObject, kSupported, "", nullptr, relay_keys},
    {"rapid-commit", kBoolean, kSupported, "default false"},
};

const KeyTable& subnet_keys() {
  static const KeyTable keys = table(
      "Dhcp6.subnet6[]", {{
                              {"id", kInteger, kSupported, "numbered from 1, with a warning, when it is left out"},
                              {"subnet", kString, kSupported},
                              {"pools", kObjects, kSupported, "", nullptr, pool_keys},
                              {"pd-pools", kObjects, kSupported, "", nullptr, pd_pool_keys},
                          },
                          kLink,
                          kLifetimes,
                          kTimers,
                          kOptionData,
                          kReservations,
                          kClassChoice,
                          kAllocation,
                          kNameUpdates,
                          kRemarksOfPeople});
  return keys;
}

const KeyTable& shared_network_keys() {
  static const KeyTable keys =
      table("Dhcp6.shared-networks[]", {{
                                            {"name", kString},
                                            {"subnet6", kObjects, kSupported, "", nullptr, subnet_keys},
                                        },
                                        kLink,
                                        kLifetimes,
                                        kTimers,
                                        kOptionData,
                                        kClassChoice,
                                        kAllocation,
                                        kNameUpdates,
                                        kRemarksOfPeople});
  return keys;
}

// --- databases
// --------------------------------------------------------------------------------------------------------

const Rules kDatabase = {
    {"type", kString},
    {"name", kString},
    {"user", kString},
    {"password", kString},
    {"password-file", kString},
    {"host", kString},
    {"port", kInteger},
    {"persist", kBoolean},
    {"lfc-interval", kInteger},
    {"max-row-errors", kInteger},
    {"readonly", kBoolean},
    {"connect-timeout", kInteger},
    {"read-timeout", kInteger},
    {"write-timeout", kInteger},
    {"tcp-user-timeout", kInteger},
    {"reconnect-wait-time", kInteger},
    {"max-reconnect-tries", kInteger},
    {"on-fail", kString},
    {"retry-on-startup", kBoolean},
    {"trust-anchor", kString},
    {"cert-file", kString},
    {"key-file", kString},
    {"ssl-mode", kString},
    {"cipher-list", kString},
};

const KeyTable& lease_database_keys() {
  static const KeyTable keys = table("Dhcp6.lease-database", {kDatabase, kRemarksOfPeople});
  return keys;
}
const KeyTable& hosts_database_keys() {
  static const KeyTable keys = table("Dhcp6.hosts-databases[]", {kDatabase, kRemarksOfPeople});
  return keys;
}
const KeyTable& config_database_keys() {
  static const KeyTable keys = table("Dhcp6.config-control.config-databases[]", {kDatabase, kRemarksOfPeople});
  return keys;
}
const KeyTable& config_control_keys() {
  static const KeyTable keys =
      table("Dhcp6.config-control",
            {{
                 {"config-databases", kObjects, kRefused, "not supported: the configuration is this file alone",
                  is_empty, config_database_keys},
                 {"config-fetch-wait-time", kInteger, kIgnored, "there are no configuration databases"},
             },
             kRemarksOfPeople});
  return keys;
}

// --- the server's surroundings
// ----------------------------------------------------------------------------------------

const KeyTable& interfaces_keys() {
  static const KeyTable keys =
      table("Dhcp6.interfaces-config",
            {{
                 {"interfaces", kStrings, kMapped, "the ports, unless `tandem6.dataplane.ports` names them"},
                 {"re-detect", kBoolean, kIgnored, "ports are found at the start"},
                 {"service-sockets-require-all", kBoolean, kIgnored, "every port must be there at the start"},
                 {"service-sockets-max-retries", kInteger, kIgnored, "every port must be there at the start"},
                 {"service-sockets-retry-wait-time", kInteger, kIgnored, "every port must be there at the start"},
             },
             kRemarksOfPeople});
  return keys;
}

constexpr std::string_view kOnlyUnix = "the control socket is a Unix socket only";

const KeyTable& http_header_keys() {
  static const KeyTable keys =
      table("Dhcp6.control-sockets[].http-headers[]", {{{"name", kString}, {"value", kString}}, kRemarksOfPeople});
  return keys;
}
const KeyTable& authentication_client_keys() {
  static const KeyTable keys =
      table("Dhcp6.control-sockets[].authentication.clients[]",
            {{{"user", kString}, {"user-file", kString}, {"password", kString}, {"password-file", kString}},
             kRemarksOfPeople});
  return keys;
}
const KeyTable& authentication_keys() {
  static const KeyTable keys = table("Dhcp6.control-sockets[].authentication",
                                     {{
                                          {"type", kString},
                                          {"realm", kString},
                                          {"directory", kString},
                                          {"clients", kObjects, kSupported, "", nullptr, authentication_client_keys},
                                      },
                                      kRemarksOfPeople});
  return keys;
}
const KeyTable& control_socket_keys() {
  static const KeyTable keys =
      table("Dhcp6.control-sockets[]",
            {{
                 {"socket-type", kString, kSupported, "`unix`; `http` and `https` are not opened, with a warning"},
                 {"socket-name", kString, kSupported, "the path; a relative one is in /run/tandem6"},
                 {"socket-address", kString, kIgnored, kOnlyUnix},
                 {"socket-port", kInteger, kIgnored, kOnlyUnix},
                 {"trust-anchor", kString, kIgnored, kOnlyUnix},
                 {"cert-file", kString, kIgnored, kOnlyUnix},
                 {"key-file", kString, kIgnored, kOnlyUnix},
                 {"cert-required", kBoolean, kIgnored, kOnlyUnix},
                 {"http-headers", kObjects, kIgnored, kOnlyUnix, nullptr, http_header_keys},
                 {"authentication", kObject, kIgnored, kOnlyUnix, nullptr, authentication_keys},
             },
             kRemarksOfPeople});
  return keys;
}

const KeyTable& log_output_keys() {
  static const KeyTable keys =
      table("Dhcp6.loggers[].output-options[]",
            {{
                 {"output", kString, kSupported,
                  "`stdout`, `stderr`, `syslog` or a path; a relative one is in /var/log/tandem6"},
                 {"flush", kBoolean, kIgnored, "every line is written at once"},
                 {"maxsize", kInteger, kIgnored, "files are not rotated: use logrotate"},
                 {"maxver", kInteger, kIgnored, "files are not rotated: use logrotate"},
                 {"pattern", kString, kIgnored, "lines have one form", is_empty},
             },
             kRemarksOfPeople});
  return keys;
}
const KeyTable& logger_keys() {
  static const KeyTable keys = table(
      "Dhcp6.loggers[]",
      {{
           {"name", kString, kSupported, "`kea-dhcp6` or `tandem6`; a logger of a part is ignored, with a warning"},
           {"severity", kString, kSupported, "`FATAL`, `ERROR`, `WARN`, `INFO`, `DEBUG`, `NONE`"},
           {"debuglevel", kInteger, kIgnored, "`DEBUG` has one level", is_zero},
           {"output-options", kObjects, kSupported, "", nullptr, log_output_keys},
           {"output_options", kObjects, kSupported, "the old name", nullptr, log_output_keys},
       },
       kRemarksOfPeople});
  return keys;
}

const KeyTable& multi_threading_keys() {
  static const KeyTable keys = table("Dhcp6.multi-threading", {{
                                                                   {"enable-multi-threading", kBoolean},
                                                                   {"thread-pool-size", kInteger},
                                                                   {"packet-queue-size", kInteger},
                                                               },
                                                               kRemarksOfPeople});
  return keys;
}

const KeyTable& hook_keys() {
  static const KeyTable keys =
      table("Dhcp6.hooks-libraries[]", {{{"library", kString}, {"parameters", kAny}}, kRemarksOfPeople});
  return keys;
}

const KeyTable& server_id_keys() {
  static const KeyTable keys =
      table("Dhcp6.server-id", {{
                                    {"type", kString, kSupported, "`LLT`, `LL` or `EN`"},
                                    {"identifier", kString, kSupported, "hexadecimal; made once when it is left out"},
                                    {"time", kInteger, kSupported, "of LLT; 0: when the DUID was made"},
                                    {"htype", kInteger, kSupported, "of LLT and LL; 0: Ethernet"},
                                    {"enterprise-id", kInteger, kSupported, "of EN; 0: 2495, as in Kea"},
                                    {"persist", kBoolean, kIgnored, "the DUID is always kept"},
                                },
                                kRemarksOfPeople});
  return keys;
}

const KeyTable& expiration_keys() {
  static const KeyTable keys =
      table("Dhcp6.expired-leases-processing", {{
                                                    {"reclaim-timer-wait-time", kInteger},
                                                    {"flush-reclaimed-timer-wait-time", kInteger},
                                                    {"hold-reclaimed-time", kInteger},
                                                    {"max-reclaim-leases", kInteger},
                                                    {"max-reclaim-time", kInteger},
                                                    {"unwarned-reclaim-cycles", kInteger},
                                                },
                                                kRemarksOfPeople});
  return keys;
}

const KeyTable& queue_control_keys() {
  static const KeyTable keys = table("Dhcp6.dhcp-queue-control", {{
                                                                      {"enable-queue", kBoolean},
                                                                      {"queue-type", kString},
                                                                      {"capacity", kInteger},
                                                                  },
                                                                  kRemarksOfPeople});
  return keys;
}

const KeyTable& ddns_keys() {
  static const KeyTable keys =
      table("Dhcp6.dhcp-ddns",
            {{
                 {"enable-updates", kBoolean, kRefused, "not supported yet: there are no DNS updates", is_false},
                 {"server-ip", kString, kIgnored, kNoNameUpdates},
                 {"server-port", kInteger, kIgnored, kNoNameUpdates},
                 {"sender-ip", kString, kIgnored, kNoNameUpdates},
                 {"sender-port", kInteger, kIgnored, kNoNameUpdates},
                 {"max-queue-size", kInteger, kIgnored, kNoNameUpdates},
                 {"ncr-protocol", kString, kIgnored, kNoNameUpdates},
                 {"ncr-format", kString, kIgnored, kNoNameUpdates},
                 {"qualifying-suffix", kString, kSupported, "the old place of `ddns-qualifying-suffix`"},
                 {"override-no-update", kBoolean, kIgnored, kNoNameUpdates},
                 {"override-client-update", kBoolean, kIgnored, kNoNameUpdates},
                 {"replace-client-name", kString, kSupported, "the old place of `ddns-replace-client-name`"},
                 {"generated-prefix", kString, kSupported, "the old place of `ddns-generated-prefix`"},
                 {"hostname-char-set", kString, kSupported, "the old place of `hostname-char-set`"},
                 {"hostname-char-replacement", kString, kSupported, "the old place of `hostname-char-replacement`"},
             },
             kRemarksOfPeople});
  return keys;
}

const KeyTable& sanity_check_keys() {
  static const KeyTable keys =
      table("Dhcp6.sanity-checks", {{{"lease-checks", kString}, {"extended-info-checks", kString}}, kRemarksOfPeople});
  return keys;
}

const KeyTable& compatibility_keys() {
  static const KeyTable keys =
      table("Dhcp6.compatibility", {{{"lenient-option-parsing", kBoolean, kIgnored,
                                      "options that do not fit their length are never guessed at", is_false}},
                                    kRemarksOfPeople});
  return keys;
}

const KeyTable& dhcp6_keys() {
  constexpr std::string_view kNoSamples = "a statistic is its latest value";
  static const KeyTable keys = table(
      "Dhcp6",
      {{
           {"interfaces-config", kObject, kSupported, "", nullptr, interfaces_keys},
           {"subnet6", kObjects, kSupported, "", nullptr, subnet_keys},
           {"server-id", kObject, kSupported, "", nullptr, server_id_keys},
           {"decline-probation-period", kInteger, kSupported, "default 86400"},
           {"control-socket", kObject, kSupported, "", nullptr, control_socket_keys},
           {"control-sockets", kObjects, kSupported, "the first `unix` one", nullptr, control_socket_keys},
           {"loggers", kObjects, kSupported, "", nullptr, logger_keys},
           {"dhcp-ddns", kObject, kSupported, "only without updates", nullptr, ddns_keys},
           {"compatibility", kObject, kSupported, "", nullptr, compatibility_keys},
           {"config-control", kObject, kSupported, "only without databases", nullptr, config_control_keys},
           {"lease-database", kObject, kMapped,
            "`memfile`: leases are in RocksDB (`tandem6.storage`), with a warning; others are refused", nullptr,
            lease_database_keys},
           {"hooks-libraries", kObjects, kMapped, "by library: see below", nullptr, hook_keys},
           {"multi-threading", kObject, kIgnored, "the workers are `tandem6.dataplane.cores`", is_empty,
            multi_threading_keys},
       },
       kLifetimes,
       kTimers,
       kOptionData,
       {
           {"shared-networks", kObjects, kSupported, "", nullptr, shared_network_keys},
           {"client-classes", kObjects, kSupported, "", nullptr, client_class_keys},
           {"option-def", kObjects, kSupported, "", nullptr, option_def_keys},
       },
       kReservations,
       {
           {"hosts-database", kObject, kRefused, "not supported: reservations are in this file", is_empty,
            hosts_database_keys},
           {"hosts-databases", kObjects, kRefused, "not supported: reservations are in this file", is_empty,
            hosts_database_keys},
           {"relay-supplied-options", kStrings, kSupported, "codes, or names of standard options; 65 always is one"},
           {"dhcp4o6-port", kInteger, kRefused, "not supported yet: there is no DHCPv4 over DHCPv6 (RFC 7341)",
            is_zero},
           {"allow-address-registration", kBoolean, kIgnored, "ADDR-REG-INFORM (RFC 9686) is not answered", is_false},
           {"host-reservation-identifiers", kStrings, kSupported, "default `hw-address`, `duid`"},
           {"early-global-reservations-lookup", kBoolean, kRefused,
            "not supported: reservations are looked up when the subnet is known", is_false},
           {"reservations-lookup-first", kBoolean, kIgnored,
            "reservations are in memory: no order of lookups is faster"},
           {"ip-reservations-unique", kBoolean, kRefused, "not supported: an address is reserved once", is_true},
           {"mac-sources", kStrings, kSupported, "default `any`; `raw` and `subscriber-id` give nothing, as in Kea"},
           {"expired-leases-processing", kObject, kIgnored, "leases end when their time is over", nullptr,
            expiration_keys},
           {"dhcp-queue-control", kObject, kIgnored, "packets wait in the NIC's rings", nullptr, queue_control_keys},
           {"parked-packet-limit", kInteger, kIgnored, "there are no hooks that park packets"},
           {"sanity-checks", kObject, kIgnored, "leases are checked when they are read", nullptr, sanity_check_keys},
           {"statistic-default-sample-count", kInteger, kIgnored, kNoSamples},
           {"statistic-default-sample-age", kInteger, kIgnored, kNoSamples},
           {"server-tag", kString, kIgnored, "there are no configuration databases", is_empty},
           {"data-directory", kString, kIgnored, "what is kept is in `tandem6.storage.path`"},
       },
       kAllocation,
       kNameUpdates,
       kRemarksOfPeople});
  return keys;
}

// --- our own
// ----------------------------------------------------------------------------------------------------------

const KeyTable& port_keys() {
  static const KeyTable keys =
      table("tandem6.dataplane.ports[]",
            {{
                 {"name", kString, kSupported, "default: the device's name"},
                 {"device", kString, kSupported, "PCI address, kernel interface or DPDK vdev string"},
                 {"queues", kInteger, kSupported, "default: one a worker"},
                 {"vlan", kAny, kRefused, "not supported yet: the port takes untagged frames", is_null},
                 {"exception-path", kAny, kRefused, "not supported yet: only null or \"none\"", is_null_or_none},
             },
             kRemarksOfPeople});
  return keys;
}
const KeyTable& limit_keys() {
  static const KeyTable keys =
      table("tandem6.dataplane.limits",
            {{
                 {"client-rate", kInteger, kSupported, "messages a second of one DUID; default 20; 0: no limit"},
                 {"client-burst", kInteger, kSupported, "at once; default 50, or a second's"},
                 {"relay-rate", kInteger, kSupported,
                  "messages a second of one relay, by its address, a worker; default 0: no limit"},
                 {"relay-burst", kInteger, kSupported, "at once; default a second's"},
             },
             kRemarksOfPeople});
  return keys;
}
const KeyTable& dataplane_keys() {
  static const KeyTable keys =
      table("tandem6.dataplane", {{
                                      {"cores", kIntegers, kSupported, "one worker each; default: one worker"},
                                      {"ports", kObjects, kSupported, "", nullptr, port_keys},
                                      {"idle", kString, kSupported, "`sleep` (default) or `spin`"},
                                      {"limits", kObject, kSupported, "", nullptr, limit_keys},
                                  },
                                  kRemarksOfPeople});
  return keys;
}
const KeyTable& storage_keys() {
  static const KeyTable keys =
      table("tandem6.storage", {{
                                    {"path", kString, kSupported, "default /var/lib/tandem6"},
                                    {"durability", kString, kSupported, "`sync` (default) or `async`"},
                                },
                                kRemarksOfPeople});
  return keys;
}
const KeyTable& failover_tls_keys() {
  static const KeyTable keys = table(
      "tandem6.failover[].tls",
      {{
           {"ca", kString, kSupported, "PEM file: whom the partner's certificate must come from"},
           {"cert", kString, kSupported, "PEM file: this server's certificate, with what is between it and the CA"},
           {"key", kString, kSupported, "PEM file: the certificate's key"},
           {"crl", kString, kSupported, "PEM file: what the CA has revoked; default: nothing"},
           {"partner-name", kString, kSupported, "that the partner's certificate must have"},
       },
       kRemarksOfPeople});
  return keys;
}
bool is_null_or_false(const Node& value) { return value.is_null() || is_false(value); }
const KeyTable& failover_keys() {
  static const KeyTable keys =
      table("tandem6.failover[]",
            {{
                 {"relationship", kString, kSupported, "its name, the same on both servers"},
                 {"role", kString, kSupported, "`primary` or `secondary`"},
                 {"partner", kString, kSupported, "the partner's address"},
                 {"local", kString, kSupported, "the address to connect from, or to listen on; default: any"},
                 {"port", kInteger, kSupported, "default 647: the secondary listens, the primary connects"},
                 {"mclt", kInteger, kSupported, "seconds; default 3600; the primary's counts"},
                 {"keepalive-time", kInteger, kSupported, "seconds; default 60"},
                 {"startup-time", kInteger, kSupported, "seconds; default 10"},
                 {"scan-interval", kInteger, kSupported, "seconds; default 60"},
                 {"auto-partner-down", kAny, kSupported, "seconds, or null (default): only an operator declares it"},
                 {"start-partner-down", kBoolean, kSupported, "default false; for the first server of a new pair"},
                 {"max-unacked-bndupd", kInteger, kSupported, "default 1024"},
                 {"pd-balance", kInteger, kSupported,
                  "percent of the free prefixes that the secondary gets; default 50; the primary's counts"},
                 {"subnets", kAny, kSupported, "`all` (default), or a list of ids or prefixes"},
                 {"tls", kAny, kSupported, "null (default): plain TCP, with a warning", nullptr, failover_tls_keys},
                 {"bfd", kAny, kRefused, "not supported yet: a dead partner is found by `keepalive-time` alone",
                  is_null_or_false},
                 {"service-state", kAny, kRefused,
                  "not supported yet: partners do not tell each other of lost client links", is_null_or_false},
             },
             kRemarksOfPeople});
  return keys;
}
const KeyTable& tandem6_keys() {
  static const KeyTable keys = table(
      "tandem6",
      {{
           {"dataplane", kObject, kSupported, "", nullptr, dataplane_keys},
           {"storage", kObject, kSupported, "", nullptr, storage_keys},
           {"reconfigure", kAny, kSupported,
            "`true`, `false` (default) or an object: clients that accept it may be sent Reconfigure", nullptr,
            reconfigure_keys},
           {"failover", kObjects, kSupported, "pairs of servers; failover.md", nullptr, failover_keys},
           {"metrics", kAny, kRefused, "not supported yet: ask the control socket for `statistic-get-all`", is_empty},
       },
       kRemarksOfPeople});
  return keys;
}

// --- documentation
// ----------------------------------------------------------------------------------------------------

void document(const KeyTable& keys, const KeyRule* container, std::set<std::string_view>& done,
              std::vector<DocumentedKey>& result) {
  if (!done.insert(keys.place).second) return;
  for (const KeyRule& rule : keys.rules) {
    const bool follows = container != nullptr;
    result.push_back({std::string(keys.place), std::string(rule.name), follows ? container->treatment : rule.treatment,
                      follows ? "with `" + std::string(container->name) + "`" : std::string(rule.note)});
  }
  for (const KeyRule& rule : keys.rules) {
    if (rule.inside == nullptr) continue;
    const KeyRule* next = container == nullptr && rule.treatment != kSupported ? &rule : container;
    document(rule.inside(), next, done, result);
  }
}

}  // namespace

std::string_view to_string(Treatment treatment) {
  switch (treatment) {
    case kSupported:
      return "supported";
    case kMapped:
      return "mapped";
    case kIgnored:
      return "ignored with a warning";
    case kRefused:
      return "refused";
  }
  return "unknown";
}

const KeyRule* KeyTable::find(std::string_view key) const {
  const auto found = std::ranges::find(rules, key, &KeyRule::name);
  return found == rules.end() ? nullptr : &*found;
}

const KeyTable& root_keys() {
  static const KeyTable keys = table("", {{
                                              {"Dhcp6", kObject, kSupported, "", nullptr, dhcp6_keys},
                                              {"tandem6", kObject, kSupported, "", nullptr, tandem6_keys},
                                          },
                                          kRemarksOfPeople});
  return keys;
}

std::vector<DocumentedKey> documented_keys() {
  std::vector<DocumentedKey> result;
  std::set<std::string_view> done;
  document(root_keys(), nullptr, done, result);
  return result;
}

}  // namespace tandem6::control
