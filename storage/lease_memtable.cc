#include "storage/lease_memtable.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <shared_mutex>
#include <utility>
#include <vector>

#include "dataplane/wire/bytes.h"

namespace tandem6::storage {
namespace {

using KeyComparator = rocksdb::MemTableRep::KeyComparator;

/// An entry of RocksDB's, and of its key what tells it from nearly all others. Integers compare as the bytes do.
struct Entry {
  uint64_t high;
  uint64_t low;
  const char* data;  // the internal key with its length in front, then the value
};
constexpr size_t kPrefixSize = 16;
/// RocksDB puts sequence number and type behind each key.
constexpr size_t kTrailerSize = 8;

/// Keys that are shorter than the prefix, as no lease's is, count as if zeros followed: the comparator decides.
Entry entry_of(const char* data, rocksdb::Slice internal_key) {
  std::array<std::byte, kPrefixSize> prefix{};
  const size_t size = std::min(internal_key.size() - kTrailerSize, kPrefixSize);
  std::copy_n(reinterpret_cast<const std::byte*>(internal_key.data()), size, prefix.begin());
  return {.high = wire::load_be64(prefix.data()), .low = wire::load_be64(prefix.data() + 8), .data = data};
}

class Order {
 public:
  explicit Order(const KeyComparator& compare) : compare_(compare) {}
  bool operator()(const Entry& a, const Entry& b) const {
    if (a.high != b.high) return a.high < b.high;
    if (a.low != b.low) return a.low < b.low;
    return compare_(a.data, b.data) < 0;
  }

 private:
  const KeyComparator& compare_;
};

using Entries = std::vector<Entry>;

/// Over entries that are sorted already.
class SortedEntries : public rocksdb::MemTableRep::Iterator {
 public:
  SortedEntries(std::shared_ptr<const Entries> entries, const KeyComparator& compare)
      : entries_(std::move(entries)), compare_(compare), at_(entries_->size()) {}

  bool Valid() const override { return at_ < entries_->size(); }
  const char* key() const override { return (*entries_)[at_].data; }
  void Next() override {
    ++at_;
    // The entries lie where they came in: each is a miss, unless it was asked for in time.
    constexpr size_t kAhead = 8;
    if (at_ + kAhead < entries_->size()) __builtin_prefetch((*entries_)[at_ + kAhead].data);
  }
  void Prev() override { at_ = at_ == 0 ? entries_->size() : at_ - 1; }
  void Seek(const rocksdb::Slice& key, const char* memtable_key) override {
    const rocksdb::Slice wanted = memtable_key != nullptr ? compare_.decode_key(memtable_key) : key;
    const auto is_less = [&](const Entry& entry, const rocksdb::Slice& target) {
      return compare_(entry.data, target) < 0;
    };
    at_ =
        static_cast<size_t>(std::lower_bound(entries_->begin(), entries_->end(), wanted, is_less) - entries_->begin());
  }
  void SeekForPrev(const rocksdb::Slice& key, const char* memtable_key) override {
    const rocksdb::Slice wanted = memtable_key != nullptr ? compare_.decode_key(memtable_key) : key;
    Seek(wanted, nullptr);
    if (!Valid() || compare_(this->key(), wanted) > 0) Prev();
  }
  void SeekToFirst() override { at_ = 0; }
  void SeekToLast() override { at_ = entries_->size() - 1; }  // of none: not valid

 private:
  std::shared_ptr<const Entries> entries_;
  const KeyComparator& compare_;
  size_t at_;
};

class LeaseMemtable : public rocksdb::MemTableRep {
 public:
  LeaseMemtable(const KeyComparator& compare, rocksdb::Allocator* allocator, size_t entries)
      : MemTableRep(allocator), compare_(compare), entries_(std::make_shared<Entries>()) {
    entries_->reserve(entries);
  }

  void Insert(rocksdb::KeyHandle handle) override {
    const char* const data = static_cast<const char*>(handle);
    const Entry entry = entry_of(data, compare_.decode_key(data));
    const std::lock_guard lock(mutex_);
    entries_->push_back(entry);
    count_.store(entries_->size(), std::memory_order_relaxed);
  }
  bool Contains(const char* key) const override {
    const std::shared_lock lock(mutex_);
    return std::ranges::any_of(*entries_, [&](const Entry& entry) { return compare_(entry.data, key) == 0; });
  }
  void MarkReadOnly() override {
    const std::lock_guard lock(mutex_);
    read_only_ = true;
  }
  size_t ApproximateMemoryUsage() override { return count_.load(std::memory_order_relaxed) * sizeof(Entry); }

  rocksdb::MemTableRep::Iterator* GetIterator(rocksdb::Arena* arena) override {
    std::shared_ptr<const Entries> entries = sorted();
    if (arena == nullptr) return new SortedEntries(std::move(entries), compare_);
    // Who calls with an arena calls the destructor alone, and does not free. The arena's own functions are not for
    // us (its header is private), so the place is ours until the memtable goes. Few come: one for each page() and
    // flush.
    auto place = std::make_unique<std::byte[]>(sizeof(SortedEntries));
    auto* const iterator = new (place.get()) SortedEntries(std::move(entries), compare_);
    const std::lock_guard lock(mutex_);
    iterators_.push_back(std::move(place));
    return iterator;
  }

  // RocksDB's Get() asks for one without an arena and never gives it back (7.8). So it is the reading thread's, until
  // that reads again.
  rocksdb::MemTableRep::Iterator* GetDynamicPrefixIterator(rocksdb::Arena* arena) override {
    if (arena != nullptr) return GetIterator(arena);
    static thread_local std::optional<SortedEntries> of_this_thread;
    return &of_this_thread.emplace(sorted(), compare_);
  }

 private:
  /// What is read only is sorted where it lies, once; else a copy is.
  std::shared_ptr<const Entries> sorted() {
    const std::lock_guard lock(mutex_);
    if (!read_only_) {
      auto copy = std::make_shared<Entries>(*entries_);
      std::sort(copy->begin(), copy->end(), Order(compare_));
      return copy;
    }
    if (!is_sorted_) std::sort(entries_->begin(), entries_->end(), Order(compare_));
    is_sorted_ = true;
    return entries_;
  }

  const KeyComparator& compare_;
  mutable std::shared_mutex mutex_;
  std::shared_ptr<Entries> entries_;
  bool read_only_ = false;
  bool is_sorted_ = false;
  std::vector<std::unique_ptr<std::byte[]>> iterators_;
  std::atomic<size_t> count_{0};
};

}  // namespace

rocksdb::MemTableRep* LeaseMemtableFactory::CreateMemTableRep(const KeyComparator& compare,
                                                              rocksdb::Allocator* allocator,
                                                              const rocksdb::SliceTransform*, rocksdb::Logger*) {
  return new LeaseMemtable(compare, allocator, entries_);
}

}  // namespace tandem6::storage
