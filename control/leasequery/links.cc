#include "control/leasequery/links.h"

#include <algorithm>

namespace tandem6::control {
namespace {

bool is_told(const lease::LeaseRecord& lease, AbsoluteTime now) {
  return lease.status == lease::BindingStatus::kActive && (lease.valid.infinite() || now < lease.expires());
}

/// As Snapshot::select() finds a relayed client's: a relay's own address first, then the longest prefix.
const lease::Subnet* subnet_at(const lease::Snapshot& snapshot, const Ipv6Address& address) {
  const lease::Subnet* best = nullptr;
  for (const lease::Subnet& subnet : snapshot.subnets()) {
    if (std::ranges::find(subnet.relay_addresses, address) != subnet.relay_addresses.end()) return &subnet;
    if (!subnet.prefix.contains(address)) continue;
    if (best == nullptr || subnet.prefix.length > best->prefix.length) best = &subnet;
  }
  return best;
}

}  // namespace

LinkSubnets::LinkSubnets(const lease::Snapshot& snapshot, const lease::Subnet& subnet)
    : address_(subnet.prefix.address) {
  ids_.push_back(subnet.id);
  if (!subnet.network) return;
  for (const lease::Subnet& other : snapshot.subnets()) {
    if (other.network == subnet.network && other.id != subnet.id) ids_.push_back(other.id);
  }
}

std::optional<LinkSubnets> LinkSubnets::at(const lease::Snapshot& snapshot, const Ipv6Address& address) {
  const lease::Subnet* subnet = subnet_at(snapshot, address);
  if (subnet == nullptr) return std::nullopt;
  return LinkSubnets(snapshot, *subnet);
}

bool LinkSubnets::has(uint32_t subnet_id) const { return std::ranges::find(ids_, subnet_id) != ids_.end(); }

std::vector<LinkLeases> by_link(const lease::Snapshot& snapshot, const std::vector<lease::LeaseRecord>& leases,
                                const std::optional<LinkSubnets>& only, AbsoluteTime now) {
  std::vector<LinkLeases> links;
  for (const lease::LeaseRecord& lease : leases) {
    if (!is_told(lease, now) || (only && !only->has(lease.subnet_id))) continue;
    const auto known = std::ranges::find_if(links, [&](const LinkLeases& it) { return it.link.has(lease.subnet_id); });
    if (known != links.end()) {
      known->leases.push_back(lease);
    } else if (const lease::Subnet* subnet = snapshot.by_id(lease.subnet_id)) {
      links.push_back({LinkSubnets(snapshot, *subnet), {lease}});
    }
  }
  return links;
}

}  // namespace tandem6::control
