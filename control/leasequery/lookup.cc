#include "control/leasequery/lookup.h"

#include <set>

#include "dataplane/lease/engine.h"
#include "dataplane/lease/hash.h"

namespace tandem6::control {
namespace {

using lease::LeaseKey;
using lease::LeaseRecord;
using lease::LeaseType;

/// The names that a lease of this address can have.
std::vector<LeaseKey> keys_around(const lease::Snapshot& snapshot, const Ipv6Address& address) {
  std::vector<LeaseKey> keys{{LeaseType::kAddress, 128, address}};
  std::set<uint8_t> lengths;
  for (const lease::Subnet& subnet : snapshot.subnets()) {
    for (const lease::Pool& pool : subnet.prefix_pools) lengths.insert(pool.unit_length);
  }
  for (const uint8_t length : lengths) {
    const U128 mask = length == 0 ? U128{0} : ~U128{0} << (128 - length);
    keys.push_back({LeaseType::kPrefix, length, Ipv6Address::from_number(address.number() & mask)});
  }
  return keys;
}

}  // namespace

tl::expected<std::vector<LeaseRecord>, Error> leases_of(Server& server, Bytes duid) {
  const unsigned number = lease::shard_of(lease::duid_hash(duid));
  std::vector<LeaseRecord> found;
  found.reserve(lease::kMaxLeasesPerClient);  // the worker does not allocate
  const lease::Errand errand = [&](const lease::ErrandPlace& place) {
    lease::Shard& shard = place.leases.shard(number);
    const uint32_t client = shard.find_client(duid);
    if (client == lease::kNoIndex) return;
    for (const lease::Lease* it = shard.first_of(client); it != nullptr; it = shard.next_of(*it)) {
      if (found.size() < found.capacity()) found.push_back(shard.record_of(*it));
    }
  };
  if (!server.run_at_owner(number, errand)) return not_running();
  return found;
}

tl::expected<std::optional<LeaseRecord>, Error> lease_at(Server& server, const Ipv6Address& address) {
  const std::vector<LeaseKey> keys = keys_around(server.snapshot(), address);
  std::vector<std::optional<LeaseRecord>> found(server.workers().size());
  const lease::Errand errand = [&](const lease::ErrandPlace& place) {
    for (unsigned number = 0; number < lease::kShardCount; ++number) {
      if (!place.leases.owns(number)) continue;
      lease::Shard& shard = place.leases.shard(number);
      for (const LeaseKey& key : keys) {
        if (const lease::Lease* it = shard.find(key)) found[place.leases.worker()] = shard.record_of(*it);
      }
    }
  };
  if (!server.run_at_all_workers(errand)) return not_running();
  for (const auto& one : found) {
    if (one) return one;
  }
  return std::nullopt;
}

}  // namespace tandem6::control
