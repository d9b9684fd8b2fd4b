// Cuts an IPv6 packet that is larger than its link into fragments (RFC 8200 §4.5).
#pragma once

#include <cstdint>

#include "dataplane/wire/bytes.h"

namespace tandem6::wire {

/// RFC 8200 §5: every link carries a packet of this size.
inline constexpr size_t kMinMtu = 1280;

/// Walks a frame that build_frame() made, and makes frames of at most `mtu` bytes of IPv6 packet of it, all with the
/// same MAC addresses and VLAN tags. Reads the frame while next() is called.
class Fragmentation {
 public:
  /// `ethernet` bytes of the frame lie in front of its IPv6 header. `identification` is one that no other packet
  /// between the same addresses has had lately, and that nobody can guess (RFC 7739). `mtu` is at least kMinMtu.
  Fragmentation(Bytes frame, size_t ethernet, size_t mtu, uint32_t identification);

  size_t count() const { return (payload_.size() + room_ - 1) / room_; }
  bool done() const { return offset_ == payload_.size(); }
  /// Bytes that the frame of any fragment needs at most.
  size_t largest() const;
  /// Writes the frame of the next fragment. Returns its size; 0 when `out` is too small for it.
  size_t next(MutableBytes out);

 private:
  Bytes ethernet_;
  Bytes ipv6_;
  Bytes payload_;
  size_t room_;  // for payload in a fragment: a multiple of 8
  uint32_t identification_;
  size_t offset_ = 0;
};

}  // namespace tandem6::wire
