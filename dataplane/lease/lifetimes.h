// How long leases last and when clients renew them, as a subnet or a client class says it.
#pragma once

#include <optional>

#include "dataplane/lease/lifetime_range.h"

namespace tandem6::lease {

/// What is granted for one lease: durations from the moment of the message.
struct Terms {
  Seconds preferred;
  Seconds valid;
};

/// T1 and T2 of an IA (RFC 8415 §14.2). 0 leaves the choice to the client.
struct RenewTimes {
  Seconds t1;
  Seconds t2;
};

struct Lifetimes {
  LifetimeRange preferred{Seconds{3600}};
  LifetimeRange valid{Seconds{7200}};
  std::optional<Seconds> t1 = std::nullopt;  ///< fixed; nothing: t1_share of the preferred lifetime
  std::optional<Seconds> t2 = std::nullopt;
  float t1_share = 0.5F;  ///< 0: left to the client
  float t2_share = 0.8F;

  /// What a client with these wishes gets; the wish 0 is none.
  Terms granted(const Terms& wish) const {
    const Terms terms{preferred.granted(wish.preferred), valid.granted(wish.valid)};
    // A client must discard a lease whose preferred lifetime is the longer one (RFC 8415 §21.6, §21.22).
    return {std::min(terms.preferred, terms.valid), terms.valid};
  }
  /// When a lease with this preferred lifetime is renewed. T1 never after T2 (§21.4).
  RenewTimes renew_times(Seconds granted_preferred) const;
};

}  // namespace tandem6::lease
