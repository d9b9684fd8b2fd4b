// lease6-get-all and lease6-get-by-…: leases by what else is known of them, in one answer each. By duid and hostname
// they come from the workers' memory; the others walk through the database in pages.
#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "control/commands/command_table.h"
#include "control/commands/lease_fields.h"
#include "control/config/option_field.h"
#include "control/leasequery/lookup.h"
#include "dataplane/lease/client_data.h"

namespace tandem6::control {
namespace {

using lease::LeaseKey;
using lease::LeaseRecord;
using nlohmann::json;

constexpr size_t kSearchPage = 10'000;
// An answer is held in memory as records, as JSON and as text at once.
constexpr size_t kMaxFound = 100'000;

Error too_many() { return {fmt::format("more than {} leases: use lease6-get-page", kMaxFound)}; }

template <typename Wanted>
tl::expected<json, Error> leases_that(Server& server, Wanted&& wanted) {
  std::vector<LeaseRecord> found;
  std::optional<LeaseKey> after;
  for (;;) {
    const auto page = server.store().page(after, kSearchPage);
    if (!page) return tl::unexpected(page.error());
    std::ranges::copy_if(*page, std::back_inserter(found), wanted);
    if (found.size() > kMaxFound) return tl::unexpected(too_many());
    if (page->size() < kSearchPage) return leases_answer(server, found);
    after = page->back().key;
  }
}

// --- lease6-get-all --------------------------------------------------------------------------------------------------

tl::expected<std::set<uint32_t>, Error> subnets_in(const json& arguments) {
  std::set<uint32_t> ids;
  const json subnets = arguments.value("subnets", json::array());
  const auto is_id = [](const json& id) {
    return id.is_number_integer() && id >= json(0) && id.get<uint64_t>() <= kMax32;
  };
  if (!subnets.is_array() || !std::ranges::all_of(subnets, is_id))
    return tl::unexpected(Error{"'subnets' parameter must be a list of subnet ids"});
  for (const json& id : subnets) ids.insert(id.get<uint32_t>());
  return ids;
}

tl::expected<json, Error> lease6_get_all(Server& server, const json& arguments) {
  const auto subnets = subnets_in(arguments);
  if (!subnets) return tl::unexpected(subnets.error());
  const bool all = !arguments.contains("subnets");
  return leases_that(server, [&](const LeaseRecord& lease) { return all || subnets->contains(lease.subnet_id); });
}

// --- by client -------------------------------------------------------------------------------------------------------

tl::expected<json, Error> lease6_get_by_duid(Server& server, const json& arguments) {
  const auto duid = duid_in(arguments, "duid");
  if (!duid) return tl::unexpected(duid.error());
  const auto leases = leases_of(server, duid->bytes());
  if (!leases) return tl::unexpected(leases.error());
  return leases_answer(server, *leases);
}

// Case does not matter, nor whether the name is written with its last dot.
std::string plain_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  std::string plain(text);
  std::ranges::transform(plain, plain.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return plain;
}

tl::expected<std::vector<Duid>, Error> clients_named(Server& server, const std::string& name) {
  std::vector<Duid> found;
  const auto see = [&](Bytes duid, Bytes data) {
    const auto client = lease::ClientDataView::parse(data);
    const auto hostname = client ? client->hostname() : std::nullopt;
    if (hostname && plain_name(hostname->name) == name) found.push_back(Duid::from_bytes(duid).value_or(Duid{}));
  };
  std::optional<Duid> after;
  do {
    const auto last = server.store().page_clients(after, kSearchPage, see);
    if (!last) return tl::unexpected(last.error());
    if (found.size() > kMaxFound) return tl::unexpected(too_many());
    after = *last;
  } while (after);
  return found;
}

tl::expected<json, Error> lease6_get_by_hostname(Server& server, const json& arguments) {
  const auto text = required_text(arguments, "hostname");
  if (!text) return tl::unexpected(text.error());
  if (text->empty()) return tl::unexpected(Error{"'hostname' parameter is empty"});
  const auto clients = clients_named(server, plain_name(*text));
  if (!clients) return tl::unexpected(clients.error());
  std::vector<LeaseRecord> found;
  for (const Duid& client : *clients) {
    const auto leases = leases_of(server, client.bytes());
    if (!leases) return tl::unexpected(leases.error());
    found.insert(found.end(), leases->begin(), leases->end());
    if (found.size() > kMaxFound) return tl::unexpected(too_many());
  }
  return leases_answer(server, found);
}

// The link-layer address that a DUID-LLT or DUID-LL is made of (RFC 8415 §11.2, §11.4); empty: another kind.
Bytes hardware_address_of(Bytes duid) {
  constexpr size_t kLltHeader = 8;
  constexpr size_t kLlHeader = 4;
  const unsigned type = std::to_integer<unsigned>(duid[0]) << 8 | std::to_integer<unsigned>(duid[1]);
  const size_t header = type == 1 ? kLltHeader : type == 3 ? kLlHeader : duid.size();
  return duid.subspan(std::min(header, duid.size()));
}

tl::expected<json, Error> lease6_get_by_hw_address(Server& server, const json& arguments) {
  const auto text = required_text(arguments, "hw-address");
  if (!text) return tl::unexpected(text.error());
  const auto address = parse_octets(*text);
  if (!address || address->empty()) {
    return tl::unexpected(Error{fmt::format("'hw-address' parameter: '{}' is not hexadecimal", *text)});
  }
  return leases_that(server, [&](const LeaseRecord& lease) {
    return !lease.duid.empty() && wire::same_bytes(hardware_address_of(lease.duid.bytes()), *address);
  });
}

// --- by state --------------------------------------------------------------------------------------------------------

constexpr std::array<std::pair<std::string_view, int>, 5> kStates = {
    {{"default", 0}, {"assigned", 0}, {"declined", 1}, {"expired-reclaimed", 2}, {"released", 3}}};

// By Kea's number or by its name.
tl::expected<int, Error> state_in(const json& arguments) {
  const auto found = arguments.find("state");
  if (found == arguments.end()) return tl::unexpected(Error{"'state' parameter not specified"});
  for (const auto& [name, number] : kStates) {
    if (*found == json(name) || *found == json(number)) return number;
  }
  return tl::unexpected(
      Error{"'state' parameter must be 0 (assigned), 1 (declined), 2 (expired-reclaimed) or 3 (released)"});
}

tl::expected<json, Error> lease6_get_by_state(Server& server, const json& arguments) {
  const auto state = state_in(arguments);
  if (!state) return tl::unexpected(state.error());
  const auto subnet = optional_number(arguments, "subnet-id", 0, kMax32);
  if (!subnet) return tl::unexpected(subnet.error());
  const uint64_t only = subnet->value_or(0);
  return leases_that(server, [&](const LeaseRecord& lease) {
    return kea_state(lease.status) == *state && (only == 0 || lease.subnet_id == only);
  });
}

constexpr Command kLeaseSearchCommands[] = {
    {"lease6-get-all", lease6_get_all,
     "all leases, or those of 'subnets', in one answer; lease6-get-page has no limit"},
    {"lease6-get-by-duid", lease6_get_by_duid, "all leases of the client with this 'duid'"},
    {"lease6-get-by-hostname", lease6_get_by_hostname, "all leases of clients with this 'hostname'"},
    {"lease6-get-by-hw-address", lease6_get_by_hw_address, "all leases of clients whose DUID has this 'hw-address'"},
    {"lease6-get-by-state", lease6_get_by_state, "all leases in this 'state': assigned, declined, …; of 'subnet-id'"},
};

}  // namespace

std::span<const Command> lease_search_commands() { return kLeaseSearchCommands; }

}  // namespace tandem6::control
