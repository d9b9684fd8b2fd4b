#include "control/config/reservations.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "control/config/address_text.h"
#include "control/config/class_guard.h"
#include "control/config/option_data.h"
#include "control/config/option_text.h"
#include "control/config/pd_exclude.h"
#include "control/config/reader.h"

namespace tandem6::control {
namespace {

using lease::HostIdentifier;

struct IdentifierKey {
  std::string_view name;
  HostIdentifier identifier;
};
constexpr std::array kIdentifierKeys = {IdentifierKey{"duid", HostIdentifier::kDuid},
                                        IdentifierKey{"hw-address", HostIdentifier::kHardwareAddress},
                                        IdentifierKey{"flex-id", HostIdentifier::kFlexId}};

/// By exactly one of the three.
bool read_identifier(const Node& entry, lease::Reservation& reservation, Remarks& remarks) {
  const Node* chosen = nullptr;
  for (const IdentifierKey& key : kIdentifierKeys) {
    const Node* value = string_at(entry, key.name);
    if (value == nullptr) continue;
    if (chosen != nullptr) {
      remarks.error_at_key(*value, "a reservation knows its client by one identifier: make two reservations of it");
      return false;
    }
    chosen = value;
    const auto octets = parse_octets(value->text());
    if (!octets || octets->empty()) {
      remarks.error(*value,
                    "hexadecimal digits are wanted, such as \"01:02:0a\" or \"0x01020a\", or text as \"'text'\"");
      return false;
    }
    if (key.identifier == HostIdentifier::kDuid && !Duid::from_bytes(*octets)) {
      remarks.error(*value, fmt::format("a DUID has {} to {} octets", Duid::kMinSize, Duid::kMaxSize));
      return false;
    }
    reservation.identifier = key.identifier;
    reservation.value = *octets;
  }
  if (chosen == nullptr) remarks.error(entry, "\"duid\", \"hw-address\" or \"flex-id\" is missing: whose is it?");
  return chosen != nullptr;
}

void read_units(const Node& entry, ReadReservation& read, Remarks& remarks) {
  for (const Node* text : strings_at(entry, "ip-addresses")) {
    const auto address = read_address(text->text());
    if (!address) {
      remarks.error(*text, address.error().message);
      continue;
    }
    read.reservation.units.push_back({lease::LeaseType::kAddress, 128, *address});
    read.unit_nodes.push_back(text);
  }
  for (const Node* text : strings_at(entry, "prefixes")) {
    const auto prefix = read_prefix(text->text());
    if (!prefix) {
      remarks.error(*text, prefix.error().message);
      continue;
    }
    read.reservation.units.push_back({lease::LeaseType::kPrefix, prefix->length, prefix->address});
    read.unit_nodes.push_back(text);
  }
}

/// RFC 6603: one for each prefix, behind the addresses. Only when all prefixes could be read.
void read_excluded(const Node& entry, ReadReservation& read, Remarks& remarks) {
  const std::vector<const Node*> excluded = strings_at(entry, "excluded-prefixes");
  if (excluded.empty()) return;
  std::vector<lease::LeaseKey>& units = read.reservation.units;
  const auto first = std::ranges::find(units, lease::LeaseType::kPrefix, &lease::LeaseKey::type);
  const size_t prefixes = strings_at(entry, "prefixes").size();
  if (excluded.size() != prefixes) {
    remarks.error(
        *entry.find("excluded-prefixes"),
        fmt::format("one for each of the {} \"prefixes\" is wanted, \"\" where nothing is excluded", prefixes));
    return;
  }
  if (static_cast<size_t>(units.end() - first) != prefixes) return;
  read.reservation.pd_exclude.resize(static_cast<size_t>(first - units.begin()));
  for (size_t i = 0; i < prefixes; ++i) {
    const lease::LeaseKey& key = first[static_cast<std::ptrdiff_t>(i)];
    read.reservation.pd_exclude.push_back(
        read_excluded_part(*excluded[i], Ipv6Prefix{key.address, key.prefix_length}, remarks));
  }
}

std::optional<ReadReservation> read_reservation(const Node& entry, const Vocabulary& vocabulary, Remarks& remarks) {
  ReadReservation read{{}, &entry, {}};
  read_units(entry, read, remarks);
  read_excluded(entry, read, remarks);
  if (const Node* hostname = string_at(entry, "hostname")) read.reservation.hostname = hostname->text();
  read.reservation.options = read_option_data(entry, vocabulary, remarks);
  read.reservation.classes = read_class_guard(entry, vocabulary, remarks);
  if (!read_identifier(entry, read.reservation, remarks)) return std::nullopt;
  return read;
}

const ReadSubnet* subnet_of(const std::vector<ReadSubnet>& subnets, uint32_t id) {
  const auto found = std::ranges::find_if(subnets, [&](const ReadSubnet& subnet) { return subnet.config.id == id; });
  return found == subnets.end() ? nullptr : &*found;
}

/// All pools, so that the one around a unit is found quickly.
class PoolMap {
 public:
  explicit PoolMap(const std::vector<ReadSubnet>& subnets) {
    for (const ReadSubnet& subnet : subnets)
      for (const ReadPool& pool : subnet.pools) pools_.emplace(std::pair(pool.config.type, pool.config.first), &pool);
  }
  /// One that shares space with the unit; null when none does.
  const ReadPool* around(const lease::LeaseKey& key) const {
    auto after = pools_.upper_bound({key.type, key.last()});
    if (after == pools_.begin()) return nullptr;
    const ReadPool* pool = std::prev(after)->second;
    return pool->config.type == key.type && key.address <= pool->config.last ? pool : nullptr;
  }

