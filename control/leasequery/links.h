// Which links the configuration has, as leasequeries ask for them (RFC 5007 §4.4.1).
#pragma once

#include <optional>
#include <vector>

#include "dataplane/lease/record.h"
#include "dataplane/lease/snapshot.h"

namespace tandem6::control {

/// The subnets of one link: of a shared network, or one alone. Outlives the snapshot that it was made from.
class LinkSubnets {
 public:
  /// The link that this subnet is on.
  LinkSubnets(const lease::Snapshot& snapshot, const lease::Subnet& subnet);
  /// The link that a relay with this link-address is on, or that an address is of; nothing when there is none.
  static std::optional<LinkSubnets> at(const lease::Snapshot& snapshot, const Ipv6Address& address);

  bool has(uint32_t subnet_id) const;
  /// An address by which at() finds this link again.
  const Ipv6Address& address() const { return address_; }

 private:
  std::vector<uint32_t> ids_;
  Ipv6Address address_;
};

/// Leases of one client as they are told: those of each link apart. Without those that ended, and those of subnets that
/// are not configured any more. `only`: of this link.
struct LinkLeases {
  LinkSubnets link;
  std::vector<lease::LeaseRecord> leases;
};
std::vector<LinkLeases> by_link(const lease::Snapshot& snapshot, const std::vector<lease::LeaseRecord>& leases,
                                const std::optional<LinkSubnets>& only, AbsoluteTime now);

}  // namespace tandem6::control
