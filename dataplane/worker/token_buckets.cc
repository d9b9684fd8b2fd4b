#include "dataplane/worker/token_buckets.h"

#include <algorithm>
#include <utility>

namespace tandem6::worker {
namespace {

constexpr uint64_t kToken = 1000;

}  // namespace

TokenBuckets::TokenBuckets(size_t places) : mask_(places - 1), buckets_(std::make_unique<Bucket[]>(places)) {}

TokenBuckets::Bucket& TokenBuckets::bucket_of(uint64_t key, uint64_t full, uint32_t now) {
  const auto tag = static_cast<uint32_t>(key >> 32) | 1U;  // 0 is an empty place
  Bucket* first = &buckets_[key & mask_];
  Bucket* second = &buckets_[(key & mask_) ^ 1U];
  if (first->tag == tag) return *first;
  if (second->tag == tag) return *second;
  if (second->tag == 0 || (first->tag != 0 && now - second->filled_at > now - first->filled_at))
    std::swap(first, second);
  *first = {.tag = tag, .filled_at = now, .tokens = full};
  return *first;
}

bool TokenBuckets::take(uint64_t key, const RateLimit& limit, uint32_t now) {
  if (limit.per_second == 0) return true;
  const uint64_t full = kToken * std::max<uint32_t>(limit.burst, 1);
  Bucket& bucket = bucket_of(key, full, now);
  // A thousandth of a token a millisecond, for each message a second.
  bucket.tokens = std::min(full, bucket.tokens + uint64_t{now - bucket.filled_at} * limit.per_second);
  bucket.filled_at = now;
  if (bucket.tokens < kToken) return false;
  bucket.tokens -= kToken;
  return true;
}

}  // namespace tandem6::worker
