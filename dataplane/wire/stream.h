// DHCPv6 over TCP: each message behind its size in two octets (RFC 5460 §5.1; RFC 8156 uses the same). Sans-I/O:
// whoever has the connection brings the bytes.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "dataplane/wire/bytes.h"

namespace tandem6::wire {

/// Cuts what comes over one connection into messages. Allocates once, when it is made.
///   while there are bytes: read some into space(), filled(how many), then next() until there is none.
class StreamDecoder {
 public:
  /// A message longer than `longest` octets breaks the stream.
  explicit StreamDecoder(size_t longest) : buffer_(kSizeOctets + longest) {}

  /// Where the next bytes go; never empty after next() returned nothing, unless the stream is broken.
  MutableBytes space();
  void filled(size_t octets) { end_ += octets; }
  /// The next whole message; valid until the next call of space(). Nothing when more bytes are needed.
  std::optional<Bytes> next();
  /// A size that no message has: where the next one begins cannot be known any more.
  bool is_broken() const { return broken_; }
  /// Has a message begun that is not whole yet?
  bool is_within_message() const { return begin_ != end_; }

 private:
  static constexpr size_t kSizeOctets = 2;

  std::vector<std::byte> buffer_;
  size_t begin_ = 0;  // [begin_, end_) was filled and not yet given out
  size_t end_ = 0;
  bool broken_ = false;
};

/// What goes before a message of this size. Up to 65,535.
inline std::array<std::byte, 2> stream_head(size_t message_size) {
  std::array<std::byte, 2> head;
  store_be16(head.data(), static_cast<uint16_t>(message_size));
  return head;
}

}  // namespace tandem6::wire
