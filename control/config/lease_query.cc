#include "control/config/lease_query.h"

#include "control/config/address_text.h"
#include "control/config/reader.h"

namespace tandem6::control {
namespace {

using enum Treatment;
using enum ValueKind;

const KeyTable& advanced_keys() {
  static const KeyTable keys{
      "Dhcp6.hooks-libraries[].parameters.advanced",
      {
          {"bulk-query-enabled", kBoolean, kSupported, "default false"},
          {"active-query-enabled", kBoolean, kRefused, "not supported: there is no Active Leasequery (RFC 7653)",
           is_false},
          {"extended-info-tables-enabled", kBoolean, kIgnored, "queries by relay-id and remote-id need no tables"},
          {"lease-query-ip", kString, kSupported, "the address that Bulk Leasequery listens on; default ::"},
          {"lease-query-tcp-port", kInteger, kSupported, "default 547"},
          {"max-bulk-query-threads", kInteger, kIgnored, "one thread answers, a piece at a time"},
          {"max-requester-connections", kInteger, kSupported, "connections of all requesters together, default 10"},
          {"max-concurrent-queries", kInteger, kIgnored, "one query of a connection is answered after the other"},
          {"max-requester-idle-time", kInteger, kSupported, "seconds, default 300"},
          {"max-leases-per-fetch", kInteger, kIgnored, "pieces have a size of their own"},
          {"trust-anchor", kString, kRefused, "not supported: there is no TLS for leasequeries (RFC 7653)"},
          {"cert-file", kString, kRefused, "not supported: there is no TLS for leasequeries (RFC 7653)"},
          {"key-file", kString, kRefused, "not supported: there is no TLS for leasequeries (RFC 7653)"},
          {"cert-required", kBoolean, kRefused, "not supported: there is no TLS for leasequeries (RFC 7653)", is_false},
      }};
  return keys;
}

/// "2001:db8::1" or "2001:db8::/64".
std::optional<Ipv6Prefix> read_requester(const Node& text, Remarks& remarks) {
  if (const auto address = Ipv6Address::parse(text.text())) return Ipv6Prefix{*address, 128};
  const auto prefix = read_prefix(text.text());
  if (prefix) return *prefix;
  remarks.error(text, prefix.error().message);
  return std::nullopt;
}

void read_advanced(const Node& advanced, LeaseQueryConfig& config, Remarks& remarks) {
  constexpr uint64_t kMaxConnections = 1000;
  constexpr uint64_t kMaxIdle = 86400;
  config.bulk = boolean_at(advanced, "bulk-query-enabled").value_or(false);
  if (const Node* text = string_at(advanced, "lease-query-ip")) {
    const auto address = read_address(text->text());
    if (address) {
      config.bulk_address = *address;
    } else {
      remarks.error(*text, address.error().message);
    }
  }
  const auto port = integer_at(advanced, "lease-query-tcp-port", 1, 65535, remarks);
  config.bulk_port = static_cast<uint16_t>(port.value_or(config.bulk_port));
  const auto connections = integer_at(advanced, "max-requester-connections", 1, kMaxConnections, remarks);
  config.bulk_connections = static_cast<unsigned>(connections.value_or(config.bulk_connections));
  const auto idle = integer_at(advanced, "max-requester-idle-time", 1, kMaxIdle, remarks);
  config.bulk_timeout_seconds = static_cast<unsigned>(idle.value_or(config.bulk_timeout_seconds));
}

}  // namespace

const KeyTable& lease_query_keys() {
  static const KeyTable keys{"Dhcp6.hooks-libraries[].parameters",
                             {
                                 {"requesters", kStrings, kSupported, "addresses, and prefixes too: who may ask"},
                                 {"prefix-lengths", kIntegers, kIgnored,
                                  "an address is looked for in delegated prefixes of the pools' lengths"},
                                 {"advanced", kObject, kSupported, "", nullptr, advanced_keys},
                                 {"comment", kString},
                             }};
  return keys;
}

LeaseQueryConfig read_lease_query(const Node& hook, Remarks& remarks) {
  LeaseQueryConfig config;
  const Node* parameters = object_at(hook, "parameters");
  if (parameters == nullptr) {
    remarks.error(hook, "\"parameters\" with \"requesters\" is missing: nobody could ask");
    return config;
  }
  check_keys(*parameters, lease_query_keys(), remarks);
  require_key(*parameters, "requesters", remarks);
  for (const Node* text : strings_at(*parameters, "requesters")) {
    if (const auto requester = read_requester(*text, remarks)) config.requesters.push_back(*requester);
  }
  if (const Node* advanced = object_at(*parameters, "advanced")) read_advanced(*advanced, config, remarks);
  return config;
}

}  // namespace tandem6::control
