// A ring of records between two threads that stay in their places: filled by one, emptied by the other.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>

namespace tandem6::worker {

template <typename T, size_t kCapacity>
class SpscRing {
  static_assert(std::has_single_bit(kCapacity));

 public:
  // --- the one that fills ------------------------------------------------------------------------------------------
  /// The record to fill next, null when the ring is full; push() hands it over.
  T* to_fill() {
    const size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) == kCapacity) return nullptr;
    return &records_[tail % kCapacity];
  }
  void push() { tail_.store(tail_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }

  // --- the one that empties ----------------------------------------------------------------------------------------
  /// The oldest record, null when there is none; pop() gives its place back.
  T* front() {
    const size_t head = head_.load(std::memory_order_relaxed);
    if (tail_.load(std::memory_order_acquire) == head) return nullptr;
    return &records_[head % kCapacity];
  }
  void pop() { head_.store(head_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }

 private:
  static constexpr size_t kCacheLine = 64;
  std::array<T, kCapacity> records_;
  alignas(kCacheLine) std::atomic<size_t> head_{0};
  alignas(kCacheLine) std::atomic<size_t> tail_{0};
};

}  // namespace tandem6::worker
