#include "dataplane/lease/snapshot.h"

#include <algorithm>
#include <tuple>

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

}  // namespace

const Pool* Subnet::pool_of(const LeaseKey& key) const {
  for (const Pool& pool : pools(key.type)) {
    if (pool.contains(key)) return &pool;
  }
  return nullptr;
}

Snapshot::Snapshot(Duid server_duid, std::vector<Subnet> subnets, OptionSet global_options, Seconds decline_probation,
                   HashKey search_key)
    : serial_(next_serial()),
      server_duid_(server_duid),
      subnets_(std::move(subnets)),
      global_options_(std::move(global_options)),
      decline_probation_(decline_probation),
      search_key_(search_key) {
  for (uint32_t place = 0; place < subnets_.size(); ++place) index_subnet(place);
  std::sort(prefix_lengths_.begin(), prefix_lengths_.end(), std::greater<>());
  std::sort(pools_.begin(), pools_.end(), [](const PoolPlace& a, const PoolPlace& b) {
    return std::tie(a.type, a.first, a.subnet, a.pool) < std::tie(b.type, b.first, b.subnet, b.pool);
  });
}

void Snapshot::index_subnet(uint32_t place) {
  const Subnet& subnet = subnets_[place];
  // emplace() leaves an older entry alone: where two subnets claim the same clients, the first in the list has them.
  by_id_.emplace(subnet.id, place);
  if (subnet.port) by_port_.emplace(*subnet.port, place);
  if (!subnet.interface_id.empty()) by_interface_id_.emplace(subnet.interface_id, place);
  for (const Ipv6Address& relay : subnet.relay_addresses) by_relay_address_.emplace(Ipv6Prefix{relay, 128}, place);
  by_prefix_.emplace(subnet.prefix, place);
  if (std::find(prefix_lengths_.begin(), prefix_lengths_.end(), subnet.prefix.length) == prefix_lengths_.end()) {
    prefix_lengths_.push_back(subnet.prefix.length);
  }
  index_pools(place, LeaseType::kAddress);
  index_pools(place, LeaseType::kPrefix);
}

void Snapshot::index_pools(uint32_t place, LeaseType type) {
  const std::vector<Pool>& pools = subnets_[place].pools(type);
  for (uint32_t pool = 0; pool < pools.size(); ++pool) {
    pools_.push_back({.type = type, .first = pools[pool].first, .subnet = place, .pool = pool});
  }
}

const Subnet* Snapshot::select(const Request& request) const {
  const auto subnet_in = [this](const auto& map, const auto& key) -> const Subnet* {
    const auto found = map.find(key);
    return found == map.end() ? nullptr : &subnets_[found->second];
  };
  const auto relays = request.received->relays();
  if (relays.empty()) {
    if (const Subnet* subnet = subnet_in(by_port_, request.port)) return subnet;
    return request.source.is_link_local() ? nullptr : by_longest_prefix(request.source);
  }
  if (!by_interface_id_.empty()) {
    for (size_t i = relays.size(); i-- != 0;) {
      if (!relays[i].interface_id) continue;
      if (const Subnet* subnet = subnet_in(by_interface_id_, *relays[i].interface_id)) return subnet;
    }
  }
  for (size_t i = relays.size(); i-- != 0;) {
    // The relay nearest to the client that names a link says which it is (RFC 8415 §13.1). A Lightweight DHCPv6 Relay
    // Agent does not name one (RFC 6221 §5.3.1).
    if (!relays[i].link_address.is_unspecified()) return by_link_address(relays[i].link_address);
  }
  return nullptr;
}

const Subnet* Snapshot::by_link_address(const Ipv6Address& link_address) const {
  if (!by_relay_address_.empty()) {
    const auto relay = by_relay_address_.find(Ipv6Prefix{link_address, 128});
    if (relay != by_relay_address_.end()) return &subnets_[relay->second];
  }
  return by_longest_prefix(link_address);
}

const Subnet* Snapshot::by_longest_prefix(const Ipv6Address& address) const {
  for (const uint8_t length : prefix_lengths_) {
    const auto subnet = by_prefix_.find(Ipv6Prefix{masked(address, length), length});
    if (subnet != by_prefix_.end()) return &subnets_[subnet->second];
  }
  return nullptr;
}

const Subnet* Snapshot::by_id(uint32_t id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &subnets_[found->second];
}

const Pool* Snapshot::pool_of(const LeaseKey& key, uint32_t subnet_id) const {
  if (const Subnet* subnet = by_id(subnet_id)) {
    if (const Pool* pool = subnet->pool_of(key)) return pool;
  }
  // Pools do not overlap, so only the last that begins at or before the address can hold it.
  auto after = std::upper_bound(pools_.begin(), pools_.end(), key, [](const LeaseKey& wanted, const PoolPlace& place) {
    return std::tie(wanted.type, wanted.address) < std::tie(place.type, place.first);
  });
  if (after == pools_.begin()) return nullptr;
  --after;
  const Pool& pool = subnets_[after->subnet].pools(after->type)[after->pool];
  return pool.contains(key) ? &pool : nullptr;
}

void Snapshot::rest_under(const LeaseKey& misfit) const {
  // Pools do not overlap: those that begin at or before the lease's last address, backwards until one ends before it.
  auto place = std::upper_bound(pools_.begin(), pools_.end(), misfit, [](const LeaseKey& key, const PoolPlace& pool) {
    return std::forward_as_tuple(key.type, key.last()) < std::tie(pool.type, pool.first);
  });
  while (place != pools_.begin()) {
    --place;
    const Pool& pool = subnets_[place->subnet].pools(place->type)[place->pool];
    if (!pool.overlaps_misfit(misfit)) return;
    pool.rest_under(misfit);
  }
}

size_t Snapshot::PrefixHash::operator()(const Ipv6Prefix& prefix) const {
  const U128 number = prefix.address.number();
  uint64_t hash = static_cast<uint64_t>(number >> 64) * 0x9e3779b97f4a7c15 + static_cast<uint64_t>(number);
  hash = (hash ^ prefix.length ^ hash >> 32) * 0x9e3779b97f4a7c15;
  return hash ^ hash >> 29;
}

}  // namespace tandem6::lease
