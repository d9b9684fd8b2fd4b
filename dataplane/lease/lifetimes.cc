#include "dataplane/lease/lifetimes.h"

#include <algorithm>

namespace tandem6::lease {
namespace {

/// RFC 8415 §14.2: of an infinite lifetime there is no half.
Seconds share_of(Seconds lifetime, float share) {
  if (lifetime.infinite() && share != 0) return kInfinity;
  constexpr double kHalf = 0.5;  // rounded: there is nothing negative
  return {static_cast<uint32_t>(double{share} * lifetime.count + kHalf)};
}

/// Half of what moments can be apart modulo 2^32: as long as forever, and still in the future.
constexpr uint32_t kLongest = 0x3fffffff;

}  // namespace

RenewTimes Lifetimes::renew_times(Seconds granted_preferred) const {
  const bool too_late = t2.value_or(t1.value_or(Seconds{0})) > granted_preferred;
  const auto time = [&](const std::optional<Seconds>& fixed, float share) {
    return fixed && !too_late ? *fixed : share_of(granted_preferred, share);
  };
  const Seconds first = time(t1, t1_share);
  const Seconds second = time(t2, t2_share);
  // As Kea does: T1 is left to the client.
  if (second.count != 0 && first > second) return {Seconds{0}, second};
  return {first, second};
}

Terms Lifetimes::limited(const Terms& desired, AbsoluteTime acked_partner_lifetime, AbsoluteTime now,
                         Seconds mclt) const {
  const uint64_t most = uint64_t{(acked_partner_lifetime - now).count} + mclt.count;
  const Seconds actual{static_cast<uint32_t>(std::min<uint64_t>(desired.valid.count, most))};
  return with_partner({std::min(desired.preferred, actual), actual}, desired.valid);
}

Terms Lifetimes::with_partner(const Terms& actual, Seconds desired_valid) const {
  const uint64_t told = uint64_t{renew_times(actual.preferred).t1.count} + desired_valid.count;
  return {actual.preferred, actual.valid, Seconds{static_cast<uint32_t>(std::min<uint64_t>(told, kLongest))}};
}

}  // namespace tandem6::lease
