// reservation-get and its kin: the host reservations of the configuration, in the words of Kea's host_cmds.
#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "control/commands/command_table.h"
#include "control/commands/configured.h"
#include "control/config/option_text.h"

namespace tandem6::control {
namespace {

using lease::HostIdentifier;
using nlohmann::json;

struct Identifier {
  HostIdentifier kind;
  std::vector<std::byte> value;
};

constexpr std::array<std::pair<std::string_view, HostIdentifier>, lease::kHostIdentifiers> kIdentifiers = {
    {{"duid", HostIdentifier::kDuid},
     {"hw-address", HostIdentifier::kHardwareAddress},
     {"flex-id", HostIdentifier::kFlexId}}};

tl::expected<Identifier, Error> identifier_in(const json& arguments) {
  const auto type = required_text(arguments, "identifier-type");
  if (!type) return tl::unexpected(type.error());
  const auto text = required_text(arguments, "identifier");
  if (!text) return tl::unexpected(text.error());
  const auto known = std::ranges::find(kIdentifiers, *type, &decltype(kIdentifiers)::value_type::first);
  if (known == kIdentifiers.end()) {
    return tl::unexpected(
        Error{fmt::format("'identifier-type' parameter: '{}' is none of duid, hw-address, flex-id", *type)});
  }
  const auto value = parse_octets(*text);
  if (!value || value->empty()) {
    return tl::unexpected(Error{fmt::format("'identifier' parameter: '{}' is not hexadecimal", *text)});
  }
  return Identifier{known->second, *value};
}

bool has_identifier(const ConfiguredHost& host, const Identifier& wanted) {
  return host.reservation->identifier == wanted.kind && host.reservation->value == wanted.value;
}

bool has_address(const ConfiguredHost& host, const Ipv6Address& address) {
  return std::ranges::any_of(host.reservation->units,
                             [&](const lease::LeaseKey& unit) { return unit.address == address; });
}

/// As written, with what Kea shows even if it is not written.
json host_json(const ConfiguredHost& host) {
  json shown = *host.written;
  shown["subnet-id"] = host.reservation->scope;
  for (const char* list : {"ip-addresses", "prefixes", "client-classes", "option-data"})
    if (!shown.contains(list)) shown[list] = json::array();
  if (!shown.contains("hostname")) shown["hostname"] = "";
  return shown;
}

json answer_with(const json& hosts, std::string text = "") {
  if (text.empty()) text = fmt::format("{} IPv6 host(s) found.", hosts.size());
  return make_answer(hosts.empty() ? CommandResult::kEmpty : CommandResult::kSuccess, std::move(text),
                     {{"hosts", hosts}});
}

template <typename Wanted>
json hosts_that(const Server& server, Wanted&& wanted) {
  json hosts = json::array();
  for (const ConfiguredHost& host : configured_hosts(server.configuration()))
    if (wanted(host)) hosts.push_back(host_json(host));
  return hosts;
}

tl::expected<Ipv6Address, Error> address_in(const json& arguments) {
  const auto text = required_text(arguments, "ip-address");
  if (!text) return tl::unexpected(text.error());
  const auto address = Ipv6Address::parse(*text);
  if (!address) return tl::unexpected(Error{fmt::format("'{}' is not a valid IPv6 address", *text)});
  return *address;
}

/// One host of one subnet, by what identifies it or by what it has.
tl::expected<std::function<bool(const ConfiguredHost&)>, Error> wanted_host(const json& arguments) {
  if (arguments.contains("ip-address")) {
    const auto address = address_in(arguments);
    if (!address) return tl::unexpected(address.error());
    return [address = *address](const ConfiguredHost& host) { return has_address(host, address); };
  }
  const auto identifier = identifier_in(arguments);
  if (!identifier) return tl::unexpected(identifier.error());
  return [identifier = *identifier](const ConfiguredHost& host) { return has_identifier(host, identifier); };
}

tl::expected<json, Error> reservation_get(Server& server, const json& arguments) {
  const auto subnet = required_number(arguments, "subnet-id", 0, kMax32);
  if (!subnet) return tl::unexpected(subnet.error());
  const auto wanted = wanted_host(arguments);
  if (!wanted) return tl::unexpected(wanted.error());
  for (const ConfiguredHost& host : configured_hosts(server.configuration()))
    if (host.reservation->scope == *subnet && (*wanted)(host))
      return make_answer(CommandResult::kSuccess, "Host found.", host_json(host));
  return make_answer(CommandResult::kEmpty, "Host not found.");
}

tl::expected<json, Error> reservation_get_all(Server& server, const json& arguments) {
  const auto subnet = required_number(arguments, "subnet-id", 0, kMax32);
  if (!subnet) return tl::unexpected(subnet.error());
  return answer_with(
      hosts_that(server, [&](const ConfiguredHost& host) { return host.reservation->scope == *subnet; }));
}

tl::expected<json, Error> reservation_get_by_hostname(Server& server, const json& arguments) {
  const auto name = required_text(arguments, "hostname");
  if (!name) return tl::unexpected(name.error());
  const auto subnet = optional_number(arguments, "subnet-id", 0, kMax32);
  if (!subnet) return tl::unexpected(subnet.error());
  // Names are the same whatever the case of their letters (RFC 4343).
  const auto lower = [](std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
    return text;
  };
  return answer_with(hosts_that(server, [&](const ConfiguredHost& host) {
    return (!*subnet || host.reservation->scope == **subnet) && !name->empty() &&
           lower(host.reservation->hostname) == lower(*name);
  }));
}

tl::expected<json, Error> reservation_get_by_id(Server& server, const json& arguments) {
  const auto identifier = identifier_in(arguments);
  if (!identifier) return tl::unexpected(identifier.error());
  return answer_with(hosts_that(server, [&](const ConfiguredHost& host) { return has_identifier(host, *identifier); }));
}

tl::expected<json, Error> reservation_get_by_address(Server& server, const json& arguments) {
  const auto address = address_in(arguments);
  if (!address) return tl::unexpected(address.error());
  const auto subnet = optional_number(arguments, "subnet-id", 0, kMax32);
  if (!subnet) return tl::unexpected(subnet.error());
  return answer_with(hosts_that(server, [&](const ConfiguredHost& host) {
    return (!*subnet || host.reservation->scope == **subnet) && has_address(host, *address);
  }));
}

/// Kea's pages: `from` is the number of the last host of the page before, from 1, and `source-index` the place where
/// the hosts come from. Ours is one, the configuration, and it has the number 0; what comes after it is empty.
tl::expected<json, Error> reservation_get_page(Server& server, const json& arguments) {
  const auto limit = required_number(arguments, "limit", 1, kMaxPage);
  if (!limit) return tl::unexpected(limit.error());
  const auto from = optional_number(arguments, "from", 0, kMax32);
  if (!from) return tl::unexpected(from.error());
  const auto source = optional_number(arguments, "source-index", 0, kMax32);
  if (!source) return tl::unexpected(source.error());
  const auto subnet = optional_number(arguments, "subnet-id", 0, kMax32);
  if (!subnet) return tl::unexpected(subnet.error());
  json hosts = json::array();
  uint64_t number = 0;
  uint64_t last = from->value_or(0);
  if (source->value_or(0) == 0) {
    for (const ConfiguredHost& host : configured_hosts(server.configuration())) {
      if (++number <= from->value_or(0) || (*subnet && host.reservation->scope != **subnet)) continue;
      if (hosts.size() == *limit) break;
      hosts.push_back(host_json(host));
      last = number;
    }
  }
  json answer = answer_with(hosts);
  answer["arguments"]["count"] = hosts.size();
  if (!hosts.empty()) answer["arguments"]["next"] = {{"from", last}, {"source-index", 0}};
  return answer;
}

constexpr Command kReservationCommands[] = {
    {"reservation-get", reservation_get,
     "one reservation of 'subnet-id', by 'ip-address' or by 'identifier-type' and 'identifier'"},
    {"reservation-get-all", reservation_get_all, "all reservations of 'subnet-id'; 0: those of every subnet"},
    {"reservation-get-by-address", reservation_get_by_address, "reservations of this 'ip-address'"},
    {"reservation-get-by-hostname", reservation_get_by_hostname, "reservations with this 'hostname'"},
    {"reservation-get-by-id", reservation_get_by_id, "reservations of one client in all subnets"},
    {"reservation-get-page", reservation_get_page, "up to 'limit' reservations after 'from'"},
};

}  // namespace

std::span<const Command> reservation_commands() { return kReservationCommands; }

}  // namespace tandem6::control
