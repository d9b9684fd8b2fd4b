// Reading all leases at start: the key space in pieces of about the same size, several threads.
#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/partitioner.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "dataplane/lease/hash.h"
#include "storage/client_codec.h"
#include "storage/record_codec.h"
#include "storage/shard_runs.h"
#include "storage/store_impl.h"

namespace tandem6::storage {
namespace {

/// A boundary between two pieces. The lengths do not matter: a boundary is the first key of any length there.
struct Boundary {
  lease::LeaseType type;
  U128 address;
};

EncodedKey key_of(const Boundary& boundary) {
  return encode_key({.type = boundary.type, .prefix_length = 0, .address = Ipv6Address::from_number(boundary.address)});
}

/// Finds boundaries so that the tables hold about the same between any two. Leases crowd in a few subnets of the 2^128
/// addresses, so ranges are halved until they are small enough, and joined again where there is little in them.
class Division {
 public:
  Division(Database& database, uint64_t piece_size) : database_(database), piece_size_(piece_size) {}

  std::vector<Boundary> divide() {
    for (const auto type : {lease::LeaseType::kAddress, lease::LeaseType::kPrefix}) {
      const U128 last = ~U128{0};
      halve(type, 0, last, size_between(type, 0, last));
    }
    return std::move(boundaries_);
  }

 private:
  uint64_t size_between(lease::LeaseType type, U128 first, U128 last) {
    const EncodedKey from = key_of({type, first});
    const EncodedKey to = key_of({type, last});
    const rocksdb::Range range(slice_of(from), slice_of(to));
    rocksdb::SizeApproximationOptions options;
    options.include_files = true;
    uint64_t size = 0;
    // No answer makes the piece large, not the load wrong.
    database_.db().GetApproximateSizes(options, database_.leases(), &range, 1, &size).PermitUncheckedError();
    return size;
  }

  void halve(lease::LeaseType type, U128 first, U128 last, uint64_t size) {
    const U128 middle = first + (last - first) / 2;
    if (size <= piece_size_ || middle == first) {
      gathered_ += size;
      if (gathered_ < piece_size_) return;
      boundaries_.push_back({type, last});
      gathered_ = 0;
      return;
    }
    halve(type, first, middle, size_between(type, first, middle));
    halve(type, middle, last, size_between(type, middle, last));
  }

  Database& database_;
  uint64_t piece_size_;
  uint64_t gathered_ = 0;
  std::vector<Boundary> boundaries_;
};

/// Small pieces, so that every core is busy to the end; but not so small that there are very many.
std::vector<Boundary> boundaries_of(Database& database) {
  constexpr uint64_t kMinPiece = 1 << 20;
  constexpr uint64_t kMaxPiece = 8 << 20;
  constexpr uint64_t kPieces = 64;
  uint64_t total = 0;
  if (!database.db().GetIntProperty(rocksdb::DB::Properties::kTotalSstFilesSize, &total)) return {};
  return Division(database, std::clamp(total / kPieces, kMinPiece, kMaxPiece)).divide();
}

/// What is read before it is handed over: much, so that a shard gets many records in one go, and not all of a large
/// database, whose memory the shards need. Up to 256 MB.
constexpr size_t kPiecesAtATime = 32;

/// One load: what its threads share.
class Loading {
 public:
  Loading(Database& database, const std::string& path, const std::function<void(const lease::LeaseRecord&)>& see)
      : database_(database), path_(path), see_(see) {}

  tl::expected<uint64_t, Error> run() {
    boundaries_ = boundaries_of(database_);
    const size_t pieces = boundaries_.size() + 1;
    for (size_t done = 0; done < pieces && !failed_.load(); done += kPiecesAtATime) {
      read(done, std::min(done + kPiecesAtATime, pieces));
      hand_over();
    }
    if (failed_.load()) return tl::unexpected(error_);
    return leases_.load();
  }

 private:
  /// Reads pieces, several at a time; their records are in runs_ then.
  void read(size_t first, size_t end) {
    runs_.clear();
    runs_.resize(end - first);
    using Range = oneapi::tbb::blocked_range<size_t>;
    oneapi::tbb::parallel_for(
        Range(first, end, 1),
        [&](const Range& range) {
          for (size_t piece = range.begin(); piece != range.end(); ++piece) read_piece(piece, runs_[piece - first]);
        },
        oneapi::tbb::simple_partitioner());
  }

