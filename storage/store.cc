#include "storage/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <rocksdb/write_batch.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <mutex>
#include <system_error>
#include <utility>

#include "dataplane/wire/require.h"
#include "storage/client_codec.h"
#include "storage/record_codec.h"
#include "storage/store_impl.h"

namespace tandem6::storage {
namespace {

/// The memtable of the leases is copied and sorted for every reader: a few milliseconds for this many entries, a tenth
/// of a second for a full one. When there are more, page() and find() flush first, which costs the same as one such
/// read and then spares all that follow.
constexpr uint64_t kSortableEntries = 32'768;

/// What reopening may have to write: the logs once more as tables, and a little.
uint64_t room_needed(const std::string& path) {
  constexpr uint64_t kALittle = 4 << 20;
  uint64_t sum = kALittle;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(path, error)) {
    std::error_code vanished;
    const auto size = entry.file_size(vanished);
    if (!vanished && entry.path().extension() == ".log") sum += size;
  }
  return sum;
}

/// Whether the disk would take `size` bytes more. Takes them for a moment, as quotas and reserves cannot be seen
/// otherwise.
bool has_room(const std::string& path, uint64_t size) {
  const int file = ::open(path.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) return errno == EOPNOTSUPP || errno == EISDIR;  // a file system that cannot be asked: just try
  const bool taken = ::fallocate(file, 0, 0, static_cast<off_t>(size)) == 0 || errno == EOPNOTSUPP;
  ::close(file);
  return taken;
}

}  // namespace

// --- Batch ---------------------------------------------------------------------------------------------------------

struct Store::Batch::Impl {
  rocksdb::WriteBatch writes;
  size_t count = 0;
  /// For the clients' column family, which only an open database can name: they join `writes` in Store::write().
  struct ClientWrite {
    std::string key;
    std::string value;  // empty: delete
  };
  std::vector<ClientWrite> clients;

  void add_client(Bytes duid, Bytes client_data) {
    ClientWrite write{.key = encode_client_key(duid), .value = {}};
    if (!client_data.empty()) write.value = encode_client_value(write.key, client_data);
    clients.push_back(std::move(write));
  }
  /// True when one of them is no delete.
  bool join(rocksdb::ColumnFamilyHandle* family) {
    bool keeps = false;
    for (const ClientWrite& write : clients) {
      const auto status =
          write.value.empty() ? writes.Delete(family, write.key) : writes.Put(family, write.key, write.value);
      require(status.ok(), "a client's data fits into the batch");
      keeps = keeps || !write.value.empty();
    }
    clients.clear();
    return keeps;
  }
};

Store::Batch::Batch() : impl_(std::make_unique<Impl>()) {}
Store::Batch::~Batch() = default;

void Store::Batch::add(const lease::LeaseChange& change) {
  ++impl_->count;
  if (change.kind == lease::LeaseChange::Kind::kRemember) {
    impl_->add_client(change.record.duid.bytes(), change.client_data);
    return;
  }
  const EncodedKey key = encode_key(change.record.key);
  // These fail only above sizes that a bounded batch of ours is far from.
  if (change.kind == lease::LeaseChange::Kind::kDelete) {
    require(impl_->writes.Delete(slice_of(key)).ok(), "a delete fits into the batch");
    if (change.forgets_client) impl_->add_client(change.record.duid.bytes(), {});
    return;
  }
  std::array<char, kMaxValueSize> value;
  const size_t size = encode_value(change.record, value);
  require(impl_->writes.Put(slice_of(key), rocksdb::Slice(value.data(), size)).ok(), "a put fits into the batch");
}

size_t Store::Batch::count() const { return impl_->count; }

void Store::Batch::clear() {
  impl_->writes.Clear();
  impl_->clients.clear();
  impl_->count = 0;
}

// --- Store ---------------------------------------------------------------------------------------------------------

void Store::Impl::flush_if_larger(uint64_t entries) {
  uint64_t in_memtable = 0;
  if (!database->db().GetIntProperty(rocksdb::DB::Properties::kNumEntriesActiveMemTable, &in_memtable)) return;
  if (in_memtable <= entries) return;
  rocksdb::FlushOptions options;
  options.allow_write_stall = true;  // else this waits until compaction has caught up, which takes seconds under load
  // Failing (the disk is full) makes reading slower, not wrong: the memtable is read where it is.
  database->db().Flush(options).PermitUncheckedError();
}

