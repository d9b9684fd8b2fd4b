// What the tests of the lease library's data structures share: addresses and DUIDs by number, small configurations.
#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "dataplane/lease/shard_group.h"
#include "dataplane/lease/snapshot.h"

namespace tandem6::lease::testing {

inline constexpr HashKey kTableKey{0x0123456789abcdef, 0xfedcba9876543210};
inline constexpr HashKey kSearchKey{0x1111222233334444, 0x5555666677778888};
inline constexpr AbsoluteTime kNow{850'000'000};

inline Ipv6Address address(std::string_view text) { return Ipv6Address::parse(text).value(); }
inline Ipv6Prefix prefix(std::string_view text) { return Ipv6Prefix::parse(text).value(); }
inline LeaseKey address_key(std::string_view text) { return {LeaseType::kAddress, 128, address(text)}; }
inline LeaseKey prefix_key(std::string_view text) {
  return {LeaseType::kPrefix, prefix(text).length, prefix(text).address};
}

/// A DUID-LL with this number in it.
inline Duid duid(uint32_t number) {
  MacAddress mac{};
  wire::store_be32(mac.data() + 2, number);
  return Duid::make_ll(mac);
}

inline LeaseRecord record(const LeaseKey& key, const Duid& client, uint32_t iaid = 1) {
  return {.key = key,
          .status = BindingStatus::kActive,
          .iaid = iaid,
          .subnet_id = 1,
          .preferred = Seconds{50},
          .valid = Seconds{100},
          .last_contact = kNow,
          .duid = client};
}

/// A client at the server's door. The DUID must outlive the request.
inline Request request_of(const Duid& client) {
  Request request;
  request.client_duid = client.bytes();
  request.duid_hash = duid_hash(client.bytes());
  return request;
}

/// The number-th DUID that belongs to this shard.
inline Duid duid_in_shard(unsigned shard, unsigned number = 0) {
  for (uint32_t candidate = 0;; ++candidate) {
    const Duid found = duid(candidate);
    if (shard_of(duid_hash(found.bytes())) == shard && number-- == 0) return found;
  }
}

/// Pools with spaces from a book, as control/ makes them.
inline Pool address_pool(PoolBook& book, std::string_view first, std::string_view last) {
  Pool pool{.type = LeaseType::kAddress,
            .unit_length = 128,
            .first = address(first),
            .last = address(last),
            .space = {},
            .options = {},
            .text = {}};
  const U128 count = pool.last.number() - pool.first.number() + 1;
  if (count <= DensePool::kMaxUnits) {
    pool.space = book.dense(LeaseType::kAddress, pool.first, 128, static_cast<uint32_t>(count));
  } else {
    pool.space = book.sparse(pool.first, pool.last);
  }
  return pool;
}
inline Pool prefix_pool(PoolBook& book, std::string_view text, uint8_t unit_length) {
  const Ipv6Prefix whole = prefix(text);
  return {.type = LeaseType::kPrefix,
          .unit_length = unit_length,
          .first = whole.address,
          .last = whole.last(),
          .space = book.dense(LeaseType::kPrefix, whole.address, unit_length, 1U << (unit_length - whole.length)),
          .options = {},
          .text = {}};
}

inline Subnet subnet(uint32_t id, std::string_view text, unsigned workers = 1) {
  Subnet made;
  made.id = id;
  made.prefix = prefix(text);
  made.lifetimes = {.preferred = Seconds{50}, .valid = Seconds{100}, .t1 = Seconds{25}, .t2 = Seconds{40}};
  made.counters = std::make_shared<SubnetCounters>(workers);
  return made;
}

inline Snapshot snapshot(std::vector<Subnet> subnets) {
  Snapshot::Content content;
  content.server_duid = duid(0xffff);
  content.search_key = kSearchKey;
  content.subnets = std::move(subnets);
  return Snapshot(std::move(content));
}

}  // namespace tandem6::lease::testing
