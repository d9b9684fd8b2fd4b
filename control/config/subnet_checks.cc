// What must hold between the subnets.
#include <algorithm>
#include <map>
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

void check_identities(const Subnets& subnets, Remarks& remarks) {
  Unique<uint32_t> ids(remarks, "the id");
  Unique<std::pair<Ipv6Address, uint8_t>> prefixes(remarks, "the subnet");
  Unique<std::string> interface_ids(remarks, "not supported yet (shared networks): the interface-id");
  Unique<Ipv6Address> relays(remarks, "not supported yet (shared networks): the relay");
  for (const ReadSubnet& subnet : subnets) {
    const SubnetConfig& config = subnet.config;
    const Node* id = subnet.node->find("id");
    if (id != nullptr && config.id != 0) ids.add(config.id, *id, std::to_string(config.id));
    if (subnet.has_prefix)
      prefixes.add({config.prefix.address, config.prefix.length}, *subnet.node->find("subnet"),
                   config.prefix.to_string());
    if (!config.interface_id.empty()) {
      const Node& node = *subnet.node->find("interface-id");
      interface_ids.add(config.interface_id, node, node.text());
    }
    for (const Ipv6Address& relay : config.relay_addresses)
      relays.add(relay, *subnet.node->find("relay"), relay.to_string());
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
  std::map<const PortConfig*, const Node*> direct;  // the subnet that has a port's direct clients
  for (const ReadSubnet& subnet : subnets) {
    if (!subnet.config.interface) continue;
    const Node& node = *subnet.node->find("interface");
    const PortConfig* port = port_called(ports, *subnet.config.interface);
    if (port == nullptr) {
      remarks.error(node, fmt::format("\"{}\" is no port; the ports are: {}", *subnet.config.interface,
                                      names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
      continue;
    }
    const bool for_relayed = !subnet.config.interface_id.empty() || !subnet.config.relay_addresses.empty();
    if (for_relayed) continue;
    const auto [first, is_first] = direct.emplace(port, &node);
    if (!is_first)
      remarks.error(
          node, fmt::format("not supported yet (shared networks): the clients of {} are already in {} ({})",
                            *subnet.config.interface, first->second->parent->path(), remarks.line_of(*first->second)));
  }
}

}  // namespace

void check_subnets(const std::vector<ReadSubnet>& subnets, const std::vector<PortConfig>& ports, Remarks& remarks) {
  check_identities(subnets, remarks);
  check_overlaps(subnets, lease::LeaseType::kAddress, remarks);
  check_overlaps(subnets, lease::LeaseType::kPrefix, remarks);
  check_interfaces(subnets, ports, remarks);
}

}  // namespace tandem6::control
