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
    for (; left >= 32; at += 32, left -= 32) {
      add_word(load(at));
      add_word(load(at + 8));
      add_word(load(at + 16));
      add_word(load(at + 24));
    }
    for (; left >= 8; at += 8, left -= 8) add_word(load(at));
    if (left != 0) {
      uint64_t tail = 0;  // RFC 1071: the odd byte is padded with zero
      std::memcpy(&tail, at, left);
      add_word(tail);
    }
  }

  /// The sum in 16 bits, not complemented.
  uint16_t folded() const {
    uint64_t sum = (sum_ & 0xffffffff) + (sum_ >> 32) + carries_;
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
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
  static uint64_t load(const std::byte* from) {
    uint64_t value;
    std::memcpy(&value, from, sizeof value);
    return value;
  }
  void add_word(uint64_t word) {
    sum_ += word;
    carries_ += sum_ < word ? 1 : 0;
  }

  uint64_t sum_ = 0;
  uint64_t carries_ = 0;  // of 2^64, which is 1 modulo 2^16 - 1
};

}  // namespace tandem6::wire
