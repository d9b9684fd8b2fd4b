// Records of one kind under small indexes: 256 to a chunk, chunks made when needed. A record never moves, so indexes
// and references stay good until it is freed. No locks: whoever owns the slab owns its records.
#pragma once

#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <new>
#include <type_traits>
#include <vector>

#include "dataplane/lease/prefetch.h"

namespace tandem6::lease {

/// "None", wherever an index is expected.
inline constexpr uint32_t kNoIndex = 0xffffffff;

template <typename T>
class Slab {
  static_assert(std::is_trivially_destructible_v<T>, "records are dropped, not destroyed");

 public:
  static constexpr uint32_t kChunk = 256;

  explicit Slab(std::pmr::memory_resource* memory = std::pmr::new_delete_resource()) : memory_(memory) {}
  ~Slab() {
    for (Chunk* chunk : chunks_) memory_->deallocate(chunk, sizeof(Chunk), alignof(Chunk));
  }
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;

  /// A fresh T; its index.
  uint32_t allocate() {
    if (free_ == kNoIndex) add_chunk();
    const uint32_t index = free_;
    Chunk& chunk = *chunks_[index / kChunk];
    Place& place = chunk.places[index % kChunk];
    free_ = place.next_free;
    new (&place.record) T{};
    chunk.live[index % kChunk / 64] |= bit(index);
    return index;
  }
  void free(uint32_t index) {
    assert(is_live(index));
    Chunk& chunk = *chunks_[index / kChunk];
    chunk.live[index % kChunk / 64] &= ~bit(index);
    chunk.places[index % kChunk].next_free = free_;
    free_ = index;
  }

  T& operator[](uint32_t index) { return chunks_[index / kChunk]->places[index % kChunk].record; }
  const T& operator[](uint32_t index) const { return chunks_[index / kChunk]->places[index % kChunk].record; }

  /// Starts fetching the record.
  void prefetch(uint32_t index) const {
    const auto* const record = reinterpret_cast<const std::byte*>(&(*this)[index]);
    lease::prefetch(record);
    // A record that is not a cache line's own may lie in two.
    if constexpr (kCacheLine % sizeof(T) != 0) lease::prefetch(record + sizeof(T) - 1);
  }

  bool is_live(uint32_t index) const {
    return index < places() && (chunks_[index / kChunk]->live[index % kChunk / 64] & bit(index)) != 0;
  }
  /// Indexes are below this.
  uint32_t places() const { return static_cast<uint32_t>(chunks_.size()) * kChunk; }
  size_t memory() const { return chunks_.size() * sizeof(Chunk) + chunks_.capacity() * sizeof(void*); }

 private:
  union Place {
    Place() : next_free(kNoIndex) {}
    T record;
    uint32_t next_free;
  };
  struct Chunk {
    std::array<Place, kChunk> places;
    std::array<uint64_t, kChunk / 64> live{};
  };

  static constexpr size_t kCacheLine = 64;
  static uint64_t bit(uint32_t index) { return uint64_t{1} << index % 64; }

  void add_chunk() {
    const uint32_t first = places();
    chunks_.push_back(new (memory_->allocate(sizeof(Chunk), alignof(Chunk))) Chunk);
    for (uint32_t i = 0; i < kChunk; ++i) {
      chunks_.back()->places[i].next_free = i + 1 == kChunk ? kNoIndex : first + i + 1;
    }
    free_ = first;
  }

  std::pmr::memory_resource* memory_;  // of the chunks
  std::vector<Chunk*> chunks_;
  uint32_t free_ = kNoIndex;
};

}  // namespace tandem6::lease
