// What must hold between the subnets.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/config/reader.h"
#include "control/config/subnets.h"

namespace tandem6::control {
namespace {

using Subnets = std::vector<ReadSubnet>;

/// Says that a value stands in two subnets, which `what` must not.
template <typename Key>
class Unique {
 public:
  Unique(Remarks& remarks, std::string_view what) : remarks_(remarks), what_(what) {}
  void add(const Key& key, const Node& at, std::string_view shown) {
    const auto [first, is_first] = places_.emplace(key, &at);
    if (!is_first)
      remarks_.error(at, fmt::format("{} {} is already in {} ({})", what_, shown, first->second->path(),
                                     remarks_.line_of(*first->second)));
  }

 private:
  Remarks& remarks_;
  std::string_view what_;
  std::map<Key, const Node*> places_;
};

/// Where a key stands that a subnet may have from its shared network.
const Node& node_of(const ReadSubnet& subnet, std::string_view key) {
  if (const Node* own = subnet.node->find(key)) return *own;
  const Node* list = subnet.node->parent;
  const Node* inherited = list != nullptr && list->parent != nullptr ? list->parent->find(key) : nullptr;
  return inherited != nullptr ? *inherited : *subnet.node;
}

/// Clients that several links claim: the first has them. Kea does the same, without a word.
template <typename Key>
class Claims {
 public:
  explicit Claims(Remarks& remarks) : remarks_(remarks) {}
  void add(const Key& key, const ReadSubnet& subnet, std::string_view name, std::string_view shown) {
    const auto [first, is_first] = claims_.emplace(key, &subnet);
    const SubnetConfig& before = first->second->config;
    if (is_first || (before.network && before.network == subnet.config.network) || before.is_guarded) return;
    remarks_.warning(
        node_of(subnet, name),
        fmt::format("the clients of {} \"{}\" are already in {} ({}), so none will come here: put both into "
                    "a shared network, or give the first client-classes",
                    name, shown, first->second->node->path(), remarks_.line_of(*first->second->node)));
  }

 private:
  Remarks& remarks_;
  std::map<Key, const ReadSubnet*> claims_;
};

void check_identities(const Subnets& subnets, Remarks& remarks) {
  Unique<uint32_t> ids(remarks, "the id");
  Unique<std::pair<Ipv6Address, uint8_t>> prefixes(remarks, "the subnet");
  Claims<std::string> interface_ids(remarks);
  Claims<Ipv6Address> relays(remarks);
  for (const ReadSubnet& subnet : subnets) {
    const SubnetConfig& config = subnet.config;
    const Node* id = subnet.node->find("id");
    if (id != nullptr && config.id != 0) ids.add(config.id, *id, std::to_string(config.id));
    if (subnet.has_prefix)
      prefixes.add({config.prefix.address, config.prefix.length}, *subnet.node->find("subnet"),
                   config.prefix.to_string());
    if (!config.interface_id.empty())
      interface_ids.add(config.interface_id, subnet, "interface-id", node_of(subnet, "interface-id").text());
    for (const Ipv6Address& relay : config.relay_addresses) relays.add(relay, subnet, "relay", relay.to_string());
  }
}

void check_overlaps(const Subnets& subnets, lease::LeaseType type, Remarks& remarks) {
  std::vector<const ReadPool*> pools;
  for (const ReadSubnet& subnet : subnets)
    for (const ReadPool& pool : subnet.pools)
      if (pool.config.type == type) pools.push_back(&pool);
  std::ranges::sort(pools, {}, [](const ReadPool* pool) { return std::pair(pool->config.first, pool->node->offset); });
  const ReadPool* furthest = nullptr;  // of those before, the one that reaches furthest
  for (const ReadPool* pool : pools) {
    if (furthest != nullptr && pool->config.first <= furthest->config.last) {
      // The later one in the file is told about the earlier one.
      const bool pool_is_later = pool->node->offset > furthest->node->offset;
      const ReadPool& later = pool_is_later ? *pool : *furthest;
      const ReadPool& earlier = pool_is_later ? *furthest : *pool;
      remarks.error(*later.node, fmt::format("{} overlaps with {} in {} ({})", later.config.text, earlier.config.text,
                                             earlier.node->path(), remarks.line_of(*earlier.node)));
    }
    if (furthest == nullptr || furthest->config.last < pool->config.last) furthest = pool;
  }
}

const PortConfig* port_called(const std::vector<PortConfig>& ports, const std::string& name) {
  const auto found =
      std::ranges::find_if(ports, [&](const PortConfig& port) { return port.name == name || port.device == name; });
  return found == ports.end() ? nullptr : &*found;
}

void check_interfaces(const Subnets& subnets, const std::vector<PortConfig>& ports, Remarks& remarks) {
  std::vector<std::string_view> names;
  for (const PortConfig& port : ports) names.push_back(port.name);
  Claims<const PortConfig*> direct(remarks);
  std::set<const Node*> complained;  // subnets of a shared network have one key in common
  for (const ReadSubnet& subnet : subnets) {
    if (!subnet.config.interface) continue;
    const PortConfig* port = port_called(ports, *subnet.config.interface);
    const Node& node = node_of(subnet, "interface");
    if (port == nullptr) {
      if (complained.insert(&node).second)
        remarks.warning(node, fmt::format("\"{}\" is no port, so none of its clients is heard; the ports are: {}",
                                          *subnet.config.interface,
                                          names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
      continue;
    }
    const bool for_relayed = !subnet.config.interface_id.empty() || !subnet.config.relay_addresses.empty();
    if (!for_relayed) direct.add(port, subnet, "interface", *subnet.config.interface);
  }
}

/// A shared network is one link: its subnets have one interface, and answer Rapid Commit alike.
void check_networks(const Subnets& subnets, Remarks& remarks) {
  std::map<uint32_t, const ReadSubnet*> firsts;
  for (const ReadSubnet& subnet : subnets) {
    if (!subnet.config.network) continue;
    const ReadSubnet& first = *firsts.emplace(*subnet.config.network, &subnet).first->second;
    const auto differs = [&](std::string_view key) {
      remarks.error(node_of(subnet, key), fmt::format("{} is not what the first subnet of this shared network has ({})",
                                                      key, remarks.line_of(*first.node)));
    };
    if (subnet.config.interface != first.config.interface) differs("interface");
    if (subnet.config.rapid_commit != first.config.rapid_commit) differs("rapid-commit");
  }
}

}  // namespace

void check_subnets(const std::vector<ReadSubnet>& subnets, const std::vector<PortConfig>& ports, Remarks& remarks) {
  check_identities(subnets, remarks);
  check_overlaps(subnets, lease::LeaseType::kAddress, remarks);
  check_overlaps(subnets, lease::LeaseType::kPrefix, remarks);
  check_interfaces(subnets, ports, remarks);
  check_networks(subnets, remarks);
}

}  // namespace tandem6::control
