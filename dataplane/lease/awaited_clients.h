// Clients that were sent a Reconfigure and have not answered it: the packet path notes here who has (RFC 8415
// §18.3.11).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "dataplane/wire/codes.h"

namespace tandem6::lease {

/// One worker's own. Room is made by the first expect(), which an errand calls; the packet path allocates nothing.
class AwaitedClients {
 public:
  static constexpr size_t kMax = 8192;

  bool empty() const { return count_ == 0; }
  /// This client is to send a message of this type; if it is expected already, this type from now on. False when there
  /// is no room.
  bool expect(uint64_t duid_hash, wire::MessageType type);
  /// A message came that was not refused.
  void heard(uint64_t duid_hash, wire::MessageType type);
  /// Has it sent what it was to send? Not when it is not expected.
  bool has_answered(uint64_t duid_hash) const;
  void forget(uint64_t duid_hash);

 private:
  struct Entry {
    uint64_t duid_hash = 0;
    wire::MessageType type{};  // 0: the place is free
    bool answered = false;

    bool is_free() const { return type == wire::MessageType{}; }
  };
  // Twice what is used at most, so that searches stay short. A power of two.
  static constexpr size_t kPlaces = 2 * kMax;

  static size_t home_of(uint64_t duid_hash) { return (duid_hash >> 32) % kPlaces; }
  /// Its place, or the free one where it would be.
  size_t find(uint64_t duid_hash) const;

  std::vector<Entry> entries_;
  size_t count_ = 0;
};

}  // namespace tandem6::lease
