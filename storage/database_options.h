// How RocksDB is set up, each setting with its reason. Private to storage/.
#pragma once

#include <rocksdb/options.h>

#include <string>

namespace tandem6::storage {

/// For the database in that directory, which exists.
rocksdb::DBOptions database_options(const std::string& path);
/// For the column family of that name.
rocksdb::ColumnFamilyOptions family_options(const std::string& name);

/// The leases lie in the default family: RocksDB insists on having one, and a batch for it needs no handle.
inline constexpr const char* kMetaFamily = "meta";
/// What is kept of clients besides their leases.
inline constexpr const char* kClientsFamily = "clients";

}  // namespace tandem6::storage
