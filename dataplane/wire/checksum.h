// The Internet checksum (RFC 1071): 16-bit one's complement sums, taken 64 bits at a time.
#pragma once

#include "dataplane/wire/bytes.h"

namespace tandem6::wire {

/// A running sum. It adds words in the machine's own order, which RFC 1071 §2(B) allows, so that what comes out is to
/// be stored by store_field(), never as a be16.
class ChecksumSum {
 public:
  /// Adds bytes. What was added before must have been an even number of them.
  void add(Bytes bytes) {
    const std::byte* at = bytes.data();
    size_t left = bytes.size();
    for (; left >= 32; at += 32, left -= 32) add_fixed<32>(at);
    for (; left >= 8; at += 8, left -= 8) add_word(load_word(at));
    if (left == 0) return;
    uint64_t tail = 0;  // RFC 1071: the odd byte is padded with zero
    if (bytes.size() >= 8) {
      tail = load_last(at, left);
    } else {
      std::memcpy(&tail, at, left);
    }
    add_word(tail);
  }

  /// The same for a number of bytes that is known beforehand, a multiple of eight.
  template <size_t kSize>
  void add_fixed(const std::byte* at) {
    static_assert(kSize % 8 == 0);
    for (size_t done = 0; done < kSize; done += 8) add_word(load_word(at + done));
  }
  /// Adds one 16-bit word, as load_field() gives it.
  void add_field(uint16_t field) { add_word(field); }

  /// The sum in 16 bits, not complemented.
  uint16_t folded() const {
    uint64_t sum = (sum_ & 0xffffffff) + (sum_ >> 32) + carries_;
    // Three folds are enough for any sum: it has 34 bits here, then at most 19, then 17.
    for (int fold = 0; fold < 3; ++fold) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<uint16_t>(sum);
  }
  /// The checksum: the complement of the sum.
  uint16_t checksum() const { return static_cast<uint16_t>(~folded()); }

  /// A 16-bit word of the packet as folded() and checksum() speak of it.
  static uint16_t load_field(const std::byte* from) {
    uint16_t value;
    std::memcpy(&value, from, sizeof value);
    return value;
  }
  static void store_field(std::byte* to, uint16_t value) { std::memcpy(to, &value, sizeof value); }

 private:
  void add_word(uint64_t word) {
    sum_ += word;
    carries_ += sum_ < word ? 1 : 0;
  }

  uint64_t sum_ = 0;
  uint64_t carries_ = 0;  // of 2^64, which is 1 modulo 2^16 - 1
};

}  // namespace tandem6::wire
