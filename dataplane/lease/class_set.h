// The client classes that a message belongs to: a set of class numbers, as the configuration's ClassTable gives them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tandem6::lease {

/// A client class by its place in the ClassTable.
using ClassId = uint16_t;
inline constexpr size_t kMaxClasses = 256;

class ClassSet {
 public:
  void add(ClassId id) { words_[id / 64] |= uint64_t{1} << id % 64; }
  void add(const ClassSet& others) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] |= others.words_[i];
  }
  bool contains(ClassId id) const { return (words_[id / 64] >> id % 64 & 1) != 0; }
  bool empty() const { return (words_[0] | words_[1] | words_[2] | words_[3]) == 0; }
  bool intersects(const ClassSet& other) const {
    uint64_t common = 0;
    for (size_t i = 0; i < words_.size(); ++i) common |= words_[i] & other.words_[i];
    return common != 0;
  }
  /// As a guard of a subnet, a pool or an option: may a client of these classes have it? An empty guard lets all in.
  bool admits(const ClassSet& client) const { return empty() || intersects(client); }
  friend bool operator==(const ClassSet&, const ClassSet&) = default;

 private:
  std::array<uint64_t, kMaxClasses / 64> words_{};
  static_assert(kMaxClasses == 4 * 64, "empty() looks at four words");
};

}  // namespace tandem6::lease
