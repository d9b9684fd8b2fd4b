// lease6-get, lease6-get-page: leases as the disk holds them, with Kea's names for their fields.
#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "control/commands/command_table.h"
#include "dataplane/lease/client_data.h"

namespace tandem6::control {
namespace {

using lease::BindingStatus;
using lease::LeaseKey;
using lease::LeaseRecord;
using lease::LeaseType;
using nlohmann::json;

// A page is held in memory as records, as JSON and as text at once.
constexpr uint64_t kMaxPage = 100'000;

// Kea's: 0 default, 1 declined, 2 expired-reclaimed, 3 released.
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

// With what is kept of its client.
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

// The first prefix at this address, whatever its length.
tl::expected<std::optional<LeaseRecord>, Error> prefix_at(Server& server, const Ipv6Address& address) {
  auto found = server.store().page(LeaseKey{LeaseType::kPrefix, 0, address}, 1);
  if (!found) return tl::unexpected(found.error());
  if (found->empty() || found->front().key.type != LeaseType::kPrefix || found->front().key.address != address) {
    return std::nullopt;
  }
  return found->front();
}

bool in_prefix_pool(const Server& server, const Ipv6Address& address) {
  const auto& subnets = server.snapshot().subnets();
  return std::any_of(subnets.begin(), subnets.end(), [&](const lease::Subnet& subnet) {
    return std::any_of(subnet.prefix_pools.begin(), subnet.prefix_pools.end(),
                       [&](const lease::Pool& pool) { return pool.first <= address && address <= pool.last; });
  });
}

// Where a page begins. Kea's clients hand back the bare `ip-address` of the last lease they got: when that was a
// prefix's, going on among the addresses would show them everything again and again.
tl::expected<LeaseKey, Error> after_address(Server& server, const Ipv6Address& address) {
  const LeaseKey as_address{LeaseType::kAddress, 128, address};
  const auto lease = server.store().find(as_address);
  if (!lease) return tl::unexpected(lease.error());
  if (*lease) return as_address;
  const auto prefix = prefix_at(server, address);
  if (!prefix) return tl::unexpected(prefix.error());
  if (*prefix || in_prefix_pool(server, address)) return LeaseKey{LeaseType::kPrefix, 128, address};
  return as_address;
}

tl::expected<std::optional<LeaseKey>, Error> page_start(Server& server, const std::string& from) {
  if (from == "start") return std::nullopt;
  if (const auto prefix = Ipv6Prefix::parse(from)) return LeaseKey{LeaseType::kPrefix, prefix->length, prefix->address};
  const auto address = Ipv6Address::parse(from);
  if (!address) {
    return tl::unexpected(
        Error{fmt::format("'from' parameter value is neither 'start' nor a valid IPv6 address or prefix: '{}'", from)});
  }
  const auto key = after_address(server, *address);
  if (!key) return tl::unexpected(key.error());
  return *key;
}

tl::expected<json, Error> lease6_get_page(Server& server, const json& arguments) {
  const auto from = required_text(arguments, "from");
  if (!from) return tl::unexpected(from.error());
  const auto limit = required_number(arguments, "limit", 1, kMaxPage);
  if (!limit) return tl::unexpected(limit.error());
  const auto start = page_start(server, *from);
  if (!start) return tl::unexpected(start.error());
  const auto page = server.store().page(*start, *limit);
  if (!page) return tl::unexpected(page.error());
  json leases = json::array();
  for (const LeaseRecord& lease : *page) {
    auto fields = lease_json(server, lease);
    if (!fields) return tl::unexpected(fields.error());
    leases.push_back(std::move(*fields));
  }
  return make_answer(page->empty() ? CommandResult::kEmpty : CommandResult::kSuccess,
                     fmt::format("{} IPv6 lease(s) found.", page->size()),
                     {{"count", page->size()}, {"leases", std::move(leases)}});
}

struct Wanted {
  Ipv6Address address;
  LeaseType type = LeaseType::kAddress;
  std::optional<uint8_t> prefix_length;
};

// Kea's form is an address and a type; "2001:db8::/56" names a delegated prefix completely.
tl::expected<Wanted, Error> wanted_lease(const json& arguments) {
  const auto text = required_text(arguments, "ip-address");
  if (!text) return tl::unexpected(text.error());
  const auto type = optional_text(arguments, "type");
  if (!type) return tl::unexpected(type.error());
  if (*type && **type != "IA_NA" && **type != "IA_PD") {
    return tl::unexpected(Error{fmt::format("Invalid lease type '{}': it is IA_NA or IA_PD", **type)});
  }
  if (const auto prefix = Ipv6Prefix::parse(*text)) {
    if (*type && **type != "IA_PD") return tl::unexpected(Error{fmt::format("'{}' is a prefix, not an IA_NA", *text)});
    return Wanted{prefix->address, LeaseType::kPrefix, prefix->length};
  }
  const auto address = Ipv6Address::parse(*text);
  if (!address) return tl::unexpected(Error{fmt::format("'{}' is not a valid IPv6 address", *text)});
  return Wanted{*address, *type && **type == "IA_PD" ? LeaseType::kPrefix : LeaseType::kAddress, std::nullopt};
}

tl::expected<json, Error> lease6_get(Server& server, const json& arguments) {
  const auto wanted = wanted_lease(arguments);
  if (!wanted) return tl::unexpected(wanted.error());
  const bool any_length = wanted->type == LeaseType::kPrefix && !wanted->prefix_length;
  const auto lease = any_length
                         ? prefix_at(server, wanted->address)
                         : server.store().find({wanted->type, wanted->prefix_length.value_or(128), wanted->address});
  if (!lease) return tl::unexpected(lease.error());
  if (!*lease) return make_answer(CommandResult::kEmpty, "Lease not found.");
  auto fields = lease_json(server, **lease);
  if (!fields) return tl::unexpected(fields.error());
  return make_answer(CommandResult::kSuccess, "IPv6 lease found.", std::move(*fields));
}

constexpr Command kCommands[] = {
    {"lease6-get", lease6_get, "one lease, by 'ip-address' and 'type' (IA_NA, IA_PD)"},
    {"lease6-get-page", lease6_get_page, "up to 'limit' leases after 'from': start, an address, or a prefix/length"},
};

}  // namespace

std::span<const Command> lease_commands() { return kCommands; }

}  // namespace tandem6::control