  /// Reads the piece between two boundaries. The first has no lower and the last no upper one, so that a record with a
  /// damaged key is met as well.
  void read_piece(size_t piece, ShardRuns& runs) {
    rocksdb::ReadOptions options;
    options.verify_checksums = true;
    options.fill_cache = false;
    options.readahead_size = 2 << 20;
    EncodedKey first, end;
    rocksdb::Slice end_slice;
    if (piece < boundaries_.size()) {
      end = key_of(boundaries_[piece]);
      end_slice = slice_of(end);
      options.iterate_upper_bound = &end_slice;
    }
    std::unique_ptr<rocksdb::Iterator> it(database_.db().NewIterator(options));
    if (piece == 0) {
      it->SeekToFirst();
    } else {
      first = key_of(boundaries_[piece - 1]);
      it->Seek(slice_of(first));
    }
    for (; it->Valid() && !failed_.load(std::memory_order_relaxed); it->Next())
      runs.add(it->key().ToStringView(), it->value().ToStringView());
    if (!it->status().ok()) fail(explain(path_, it->status()));
  }

  /// Shows what was read, several shards at a time.
  void hand_over() {
    oneapi::tbb::parallel_for(0U, lease::kShardCount, [&](unsigned shard) {
      uint64_t count = 0;
      for (ShardRuns& runs : runs_) {
        runs.each(shard, [&](std::string_view key, std::string_view value) {
          ++count;
          return hand_over(key, value);
        });
        runs.forget(shard);
      }
      leases_.fetch_add(count, std::memory_order_relaxed);
    });
  }
  bool hand_over(std::string_view key, std::string_view value) {
    const auto record = decode(key, value);
    if (record)
      see_(*record);
    else
      fail({"the lease database " + path_ + ": " + record.error().message});
    return !failed_.load(std::memory_order_relaxed);
  }

  void fail(Error error) {
    const std::lock_guard lock(error_mutex_);
    if (failed_.load()) return;
    error_ = std::move(error);
    failed_.store(true);
  }

  Database& database_;
  const std::string& path_;
  const std::function<void(const lease::LeaseRecord&)>& see_;
  std::vector<Boundary> boundaries_;
  std::vector<ShardRuns> runs_;
  std::atomic<uint64_t> leases_{0};
  std::atomic<bool> failed_{false};
  std::mutex error_mutex_;
  Error error_;
};

/// Reads what is kept of the clients of one shard, which is one range of keys.
tl::expected<uint64_t, Error> read_clients(Database& database, const std::string& path, unsigned shard,
                                           const Store::SeeClient& see) {
  rocksdb::ReadOptions options;
  options.verify_checksums = true;
  const std::string first(1, static_cast<char>(shard));
  const std::string end(1, static_cast<char>(shard + 1));
  const rocksdb::Slice end_slice(end);
  if (shard + 1 < lease::kShardCount) options.iterate_upper_bound = &end_slice;
  std::unique_ptr<rocksdb::Iterator> it(database.db().NewIterator(options, database.clients()));
  uint64_t count = 0;
  for (it->Seek(first); it->Valid(); it->Next(), ++count) {
    const auto entry = decode_client(it->key().ToStringView(), it->value().ToStringView());
    if (!entry) return tl::unexpected(Error{"the lease database " + path + ": " + entry.error().message});
    see(entry->duid, entry->data);
  }
  if (!it->status().ok()) return tl::unexpected(explain(path, it->status()));
  return count;
}

}  // namespace

tl::expected<LoadReport, Error> Store::load(const std::function<void(const lease::LeaseRecord&)>& see) {
  const std::shared_lock lock(impl_->replacing);
  if (!impl_->database) return tl::unexpected(impl_->closed_because);
  const auto start = std::chrono::steady_clock::now();
  impl_->flush_if_larger(0);  // every piece's iterator would copy the memtable
  const auto leases = Loading(*impl_->database, impl_->path, see).run();
  if (!leases) return tl::unexpected(leases.error());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return LoadReport{.leases = *leases, .seconds = took.count()};
}

tl::expected<uint64_t, Error> Store::load_clients(const SeeClient& see) {
  const std::shared_lock lock(impl_->replacing);
  if (!impl_->database) return tl::unexpected(impl_->closed_because);
  std::array<tl::expected<uint64_t, Error>, lease::kShardCount> read;
  oneapi::tbb::parallel_for(0U, lease::kShardCount, [&](unsigned shard) {
    read[shard] = read_clients(*impl_->database, impl_->path, shard, see);
  });
  uint64_t count = 0;
  for (const auto& one : read) {
    if (!one) return tl::unexpected(one.error());
    count += *one;
  }
  return count;
}

}  // namespace tandem6::storage
