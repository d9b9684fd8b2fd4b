#include "storage/database.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "storage/database_options.h"
#include "storage/store.h"

namespace tandem6::storage {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSchemaVersionName = "schema-version";
/// The version before there was kClientsFamily; its leases lie as today's do.
constexpr const char* kWithoutClients = "1";

bool is_lock_failure(const rocksdb::Status& status) {
  const std::string text = status.ToString();
  return status.IsIOError() &&
         (text.find("While lock file") != text.npos || text.find("lock hold by current process") != text.npos);
}

tl::expected<void, Error> make_directory(const std::string& path) {
  std::error_code error;
  if (fs::create_directories(path, error)) {
    // Which client has which address is nobody else's business.
    fs::permissions(path, fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec, error);
  }
  if (!error && !fs::is_directory(path, error) && !error) error = std::make_error_code(std::errc::not_a_directory);
  if (!error) return {};
  return tl::unexpected(
      Error{fmt::format("the lease database's directory {} cannot be made: {}; name one that tandem6d may write to",
                        path, error.message())});
}

}  // namespace

Error explain(const std::string& path, const rocksdb::Status& status) {
  const std::string what = status.ToString();
  if (is_lock_failure(status))
    return {fmt::format("the lease database {} is in use: look for another tandem6d that has the same one ({})", path,
                        what)};
  if (status.IsCorruption())
    return {
        fmt::format("the lease database {} is damaged: {}. Restore it from a backup, or move the directory away to "
                    "begin without leases",
                    path, what)};
  if (status.IsNoSpace())
    return {fmt::format("the disk of the lease database {} is full: make room on it ({})", path, what)};
  return {fmt::format("the lease database {} fails: {}; look at the disk and at {}/LOG", path, what, path)};
}

tl::expected<std::unique_ptr<Database>, Error> Database::open(const std::string& path) {
  if (auto made = make_directory(path); !made) return tl::unexpected(made.error());
  std::unique_ptr<Database> database(new Database);
  if (const auto status = database->open_files(path); !status.ok()) return tl::unexpected(explain(path, status));
  if (auto checked = database->check_schema(path); !checked) return tl::unexpected(checked.error());
  return database;
}

Database::~Database() {
  for (auto* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
}

/// Opens with the column families that are there: missing ones are made once the database is known to be ours.
rocksdb::Status Database::open_files(const std::string& path) {
  const auto options = database_options(path);
  std::vector<std::string> names;
  std::error_code ignored;  // what cannot be looked at cannot be opened either, and that is reported
  if (fs::exists(fs::path(path) / "CURRENT", ignored)) {
    const auto listed = rocksdb::DB::ListColumnFamilies(options, path, &names);
    if (!listed.ok()) return listed;
  } else {
    names.push_back(rocksdb::kDefaultColumnFamilyName);
  }
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  families.reserve(names.size());
  for (const auto& name : names) families.emplace_back(name, family_options(name));
  rocksdb::DB* db = nullptr;
  auto status = rocksdb::DB::Open(options, path, families, &handles_, &db);
  db_.reset(db);
  for (auto* handle : handles_) {
    if (handle->GetName() == kMetaFamily) meta_ = handle;
    if (handle->GetName() == kClientsFamily) clients_ = handle;
  }
  return status;
}

tl::expected<void, Error> Database::check_schema(const std::string& path) {
  std::string version;
  auto status = meta_ == nullptr ? rocksdb::Status::NotFound()
                                 : db_->Get(rocksdb::ReadOptions(), meta_, kSchemaVersionName, &version);
  if (status.IsNotFound()) return create_schema(path);
  if (!status.ok()) return tl::unexpected(explain(path, status));
  if (version != std::to_string(kSchemaVersion) && version != kWithoutClients)
    return tl::unexpected(
        Error{fmt::format("the lease database {} has schema version {}, and this tandem6 knows version {}: start the "
                          "tandem6 that wrote it, "
                          "or move the directory away to begin without leases",
                          path, version, kSchemaVersion)});
  for (const auto* handle : handles_) {
    const std::string& name = handle->GetName();
    if (name != rocksdb::kDefaultColumnFamilyName && name != kMetaFamily && name != kClientsFamily)
      return tl::unexpected(
          Error{fmt::format("the lease database {} has a column family \"{}\" that this tandem6 does not "
                            "know: start the tandem6 that wrote it",
                            path, name)});
  }
  if (version == kWithoutClients) return complete_schema(path);
  return {};
}

/// A database without a version is a new one, or one whose making was cut short: then there is nothing in it.
tl::expected<void, Error> Database::create_schema(const std::string& path) {
  if (!is_empty())
    return tl::unexpected(Error{fmt::format(
        "the database {} has no schema version: it is another program's, or damaged; name another directory", path)});
  return complete_schema(path);
}

tl::expected<void, Error> Database::complete_schema(const std::string& path) {
  auto status = make_family(kMetaFamily, meta_);
  if (status.ok()) status = make_family(kClientsFamily, clients_);
  if (status.ok()) status = put_meta(kSchemaVersionName, std::to_string(kSchemaVersion));
  if (!status.ok()) return tl::unexpected(explain(path, status));
  return {};
}

rocksdb::Status Database::make_family(const char* name, rocksdb::ColumnFamilyHandle*& handle) {
  if (handle != nullptr) return rocksdb::Status::OK();
  auto status = db_->CreateColumnFamily(family_options(name), name, &handle);
  if (status.ok()) handles_.push_back(handle);
  return status;
}

rocksdb::Status Database::put_meta(const std::string& name, const std::string& value) {
  rocksdb::WriteOptions options;
  options.sync = true;
  const auto status = db_->Put(options, meta_, name, value);
  return status.ok() ? db_->Flush(rocksdb::FlushOptions(), meta_) : status;
}

bool Database::is_empty(rocksdb::ColumnFamilyHandle* family) {
  std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(rocksdb::ReadOptions(), family));
  it->SeekToFirst();
  return !it->Valid() && it->status().ok();
}

bool Database::is_empty() {
  return std::all_of(handles_.begin(), handles_.end(), [&](auto* handle) { return is_empty(handle); });
}

}  // namespace tandem6::storage
