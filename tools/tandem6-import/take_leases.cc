#include "tools/tandem6-import/take_leases.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <ostream>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace tandem6::import {
namespace {

using lease::BindingStatus;
using lease::LeaseKey;
using lease::LeaseRecord;
using lease::LeaseType;

constexpr size_t kPage = 50'000;

bool is_over(const LeaseRecord& record, AbsoluteTime now) {
  return !record.valid.infinite() && record.expires() <= now;
}

bool is_lease(const KeaLease& lease, AbsoluteTime now) {
  return lease.kind == RowKind::kLease && !is_over(lease.record, now);
}

void count_written(const KeaLease& lease, Taken& taken) {
  if (lease.record.status == BindingStatus::kAbandoned)
    ++taken.declined;
  else
    ++(lease.record.key.type == LeaseType::kAddress ? taken.addresses : taken.prefixes);
}

void count_left_out(const KeaLease& lease, Taken& taken) {
  if (lease.has_user_context) ++taken.contexts;
  if (lease.has_hwaddr) ++taken.hwaddrs;
}

/// Everything that a configuration can lease, so that the pool around a unit is found quickly.
class Leasable {
 public:
  explicit Leasable(const control::Configuration& configuration) {
    for (const control::SubnetConfig& subnet : configuration.subnets) {
      subnets_.insert(subnet.id);
      for (const control::PoolConfig& pool : subnet.pools)
        pools_[{pool.type, pool.unit_length}].emplace(pool.first, pool.last);
    }
    for (const lease::Reservation& reservation : configuration.reservations)
      for (const LeaseKey& key : reservation.units)
        pools_[{key.type, key.prefix_length}].emplace(key.address, key.last());
  }
  bool has_subnet(uint32_t id) const { return subnets_.contains(id); }
  bool holds(const LeaseKey& key) const {
    const auto kind = pools_.find({key.type, key.prefix_length});
    if (kind == pools_.end()) return false;
    const auto after = kind->second.upper_bound(key.address);
    return after != kind->second.begin() && key.address <= std::prev(after)->second;
  }

 private:
  std::set<uint32_t> subnets_;
  std::map<std::pair<LeaseType, uint8_t>, std::map<Ipv6Address, Ipv6Address>> pools_;  // first → last
};

}  // namespace

size_t LeaseKeyHash::operator()(const LeaseKey& key) const {
  return AddressHash{}(key.address) ^ (static_cast<size_t>(key.type) << 8 | key.prefix_length);
}

tl::expected<Present, Error> leases_in(storage::Store& store) {
  Present present;
  std::mutex mutex;
  const auto loaded = store.load([&](const LeaseRecord& record) {
    const std::lock_guard lock(mutex);
    present.emplace(record.key, record);
  });
  if (!loaded) return tl::unexpected(loaded.error());
  return present;
}

Taken decide(const LeasesByAddress& leases, const Present& present, AbsoluteTime now, Writes& write) {
  Taken taken;
  for (const auto& [address, lease] : leases) {
    if (lease.kind == RowKind::kRegistered) {
      ++taken.registered;
      continue;
    }
    if (!is_lease(lease, now)) {
      ++taken.ended;
      continue;
    }
    count_left_out(lease, taken);
    const auto found = present.find(lease.record.key);
    if (found != present.end() && found->second == lease.record) {
      ++taken.same;
    } else if (found != present.end() && lease.record.last_contact < found->second.last_contact) {
      ++taken.newer;
      continue;
    } else {
      count_written(lease, taken);
      write.leases.push_back(lease.record);
    }
    if (!lease.hostname.empty() && !write.names.take(lease)) ++taken.hostnames;
  }
  taken.names = write.names.count();
  return taken;
}

tl::expected<void, Error> write_all(storage::Store& store, const Writes& writes) {
  storage::Store::Batch batch;
  for (const LeaseRecord& record : writes.leases) {
    batch.add({lease::LeaseChange::Kind::kPut, record});
    if (batch.count() < kBatch) continue;
    if (auto written = store.write(batch, false); !written) return written;
    batch.clear();
  }
  if (batch.count() != 0)
    if (auto written = store.write(batch, false); !written) return written;
  if (auto written = writes.names.write(store); !written) return written;
  return store.sync();
}

std::vector<std::string> misfits(const LeasesByAddress& leases, const control::Configuration& configuration,
                                 AbsoluteTime now) {
  const Leasable leasable(configuration);
  std::map<uint32_t, uint64_t> unknown;
  std::map<uint32_t, uint64_t> outside;
  for (const auto& [address, lease] : leases) {
    if (!is_lease(lease, now)) continue;
    if (!leasable.has_subnet(lease.record.subnet_id)) ++unknown[lease.record.subnet_id];
    if (!leasable.holds(lease.record.key)) ++outside[lease.record.subnet_id];
  }
  std::vector<std::string> lines;
  for (const auto& [subnet, count] : unknown)
    lines.push_back(fmt::format("{} leases name subnet {}, which the configuration does not have", count, subnet));
  for (const auto& [subnet, count] : outside)
    lines.push_back(
        fmt::format("{} leases of subnet {} lie in no pool and no reservation of the configuration: their "
                    "clients get lifetimes 0 when they renew",
                    count, subnet));
  return lines;
}

tl::expected<uint64_t, Error> export_leases(storage::Store& store, AbsoluteTime now, std::ostream& out) {
  out << written_header() << '\n';
  uint64_t count = 0;
  std::optional<LeaseKey> after;
  for (;;) {
    const auto page = store.page(after, kPage);
    if (!page) return tl::unexpected(page.error());
    for (const LeaseRecord& record : *page) {
      const bool is_exported = record.status == BindingStatus::kActive || record.status == BindingStatus::kAbandoned;
      if (!is_exported || is_over(record, now)) continue;
      KeaLease lease;
      lease.record = record;
      if (auto named = put_name(store, lease); !named) return tl::unexpected(named.error());
      out << write_lease(lease) << '\n';
      ++count;
    }
    if (page->size() < kPage) break;
    after = page->back().key;
  }
  out.flush();
  if (!out) return tl::unexpected(Error{"the leases could not be written: is the disk full?"});
  return count;
}

}  // namespace tandem6::import
