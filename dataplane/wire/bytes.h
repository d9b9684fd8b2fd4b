// Byte order and spans of packet bytes. The only place where integers are read from and written to the wire.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace tandem6 {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

namespace wire {

/// Big-endian (network order) loads and stores. The caller has checked that the bytes are there.
inline uint16_t load_be16(const std::byte* from) {
  uint16_t value;
  std::memcpy(&value, from, sizeof value);
  return __builtin_bswap16(value);
}
inline uint32_t load_be32(const std::byte* from) {
  uint32_t value;
  std::memcpy(&value, from, sizeof value);
  return __builtin_bswap32(value);
}
inline uint64_t load_be64(const std::byte* from) {
  uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return __builtin_bswap64(value);
}
inline void store_be16(std::byte* to, uint16_t value) {
  value = __builtin_bswap16(value);
  std::memcpy(to, &value, sizeof value);
}
inline void store_be32(std::byte* to, uint32_t value) {
  value = __builtin_bswap32(value);
  std::memcpy(to, &value, sizeof value);
}
inline void store_be64(std::byte* to, uint64_t value) {
  value = __builtin_bswap64(value);
  std::memcpy(to, &value, sizeof value);
}

/// The bytes of a text, without its terminator. Valid while the text is.
inline Bytes bytes_of(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

/// The other way round. Valid while the bytes are.
inline std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// Eight bytes in the machine's own order: for comparing and hashing, not for numbers on the wire.
inline uint64_t load_word(const std::byte* from) {
  uint64_t word;
  std::memcpy(&word, from, sizeof word);
  return word;
}

/// The last `left` bytes of something, 1 to 7 of them from `at` on, as load_word() would give them with zeros behind
/// them. What lies in the eight bytes that end with them must be readable.
inline uint64_t load_last(const std::byte* at, size_t left) {
  if constexpr (std::endian::native == std::endian::little) return load_word(at + left - 8) >> 8 * (8 - left);
  uint64_t word = 0;
  std::memcpy(&word, at, left);
  return word;
}

inline bool same_bytes(Bytes a, Bytes b) {
  constexpr size_t kWord = 8;
  const size_t size = a.size();
  if (size != b.size()) return false;
  // DUIDs have 10 to 18 bytes as a rule: two words that may overlap, where a call would cost more than its work.
  if (size >= kWord && size <= 2 * kWord) {
    const size_t last = size - kWord;
    const uint64_t first_differs = load_word(a.data()) ^ load_word(b.data());
    return (first_differs | (load_word(a.data() + last) ^ load_word(b.data() + last))) == 0;
  }
  return size == 0 || std::memcmp(a.data(), b.data(), size) == 0;
}

}  // namespace wire
}  // namespace tandem6