 private:
  std::map<std::pair<lease::LeaseType, Ipv6Address>, const ReadPool*> pools_;
};

void check_unit(const lease::LeaseKey& key, const Node& node, const ReadSubnet* subnet, const PoolMap& pools,
                Remarks& remarks) {
  if (key.type == lease::LeaseType::kAddress && subnet != nullptr && subnet->has_prefix &&
      !subnet->config.prefix.contains(key.address))
    remarks.error(node, fmt::format("{} is not inside the subnet {}", node.text(), subnet->config.prefix.to_string()));
  const ReadPool* pool = pools.around(key);
  if (pool != nullptr && pool->config.unit_length != key.prefix_length)
    remarks.error(node, fmt::format("{} shares space with the pool {} in {} ({}), whose prefixes have another length: "
                                    "reserve a /{}, or one outside of all pools",
                                    node.text(), pool->config.text, pool->node->path(), remarks.line_of(*pool->node),
                                    pool->config.unit_length));
}

/// Reserved prefixes of different lengths that share space.
void check_overlaps(const std::vector<ReadReservation>& reservations, Remarks& remarks) {
  std::map<Ipv6Address, std::pair<const lease::LeaseKey*, const Node*>> prefixes;
  for (const ReadReservation& read : reservations)
    for (size_t i = 0; i < read.reservation.units.size(); ++i) {
      const lease::LeaseKey& key = read.reservation.units[i];
      if (key.type == lease::LeaseType::kPrefix) prefixes.emplace(key.address, std::pair(&key, read.unit_nodes[i]));
    }
  const std::pair<const lease::LeaseKey*, const Node*>* before = nullptr;
  for (const auto& [address, prefix] : prefixes) {
    if (before != nullptr && address <= before->first->last())
      remarks.error(*prefix.second,
                    fmt::format("{} shares space with {}, which is reserved in {} ({})", prefix.second->text(),
                                before->second->text(), before->second->path(), remarks.line_of(*before->second)));
    if (before == nullptr || before->first->last() < prefix.first->last()) before = &prefix;
  }
}

}  // namespace

std::vector<ReadReservation> read_reservations(const Node& scope, const Vocabulary& vocabulary, Remarks& remarks) {
  std::vector<ReadReservation> reservations;
  for (const Node* entry : objects_at(scope, "reservations"))
    if (auto read = read_reservation(*entry, vocabulary, remarks)) reservations.push_back(std::move(*read));
  return reservations;
}

void check_reservations(const std::vector<ReadReservation>& reservations, const std::vector<ReadSubnet>& subnets,
                        Remarks& remarks) {
  using Identity = std::tuple<uint32_t, HostIdentifier, std::vector<std::byte>>;
  using Unit = std::tuple<lease::LeaseType, Ipv6Address, uint8_t>;
  std::map<Identity, const Node*> identities;
  std::map<Unit, const Node*> units;
  const PoolMap pools(subnets);
  const auto once = [&](auto& map, const auto& key, const Node& node, std::string_view what) {
    const auto [first, is_first] = map.emplace(key, &node);
    if (!is_first)
      remarks.error(
          node, fmt::format("{} is already in {} ({})", what, first->second->path(), remarks.line_of(*first->second)));
  };
  for (const ReadReservation& read : reservations) {
    const lease::Reservation& host = read.reservation;
    once(identities, Identity{host.scope, host.identifier, host.value}, *read.node, "a reservation for this client");
    const ReadSubnet* subnet = subnet_of(subnets, host.scope);
    for (size_t i = 0; i < host.units.size(); ++i) {
      const lease::LeaseKey& key = host.units[i];
      once(units, Unit{key.type, key.address, key.prefix_length}, *read.unit_nodes[i], read.unit_nodes[i]->text());
      check_unit(key, *read.unit_nodes[i], subnet, pools, remarks);
    }
  }
  check_overlaps(reservations, remarks);
}

void check_flex_ids(const std::vector<ReadReservation>& reservations, const lease::HostLookup& lookup,
                    Remarks& remarks) {
  const bool is_looked_up = std::ranges::find(lookup.order, HostIdentifier::kFlexId) != lookup.order.end();
  if (lookup.flex_id && is_looked_up) return;
  for (const ReadReservation& read : reservations) {
    if (read.reservation.identifier != HostIdentifier::kFlexId) continue;
    remarks.warning(*read.node->find("flex-id"),
                    lookup.flex_id
                        ? "no client has this: \"flex-id\" is not among host-reservation-identifiers"
                        : "no client has this: the hook flex_id with its identifier-expression is not there");
  }
}

lease::HostLookup read_host_lookup(const Node& dhcp6, Remarks& remarks) {
  lease::HostLookup lookup;
  const std::vector<const Node*> names = strings_at(dhcp6, "host-reservation-identifiers");
  if (names.empty()) return lookup;
  lookup.order.clear();
  for (const Node* name : names) {
    const auto choice = choice_of(*name, {"duid", "hw-address", "flex-id"}, remarks);
    if (!choice) continue;
    const HostIdentifier identifier = kIdentifierKeys[*choice].identifier;
    if (std::ranges::find(lookup.order, identifier) == lookup.order.end()) lookup.order.push_back(identifier);
  }
  return lookup;
}

}  // namespace tandem6::control
