#include "storage/store.h"

#include <rocksdb/db.h>

#include <set>

#include "fixtures.h"

namespace tandem6::storage::store_test {
namespace {

/// Makes the database one of a tandem6 that did not know this column family yet.
void drop_family(const std::string& path, const std::string& name) {
  rocksdb::DB* opened = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  REQUIRE(rocksdb::DB::Open(rocksdb::DBOptions(), path, {{"default", {}}, {"meta", {}}, {name, {}}}, &handles, &opened)
              .ok());
  const std::unique_ptr<rocksdb::DB> db(opened);
  REQUIRE(db->DropColumnFamily(handles[2]).ok());
  for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle);
  REQUIRE(db->Close().ok());
}

TEST_CASE("a database is made where there is none, and has everything after it was opened again") {
  const TemporaryDirectory directory;
  {
    const auto store = open_store(directory / "a/b/leases");
    must_put(*store, {address_lease(1), prefix_lease(2)});
    REQUIRE(store->put_meta("server-duid", std::string("\0\1x", 3)));
  }
  const auto store = open_store(directory / "a/b/leases");
  CHECK(*store->find(address_key(1)) == address_lease(1));
  CHECK(*store->find(prefix_key(2)) == prefix_lease(2));
  CHECK(*store->find(address_key(3)) == std::nullopt);
  CHECK(*store->get_meta("server-duid") == std::string("\0\1x", 3));
  CHECK(*store->get_meta("search-key") == std::nullopt);
  CHECK(*store->get_meta("schema-version") == "2");
}

TEST_CASE("a lease put again is the newer one, a deleted one is gone, also after reopening") {
  const TemporaryDirectory directory;
  auto newer = address_lease(1);
  newer.valid = Seconds{9999};
  const auto check = [&](Store& store) {
    CHECK(*store.find(address_key(1)) == newer);
    CHECK(*store.find(address_key(2)) == std::nullopt);
  };
  {
    const auto store = open_store(directory / "db");
    must_put(*store, {address_lease(1), address_lease(2)});
    Store::Batch batch;
    batch.add({lease::LeaseChange::Kind::kPut, newer});
    batch.add({lease::LeaseChange::Kind::kDelete, address_lease(2)});
    CHECK(batch.count() == 2);
    REQUIRE(store->write(batch, true));
    check(*store);
    batch.clear();
    CHECK(batch.count() == 0);
  }
  check(*open_store(directory / "db"));
}

TEST_CASE("a meta value does not keep the logs of all leases written since alive") {
  const TemporaryDirectory directory;
  const auto store = open_store(directory / "db");
  REQUIRE(store->put_meta("config-digest", "abc"));
  for (uint64_t round = 0; round < 3; ++round) {
    std::vector<lease::LeaseRecord> records;
    for (uint64_t i = 0; i < 40'000; ++i) records.push_back(address_lease(i));
    must_put(*store, records);
    REQUIRE(store->find(address_key(round)));  // flushes, as there is so much fresh
  }
  CHECK(files_of(directory / "db", ".log").size() == 1);
}

TEST_CASE("another schema version is refused by name") {
  const TemporaryDirectory directory;
  REQUIRE(open_store(directory / "db")->put_meta("schema-version", "3"));
  CHECK(has(refusal_of(directory / "db"), "has schema version 3, and this tandem6 knows version 2"));
}

TEST_CASE("another program's database is refused and left as it was") {
  const TemporaryDirectory directory;
  const std::string path = directory / "db";
  rocksdb::Options options;
  options.create_if_missing = true;
  const auto open_raw = [&] {
    rocksdb::DB* db = nullptr;
    REQUIRE(rocksdb::DB::Open(options, path, &db).ok());
    return std::unique_ptr<rocksdb::DB>(db);
  };
  REQUIRE(open_raw()->Put(rocksdb::WriteOptions(), "theirs", "value").ok());
  CHECK(has(refusal_of(path), "has no schema version"));
  std::vector<std::string> families;
  REQUIRE(rocksdb::DB::ListColumnFamilies(options, path, &families).ok());
  CHECK(families.size() == 1);
  std::string value;
  CHECK(open_raw()->Get(rocksdb::ReadOptions(), "theirs", &value).ok());
}

TEST_CASE("a column family of a later tandem6 is refused by name") {
  const TemporaryDirectory directory;
  const std::string path = directory / "db";
  open_store(path);
  rocksdb::DB* opened = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  REQUIRE(
      rocksdb::DB::Open(rocksdb::DBOptions(), path, {{"default", {}}, {"meta", {}}, {"clients", {}}}, &handles, &opened)
          .ok());
  const std::unique_ptr<rocksdb::DB> db(opened);
  rocksdb::ColumnFamilyHandle* later = nullptr;
  REQUIRE(db->CreateColumnFamily({}, "failover", &later).ok());
  for (auto* handle : {handles[0], handles[1], handles[2], later}) db->DestroyColumnFamilyHandle(handle);
  REQUIRE(db->Close().ok());
  CHECK(has(refusal_of(path), "column family \"failover\""));
}

TEST_CASE("a database whose making was cut short is made to the end") {
  const TemporaryDirectory directory;
  const std::string path = directory / "db";
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  REQUIRE(rocksdb::DB::Open(options, path, &db).ok());
  delete db;
  CHECK(*open_store(path)->get_meta("schema-version") == "2");
}

TEST_CASE("a database of version 1 is taken over with its leases, and so is one whose taking over was cut short") {
  const TemporaryDirectory directory;
  const std::string path = directory / "db";
  for (const bool cut_short : {false, true}) {
    {
      const auto store = open_store(path);
      must_put(*store, {address_lease(1)});
      REQUIRE(store->put_meta("schema-version", "1"));
    }
    if (!cut_short) drop_family(path, "clients");
    const auto store = open_store(path);
    CHECK(*store->get_meta("schema-version") == "2");
    CHECK(*store->find(address_key(1)) == address_lease(1));
    remember(*store, 1, client_data(20));
    CHECK(*store->find_client(duid_of(1).bytes()) == client_data(20));
  }
}

TEST_CASE("what is kept of a client: put, put again, deleted with its last lease, also after reopening") {
  const TemporaryDirectory directory;
  {
    const auto store = open_store(directory / "db");
    CHECK(store->find_client(duid_of(1).bytes())->empty());
    remember(*store, 1, client_data(20));
    CHECK(*store->find_client(duid_of(1).bytes()) == client_data(20));
    remember(*store, 2, client_data(1400));
    remember(*store, 3, client_data(30));
    remember(*store, 4, client_data(40));
    remember(*store, 1, client_data(25));
    remember(*store, 3, {});
    Store::Batch batch;
    batch.add({.kind = lease::LeaseChange::Kind::kDelete, .record = address_lease(4), .forgets_client = true});
    batch.add({.kind = lease::LeaseChange::Kind::kDelete, .record = address_lease(2)});
    REQUIRE(store->write(batch, true));
  }
  const auto store = open_store(directory / "db");
  CHECK(*store->find_client(duid_of(1).bytes()) == client_data(25));
  CHECK(*store->find_client(duid_of(2).bytes()) == client_data(1400));
  for (const uint64_t gone : {3U, 4U, 5U}) CHECK(store->find_client(duid_of(gone).bytes())->empty());
}

TEST_CASE("pages of what is kept of clients show each once, and go on behind one that is gone") {
  const TemporaryDirectory directory;
  const auto store = open_store(directory / "db");
  const auto data = client_data(30);
  std::set<std::string> expected, seen;
  for (uint64_t i = 0; i < 500; ++i) {
    remember(*store, i, data);
    expected.insert(duid_of(i).to_string());
  }
  std::optional<Duid> after;
  do {
    unsigned shown = 0;
    const auto last = store->page_clients(after, 64, [&](Bytes duid, Bytes client_data) {
      ++shown;
      CHECK(wire::same_bytes(client_data, data));
      CHECK(seen.insert(Duid::from_bytes(duid)->to_string()).second);
    });
    REQUIRE(last);
    CHECK(shown <= 64);
    if (*last) {
      Store::Batch batch;
      lease::LeaseChange gone{.kind = lease::LeaseChange::Kind::kRemember, .record = {}};
      gone.record.duid = **last;
      batch.add(gone);
      REQUIRE(store->write(batch, true));
    }
    after = *last;
  } while (after);
  CHECK(seen == expected);
}

TEST_CASE("a batch that had to be written twice keeps what it says of clients") {
  const TemporaryDirectory directory;
  const auto store = open_store(directory / "db");
  Store::Batch batch;
  const auto data = client_data(20);
  batch.add(remembers(1, data));
  REQUIRE(store->write(batch, true));
  REQUIRE(store->resume());
  REQUIRE(store->write(batch, true));
  CHECK(*store->find_client(duid_of(1).bytes()) == data);
  batch.clear();
  CHECK(batch.count() == 0);
  remember(*store, 1, {});
  REQUIRE(store->write(batch, true));
  CHECK(store->find_client(duid_of(1).bytes())->empty());
}

TEST_CASE("a database in use is refused with its path and whom to look for") {
  const TemporaryDirectory directory;
  const auto store = open_store(directory / "db");
  const auto refusal = refusal_of(directory / "db");
  CHECK(has(refusal, directory / "db"));
  CHECK(has(refusal, "is in use: look for another tandem6d"));
}

TEST_CASE("a directory that cannot be made is refused with its path and why") {
  const TemporaryDirectory directory;
  std::ofstream(directory / "file") << "in the way";
  CHECK(has(refusal_of(directory / "file/db"), "file/db cannot be made: Not a directory"));
  CHECK(has(refusal_of(directory / "file"), "file cannot be made: Not a directory"));
}

TEST_CASE("pages show every lease once, addresses before prefixes, in order of key") {
  const TemporaryDirectory directory;
  const auto store = open_store(directory / "db");
  constexpr uint64_t kAddresses = 700, kPrefixes = 300;
  std::vector<lease::LeaseRecord> records;
  for (uint64_t i = 0; i < kAddresses; ++i) records.push_back(address_lease(i));
  for (uint64_t i = 0; i < kPrefixes; ++i) records.push_back(prefix_lease(i));
  must_put(*store, records);

  std::vector<lease::LeaseRecord> seen;
  std::optional<lease::LeaseKey> after;
  while (true) {
    const auto page = store->page(after, 64);
    REQUIRE(page);
    CHECK(page->size() <= 64);
    if (page->empty()) break;
    seen.insert(seen.end(), page->begin(), page->end());
    after = page->back().key;
  }
  std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) {
    return std::pair(a.key.type, a.key.address) < std::pair(b.key.type, b.key.address);
  });
  CHECK(seen == records);
}

TEST_CASE("a page begins behind its key also when that lease is gone, and with a full memtable") {
  const TemporaryDirectory directory;
  const auto store = open_store(directory / "db");
  std::vector<lease::LeaseRecord> records;
  for (uint64_t i = 0; i < 40'000; ++i) records.push_back(prefix_lease(2 * i));
  must_put(*store, records);
  const auto page = store->page(prefix_key(2 * 30'000 + 1), 2);
  REQUIRE(page);
  CHECK(*page == std::vector{prefix_lease(2 * 30'001), prefix_lease(2 * 30'002)});
  CHECK(*store->find(prefix_key(2)) == prefix_lease(2));
}

}  // namespace
}  // namespace tandem6::storage::store_test
