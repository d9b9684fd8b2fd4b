#include "control/config/subnets.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "control/config/address_text.h"
#include "control/config/class_guard.h"
#include "control/config/option_data.h"
#include "control/config/option_text.h"
#include "control/config/reader.h"

namespace tandem6::control {
namespace {

constexpr uint32_t kMaxId = 0xfffffffe;  // Kea's; the highest number is none

std::optional<Ipv6Prefix> read_subnet_prefix(const Node& subnet, Remarks& remarks) {
  require_key(subnet, "subnet", remarks);
  const Node* text = string_at(subnet, "subnet");
  if (text == nullptr) return std::nullopt;
  const auto prefix = read_prefix(text->text());
  if (!prefix) {
    remarks.error(*text, prefix.error().message);
    return std::nullopt;
  }
  if (prefix->address.is_unspecified() || prefix->address.is_link_local() || prefix->address.is_multicast()) {
    remarks.error(*text, fmt::format("{} holds no addresses that clients could be given", prefix->to_string()));
    return std::nullopt;
  }
  return *prefix;
}

std::vector<Ipv6Address> read_relays(const Node& subnet, Remarks& remarks) {
  std::vector<Ipv6Address> addresses;
  const Node* relay = object_at(subnet, "relay");
  if (relay == nullptr) return addresses;
  std::vector<const Node*> texts = strings_at(*relay, "ip-addresses");
  if (const Node* old_name = string_at(*relay, "ip-address")) texts.push_back(old_name);
  for (const Node* text : texts) {
    const auto address = read_address(text->text());
    if (!address)
      remarks.error(*text, address.error().message);
    else if (std::ranges::find(addresses, *address) == addresses.end())
      addresses.push_back(*address);
  }
  return addresses;
}

/// The octets of the option Interface-Id (RFC 8415 §21.18). Kea knows text only; relays also put binary there.
std::string read_interface_id(const Node& subnet, Remarks& remarks) {
  const Node* value = string_at(subnet, "interface-id");
  if (value == nullptr) return {};
  if (!value->text().starts_with("0x")) return value->text();
  const auto octets = parse_octets(value->text());
  if (!octets) {
    remarks.error(*value, "hexadecimal digits are wanted after 0x");
    return {};
  }
  std::string id;
  for (const std::byte octet : *octets) id += static_cast<char>(octet);
  return id;
}

/// How clients are found to be on the link: what a subnet does not say its shared network says for it.
void read_selectors(const Node& node, SubnetConfig& config, Remarks& remarks) {
  const Node* interface = string_at(node, "interface");
  if (interface != nullptr && !interface->text().empty()) config.interface = interface->text();
  if (std::string id = read_interface_id(node, remarks); !id.empty()) config.interface_id = std::move(id);
  if (auto relays = read_relays(node, remarks); !relays.empty()) config.relay_addresses = std::move(relays);
}

ReadSubnet read_subnet(const Node& node, const ScopeKeys& outer, const SubnetConfig& from_network,
                       const Vocabulary& vocabulary, Remarks& remarks) {
  ReadSubnet subnet;
  subnet.node = &node;
  subnet.config = from_network;
  const auto prefix = read_subnet_prefix(node, remarks);
  subnet.has_prefix = prefix.has_value();
  subnet.config.prefix = prefix.value_or(Ipv6Prefix{});
  subnet.config.id = static_cast<uint32_t>(integer_at(node, "id", 1, kMaxId, remarks).value_or(0));
  const ScopeKeys keys = read_scope(node, outer, remarks);
  subnet.config.lifetimes = resolve_timers(node, keys.timers, remarks);
  subnet.config.cache = keys.cache;
  subnet.config.names = keys.names;
  subnet.config.rapid_commit = keys.rapid_commit;
  subnet.config.keep_relays = keys.keep_relays;
  subnet.config.address_allocator = keys.address_allocator;
  subnet.config.prefix_allocator = keys.prefix_allocator;
  subnet.config.reservations_in_subnet = keys.reservations_in_subnet;
  subnet.config.reservations_global = keys.reservations_global;
  read_selectors(node, subnet.config, remarks);
  subnet.config.options = read_option_data(node, vocabulary, remarks);
  subnet.config.guard = read_class_guard(node, vocabulary, remarks);
  subnet.config.is_guarded = subnet.config.is_guarded || !subnet.config.guard.empty();
  subnet.config.additional_classes = read_additional_classes(node, vocabulary, remarks);
  subnet.pools = read_pools(node, prefix, vocabulary, remarks);
  return subnet;
}

void read_network(const Node& node, const ScopeKeys& global, const Vocabulary& vocabulary, ReadSubnets& read,
                  Remarks& remarks) {
  NetworkConfig network;
  require_key(node, "name", remarks);
  if (const Node* name = string_at(node, "name")) {
    network.name = name->text();
    const bool is_known =
        std::ranges::any_of(read.networks, [&](const NetworkConfig& known) { return known.name == network.name; });
    if (is_known) remarks.error(*name, fmt::format("a shared network called \"{}\" is already there", network.name));
  }
  network.options = read_option_data(node, vocabulary, remarks);
  network.guard = read_class_guard(node, vocabulary, remarks);
  network.additional_classes = read_additional_classes(node, vocabulary, remarks);
  const ScopeKeys keys = read_scope(node, global, remarks);
  resolve_timers(node, keys.timers, remarks);
  SubnetConfig shared;
  shared.network = static_cast<uint32_t>(read.networks.size());
  shared.is_guarded = !network.guard.empty();
  read_selectors(node, shared, remarks);
  for (const Node* subnet : objects_at(node, "subnet6"))
    read.subnets.push_back(read_subnet(*subnet, keys, shared, vocabulary, remarks));
  read.networks.push_back(std::move(network));
}

/// Kea before 2.5 numbered subnets by itself, from 1.
void number_the_rest(std::vector<ReadSubnet>& subnets, Remarks& remarks) {
  std::set<uint32_t> taken;
  for (const ReadSubnet& subnet : subnets) taken.insert(subnet.config.id);
  uint32_t next = 1;
  for (ReadSubnet& subnet : subnets) {
    if (subnet.node->find("id") != nullptr) continue;
    while (taken.contains(next)) ++next;
    taken.insert(next);
    subnet.config.id = next;
    remarks.warning(*subnet.node,
                    fmt::format("\"id\" is missing: {} is taken. Write it down, or leases change their subnet "
                                "when one is put before this",
                                next));
  }
}

}  // namespace

ReadSubnets read_subnets(const Node& dhcp6, const ScopeKeys& global, const Vocabulary& vocabulary, Remarks& remarks) {
  ReadSubnets read;
  for (const Node* node : objects_at(dhcp6, "subnet6"))
    read.subnets.push_back(read_subnet(*node, global, {}, vocabulary, remarks));
  for (const Node* node : objects_at(dhcp6, "shared-networks")) read_network(*node, global, vocabulary, read, remarks);
  number_the_rest(read.subnets, remarks);
  return read;
}

}  // namespace tandem6::control
