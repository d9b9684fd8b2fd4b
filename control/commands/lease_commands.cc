// lease6-get, lease6-get-page: leases as the disk holds them, with Kea's names for their fields.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "control/commands/command_table.h"
#include "control/commands/lease_fields.h"

namespace tandem6::control {
namespace {

using lease::LeaseKey;
using lease::LeaseRecord;
using lease::LeaseType;
using nlohmann::json;

// A page is held in memory as records, as JSON and as text at once.

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

tl::expected<json, Error> lease6_get(Server& server, const json& arguments) {
  const auto lease = named_lease(server, arguments);
  if (!lease) return tl::unexpected(lease.error());
  if (!*lease) return make_answer(CommandResult::kEmpty, "Lease not found.");
  auto fields = lease_json(server, **lease);
  if (!fields) return tl::unexpected(fields.error());
  return make_answer(CommandResult::kSuccess, "IPv6 lease found.", std::move(*fields));
}

constexpr Command kLeaseCommands[] = {
    {"lease6-get", lease6_get, "one lease, by 'ip-address' and 'type' (IA_NA, IA_PD), or by its client's 'identifier'"},
    {"lease6-get-page", lease6_get_page, "up to 'limit' leases after 'from': start, an address, or a prefix/length"},
};

}  // namespace

std::span<const Command> lease_commands() { return kLeaseCommands; }

}  // namespace tandem6::control
