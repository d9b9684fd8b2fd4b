// The Server of server_fixture.h with one subnet that it shares with a failover partner (RFC 8156).
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "tests/support/server_fixture.h"

namespace tandem6::testing {

inline constexpr Seconds kMclt{600};

/// What NORMAL allows a primary.
inline constexpr lease::FailoverPolicy kServing{.responsiveness = lease::Responsiveness::kResponsive,
                                                .limited = true,
                                                .streaming = true,
                                                .partner_prefixes = false,
                                                .mclt = kMclt};

inline lease::Pool shared_addresses(const lease::FailoverScope& scope) {
  lease::Pool pool;
  pool.first = ip("2001:db8:1::100");
  pool.last = ip("2001:db8:1::1ff");
  auto space = std::make_shared<lease::DensePool>(lease::LeaseType::kAddress, pool.first, uint8_t{128}, 256U);
  space->part(scope);
  pool.space = std::move(space);
  return pool;
}
inline lease::Pool sparse_addresses() {
  lease::Pool pool;
  pool.first = ip("2001:db8:1::");
  pool.last = ip("2001:db8:1::ffff:ffff:ffff:ffff");
  pool.space = std::make_shared<lease::SparsePool>(pool.first, pool.last);
  return pool;
}
/// 16 prefixes, each a block of its own.
inline lease::Pool shared_prefixes(const lease::FailoverScope& scope) {
  lease::Pool pool;
  pool.type = lease::LeaseType::kPrefix;
  pool.unit_length = 56;
  pool.first = ip("2001:db8:8000::");
  pool.last = ip("2001:db8:8000:fff:ffff:ffff:ffff:ffff");
  auto space = std::make_shared<lease::DensePool>(pool.type, pool.first, uint8_t{56}, 16U);
  space->part(scope);
  pool.space = std::move(space);
  return pool;
}
inline lease::LeaseKey prefix_key(uint8_t number) {
  lease::LeaseKey key{.type = lease::LeaseType::kPrefix, .prefix_length = 56, .address = ip("2001:db8:8000::")};
  key.address.octets[6] = std::byte{number};
  return key;
}

class SharedServer {
 public:
  explicit SharedServer(lease::FailoverRole role, const lease::Lifetimes& lifetimes = kLifetimes, bool sparse = false)
      : scope(std::make_shared<lease::FailoverScope>(uint8_t{3}, "pair", role)),
        server({shared_subnet(*this, lifetimes, sparse)}) {
    scope->set_policy(kServing);
  }

  void set(const lease::FailoverPolicy& policy) { scope->set_policy(policy); }
  lease::Lease* find(const lease::LeaseKey& key) { return server.group.find_anywhere(key); }
  std::optional<lease::LeaseRecord> record(const lease::LeaseKey& key) {
    const lease::Lease* lease = find(key);
    return lease != nullptr ? std::optional(server.group.shard(lease->shard).record_of(*lease)) : std::nullopt;
  }
  lease::PartnerTimes& times(const lease::LeaseKey& key) {
    lease::Lease* lease = find(key);
    if (lease == nullptr) throw std::runtime_error("no such lease");
    return *server.group.shard(lease->shard).times_of(*lease);
  }
  lease::DensePool& prefixes() {
    return *std::get<std::shared_ptr<lease::DensePool>>(server.snapshot().subnets()[0].prefix_pools[0].space);
  }
  lease::DensePool& addresses() {
    return *std::get<std::shared_ptr<lease::DensePool>>(server.snapshot().subnets()[0].address_pools[0].space);
  }
  /// What was fed to the partner since the last call.
  std::vector<lease::LeaseRecord> fed() {
    std::vector<lease::LeaseRecord> records;
    server.group.feed().take(~uint64_t{0}, SIZE_MAX,
                             [&](const lease::UpdateFeed::Entry& entry) { records.push_back(entry.record); });
    return records;
  }
  /// Leases of `duid` come to their ends.
  void expire() { server.group.expire(server.now, server.snapshot(), 1000); }

  std::shared_ptr<lease::FailoverScope> scope;
  Server server;

 private:
  static lease::Subnet shared_subnet(const SharedServer& of, const lease::Lifetimes& lifetimes, bool sparse) {
    lease::Subnet made = subnet(1, "2001:db8:1::/64", 0);
    made.lifetimes = lifetimes;
    made.failover = of.scope;
    made.counters = std::make_shared<lease::SubnetCounters>(2);
    made.address_pools = {sparse ? sparse_addresses() : shared_addresses(*of.scope)};
    made.prefix_pools = {shared_prefixes(*of.scope)};
    return made;
  }
};

/// The number-th client's DUID.
inline Octets duid_of(uint16_t number) { return hex("0003 0001 0200 0000") + u16(number); }
inline lease::LeaseKey key_of(const ReadLease& lease) {
  const bool is_address = lease.length == 128;
  return {.type = is_address ? lease::LeaseType::kAddress : lease::LeaseType::kPrefix,
          .prefix_length = static_cast<uint8_t>(lease.length),
          .address = lease.address};
}

}  // namespace tandem6::testing
