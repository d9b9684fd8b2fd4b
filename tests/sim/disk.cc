#include "tests/sim/disk.h"

#include "storage/record_codec.h"

namespace tandem6::sim {
namespace {

std::string key_of(const lease::LeaseKey& key) {
  const storage::EncodedKey encoded = storage::encode_key(key);
  return {encoded.data(), encoded.size()};
}

}  // namespace

void Batch::add(const lease::LeaseChange& change) {
  using Kind = lease::LeaseChange::Kind;
  if (change.kind == Kind::kRemember) {
    const std::string key = storage::encode_client_key(change.record.duid.bytes());
    std::optional<std::string> value;
    if (!change.client_data.empty()) value = storage::encode_client_value(key, change.client_data);
    writes_.push_back({.is_client = true, .key = key, .value = value});
    return;
  }
  std::optional<std::string> value;
  if (change.kind == Kind::kPut) {
    std::array<char, storage::kMaxValueSize> room{};
    const size_t size = storage::encode_value(change.record, room);
    value = std::string(room.data(), size);
  }
  writes_.push_back({.is_client = false, .key = key_of(change.record.key), .value = value});
  if (change.forgets_client) {
    writes_.push_back(
        {.is_client = true, .key = storage::encode_client_key(change.record.duid.bytes()), .value = std::nullopt});
  }
}

void Disk::apply(const Batch& batch) {
  for (const Batch::Write& write : batch.writes_) {
    auto& map = write.is_client ? clients_ : leases_;
    if (write.value) {
      map[write.key] = *write.value;
    } else {
      map.erase(write.key);
    }
  }
}

std::optional<lease::LeaseRecord> Disk::find(const lease::LeaseKey& key) const {
  const auto found = leases_.find(key_of(key));
  if (found == leases_.end()) return std::nullopt;
  const auto record = storage::decode(found->first, found->second);
  return record ? std::optional(*record) : std::nullopt;
}

std::optional<std::vector<lease::LeaseRecord>> Disk::leases() const {
  std::vector<lease::LeaseRecord> all;
  for (const auto& [key, value] : leases_) {
    const auto record = storage::decode(key, value);
    if (!record) return std::nullopt;
    all.push_back(*record);
  }
  return all;
}

std::vector<std::byte> Disk::client(Bytes duid) const {
  const auto found = clients_.find(storage::encode_client_key(duid));
  if (found == clients_.end()) return {};
  const auto entry = storage::decode_client(found->first, found->second);
  return entry ? std::vector(entry->data.begin(), entry->data.end()) : std::vector<std::byte>{};
}

}  // namespace tandem6::sim
