#include "tools/tandem6-import/client_names.h"

#include <algorithm>
#include <vector>

#include "dataplane/lease/client_data.h"
#include "dataplane/wire/domain_name.h"

namespace tandem6::import {

bool ClientNames::take(const KeaLease& lease) {
  const auto name = wire::DomainName::parse_escaped(lease.hostname);
  if (!name || lease.record.duid.empty()) return false;
  const Name taken{lease.record.last_contact, name->to_string(), lease.forward, lease.reverse};
  const auto [entry, is_new] = names_.try_emplace(std::string(wire::text_of(lease.record.duid.bytes())), taken);
  if (!is_new && entry->second.contact < taken.contact) entry->second = taken;
  return true;
}

tl::expected<void, Error> ClientNames::write(storage::Store& store) const {
  storage::Store::Batch batch;
  for (const auto& [duid, name] : names_) {
    const Bytes octets = wire::bytes_of(duid);
    const auto kept = store.find_client(octets);
    if (!kept) return tl::unexpected(kept.error());
    lease::ClientDataBuilder data;
    if (const auto before = lease::ClientDataView::parse(*kept)) data.all_but_hostname(*before);
    data.hostname({.forward = name.forward, .reverse = name.reverse, .name = name.text});
    if (wire::same_bytes(data.bytes(), *kept)) continue;
    lease::LeaseChange change{.kind = lease::LeaseChange::Kind::kRemember, .record = {}, .client_data = data.bytes()};
    change.record.duid = Duid::from_bytes(octets).value_or(Duid{});
    batch.add(change);
    if (batch.count() < kBatch) continue;
    if (auto written = store.write(batch, false); !written) return written;
    batch.clear();
  }
  if (batch.count() == 0) return {};
  return store.write(batch, false);
}

tl::expected<void, Error> put_name(storage::Store& store, KeaLease& lease) {
  const auto kept = store.find_client(lease.record.duid.bytes());
  if (!kept) return tl::unexpected(kept.error());
  const auto client = lease::ClientDataView::parse(*kept);
  const auto hostname = client ? client->hostname() : std::nullopt;
  if (!hostname) return {};
  lease.hostname = hostname->name;
  lease.forward = hostname->forward;
  lease.reverse = hostname->reverse;
  return {};
}

}  // namespace tandem6::import
