// What Store's parts share. Private to storage/.
#pragma once

#include <atomic>
#include <memory>
#include <shared_mutex>
#include <string>

#include "storage/database.h"
#include "storage/record_codec.h"
#include "storage/store.h"

namespace tandem6::storage {

inline rocksdb::Slice slice_of(const EncodedKey& key) { return {key.data(), key.size()}; }

struct Store::Impl {
  std::string path;
  /// Exclusive while resume() replaces the database, shared for everything else: no cost to the single writer.
  std::shared_mutex replacing;
  /// Nothing only when resume() closed the database and could not open it again; then `closed_because` says why.
  std::unique_ptr<Database> database;
  Error closed_because;
  /// Whether anything may be kept of any client: where no client has more than leases, find_client() costs nothing.
  std::atomic<bool> keeps_clients = false;

  Error explain(const rocksdb::Status& status) const { return storage::explain(path, status); }
  /// Moves the newest leases out of the memtable and into a table when there are more than `entries` of them.
  void flush_if_larger(uint64_t entries);
};

}  // namespace tandem6::storage
