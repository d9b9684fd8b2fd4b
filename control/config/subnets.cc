#include "control/config/subnets.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "control/config/address_text.h"
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

ReadSubnet read_subnet(const Node& node, const TimerKeys& global_timers, Remarks& remarks) {
  ReadSubnet subnet;
  subnet.node = &node;
  const auto prefix = read_subnet_prefix(node, remarks);
  subnet.has_prefix = prefix.has_value();
  subnet.config.prefix = prefix.value_or(Ipv6Prefix{});
  subnet.config.id = static_cast<uint32_t>(integer_at(node, "id", 1, kMaxId, remarks).value_or(0));
  subnet.config.lifetimes = resolve_timers(node, read_timers(node, global_timers, remarks), remarks);
  subnet.config.rapid_commit = boolean_at(node, "rapid-commit").value_or(false);
  subnet.config.keep_relays = inherited_boolean_at(node, "store-extended-info").value_or(false);
  const Node* interface = string_at(node, "interface");
  if (interface != nullptr && !interface->text().empty()) subnet.config.interface = interface->text();
  subnet.config.interface_id = read_interface_id(node, remarks);
  subnet.config.relay_addresses = read_relays(node, remarks);
  subnet.config.options = read_option_data(node, remarks);
  subnet.pools = read_pools(node, prefix, remarks);
  return subnet;
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

std::vector<ReadSubnet> read_subnets(const Node& dhcp6, const TimerKeys& global_timers, Remarks& remarks) {
  std::vector<ReadSubnet> subnets;
  for (const Node* node : objects_at(dhcp6, "subnet6")) subnets.push_back(read_subnet(*node, global_timers, remarks));
  number_the_rest(subnets, remarks);
  return subnets;
}

}  // namespace tandem6::control
