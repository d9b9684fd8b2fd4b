// The newest leases in memory on their way to a table: RocksDB's memtable for the column family of the leases. Private
// to storage/.
#pragma once

#include <rocksdb/memtablerep.h>

#include <cstddef>

namespace tandem6::storage {

/// An unsorted array that is sorted once, when it is flushed, as nobody reads it before: the shards hold every lease.
/// RocksDB's VectorRep is that as well, but it compares keys through two pointers, in memory that no cache holds; here
/// the first 16 bytes of a key, which tell nearly all leases apart, lie in the array. Sorting is what a flush's CPU
/// goes to. Who does read gets a sorted copy, see Store::page(). One writer at a time; any threads read.
class LeaseMemtableFactory : public rocksdb::MemTableRepFactory {
 public:
  /// Room for so many entries is taken at once, so that no write has to wait while an array grows.
  explicit LeaseMemtableFactory(size_t entries) : entries_(entries) {}

  const char* Name() const override { return "tandem6.LeaseMemtable"; }
  using rocksdb::MemTableRepFactory::CreateMemTableRep;
  rocksdb::MemTableRep* CreateMemTableRep(const rocksdb::MemTableRep::KeyComparator& compare,
                                          rocksdb::Allocator* allocator, const rocksdb::SliceTransform* transform,
                                          rocksdb::Logger* logger) override;

 private:
  size_t entries_;
};

}  // namespace tandem6::storage
