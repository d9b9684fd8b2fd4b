#include "control/commands/lease_fields.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "control/leasequery/lookup.h"
#include "dataplane/lease/client_data.h"

namespace tandem6::control {
namespace {

using lease::BindingStatus;
using lease::LeaseKey;
using lease::LeaseRecord;
using lease::LeaseType;
using nlohmann::json;

std::string hex_text(Bytes octets) {
  std::string text = "0x";
  for (const std::byte octet : octets) text += fmt::format("{:02X}", std::to_integer<unsigned>(octet));
  return text;
}

// As Kea keeps it with each lease when `store-extended-info` is true: the relay nearest to the server first.
json relay_info(const lease::KeptRelays& relays) {
  json list = json::array();
  for (const lease::KeptRelay& relay : relays) {
    json& entry = list.emplace_back(json{
        {"hop", relay.hop_count}, {"link", relay.link_address.to_string()}, {"peer", relay.peer_address.to_string()}});
    if (!relay.options.empty()) entry["options"] = hex_text(relay.options);
  }
  return {{"ISC", {{"relay-info", std::move(list)}}}};
}

json fields_of(const LeaseRecord& lease) {
  return {{"ip-address", lease.key.address.to_string()},
          {"prefix-len", lease.key.prefix_length},
          {"type", lease.key.type == LeaseType::kAddress ? "IA_NA" : "IA_PD"},
          {"iaid", lease.iaid},
          {"duid", lease.duid.to_string()},
          {"subnet-id", lease.subnet_id},
          {"cltt", lease.last_contact.to_unix()},
          {"valid-lft", lease.valid.count},
          {"preferred-lft", lease.preferred.count},
          {"state", kea_state(lease.status)},
          {"hostname", ""},
          {"fqdn-fwd", false},
          {"fqdn-rev", false}};
}

tl::expected<std::optional<LeaseRecord>, Error> lease_by_unit(Server& server, const json& arguments) {
  const auto unit = named_unit(arguments);
  if (!unit) return tl::unexpected(unit.error());
  if (unit->type == LeaseType::kPrefix && !unit->prefix_length) return prefix_at(server, unit->address);
  return server.store().find({unit->type, unit->prefix_length.value_or(128), unit->address});
}

tl::expected<std::optional<LeaseRecord>, Error> lease_by_client(Server& server, const json& arguments) {
  const auto kind = required_text(arguments, "identifier-type");
  if (!kind) return tl::unexpected(kind.error());
  if (*kind != "duid") {
    return tl::unexpected(
        Error{fmt::format("'identifier-type' parameter: '{}' is not supported, only duid is", *kind)});
  }
  const auto duid = duid_in(arguments, "identifier");
  if (!duid) return tl::unexpected(duid.error());
  const auto type = lease_type_in(arguments);
  if (!type) return tl::unexpected(type.error());
  const auto subnet = required_number(arguments, "subnet-id", 1, kMax32);
  if (!subnet) return tl::unexpected(subnet.error());
  const auto iaid = optional_number(arguments, "iaid", 0, kMax32);
  if (!iaid) return tl::unexpected(iaid.error());
  const auto leases = leases_of(server, duid->bytes());
  if (!leases) return tl::unexpected(leases.error());
  const auto found = std::ranges::find_if(*leases, [&](const LeaseRecord& lease) {
    return lease.key.type == *type && lease.subnet_id == *subnet && lease.iaid == iaid->value_or(0);
  });
  if (found == leases->end()) return std::nullopt;
  return *found;
}

}  // namespace

int kea_state(BindingStatus status) {
  switch (status) {
    case BindingStatus::kActive:
      return 0;
    case BindingStatus::kAbandoned:
      return 1;
    case BindingStatus::kReleased:
      return 3;
    case BindingStatus::kExpired:
    case BindingStatus::kPendingFree:
    case BindingStatus::kFree:
    case BindingStatus::kFreeBackup:
    case BindingStatus::kReset:
      return 2;
  }
  return 2;
}

tl::expected<json, Error> lease_json(Server& server, const LeaseRecord& lease) {
  json fields = fields_of(lease);
  const auto kept = server.store().find_client(lease.duid.bytes());
  if (!kept) return tl::unexpected(kept.error());
  const auto client = lease::ClientDataView::parse(*kept);
  if (!client) return fields;
  if (const auto hostname = client->hostname()) {
    fields["hostname"] = hostname->name;
    fields["fqdn-fwd"] = hostname->forward;
    fields["fqdn-rev"] = hostname->reverse;
  }
  if (const auto relays = client->relays(); !relays.empty()) fields["user-context"] = relay_info(relays);
  return fields;
}

tl::expected<json, Error> leases_answer(Server& server, const std::vector<LeaseRecord>& leases) {
  json shown = json::array();
  for (const LeaseRecord& lease : leases) {
    auto fields = lease_json(server, lease);
    if (!fields) return tl::unexpected(fields.error());
    shown.push_back(std::move(*fields));
  }
  return make_answer(leases.empty() ? CommandResult::kEmpty : CommandResult::kSuccess,
                     fmt::format("{} IPv6 lease(s) found.", leases.size()), {{"leases", std::move(shown)}});
}

std::string text_of(const LeaseKey& key) {
  if (key.type == LeaseType::kAddress) return key.address.to_string();
  return fmt::format("{}/{}", key.address.to_string(), key.prefix_length);
}

tl::expected<LeaseType, Error> lease_type_in(const json& arguments) {
  const auto type = optional_text(arguments, "type");
  if (!type) return tl::unexpected(type.error());
  if (!*type || **type == "IA_NA") return LeaseType::kAddress;
  if (**type == "IA_PD") return LeaseType::kPrefix;
  return tl::unexpected(Error{fmt::format("Invalid lease type '{}': it is IA_NA or IA_PD", **type)});
}

tl::expected<Duid, Error> duid_in(const json& arguments, std::string_view name) {
  const auto text = required_text(arguments, name);
  if (!text) return tl::unexpected(text.error());
  const auto duid = Duid::parse(*text);
  if (!duid) {
    return tl::unexpected(Error{fmt::format("'{}' parameter: '{}' is no DUID of 3 to 130 octets", name, *text)});
  }
  return *duid;
}

tl::expected<NamedUnit, Error> named_unit(const json& arguments) {
  const auto text = required_text(arguments, "ip-address");
  if (!text) return tl::unexpected(text.error());
  const auto type = lease_type_in(arguments);
  if (!type) return tl::unexpected(type.error());
  const auto length = optional_number(arguments, "prefix-len", 1, 128);
  if (!length) return tl::unexpected(length.error());
  // 0: none was given.
  const auto given = static_cast<uint8_t>((*length).value_or(0));
  if (const auto prefix = Ipv6Prefix::parse(*text)) {
    const bool is_other = arguments.contains("type") && *type != LeaseType::kPrefix;
    if (is_other) return tl::unexpected(Error{fmt::format("'{}' is a prefix, not an IA_NA", *text)});
    if (given != 0 && given != prefix->length)
      return tl::unexpected(Error{fmt::format("'prefix-len' parameter: '{}' has another length", *text)});
    return NamedUnit{prefix->address, LeaseType::kPrefix, prefix->length};
  }
  const auto address = Ipv6Address::parse(*text);
  if (!address) return tl::unexpected(Error{fmt::format("'{}' is not a valid IPv6 address", *text)});
  if (*type == LeaseType::kAddress && given != 0 && given != 128)
    return tl::unexpected(Error{"'prefix-len' parameter: an IA_NA has 128, a prefix is \"type\": \"IA_PD\""});
  const bool names_length = *type == LeaseType::kPrefix && given != 0;
  return NamedUnit{*address, *type, names_length ? std::optional(given) : std::nullopt};
}

tl::expected<std::optional<LeaseRecord>, Error> named_lease(Server& server, const json& arguments) {
  if (!arguments.contains("ip-address") && arguments.contains("identifier")) return lease_by_client(server, arguments);
  return lease_by_unit(server, arguments);
}

tl::expected<std::optional<LeaseRecord>, Error> prefix_at(Server& server, const Ipv6Address& address) {
  auto found = server.store().page(LeaseKey{LeaseType::kPrefix, 0, address}, 1);
  if (!found) return tl::unexpected(found.error());
  if (found->empty() || found->front().key.type != LeaseType::kPrefix || found->front().key.address != address) {
    return std::nullopt;
  }
  return found->front();
}

}  // namespace tandem6::control
