// Octets that wait to go out: appended at one end, taken at the other.
#pragma once

#include <vector>

#include "dataplane/wire/bytes.h"

namespace tandem6::failover {

class OutBuffer {
 public:
  void append(Bytes bytes) { octets_.insert(octets_.end(), bytes.begin(), bytes.end()); }
  /// What waits, oldest first; valid until the next call.
  Bytes waiting() const { return Bytes(octets_).subspan(begin_); }
  size_t size() const { return octets_.size() - begin_; }
  bool empty() const { return size() == 0; }
  void taken(size_t octets) {
    begin_ += octets;
    if (empty()) return clear();
    // Moving the rest costs no more than what was taken since the last time.
    if (begin_ < octets_.size() / 2) return;
    octets_.erase(octets_.begin(), octets_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
  void clear() {
    octets_.clear();
    begin_ = 0;
    // A partner that was away for a while must not cost its backlog for ever.
    if (octets_.capacity() > kKeptCapacity) octets_.shrink_to_fit();
  }

 private:
  static constexpr size_t kKeptCapacity = 4 << 20;

  std::vector<std::byte> octets_;
  size_t begin_ = 0;
};

}  // namespace tandem6::failover
