#include "dataplane/lease/lifetimes.h"

#include <cmath>

namespace tandem6::lease {
namespace {

/// RFC 8415 §14.2: of an infinite lifetime there is no half.
Seconds share_of(Seconds lifetime, float share) {
  if (lifetime.infinite() && share != 0) return kInfinity;
  return {static_cast<uint32_t>(std::llround(double{share} * lifetime.count))};
}

}  // namespace

RenewTimes Lifetimes::renew_times(Seconds granted_preferred) const {
  const Seconds first = t1.value_or(share_of(granted_preferred, t1_share));
  const Seconds second = t2.value_or(share_of(granted_preferred, t2_share));
  // As Kea does: T1 is left to the client.
  if (second.count != 0 && first > second) return {Seconds{0}, second};
  return {first, second};
}

}  // namespace tandem6::lease
