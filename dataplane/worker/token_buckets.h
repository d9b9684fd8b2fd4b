// How much each client or relay may ask for (architecture.md §6): token buckets in fixed memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace tandem6::worker {

/// What one client or relay may send in the long run and at once.
struct RateLimit {
  uint32_t per_second = 0;  ///< 0: no limit
  uint32_t burst = 0;       ///< messages; at least 1 when there is a limit
  friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

/// Owned and used by one worker. Buckets lie in a table of fixed size, two candidates for each key; a key that finds
/// both places with others takes the one that was unused longest and begins with a full bucket. So a flood of invented
/// clients can lend others more tokens, and never take some away.
class TokenBuckets {
 public:
  /// `places` is a power of two.
  explicit TokenBuckets(size_t places);

  /// Takes a token out of the bucket of `key`, a hash that is uniform. False: none is left. `now` is in milliseconds of
  /// a clock that never goes back; only differences count.
  bool take(uint64_t key, const RateLimit& limit, uint32_t now);

 private:
  struct Bucket {
    uint32_t tag = 0;
    uint32_t filled_at = 0;
    uint64_t tokens = 0;  ///< in thousandths
  };
  Bucket& bucket_of(uint64_t key, uint64_t full, uint32_t now);

  size_t mask_;
  std::unique_ptr<Bucket[]> buckets_;
};

}  // namespace tandem6::worker
