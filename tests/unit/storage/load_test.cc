// Store::load(): everything once, by shard, or nothing.
#include <rocksdb/db.h>

#include <array>
#include <atomic>
#include <mutex>
#include <unordered_map>

#include "dataplane/lease/hash.h"
#include "fixtures.h"
#include "storage/record_codec.h"

namespace tandem6::storage::load_test {
namespace {

unsigned shard_of(const lease::LeaseRecord& record) { return lease::shard_of(lease::duid_hash(record.duid.bytes())); }

TEST_CASE("loading shows every lease exactly once, and never two of one shard at the same time") {
  const TemporaryDirectory directory;
  constexpr uint64_t kEach = 60'000;  // several pieces' worth
  {
    const auto store = open_store(directory / "db");
    std::vector<lease::LeaseRecord> records;
    for (uint64_t i = 0; i < kEach; ++i) {
      records.push_back(address_lease(i));
      records.push_back(prefix_lease(i));
    }
    must_put(*store, records);
  }
  const auto store = open_store(directory / "db");
  must_put(*store, {address_lease(kEach)});  // one that is only in the log

  // Plain maps a shard: two threads that met in one would be counted, and would spoil the counts.
  std::array<std::unordered_map<uint32_t, unsigned>, lease::kShardCount> seen;
  std::array<std::atomic<unsigned>, lease::kShardCount> inside{};
  std::atomic<unsigned> met{0}, wrong{0};
  const auto report = store->load([&](const lease::LeaseRecord& record) {
    const unsigned shard = shard_of(record);
    if (inside[shard]++ != 0) ++met;
    seen[shard][record.iaid] += record.key.type == lease::LeaseType::kAddress ? 1 : 0x10000;
    if (record != address_lease(record.iaid) && record != prefix_lease(record.iaid)) ++wrong;
    --inside[shard];
  });
  REQUIRE(report);
  CHECK(report->leases == 2 * kEach + 1);
  CHECK(report->seconds > 0);
  CHECK(met == 0);
  CHECK(wrong == 0);
  uint64_t once = 0, clients = 0;
  for (const auto& shard : seen) {
    for (const auto& [iaid, times] : shard) {
      ++clients;
      if (times == (iaid == kEach ? 1 : 0x10001)) ++once;
    }
  }
  CHECK(clients == kEach + 1);
  CHECK(once == clients);
}

TEST_CASE("loading shows what is kept of every client once, never two of one shard at the same time") {
  const TemporaryDirectory directory;
  constexpr uint64_t kClients = 20'000;
  const auto data = client_data(60);
  {
    const auto store = open_store(directory / "db");
    Store::Batch batch;
    for (uint64_t i = 0; i < kClients; ++i) batch.add(remembers(i, data));
    REQUIRE(store->write(batch, true));
  }
  const auto store = open_store(directory / "db");
  remember(*store, kClients, data);  // one that is only in the log
  std::array<std::unordered_map<std::string, unsigned>, lease::kShardCount> seen;
  std::array<std::atomic<unsigned>, lease::kShardCount> inside{};
  std::atomic<unsigned> met{0}, wrong{0};
  const auto count = store->load_clients([&](Bytes duid, Bytes client_data) {
    const unsigned shard = lease::shard_of(lease::duid_hash(duid));
    if (inside[shard]++ != 0) ++met;
    ++seen[shard][std::string(wire::text_of(duid))];
    if (!wire::same_bytes(client_data, data)) ++wrong;
    --inside[shard];
  });
  REQUIRE(count);
  CHECK(*count == kClients + 1);
  CHECK(met == 0);
  CHECK(wrong == 0);
  uint64_t clients = 0;
  for (const auto& shard : seen) clients += shard.size();
  CHECK(clients == kClients + 1);
}

TEST_CASE("client data that is damaged ends the loading with the client's name") {
  const TemporaryDirectory directory;
  const auto store = open_store(directory / "db");
  remember(*store, 1, client_data(60));
  auto other = client_data(60);
  other[0] = std::byte{0};  // no such version
  remember(*store, 2, other);
  const auto loaded = store->load_clients([](Bytes, Bytes) {});
  REQUIRE_FALSE(loaded);
  CHECK(has(loaded.error().message, duid_of(2).to_string()));
}

TEST_CASE("an empty database loads, with nothing in it") {
  const TemporaryDirectory directory;
  const auto report = open_store(directory / "db")->load([](const lease::LeaseRecord&) { FAIL("a lease"); });
  REQUIRE(report);
  CHECK(report->leases == 0);
}

/// Puts a pair into the database past Store, as damage or a newer tandem6 would.
void put_raw(const std::string& path, const std::string& key, const std::string& value) {
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  REQUIRE(rocksdb::DB::Open(rocksdb::DBOptions(), path, {{"default", {}}, {"meta", {}}, {"clients", {}}}, &handles, &db)
              .ok());
  REQUIRE(db->Put(rocksdb::WriteOptions(), handles[0], key, value).ok());
  for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle);
  delete db;
}

std::string load_refusal(const std::string& path) {
  const auto report = open_store(path)->load([](const lease::LeaseRecord&) {});
  REQUIRE_FALSE(report);
  return report.error().message;
}

TEST_CASE("one damaged record among many ends the load, and is named") {
  const TemporaryDirectory directory;
  std::vector<lease::LeaseRecord> records;
  for (uint64_t i = 0; i < 1000; ++i) records.push_back(address_lease(i));
  must_put(*open_store(directory / "db"), records);
  const EncodedKey key = encode_key(address_key(500));
  std::array<char, kMaxValueSize> value;
  const size_t size = encode_value(address_lease(500), value);
  value[5] ^= 1;
  put_raw(directory / "db", {key.data(), key.size()}, {value.data(), size});
  const auto refusal = load_refusal(directory / "db");
  CHECK(has(refusal, address_key(500).address.to_string()));
  CHECK(has(refusal, "its checksum is wrong"));
}

TEST_CASE("a record of a newer tandem6 ends the load by name") {
  const TemporaryDirectory directory;
  must_put(*open_store(directory / "db"), {address_lease(1)});
  const EncodedKey key = encode_key(address_key(2));
  put_raw(directory / "db", {key.data(), key.size()}, "\3whatever comes");
  CHECK(has(load_refusal(directory / "db"), "written by a newer tandem6: record version 3"));
}

TEST_CASE("a key outside all types ends the load rather than being passed over") {
  for (const char first : {'\0', '\xff'}) {
    const TemporaryDirectory directory;
    must_put(*open_store(directory / "db"), {address_lease(1)});
    put_raw(directory / "db", std::string(kKeySize, first), "\1value");
    CHECK(has(load_refusal(directory / "db"), "damaged"));
  }
}

}  // namespace
}  // namespace tandem6::storage::load_test
