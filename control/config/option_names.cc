#include "control/config/option_names.h"

#include <algorithm>

namespace tandem6::control {
namespace {

using Definitions = std::vector<OptionDefinition>;

// Names as in Kea's ARM, codes as at IANA (https://www.iana.org/assignments/dhcpv6-parameters).
Definitions dhcp6_options() {
  using enum OptionField;
  using enum OptionOwner;
  return {
      {"clientid", 1, {kBinary}, false, kServer},
      {"serverid", 2, {kBinary}, false, kServer},
      {"ia-na", 3, {kBinary}, false, kServer},
      {"ia-ta", 4, {kBinary}, false, kServer},
      {"iaaddr", 5, {kBinary}, false, kServer},
      {"oro", 6, {kUint16}, true, kServer},
      {"preference", 7, {kUint8}},
      {"elapsed-time", 8, {kUint16}, false, kServer},
      {"relay-msg", 9, {kBinary}, false, kServer},
      {"auth", 11, {kBinary}, false, kServer},
      {.name = "unicast",
       .code = 12,
       .fields = {kIpv6Address},
       .owner = kNobody,
       .note = "it is obsolete since RFC 9915: clients always send to all servers"},
      {"status-code", 13, {kUint16, kString}, false, kServer},
      {"rapid-commit", 14, {}, false, kServer},
      {"user-class", 15, {kBinary}},
      {"vendor-class", 16, {kUint32, kBinary}},
      {"vendor-opts", 17, {kUint32}},
      {"interface-id", 18, {kBinary}, false, kServer},
      {"reconf-msg", 19, {kUint8}, false, kServer},
      {.name = "reconf-accept",
       .code = 20,
       .owner = kNobody,
       .note = "the server itself says whether it may send Reconfigure"},
      {"sip-server-dns", 21, {kFqdn}, true},
      {"sip-server-addr", 22, {kIpv6Address}, true},
      {"dns-servers", 23, {kIpv6Address}, true},
      {"domain-search", 24, {kFqdn}, true},
      {"ia-pd", 25, {kBinary}, false, kServer},
      {"iaprefix", 26, {kBinary}, false, kServer},
      {"nis-servers", 27, {kIpv6Address}, true},
      {"nisp-servers", 28, {kIpv6Address}, true},
      {"nis-domain-name", 29, {kFqdn}, true},
      {"nisp-domain-name", 30, {kFqdn}, true},
      {"sntp-servers", 31, {kIpv6Address}, true},
      {"information-refresh-time", 32, {kUint32}},
      {"bcmcs-server-dns", 33, {kFqdn}, true},
      {"bcmcs-server-addr", 34, {kIpv6Address}, true},
      {"geoconf-civic", 36, {kUint8, kUint16, kBinary}},
      {"remote-id", 37, {kUint32, kBinary}},
      {"subscriber-id", 38, {kBinary}},
      {.name = "client-fqdn",
       .code = 39,
       .fields = {kUint8, kFqdn},
       .owner = kNobody,
       .note = "the server makes it of what the client sends"},
      {"pana-agent", 40, {kIpv6Address}, true},
      {"new-posix-timezone", 41, {kString}},
      {"new-tzdb-timezone", 42, {kString}},
      {"ero", 43, {kUint16}, true},
      {"lq-query", 44, {kUint8, kIpv6Address}},
      {"client-data", 45, {}},
      {"clt-time", 46, {kUint32}},
      {"lq-relay-data", 47, {kIpv6Address, kBinary}},
      {"lq-client-link", 48, {kIpv6Address}, true},
      {"v6-lost", 51, {kFqdn}},
      {"capwap-ac-v6", 52, {kIpv6Address}, true},
      {"relay-id", 53, {kBinary}},
      {.name = "ntp-server", .code = 56, .holds = "v6-ntp-server-suboptions"},
      {"v6-access-domain", 57, {kFqdn}},
      {"sip-ua-cs-list", 58, {kFqdn}, true},
      {"bootfile-url", 59, {kString}},
      {"bootfile-param", 60, {kTuple}, true},
      {"client-arch-type", 61, {kUint16}, true},
      {"nii", 62, {kUint8, kUint8, kUint8}},
      {"aftr-name", 64, {kFqdn}},
      {"erp-local-domain-name", 65, {kFqdn}},
      {.name = "rsoo",
       .code = 66,
       .owner = kNobody,
       .holds = "rsoo-opts",
       .note = "only relay agents send it (RFC 6422)"},
      {.name = "pd-exclude",
       .code = 67,
       .fields = {kIpv6Prefix},
       .owner = kNobody,
       .note = "it comes from the \"excluded-prefix\" of a pd-pool"},
      {"rdnss-selection", 74, {kIpv6Address, kUint8, kFqdn}, true},
      {"client-linklayer-addr", 79, {kBinary}},
      {"link-address", 80, {kIpv6Address}},
      {"solmax-rt", 82, {kUint32}},
      {"inf-max-rt", 83, {kUint32}},
      {"dhcpv4-message", 87, {kBinary}, false, kServer},
      {"dhcp4o6-server-addr", 88, {kIpv6Address}, true},
      {.name = "s46-cont-mape", .code = 94, .holds = "s46-cont-mape-options"},
      {.name = "s46-cont-mapt", .code = 95, .holds = "s46-cont-mapt-options"},
      {.name = "s46-cont-lw", .code = 96, .holds = "s46-cont-lw-options"},
      {"v6-captive-portal", 103, {kString}},
      {"relay-source-port", 135, {kUint16}, false, kServer},
      {"v6-sztp-redirect", 136, {kTuple}, true},
      {"ipv6-address-andsf", 143, {kIpv6Address}, true},
      {"v6-dnr", 144, {kDnr}},
      {"addr-reg-enable", 148},
  };
}

/// RFC 7598 §4, by the container that they are in, and §4.5 inside of them.
Definitions softwire_options() {
  using enum OptionField;
  using enum OptionOwner;
  const OptionDefinition rule{.name = "s46-rule",
                              .code = 89,
                              .fields = {kUint8, kUint8, kUint8, kIpv4Address, kIpv6Prefix},
                              .holds = "s46-rule-options"};
  const OptionDefinition relay{.name = "s46-br", .code = 90, .fields = {kIpv6Address}};
  const OptionDefinition ports{.name = "s46-portparams", .code = 93, .fields = {kUint8, kPsid}};
  const auto in = [](OptionDefinition definition, const char* space) {
    definition.space = space;
    return definition;
  };
  return {
      in(rule, "s46-cont-mape-options"),
      in(relay, "s46-cont-mape-options"),
      in(rule, "s46-cont-mapt-options"),
      {.name = "s46-dmr", .code = 91, .fields = {kIpv6Prefix}, .space = "s46-cont-mapt-options"},
      in(relay, "s46-cont-lw-options"),
      {.name = "s46-v4v6bind",
       .code = 92,
       .fields = {kIpv4Address, kIpv6Prefix},
       .space = "s46-cont-lw-options",
       .holds = "s46-v4v6bind-options"},
      in(ports, "s46-rule-options"),
      in(ports, "s46-v4v6bind-options"),
  };
}

/// RFC 5908 §4.
Definitions ntp_options() {
  using enum OptionField;
  using enum OptionOwner;
  const std::string space = "v6-ntp-server-suboptions";
  return {
      {.name = "ntp-server-address", .code = 1, .fields = {kIpv6Address}, .space = space},
      {.name = "ntp-server-multicast", .code = 2, .fields = {kIpv6Address}, .space = space},
      {.name = "ntp-server-fqdn", .code = 3, .fields = {kFqdn}, .space = space},
  };
}

/// CableLabs' (CL-SP-CANN-DHCP-Reg) and ISC's own.
Definitions vendor_options() {
  using enum OptionField;
  using enum OptionOwner;
  const std::string cable = "vendor-4491";
  const std::string isc = "vendor-2495";
  return {
      {.name = "oro", .code = 1, .fields = {kUint16}, .array = true, .space = cable},
      {.name = "device-type", .code = 2, .fields = {kString}, .space = cable},
      {.name = "vendor-type", .code = 10, .fields = {kString}, .space = cable},
      {.name = "tftp-servers", .code = 32, .fields = {kIpv6Address}, .array = true, .space = cable},
      {.name = "config-file", .code = 33, .fields = {kString}, .space = cable},
      {.name = "syslog-servers", .code = 34, .fields = {kIpv6Address}, .array = true, .space = cable},
      {.name = "device-id", .code = 36, .fields = {kBinary}, .space = cable},
      {.name = "time-servers", .code = 37, .fields = {kIpv6Address}, .array = true, .space = cable},
      {.name = "time-offset", .code = 38, .fields = {kInt32}, .space = cable},
      {.name = "cmts-cm-mac", .code = 1026, .fields = {kBinary}, .space = cable},
      {.name = "4o6-interface", .code = 60000, .fields = {kString}, .space = isc},
      {.name = "4o6-source-address", .code = 60001, .fields = {kIpv6Address}, .space = isc},
      {.name = "4o6-source-port", .code = 60002, .fields = {kUint16}, .space = isc},
  };
}

Definitions all_options() {
  Definitions all = dhcp6_options();
  for (const Definitions& more : {softwire_options(), ntp_options(), vendor_options()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace

const std::vector<OptionDefinition>& standard_options() {
  static const Definitions all = all_options();
  return all;
}

}  // namespace tandem6::control
