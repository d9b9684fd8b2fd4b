#include "storage/lease_memtable.h"

#include <rocksdb/db.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "fixtures.h"

namespace tandem6::storage::lease_memtable_test {
namespace {

using Model = std::map<std::string, std::string>;

std::unique_ptr<rocksdb::DB> open_with_memtable(const std::string& path) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.allow_concurrent_memtable_write = false;
  options.memtable_factory = std::make_shared<LeaseMemtableFactory>(16);
  rocksdb::DB* db = nullptr;
  REQUIRE(rocksdb::DB::Open(options, path, &db).ok());
  return std::unique_ptr<rocksdb::DB>(db);
}

/// Keys that are told apart by their first byte, by what lies behind the 16th, or by being shorter.
std::string some_key(std::mt19937& random) {
  static const std::string kStart("\x01\x20\x01\x0d\xb8\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 16);
  std::string key = kStart.substr(0, random() % 4 == 0 ? random() % 17 : 16);
  for (auto extra = random() % 3; extra != 0; --extra) key += static_cast<char>(random());
  if (random() % 2 == 0 && !key.empty()) key[random() % key.size()] = static_cast<char>(random());
  return key;
}

void change(rocksdb::DB& db, Model& model, std::mt19937& random) {
  const std::string key = some_key(random);
  if (random() % 4 == 0) {
    model.erase(key);
    REQUIRE(db.Delete({}, key).ok());
    return;
  }
  model[key] = std::to_string(random());
  REQUIRE(db.Put({}, key, model[key]).ok());
}

void check_walks(rocksdb::DB& db, const Model& model) {
  const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator({}));
  Model seen;
  std::string last;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    CHECK((seen.empty() || last < it->key().ToString()));
    last = it->key().ToString();
    seen[last] = it->value().ToString();
  }
  CHECK(seen == model);
  seen.clear();
  for (it->SeekToLast(); it->Valid(); it->Prev()) seen[it->key().ToString()] = it->value().ToString();
  CHECK(seen == model);
}

void check_searches(rocksdb::DB& db, const Model& model, std::mt19937& random) {
  const std::unique_ptr<rocksdb::Iterator> it(db.NewIterator({}));
  for (unsigned i = 0; i < 200; ++i) {
    const std::string key = some_key(random);
    std::string value;
    const auto found = model.find(key);
    CHECK(db.Get({}, key, &value).ok() == (found != model.end()));
    if (found != model.end()) CHECK(value == found->second);

    const auto next = model.lower_bound(key);
    it->Seek(key);
    REQUIRE(it->Valid() == (next != model.end()));
    if (it->Valid()) CHECK(it->key().ToString() == next->first);

    const auto after = model.upper_bound(key);
    it->SeekForPrev(key);
    REQUIRE(it->Valid() == (after != model.begin()));
    if (it->Valid()) CHECK(it->key().ToString() == std::prev(after)->first);
  }
}

TEST_CASE("the memtable of the leases reads as any other, before it is flushed, while it grows, and afterwards") {
  const TemporaryDirectory directory;
  const auto db = open_with_memtable(directory / "db");
  std::mt19937 random(7);
  Model model;
  check_walks(*db, model);
  check_searches(*db, model, random);
  for (unsigned round = 0; round < 20; ++round) {
    for (unsigned i = 0; i < 200; ++i) change(*db, model, random);
    if (round % 7 == 6) REQUIRE(db->Flush({}).ok());
    check_walks(*db, model);
    check_searches(*db, model, random);
  }
}

TEST_CASE("a walk through the memtable sees what was there when it began") {
  const TemporaryDirectory directory;
  const auto db = open_with_memtable(directory / "db");
  std::mt19937 random(8);
  Model model;
  for (unsigned i = 0; i < 100; ++i) change(*db, model, random);
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator({}));
  const Model before = model;
  for (unsigned i = 0; i < 100; ++i) change(*db, model, random);
  REQUIRE(db->Flush({}).ok());
  Model seen;
  for (it->SeekToFirst(); it->Valid(); it->Next()) seen[it->key().ToString()] = it->value().ToString();
  CHECK(seen == before);
}

}  // namespace
}  // namespace tandem6::storage::lease_memtable_test
