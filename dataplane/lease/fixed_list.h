// A list with room for N elements inside itself: for the packet path, where nothing may be allocated, and where room
// that is not used must not cost anything either.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

namespace tandem6::lease {

template <typename T, size_t N>
class FixedList {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  FixedList() {}

  bool full() const { return size_ == N; }
  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  /// Needs room: ask full() where the world decides how many there are.
  void push(const T& value) { std::construct_at(items_ + size_++, value); }

  T* begin() { return items_; }
  T* end() { return items_ + size_; }
  const T* data() const { return items_; }
  const T* begin() const { return items_; }
  const T* end() const { return items_ + size_; }

 private:
  size_t size_ = 0;
  union {
    T items_[N];  // only the first size_ exist
  };
};

}  // namespace tandem6::lease
