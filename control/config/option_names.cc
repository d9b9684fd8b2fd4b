#include "control/config/option_names.h"

#include <algorithm>

namespace tandem6::control {
namespace {

using enum OptionField;
using enum OptionOwner;

// Names as in Kea's ARM, codes as at IANA (https://www.iana.org/assignments/dhcpv6-parameters).
const std::vector<OptionDefinition> kDefinitions = {
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
    {"unicast", 12, {kIpv6Address}, false, kObsolete},
    {"status-code", 13, {kUint16, kString}, false, kServer},
    {"rapid-commit", 14, {}, false, kServer},
    {"user-class", 15, {kBinary}},
    {"vendor-class", 16, {kUint32, kBinary}},
    {"vendor-opts", 17, {kUint32}},
    {"interface-id", 18, {kBinary}, false, kServer},
    {"reconf-msg", 19, {kUint8}, false, kServer},
    {"reconf-accept", 20, {}, false, kServer},
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
    {"client-fqdn", 39, {kUint8, kFqdn}},
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
    {"v6-access-domain", 57, {kFqdn}},
    {"sip-ua-cs-list", 58, {kFqdn}, true},
    {"bootfile-url", 59, {kString}},
    {"bootfile-param", 60, {kTuple}, true},
    {"client-arch-type", 61, {kUint16}, true},
    {"nii", 62, {kUint8, kUint8, kUint8}},
    {"aftr-name", 64, {kFqdn}},
    {"erp-local-domain-name", 65, {kFqdn}},
    {"rsoo", 66, {}, false, kServer},
    {"pd-exclude", 67, {kBinary}, false, kServer},
    {"rdnss-selection", 74, {kIpv6Address, kUint8, kFqdn}, true},
    {"client-linklayer-addr", 79, {kBinary}},
    {"link-address", 80, {kIpv6Address}},
    {"solmax-rt", 82, {kUint32}},
    {"inf-max-rt", 83, {kUint32}},
    {"dhcpv4-message", 87, {kBinary}, false, kServer},
    {"dhcp4o6-server-addr", 88, {kIpv6Address}, true},
    {"s46-cont-mape", 94, {}},
    {"s46-cont-mapt", 95, {}},
    {"s46-cont-lw", 96, {}},
    {"v6-captive-portal", 103, {kString}},
    {"v6-sztp-redirect", 136, {kTuple}, true},
    {"ipv6-address-andsf", 143, {kIpv6Address}, true},
    {"v6-dnr", 144, {kBinary}, false, kNoText},
};

template <typename Projection, typename Value>
const OptionDefinition* find(Projection projection, const Value& value) {
  const auto found = std::ranges::find(kDefinitions, value, projection);
  return found == kDefinitions.end() ? nullptr : &*found;
}

}  // namespace

const OptionDefinition* option_by_name(std::string_view name) { return find(&OptionDefinition::name, name); }
const OptionDefinition* option_by_code(uint16_t code) { return find(&OptionDefinition::code, code); }

std::vector<std::string_view> option_names() {
  std::vector<std::string_view> names;
  for (const OptionDefinition& definition : kDefinitions) names.push_back(definition.name);
  return names;
}

}  // namespace tandem6::control
