// lease6-add, -update, -del, -wipe, -bulk-apply: what an operator changes, in the words of Kea's lease_cmds.
#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "control/commands/command_table.h"
#include "control/commands/lease_changes.h"
#include "control/commands/lease_fields.h"

namespace tandem6::control {
namespace {

using lease::LeaseKey;
using lease::LeaseRecord;
using lease::LeaseType;
using nlohmann::json;

constexpr size_t kWipePage = 4096;

std::string added_text(const LeaseRecord& record) {
  return fmt::format("Lease for {} {}, subnet-id {} added.",
                     record.key.type == LeaseType::kAddress ? "address" : "prefix", text_of(record.key),
                     record.subnet_id);
}

tl::expected<json, Error> lease6_add(Server& server, const json& arguments) {
  const auto given = given_lease(server, arguments);
  if (!given) return tl::unexpected(given.error());
  const auto done = assign_lease(server, *given, AssignMode::kAdd);
  if (!done) return tl::unexpected(done.error());
  return make_answer(CommandResult::kSuccess, added_text(given->record));
}

tl::expected<json, Error> lease6_update(Server& server, const json& arguments) {
  const auto force = optional_boolean(arguments, "force-create");
  if (!force) return tl::unexpected(force.error());
  const auto given = given_lease(server, arguments);
  if (!given) return tl::unexpected(given.error());
  const auto mode = force->value_or(false) ? AssignMode::kAddOrUpdate : AssignMode::kUpdate;
  const auto done = assign_lease(server, *given, mode);
  if (!done) return tl::unexpected(done.error());
  return make_answer(CommandResult::kSuccess, *done == Assigned::kAdded ? "IPv6 lease added." : "IPv6 lease updated.");
}

tl::expected<json, Error> lease6_del(Server& server, const json& arguments) {
  const auto lease = named_lease(server, arguments);
  if (!lease) return tl::unexpected(lease.error());
  if (!*lease) return make_answer(CommandResult::kEmpty, "IPv6 lease not found.");
  const auto ended = end_leases(server, std::span(&**lease, 1));
  if (!ended) return tl::unexpected(ended.error());
  if (*ended == 0) return make_answer(CommandResult::kEmpty, "IPv6 lease not found.");
  return make_answer(CommandResult::kSuccess, "IPv6 lease deleted.");
}

// --- lease6-wipe -----------------------------------------------------------------------------------------------------

/// Of one subnet; 0: of all.
tl::expected<uint64_t, Error> wipe(Server& server, uint64_t subnet_id) {
  uint64_t count = 0;
  std::optional<LeaseKey> after;
  for (;;) {
    auto page = server.store().page(after, kWipePage);
    if (!page) return tl::unexpected(page.error());
    const bool is_last = page->size() < kWipePage;
    if (!page->empty()) after = page->back().key;
    std::erase_if(*page, [&](const LeaseRecord& lease) { return subnet_id != 0 && lease.subnet_id != subnet_id; });
    const auto ended = end_leases(server, *page);
    if (!ended) return tl::unexpected(ended.error());
    count += *ended;
    if (is_last) return count;
  }
}

std::string subnets_text(const Server& server, uint64_t subnet_id) {
  if (subnet_id != 0) return std::to_string(subnet_id);
  std::string text;
  for (const lease::Subnet& subnet : server.snapshot().subnets()) {
    text += fmt::format("{}{}", text.empty() ? "" : " ", subnet.id);
  }
  return text;
}

tl::expected<json, Error> lease6_wipe(Server& server, const json& arguments) {
  const auto subnet = optional_number(arguments, "subnet-id", 0, kMax32);
  if (!subnet) return tl::unexpected(subnet.error());
  const uint64_t id = subnet->value_or(0);
  const auto count = wipe(server, id);
  if (!count) return tl::unexpected(count.error());
  return make_answer(*count == 0 ? CommandResult::kEmpty : CommandResult::kSuccess,
                     fmt::format("Deleted {} IPv6 lease(s) from subnet(s) {}", *count, subnets_text(server, id)));
}

// --- lease6-bulk-apply -----------------------------------------------------------------------------------------------

/// The lists of this name; empty when it is missing.
tl::expected<std::vector<json>, Error> objects_in(const json& arguments, const char* name) {
  const auto found = arguments.find(name);
  if (found == arguments.end()) return std::vector<json>{};
  if (!found->is_array() || !std::ranges::all_of(*found, [](const json& one) { return one.is_object(); }))
    return tl::unexpected(Error{fmt::format("'{}' parameter must be a list of maps", name)});
  return found->get<std::vector<json>>();
}

/// An entry of what failed.
json failed_lease(const json& given, const json& answer) {
  json failed = {{"ip-address", given["ip-address"]}, {"type", given.value("type", "IA_NA")}};
  failed["result"] = answer["result"];
  failed["error-message"] = answer["text"];
  return failed;
}

template <typename Run>
json failures_of(Server& server, const std::vector<json>& leases, Run&& run) {
  json failed = json::array();
  for (const json& given : leases) {
    const auto done = run(server, given);
    const json answer = done ? *done : make_answer(CommandResult::kError, done.error().message);
    if (answer["result"] != static_cast<int>(CommandResult::kSuccess)) failed.push_back(failed_lease(given, answer));
  }
  return failed;
}

/// A malformed lease refuses all; one that cannot be done is told of, and the others are done.
tl::expected<json, Error> lease6_bulk_apply(Server& server, const json& arguments) {
  const auto deleted = objects_in(arguments, "deleted-leases");
  if (!deleted) return tl::unexpected(deleted.error());
  auto leases = objects_in(arguments, "leases");
  if (!leases) return tl::unexpected(leases.error());
  if (deleted->empty() && leases->empty())
    return tl::unexpected(Error{"neither 'deleted-leases' nor 'leases' parameter specified"});
  for (const json& given : *deleted) {
    if (const auto unit = named_unit(given); !unit) return tl::unexpected(unit.error());
  }
  for (json& given : *leases) {
    if (const auto lease = given_lease(server, given); !lease) return tl::unexpected(lease.error());
    given["force-create"] = true;
  }
  json details = json::object();
  if (json failed = failures_of(server, *deleted, lease6_del); !failed.empty())
    details["failed-deleted-leases"] = std::move(failed);
  if (json failed = failures_of(server, *leases, lease6_update); !failed.empty())
    details["failed-leases"] = std::move(failed);
  return make_answer(CommandResult::kSuccess, "IPv6 leases bulk apply completed.",
                     details.empty() ? json() : std::move(details));
}

// -------------------------------------------------------------------------------------------------------------------

tl::expected<json, Error> leases_reclaim(Server&, const json& arguments) {
  const auto remove = optional_boolean(arguments, "remove");
  if (!remove) return tl::unexpected(remove.error());
  return make_answer(CommandResult::kSuccess,
                     "Nothing is left to reclaim: leases end by themselves, in the second in which they are over.");
}

constexpr Command kLeaseChangeCommands[] = {
    {"lease6-add", lease6_add, "makes a lease: 'ip-address', 'duid', 'iaid', and what else Kea knows"},
    {"lease6-update", lease6_update, "changes a lease of the same client, or makes it with 'force-create'"},
    {"lease6-del", lease6_del, "ends a lease, named as for lease6-get"},
    {"lease6-wipe", lease6_wipe, "ends all leases of 'subnet-id'; without it, or with 0, all that there are"},
    {"lease6-bulk-apply", lease6_bulk_apply, "ends all of 'deleted-leases', makes or changes all of 'leases'"},
    {"leases-reclaim", leases_reclaim, "does nothing: leases that are over are gone already"},
};

}  // namespace

std::span<const Command> lease_change_commands() { return kLeaseChangeCommands; }

}  // namespace tandem6::control
