// A lifetime with the bounds that a client's wish is held to (Kea's min-, max- and plain lifetimes).
#pragma once

#include <algorithm>

#include "dataplane/wire/time.h"

namespace tandem6::lease {

struct LifetimeRange {
  constexpr LifetimeRange() = default;
  /// Of this length for everybody.
  constexpr LifetimeRange(Seconds only) : min(only), usual(only), max(only) {}
  constexpr LifetimeRange(Seconds min_, Seconds usual_, Seconds max_) : min(min_), usual(usual_), max(max_) {}

  Seconds min;
  Seconds usual;  ///< of a client that wishes nothing
  Seconds max;

  /// `wish` is what the client wrote into its IAADDR or IAPREFIX (RFC 8415 §21.6, §21.22); 0 wishes nothing.
  Seconds granted(Seconds wish) const { return wish.count == 0 ? usual : std::clamp(wish, min, max); }
  friend bool operator==(const LifetimeRange&, const LifetimeRange&) = default;
};

}  // namespace tandem6::lease
