#include "dataplane/lease/snapshot.h"

#include <algorithm>
#include <atomic>
#include <tuple>
#include <variant>

namespace tandem6::lease {
namespace {

uint64_t next_serial() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

/// The first `length` bits of an address.
Ipv6Address masked(const Ipv6Address& address, uint8_t length) {
  if (length == 0) return {};
  return Ipv6Address::from_number(address.number() & ~U128{0} << (128 - length));
}

void add_once(std::vector<uint32_t>& places, uint32_t place) {
  if (std::ranges::find(places, place) == places.end()) places.push_back(place);
}

}  // namespace

Snapshot::Snapshot(Content content) : serial_(next_serial()), content_(std::move(content)) {
  make_links();
  for (uint32_t place = 0; place < links_.size(); ++place) index_link(place);
  std::sort(prefix_lengths_.begin(), prefix_lengths_.end(), std::greater<>());
  std::sort(pools_.begin(), pools_.end(), [](const PoolPlace& a, const PoolPlace& b) {
    return std::tie(a.type, a.first, a.subnet, a.pool) < std::tie(b.type, b.first, b.subnet, b.pool);
  });
}

void Snapshot::make_links() {
  const std::vector<Subnet>& subnets = content_.subnets;
  std::unordered_map<uint32_t, size_t> link_of_network;
  for (uint32_t place = 0; place < subnets.size(); ++place) {
    const Subnet& subnet = subnets[place];
    by_id_.emplace(subnet.id, place);
    index_pools(place, LeaseType::kAddress);
    index_pools(place, LeaseType::kPrefix);
    const auto [known, is_new] = subnet.network ? link_of_network.emplace(*subnet.network, links_.size())
                                                : std::pair(link_of_network.end(), true);
    if (!is_new) {
      links_[known->second].subnets.push_back(&subnet);
      continue;
    }
    links_.push_back({subnet.network ? &content_.networks[*subnet.network] : nullptr, {&subnet}});
  }
}

void Snapshot::index_link(uint32_t place) {
  for (const Subnet* subnet : links_[place].subnets) {
    if (subnet->port) add_once(by_port_[*subnet->port], place);
    if (!subnet->interface_id.empty()) add_once(by_interface_id_[subnet->interface_id], place);
    for (const Ipv6Address& relay : subnet->relay_addresses) add_once(by_relay_address_[{relay, 128}], place);
    add_once(by_prefix_[subnet->prefix], place);
    if (std::ranges::find(prefix_lengths_, subnet->prefix.length) == prefix_lengths_.end()) {
      prefix_lengths_.push_back(subnet->prefix.length);
    }
  }
}

void Snapshot::index_pools(uint32_t place, LeaseType type) {
  const std::vector<Pool>& pools = content_.subnets[place].pools(type);
  for (uint32_t pool = 0; pool < pools.size(); ++pool) {
    pools_.push_back({.type = type, .first = pools[pool].first, .subnet = place, .pool = pool});
  }
}

const Link* Snapshot::select(const Request& request, const ClassSet& classes) const {
  const auto link_in = [&](const auto& map, const auto& key) -> const Link* {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : first_admitting(found->second, classes);
  };
  const auto relays = request.received->relays();
  if (relays.empty()) {
    if (const Link* link = link_in(by_port_, request.port)) return link;
    return request.source.is_link_local() ? nullptr : by_longest_prefix(request.source, classes);
  }
  if (!by_interface_id_.empty()) {
    for (size_t i = relays.size(); i-- != 0;) {
      if (!relays[i].interface_id) continue;
      if (const Link* link = link_in(by_interface_id_, *relays[i].interface_id)) return link;
    }
  }
  for (size_t i = relays.size(); i-- != 0;) {
    // The relay nearest to the client that names a link says which it is (RFC 8415 §13.1). A Lightweight DHCPv6 Relay
    // Agent does not name one (RFC 6221 §5.3.1).
    if (!relays[i].link_address.is_unspecified()) return by_link_address(relays[i].link_address, classes);
  }
  // RFC 6221 §7.1: an LDRA on our own link, which sends under the client's address.
  return request.source.is_link_local() ? link_in(by_port_, request.port) : nullptr;
}

const Link* Snapshot::by_link_address(const Ipv6Address& link_address, const ClassSet& classes) const {
  if (!by_relay_address_.empty()) {
    const auto relay = by_relay_address_.find(Ipv6Prefix{link_address, 128});
    if (relay != by_relay_address_.end()) return first_admitting(relay->second, classes);
  }
  return by_longest_prefix(link_address, classes);
}

const Link* Snapshot::by_longest_prefix(const Ipv6Address& address, const ClassSet& classes) const {
  for (const uint8_t length : prefix_lengths_) {
    const auto found = by_prefix_.find(Ipv6Prefix{masked(address, length), length});
    if (found != by_prefix_.end()) return first_admitting(found->second, classes);
  }
  return nullptr;
}

// A link whose guards admit nobody of these classes still is the client's link: classes that come with a host's
// reservation may be admitted, and if not, that nothing is available there is the right answer.
const Link* Snapshot::first_admitting(const Places& links, const ClassSet& classes) const {
  for (const uint32_t place : links) {
    if (links_[place].admits(classes)) return &links_[place];
  }
  return &links_[links.front()];
}

const Subnet* Snapshot::by_id(uint32_t id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &content_.subnets[found->second];
}

const Pool* Snapshot::pool_of(const LeaseKey& key, uint32_t subnet_id) const {
  if (const ReservedUnit* reserved = content_.reservations.unit(key)) return &reserved->pool;
  if (const Subnet* subnet = by_id(subnet_id)) {
    if (const Pool* pool = subnet->pool_of(key)) return pool;
  }
  return pool_around(key);
}

const Pool* Snapshot::pool_around(const LeaseKey& key) const {
  const PoolPlace* place = place_around(key);
  return place != nullptr ? &content_.subnets[place->subnet].pools(place->type)[place->pool] : nullptr;
}

const Subnet* Snapshot::subnet_around(const LeaseKey& key) const {
  if (const PoolPlace* place = place_around(key)) return &content_.subnets[place->subnet];
  if (key.type == LeaseType::kAddress) {
    const Link* link = by_longest_prefix(key.address, {});
    if (link == nullptr) return nullptr;
    const auto holds = [&](const Subnet* subnet) { return subnet->prefix.contains(key.address); };
    const auto found = std::ranges::find_if(link->subnets, holds);
    return found == link->subnets.end() ? nullptr : *found;
  }
  const ReservedUnit* reserved = content_.reservations.unit(key);
  return reserved != nullptr ? by_id(reserved->holder->scope) : nullptr;
}

const Snapshot::PoolPlace* Snapshot::place_around(const LeaseKey& key) const {
  // Pools do not overlap, so only the last that begins at or before the address can hold it.
  auto after = std::upper_bound(pools_.begin(), pools_.end(), key, [](const LeaseKey& wanted, const PoolPlace& place) {
    return std::tie(wanted.type, wanted.address) < std::tie(place.type, place.first);
  });
  if (after == pools_.begin()) return nullptr;
  --after;
  const Pool& pool = content_.subnets[after->subnet].pools(after->type)[after->pool];
  return pool.contains(key) ? &*after : nullptr;
}

void Snapshot::rest_under(const LeaseKey& misfit) const {
  // Pools do not overlap: those that begin at or before the lease's last address, backwards until one ends before it.
  auto place = std::upper_bound(pools_.begin(), pools_.end(), misfit, [](const LeaseKey& key, const PoolPlace& pool) {
    return std::forward_as_tuple(key.type, key.last()) < std::tie(pool.type, pool.first);
  });
  while (place != pools_.begin()) {
    --place;
    const Pool& pool = content_.subnets[place->subnet].pools(place->type)[place->pool];
    if (!pool.overlaps_misfit(misfit)) return;
    pool.rest_under(misfit);
  }
}

void Snapshot::set_aside_reserved() const {
  for (const ReservedUnit& unit : content_.reservations.units()) {
    const LeaseKey key = unit.key();
    const Pool* around = pool_around(key);
    if (around != nullptr && around->is_dense()) around->mark_taken(key.address, 0);
  }
}

// Only in a space that `before` had as well was the unit set aside for that reservation.
void Snapshot::give_back_reserved(const Snapshot& before) const {
  for (const ReservedUnit& unit : before.reservations().units()) {
    const LeaseKey key = unit.key();
    if (content_.reservations.unit(key) != nullptr || unit.pool.is_taken(key.address)) continue;
    const Pool* around = pool_around(key);
    const Pool* around_before = before.pool_around(key);
    if (around == nullptr || around_before == nullptr || around->space != around_before->space) continue;
    around->release(key.address);
  }
}

size_t Snapshot::PrefixHash::operator()(const Ipv6Prefix& prefix) const {
  const U128 number = prefix.address.number();
  uint64_t hash = static_cast<uint64_t>(number >> 64) * 0x9e3779b97f4a7c15 + static_cast<uint64_t>(number);
  hash = (hash ^ prefix.length ^ hash >> 32) * 0x9e3779b97f4a7c15;
  return hash ^ hash >> 29;
}

}  // namespace tandem6::lease
