// The lease database: RocksDB behind what tandem6 needs of it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "dataplane/lease/change_log.h"
#include "dataplane/lease/record.h"
#include "dataplane/wire/duid.h"
#include "dataplane/wire/error.h"

namespace tandem6::storage {

/// Version of the database as a whole: column families, meta keys.
inline constexpr uint32_t kSchemaVersion = 2;

struct LoadReport {
  uint64_t leases = 0;
  double seconds = 0;
};

/// One open database. Column families: default, with the leases, clients, with what is kept of clients besides, and
/// meta
/// ("server-duid", "schema-version", "search-key", "config-digest"). Thread-safe as RocksDB is: the committer writes
/// leases, the management thread reads, and writes meta.
class Store {
 public:
  /// Opens the database in directory `path` and makes it if there is none. Refuses by name: another schema version, a
  /// database in use by another process, a damaged one (with what to do).
  static tl::expected<std::unique_ptr<Store>, Error> open(const std::string& path);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // --- start -------------------------------------------------------------------------------------------------------
  /// Reads all leases with several threads, in the caller's oneTBB arena, before anybody writes: there is no snapshot,
  /// as RocksDB answers the end of one with a compaction of everything. `see` is called for each lease from several
  /// threads at once; for those of one shard (lease::shard_of) never at the same time. The first damaged record ends it
  /// with an error.
  tl::expected<LoadReport, Error> load(const std::function<void(const lease::LeaseRecord&)>& see);

  /// Reads what is kept of clients, likewise: `see` is called from several threads at once, for those of one shard
  /// never at the same time. Returns how many there are.
  using SeeClient = std::function<void(Bytes duid, Bytes client_data)>;
  tl::expected<uint64_t, Error> load_clients(const SeeClient& see);

  /// Small values, written with sync. Nothing when there is no such name.
  tl::expected<std::optional<std::string>, Error> get_meta(const std::string& name);
  tl::expected<void, Error> put_meta(const std::string& name, const std::string& value);

  // --- the committer's ---------------------------------------------------------------------------------------------
  /// A group of changes that become durable together. Reused between commits, so that it keeps its memory.
  class Batch {
   public:
    Batch();
    ~Batch();
    void add(const lease::LeaseChange& change);
    size_t count() const;
    void clear();

   private:
    friend class Store;
    struct Impl;
    std::unique_ptr<Impl> impl_;
  };
  /// Writes the batch; with `sync` it is on the disk when this returns. After an error it was not applied as far as
  /// readers can tell, though the disk may have it, and must be written again before any other: applying a batch twice
  /// is the same as once.
  tl::expected<void, Error> write(Batch& batch, bool sync);
  /// Makes everything written before durable (for writes without sync).
  tl::expected<void, Error> sync();
  /// After a failed write RocksDB refuses every other one. When the disk has room again this closes the database and
  /// opens it anew, which is the only way out that works whatever failed. True when writing may be tried again. Until
  /// then reads go on; they wait while it reopens.
  bool resume();

  // --- reading, for the management thread --------------------------------------------------------------------------
  /// Up to `limit` leases in order of key (addresses before prefixes), after `after` or from the beginning. Consistent
  /// within one page, not between pages. Costs tens of milliseconds while leases are being written, as find() does, and
  /// does not hold the committer up.
  tl::expected<std::vector<lease::LeaseRecord>, Error> page(const std::optional<lease::LeaseKey>& after, size_t limit);
  tl::expected<std::optional<lease::LeaseRecord>, Error> find(const lease::LeaseKey& key);
  /// What is kept of this client (lease/client_data.h); empty when there is nothing. Costs microseconds, and
  /// nothing as long as nothing was ever kept of any client.
  tl::expected<std::vector<std::byte>, Error> find_client(Bytes duid);
  /// Shows up to `limit` clients of which something is kept, in an order of its own, after `after` or from the
  /// beginning. Returns the last one shown; nothing at the end. Consistent within one page.
  tl::expected<std::optional<Duid>, Error> page_clients(const std::optional<Duid>& after, size_t limit,
                                                        const SeeClient& see);

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem6::storage