Store::Store(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Store::~Store() {
  // The next start then has no log to replay. When this fails the log still holds everything.
  if (!impl_->database) return;
  impl_->flush_if_larger(0);
  impl_->database->db().Flush(rocksdb::FlushOptions(), impl_->database->clients()).PermitUncheckedError();
}

tl::expected<std::unique_ptr<Store>, Error> Store::open(const std::string& path) {
  auto database = Database::open(path);
  if (!database) return tl::unexpected(database.error());
  auto impl = std::make_unique<Impl>();
  impl->path = path;
  impl->database = std::move(*database);
  impl->keeps_clients = impl->database->keeps_clients();
  return std::unique_ptr<Store>(new Store(std::move(impl)));
}

tl::expected<std::optional<std::string>, Error> Store::get_meta(const std::string& name) {
  const std::shared_lock lock(impl_->replacing);
  if (!impl_->database) return tl::unexpected(impl_->closed_because);
  std::string value;
  const auto status = impl_->database->db().Get(rocksdb::ReadOptions(), impl_->database->meta(), name, &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return tl::unexpected(impl_->explain(status));
  return value;
}

tl::expected<void, Error> Store::put_meta(const std::string& name, const std::string& value) {
  const std::shared_lock lock(impl_->replacing);
  if (!impl_->database) return tl::unexpected(impl_->closed_because);
  const auto status = impl_->database->put_meta(name, value);
  if (!status.ok()) return tl::unexpected(impl_->explain(status));
  return {};
}

tl::expected<void, Error> Store::write(Batch& batch, bool sync) {
  const std::shared_lock lock(impl_->replacing);
  if (!impl_->database) return tl::unexpected(impl_->closed_because);
  if (batch.impl_->join(impl_->database->clients())) impl_->keeps_clients = true;
  rocksdb::WriteOptions options;
  options.sync = sync;
  const auto status = impl_->database->db().Write(options, &batch.impl_->writes);
  if (!status.ok()) return tl::unexpected(impl_->explain(status));
  return {};
}

tl::expected<void, Error> Store::sync() {
  const std::shared_lock lock(impl_->replacing);
  if (!impl_->database) return tl::unexpected(impl_->closed_because);
  const auto status = impl_->database->db().SyncWAL();
  if (!status.ok()) return tl::unexpected(impl_->explain(status));
  return {};
}

bool Store::resume() {
  const std::unique_lock lock(impl_->replacing);
  // Reads go on in the open database for as long as opening it again would fail.
  if (!has_room(impl_->path, room_needed(impl_->path))) return false;
  impl_->database.reset();
  auto database = Database::open(impl_->path);
  if (!database) {
    impl_->closed_because = database.error();
    return false;
  }
  impl_->database = std::move(*database);
  return true;
}

tl::expected<std::vector<lease::LeaseRecord>, Error> Store::page(const std::optional<lease::LeaseKey>& after,
                                                                 size_t limit) {
  const std::shared_lock lock(impl_->replacing);
  if (!impl_->database) return tl::unexpected(impl_->closed_because);
  impl_->flush_if_larger(kSortableEntries);
  std::unique_ptr<rocksdb::Iterator> it(impl_->database->db().NewIterator(rocksdb::ReadOptions()));
  if (after) {
    const EncodedKey key = encode_key(*after);
    it->Seek(slice_of(key));
    if (it->Valid() && it->key() == slice_of(key)) it->Next();
  } else {
    it->SeekToFirst();
  }
  std::vector<lease::LeaseRecord> records;
  for (; it->Valid() && records.size() < limit; it->Next()) {
    auto record = decode(it->key().ToStringView(), it->value().ToStringView());
    if (!record) return tl::unexpected(record.error());
    records.push_back(*record);
  }
  if (!it->status().ok()) return tl::unexpected(impl_->explain(it->status()));
  return records;
}

tl::expected<std::optional<lease::LeaseRecord>, Error> Store::find(const lease::LeaseKey& key) {
  const std::shared_lock lock(impl_->replacing);
  if (!impl_->database) return tl::unexpected(impl_->closed_because);
  impl_->flush_if_larger(kSortableEntries);
  const EncodedKey encoded = encode_key(key);
  rocksdb::PinnableSlice value;
  auto& database = *impl_->database;
  const auto status = database.db().Get(rocksdb::ReadOptions(), database.leases(), slice_of(encoded), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return tl::unexpected(impl_->explain(status));
  auto record = decode({encoded.data(), encoded.size()}, value.ToStringView());
  if (!record) return tl::unexpected(record.error());
  return *record;
}

tl::expected<std::vector<std::byte>, Error> Store::find_client(Bytes duid) {
  const std::shared_lock lock(impl_->replacing);
  if (!impl_->database) return tl::unexpected(impl_->closed_because);
  if (!impl_->keeps_clients) return std::vector<std::byte>{};
  const std::string key = encode_client_key(duid);
  rocksdb::PinnableSlice value;
  auto& database = *impl_->database;
  const auto status = database.db().Get(rocksdb::ReadOptions(), database.clients(), key, &value);
  if (status.IsNotFound()) return std::vector<std::byte>{};
  if (!status.ok()) return tl::unexpected(impl_->explain(status));
  const auto entry = decode_client(key, value.ToStringView());
  if (!entry) return tl::unexpected(entry.error());
  return std::vector<std::byte>(entry->data.begin(), entry->data.end());
}

tl::expected<std::optional<Duid>, Error> Store::page_clients(const std::optional<Duid>& after, size_t limit,
                                                             const SeeClient& see) {
  const std::shared_lock lock(impl_->replacing);
  if (!impl_->database) return tl::unexpected(impl_->closed_because);
  auto& database = *impl_->database;
  std::unique_ptr<rocksdb::Iterator> it(database.db().NewIterator(rocksdb::ReadOptions(), database.clients()));
  if (after) {
    const std::string key = encode_client_key(after->bytes());
    it->Seek(key);
    if (it->Valid() && it->key() == rocksdb::Slice(key)) it->Next();
  } else {
    it->SeekToFirst();
  }
  std::optional<Duid> last;
  for (; it->Valid() && limit != 0; it->Next(), --limit) {
    const auto entry = decode_client(it->key().ToStringView(), it->value().ToStringView());
    if (!entry) return tl::unexpected(entry.error());
    see(entry->duid, entry->data);
    last = Duid::from_bytes(entry->duid);
  }
  if (!it->status().ok()) return tl::unexpected(impl_->explain(it->status()));
  return last;
}

}  // namespace tandem6::storage
