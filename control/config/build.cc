#include "control/config/build.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "dataplane/lease/reconfigure.h"
#include "dataplane/wire/require.h"

namespace tandem6::control {
namespace {

constexpr size_t kSubnetsInSummary = 20;

U128 units_in(const PoolConfig& pool) {
  return ((pool.last.number() - pool.first.number()) >> (128 - pool.unit_length)) + 1;
}

std::optional<uint16_t> port_index(const std::vector<PortConfig>& ports, const std::string& interface) {
  const auto found = std::ranges::find_if(
      ports, [&](const PortConfig& port) { return port.name == interface || port.device == interface; });
  if (found == ports.end()) return std::nullopt;
  return static_cast<uint16_t>(found - ports.begin());
}

bool is_for_relayed(const SubnetConfig& subnet) {
  return !subnet.interface_id.empty() || !subnet.relay_addresses.empty();
}

/// Which subnets have a port's direct clients: those that are for nobody else, before those that are also for relayed
/// clients.
std::map<const SubnetConfig*, uint16_t> ports_of_subnets(const Configuration& configuration) {
  std::map<const SubnetConfig*, uint16_t> result;
  std::set<uint16_t> taken;
  for (const bool relayed : {false, true}) {
    const std::set<uint16_t> taken_before = taken;
    for (const SubnetConfig& subnet : configuration.subnets) {
      if (!subnet.interface || is_for_relayed(subnet) != relayed) continue;
      const auto port = port_index(configuration.dataplane.ports, *subnet.interface);
      if (!port || taken_before.contains(*port)) continue;
      taken.insert(*port);
      result.emplace(&subnet, *port);
    }
  }
  return result;
}

lease::Pool build_pool(const PoolConfig& config, lease::PoolBook& book, const lease::FailoverScope* scope) {
  lease::Pool pool;
  pool.type = config.type;
  pool.unit_length = config.unit_length;
  pool.first = config.first;
  pool.last = config.last;
  pool.options = config.options;
  pool.guard = config.guard;
  pool.additional_classes = config.additional_classes;
  pool.text = config.text;
  pool.pd_exclude = config.pd_exclude;
  const U128 units = units_in(config);
  if (units <= lease::DensePool::kMaxUnits) {
    pool.space = book.dense(config.type, config.first, config.unit_length, static_cast<uint32_t>(units), scope);
  } else {
    require(config.type == lease::LeaseType::kAddress, "a pool of prefixes is dense");
    pool.space = book.sparse(config.first, config.last);
  }
  return pool;
}

std::shared_ptr<lease::SubnetCounters> counters_of(uint32_t subnet_id, Continuity& continuity) {
  auto& counters = continuity.counters[subnet_id];
  if (counters == nullptr) counters = std::make_shared<lease::SubnetCounters>(continuity.workers);
  return counters;
}

void make_scopes(const std::vector<failover::RelationshipSettings>& relationships, Continuity& continuity) {
  for (size_t i = continuity.scopes.size(); i < relationships.size(); ++i) {
    continuity.scopes.push_back(
        std::make_shared<lease::FailoverScope>(static_cast<uint8_t>(i), relationships[i].name, relationships[i].role));
    // Until the endpoint says more: nobody is answered. Leases that are loaded want to know the MCLT.
    continuity.scopes.back()->set_policy({.mclt = relationships[i].mclt});
  }
}

/// By subnet id; a subnet that this server alone serves has none.
std::map<uint32_t, std::shared_ptr<lease::FailoverScope>> scopes_of_subnets(const Configuration& configuration,
                                                                            const Continuity& continuity) {
  std::map<uint32_t, std::shared_ptr<lease::FailoverScope>> result;
  for (size_t i = 0; i < configuration.failover.size(); ++i) {
    const std::vector<uint32_t>& listed = configuration.failover[i].subnets;
    for (const uint32_t id : listed) result.emplace(id, continuity.scopes[i]);
    if (!listed.empty()) continue;
    for (const SubnetConfig& subnet : configuration.subnets) result.emplace(subnet.id, continuity.scopes[i]);
  }
  return result;
}

lease::Subnet build_subnet(const SubnetConfig& config, Continuity& continuity,
                           std::shared_ptr<lease::FailoverScope> scope) {
  lease::Subnet subnet;
  subnet.failover = std::move(scope);
  subnet.id = config.id;
  subnet.prefix = config.prefix;
  subnet.lifetimes = config.lifetimes;
  subnet.cache = config.cache;
  subnet.fqdn = config.names;
  subnet.rapid_commit = config.rapid_commit;
  subnet.keep_relays = config.keep_relays;
  subnet.address_allocator = config.address_allocator;
  subnet.prefix_allocator = config.prefix_allocator;
  subnet.reservations_in_subnet = config.reservations_in_subnet;
  subnet.reservations_global = config.reservations_global;
  subnet.network = config.network;
  subnet.options = config.options;
  subnet.guard = config.guard;
  subnet.additional_classes = config.additional_classes;
  for (const PoolConfig& pool : config.pools) {
    auto& pools = pool.type == lease::LeaseType::kAddress ? subnet.address_pools : subnet.prefix_pools;
    pools.push_back(build_pool(pool, continuity.pools, subnet.failover.get()));
  }
  const Bytes interface_id = wire::bytes_of(config.interface_id);
  subnet.interface_id.assign(interface_id.begin(), interface_id.end());
  subnet.relay_addresses = config.relay_addresses;
  subnet.counters = counters_of(config.id, continuity);
  return subnet;
}

std::string show(const PortConfig& port) {
  std::string text = port.name == port.device ? port.name : fmt::format("{} ({})", port.name, port.device);
  if (port.queues != 0) text += fmt::format(", {} queues", port.queues);
  return text;
}

std::string show(const std::vector<PortConfig>& ports) {
  std::vector<std::string> texts;
  for (const PortConfig& port : ports) texts.push_back(show(port));
  return texts.empty() ? "none" : fmt::format("{}", fmt::join(texts, "; "));
}

std::string show_workers(const DataplaneConfig& dataplane) {
  if (dataplane.cores.empty()) return "1, on a core of its choice";
  return fmt::format("{}, on core{} {}", dataplane.cores.size(), dataplane.cores.size() == 1 ? "" : "s",
                     fmt::join(dataplane.cores, ", "));
}

std::string_view name_of(Idle idle) { return idle == Idle::kSpin ? "spin" : "sleep"; }
std::string_view name_of(storage::Durability durability) {
  return durability == storage::Durability::kAsync ? "async" : "sync";
}

std::string show_bulk(const LeaseQueryConfig& config) {
  if (!config.bulk) return "off";
  return fmt::format("on [{}]:{}, {} connections, {} s", config.bulk_address.to_string(), config.bulk_port,
                     config.bulk_connections, config.bulk_timeout_seconds);
}

std::string show_count(U128 count) {
  if (count < U128{1} << 32) return std::to_string(static_cast<uint64_t>(count));
  int bits = 0;
  while (count >> (bits + 1) != 0) ++bits;
  return fmt::format("{}2^{}", count == U128{1} << bits ? "" : "over ", bits);
}

std::string show(const PoolConfig& pool) {
  const U128 units = units_in(pool);
  if (pool.type == lease::LeaseType::kAddress)
    return fmt::format("{}: {} address{}", pool.text, show_count(units), units == 1 ? "" : "es");
  return fmt::format("{}: {} prefix{}", pool.text, show_count(units), units == 1 ? "" : "es");
}

/// What is not as it usually is, and matters.
std::string show_what_is_set(const failover::RelationshipSettings& relationship) {
  std::string text;
  if (!relationship.local.is_unspecified()) text += fmt::format(", local {}", relationship.local.to_string());
  if (relationship.start_partner_down) text += ", start-partner-down";
  if (relationship.auto_partner_down)
    text += fmt::format(", auto-partner-down {} s", relationship.auto_partner_down->count);
  if (relationship.pd_balance != failover::RelationshipSettings{}.pd_balance)
    text += fmt::format(", pd-balance {}", relationship.pd_balance);
  return text;
}

std::string show(const failover::RelationshipSettings& relationship) {
  const bool is_primary = relationship.role == lease::FailoverRole::kPrimary;
  return fmt::format(
      "{}: {}, partner {} port {}, {}, MCLT {} s, {}{}", relationship.name, is_primary ? "primary" : "secondary",
      relationship.partner.to_string(), relationship.port, relationship.tls ? "TLS" : "plain TCP",
      relationship.mclt.count,
      relationship.subnets.empty() ? "all subnets" : fmt::format("subnets {}", fmt::join(relationship.subnets, ", ")),
      show_what_is_set(relationship));
}

/// The keys that differ. Not start-partner-down, which is looked at when a server starts: it changes with a reload.
std::vector<std::string_view> changed_keys(const failover::RelationshipSettings& now,
                                           const failover::RelationshipSettings& next) {
  std::vector<std::string_view> keys;
  const auto compare = [&](std::string_view key, const auto& before, const auto& after) {
    if (before != after) keys.push_back(key);
  };
  compare("role", now.role, next.role);
  compare("partner", now.partner, next.partner);
  compare("local", now.local, next.local);
  compare("port", now.port, next.port);
  compare("mclt", now.mclt, next.mclt);
  compare("keepalive-time", now.keepalive, next.keepalive);
  compare("startup-time", now.startup, next.startup);
  compare("scan-interval", now.scan_interval, next.scan_interval);
  compare("auto-partner-down", now.auto_partner_down, next.auto_partner_down);
  compare("max-unacked-bndupd", now.max_unacked, next.max_unacked);
  compare("pd-balance", now.pd_balance, next.pd_balance);
  compare("subnets", now.subnets, next.subnets);
  compare("tls", now.tls, next.tls);
  return keys;
}

/// The endpoints are made once. What of them changes is named.
void compare_relationships(const std::vector<failover::RelationshipSettings>& now,
                           const std::vector<failover::RelationshipSettings>& next, std::vector<std::string>& changes) {
  const size_t before = changes.size();
  for (const auto& relationship : now) {
    const failover::RelationshipSettings* other = settings_of(next, relationship.name);
    if (other == nullptr)
      changes.push_back(fmt::format("tandem6.failover: \"{}\" ends with a restart", relationship.name));
    else if (const auto keys = changed_keys(relationship, *other); !keys.empty())
      changes.push_back(fmt::format("tandem6.failover: \"{}\" is changed after a restart ({})", relationship.name,
                                    fmt::join(keys, ", ")));
  }
  for (const auto& relationship : next)
    if (settings_of(now, relationship.name) == nullptr)
      changes.push_back(fmt::format("tandem6.failover: \"{}\" begins with a restart", relationship.name));
  const auto name_of = &failover::RelationshipSettings::name;
  if (changes.size() == before && !std::ranges::equal(now, next, {}, name_of, name_of))
    changes.emplace_back("tandem6.failover: the relationships' order");
}

std::string show(const SubnetConfig& subnet) {
  std::string text = fmt::format("  [{}] {}", subnet.id, subnet.prefix.to_string());
  if (subnet.interface) text += fmt::format(" on {}", *subnet.interface);
  if (is_for_relayed(subnet)) text += " (relayed)";
  text += fmt::format(", valid {} s\n", subnet.lifetimes.valid.usual.count);
  for (const PoolConfig& pool : subnet.pools) text += fmt::format("      {}\n", show(pool));
  return text;
}

}  // namespace

std::unique_ptr<lease::Snapshot> build_snapshot(const Configuration& configuration, const Duid& server_duid,
                                                lease::HashKey search_key, Continuity& continuity) {
  const auto ports = ports_of_subnets(configuration);
  lease::Snapshot::Content content;
  content.server_duid = server_duid;
  content.search_key = search_key;
  content.subnets.reserve(configuration.subnets.size());
  make_scopes(configuration.failover, continuity);
  const auto scopes = scopes_of_subnets(configuration, continuity);
  for (const SubnetConfig& config : configuration.subnets) {
    const auto scope = scopes.find(config.id);
    content.subnets.push_back(build_subnet(config, continuity, scope == scopes.end() ? nullptr : scope->second));
    if (const auto port = ports.find(&config); port != ports.end()) content.subnets.back().port = port->second;
  }
  for (const NetworkConfig& network : configuration.networks)
    content.networks.push_back({.name = network.name,
                                .options = network.options,
                                .guard = network.guard,
                                .additional_classes = network.additional_classes});
  content.options = configuration.options;
  content.classes = configuration.classes;
  content.fqdn = configuration.names;
  content.reconfigure = configuration.reconfigure.enabled;
  if (configuration.reconfigure.secret)
    content.reconfigure_secret = lease::reconfigure_secret(*configuration.reconfigure.secret);
  content.relay_supplied = configuration.relay_supplied;
  content.decline_probation = configuration.decline_probation;
  content.reservations = lease::Reservations(configuration.reservations, continuity.reserved_units);
  content.host_lookup = configuration.host_lookup;
  content.leasequery_requesters = configuration.lease_query.requesters;
  auto snapshot = std::make_unique<lease::Snapshot>(std::move(content));
  snapshot->set_aside_reserved();
  return snapshot;
}

std::vector<std::string> needs_restart(const Configuration& now, const Configuration& next) {
  std::vector<std::string> changes;
  const auto compare = [&](std::string_view what, const std::string& before, const std::string& after) {
    if (before != after) changes.push_back(fmt::format("{}: {} now, {} after a restart", what, before, after));
  };
  compare("workers", show_workers(now.dataplane), show_workers(next.dataplane));
  compare("ports", show(now.dataplane.ports), show(next.dataplane.ports));
  compare("tandem6.dataplane.idle", std::string(name_of(now.dataplane.idle)),
          std::string(name_of(next.dataplane.idle)));
  compare("tandem6.storage.path", now.storage.path, next.storage.path);
  compare("tandem6.storage.durability", std::string(name_of(now.storage.durability)),
          std::string(name_of(next.storage.durability)));
  compare("the control socket", now.control_socket, next.control_socket);
  compare_relationships(now.failover, next.failover, changes);
  compare("Bulk Leasequery", show_bulk(now.lease_query), show_bulk(next.lease_query));
  const auto show_id = [](const ServerIdConfig& id) {
    if (id.complete) return id.complete->to_string();
    constexpr const char* kTypes[] = {"LLT", "LL", "EN"};
    return fmt::format("made once, of type {}", kTypes[static_cast<size_t>(id.type)]);
  };
  compare("server-id", show_id(now.server_id), show_id(next.server_id));
  return changes;
}

std::string summary(const Configuration& configuration) {
  std::string text = fmt::format("ports    {}\n", show(configuration.dataplane.ports));
  text += fmt::format("workers  {}; when idle: {}\n", show_workers(configuration.dataplane),
                      name_of(configuration.dataplane.idle));
  text += fmt::format("storage  {}, {}\n", configuration.storage.path, name_of(configuration.storage.durability));
  text += fmt::format("control  {}\n", configuration.control_socket);
  for (const auto& relationship : configuration.failover) text += fmt::format("failover {}\n", show(relationship));
  const size_t classes = std::ranges::count_if(configuration.classes.classes(), &lease::ClientClass::defined);
  if (classes != 0) text += fmt::format("classes  {}\n", classes);
  text += fmt::format("subnets  {}\n", configuration.subnets.size());
  const size_t shown = std::min(configuration.subnets.size(), kSubnetsInSummary);
  for (size_t i = 0; i < shown; ++i) text += show(configuration.subnets[i]);
  if (shown < configuration.subnets.size())
    text += fmt::format("  … and {} more\n", configuration.subnets.size() - shown);
  return text;
}

}  // namespace tandem6::control
