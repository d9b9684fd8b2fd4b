#include "control/reconfigure/changed_clients.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace tandem6::control {
namespace {

using Ids = std::set<uint32_t>;

/// A reservation's client by the scope and the identifier.
using ReservedFor = std::pair<uint32_t, std::pair<lease::HostIdentifier, std::vector<std::byte>>>;
ReservedFor identity_of(const lease::Reservation& host) { return {host.scope, {host.identifier, host.value}}; }

bool same_pool(const PoolConfig& a, const PoolConfig& b) {
  return a.type == b.type && a.first == b.first && a.last == b.last && a.unit_length == b.unit_length &&
         a.guard == b.guard;
}

/// Pools are compared as a whole: one that has grown is another, so that its clients renew once for nothing.
bool keeps_pool(const PoolConfig& pool, const SubnetConfig& after) {
  return std::ranges::any_of(after.pools, [&](const PoolConfig& other) {
    return same_pool(pool, other) && pool.options == other.options && pool.pd_exclude == other.pd_exclude;
  });
}

bool takes_nothing(const SubnetConfig& before, const SubnetConfig& after) {
  return before.prefix == after.prefix && before.options == after.options && before.guard == after.guard &&
         std::ranges::all_of(before.pools, [&](const PoolConfig& pool) { return keeps_pool(pool, after); });
}

bool same_classes(const lease::ClassTable& before, const lease::ClassTable& after) {
  return std::ranges::equal(before.classes(), after.classes(),
                            [](const auto& a, const auto& b) { return a.name == b.name && a.options == b.options; });
}

void add_all(const Configuration& configuration, Ids& ids) {
  for (const SubnetConfig& subnet : configuration.subnets) ids.insert(subnet.id);
}

const lease::OptionSet* network_options(const Configuration& configuration, const SubnetConfig& subnet) {
  return subnet.network ? &configuration.networks[*subnet.network].options : nullptr;
}

bool same_network_options(const lease::OptionSet* a, const lease::OptionSet* b) {
  static const lease::OptionSet kNone;
  return (a != nullptr ? *a : kNone) == (b != nullptr ? *b : kNone);
}

void add_changed_subnets(const Configuration& before, const Configuration& after, Ids& ids) {
  std::map<uint32_t, const SubnetConfig*> by_id;
  for (const SubnetConfig& subnet : after.subnets) by_id.emplace(subnet.id, &subnet);
  for (const SubnetConfig& subnet : before.subnets) {
    const auto found = by_id.find(subnet.id);
    const bool same = found != by_id.end() && takes_nothing(subnet, *found->second) &&
                      same_network_options(network_options(before, subnet), network_options(after, *found->second));
    if (!same) ids.insert(subnet.id);
  }
}

void add_scope(uint32_t scope, const Configuration& before, Ids& ids) {
  if (scope == lease::kGlobalScope)
    add_all(before, ids);
  else
    ids.insert(scope);
}

void add_changed_hosts(const Configuration& before, const Configuration& after, Ids& ids) {
  std::map<ReservedFor, const lease::Reservation*> hosts;
  for (const lease::Reservation& host : after.reservations) hosts.emplace(identity_of(host), &host);
  for (const lease::Reservation& host : before.reservations) {
    const auto found = hosts.find(identity_of(host));
    const bool same = found != hosts.end() && found->second->units == host.units &&
                      found->second->options == host.options && found->second->pd_exclude == host.pd_exclude;
    if (!same) add_scope(host.scope, before, ids);
  }
}

}  // namespace

std::optional<ReconfigureCall> call_for_changes(const Configuration& before, const Configuration& after) {
  Ids ids;
  if (!(before.options == after.options) || !same_classes(before.classes, after.classes)) add_all(before, ids);
  add_changed_subnets(before, after, ids);
  add_changed_hosts(before, after, ids);
  if (ids.empty()) return std::nullopt;
  return ReconfigureCall{.answer_with = wire::MessageType::kRenew,
                         .subnets = std::make_shared<const Ids>(std::move(ids))};
}

}  // namespace tandem6::control
