// RocksDB's handle with its column families: options, opening, and the check that the database is ours. Private to
// storage/.
#pragma once

#include <rocksdb/db.h>

#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "dataplane/wire/error.h"

namespace tandem6::storage {

/// What a status of RocksDB means for the person who runs the server: what happened to which database, and what to do.
Error explain(const std::string& path, const rocksdb::Status& status);

/// An open database of this schema version. Owned by Store, which also replaces it after a failed write.
class Database {
 public:
  /// Opens, or makes, the database. One of an older version is brought to kSchemaVersion; what is not a tandem6
  /// database, or a newer one, is refused and not changed.
  static tl::expected<std::unique_ptr<Database>, Error> open(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  rocksdb::DB& db() { return *db_; }
  rocksdb::ColumnFamilyHandle* leases() { return db_->DefaultColumnFamily(); }
  rocksdb::ColumnFamilyHandle* clients() { return clients_; }
  rocksdb::ColumnFamilyHandle* meta() { return meta_; }
  /// Whether anything is kept of any client.
  bool keeps_clients() { return !is_empty(clients_); }
  /// Writes a meta value and flushes it at once: one that stayed in its memtable would keep every log since alive, to
  /// be read at the next start.
  rocksdb::Status put_meta(const std::string& name, const std::string& value);

 private:
  Database() = default;
  rocksdb::Status open_files(const std::string& path);
  tl::expected<void, Error> check_schema(const std::string& path);
  tl::expected<void, Error> create_schema(const std::string& path);
  /// Makes the column families that are missing, and says that the schema is this version's.
  tl::expected<void, Error> complete_schema(const std::string& path);
  rocksdb::Status make_family(const char* name, rocksdb::ColumnFamilyHandle*& handle);
  bool is_empty(rocksdb::ColumnFamilyHandle* family);
  bool is_empty();

  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
  rocksdb::ColumnFamilyHandle* clients_ = nullptr;
  rocksdb::ColumnFamilyHandle* meta_ = nullptr;
};

}  // namespace tandem6::storage
