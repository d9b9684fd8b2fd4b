#include "storage/database_options.h"

#include <rocksdb/db.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>

#include <memory>

#include "storage/info_log.h"
#include "storage/lease_memtable.h"

namespace tandem6::storage {
namespace {

constexpr size_t kMegabyte = 1 << 20;

/// Leaves getting well after a full disk to Store::resume(): RocksDB 7.8's own recovery keeps a log writer that refuses
/// every write when the failure met an empty memtable, and ends in an error that only reopening clears.
class NoRecoveryOfItsOwn : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

std::shared_ptr<rocksdb::TableFactory> table_factory() {
  rocksdb::BlockBasedTableOptions table;
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  table.block_size = 16'384;    // the only reads that matter are scans
  table.no_block_cache = true;  // the shards are the cache
  return std::shared_ptr<rocksdb::TableFactory>(rocksdb::NewBlockBasedTableFactory(table));
}

void configure_leases(rocksdb::ColumnFamilyOptions& options) {
  constexpr size_t kEntriesInMemtable = 1 << 20;
  options.memtable_factory = std::make_shared<LeaseMemtableFactory>(kEntriesInMemtable);
  // Small enough to replay in a fraction of a second after a crash, large enough that renewals of the same leases meet
  // in memory rather than in compactions. The others let the committer go on while one is flushed.
  options.write_buffer_size = 64 * kMegabyte;
  options.max_write_buffer_number = 4;
  options.target_file_size_base = 64 * kMegabyte;
  options.max_bytes_for_level_base = 512 * kMegabyte;
}

void configure_clients(rocksdb::ColumnFamilyOptions& options) {
  options.write_buffer_size = 16 * kMegabyte;
  options.target_file_size_base = 64 * kMegabyte;
}

}  // namespace

rocksdb::DBOptions database_options(const std::string& path) {
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  options.allow_concurrent_memtable_write = false;  // LeaseMemtable cannot, and there is one writer
  // One flush and one compaction at a time: the cores are the dataplane's. At the usual priority: a nice one starves
  // beside workers that spin, as a group's share of a core is divided by its threads' weights, and then writes stall.
  options.max_background_jobs = 2;
  // The end of the log that a kill -9 tore is dropped: it was never acknowledged. Anything damaged before the end makes
  // opening fail, which point-in-time recovery would not: it silently loses all that follows the damage. RocksDB 7.8
  // switches recycling of logs off under every mode that can tell the two apart, so it is not asked for.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // Trickle tables to the disk, so that the log's sync does not wait behind 64 MB of them.
  options.bytes_per_sync = kMegabyte / 2;
  // One client's data in its memtable keeps every log since: beyond this it is flushed, and the next start after a
  // crash has that much to replay at most.
  options.max_total_wal_size = 192 * kMegabyte;
  options.max_bgerror_resume_count = 0;
  options.listeners = {std::make_shared<NoRecoveryOfItsOwn>()};
  options.info_log = std::make_shared<InfoLog>(path);
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

rocksdb::ColumnFamilyOptions family_options(const std::string& name) {
  rocksdb::ColumnFamilyOptions options;
  options.table_factory = table_factory();
  options.compression = rocksdb::kNoCompression;  // addresses and DUIDs hardly shrink, and the core is needed elsewhere
  if (name == rocksdb::kDefaultColumnFamilyName)
    configure_leases(options);
  else if (name == kClientsFamily)
    configure_clients(options);
  else
    options.write_buffer_size = kMegabyte;  // a few small values
  return options;
}

}  // namespace tandem6::storage
