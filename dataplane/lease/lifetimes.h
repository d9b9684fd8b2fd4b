// How long leases last and when clients renew them, as a subnet or a client class says it.
#pragma once

#include <optional>

#include "dataplane/lease/lifetime_range.h"

namespace tandem6::lease {

/// What is granted for one lease: durations from the moment of the message.
struct Terms {
  Seconds preferred;
  Seconds valid;
  /// What the failover partner is told instead of `valid`, so that the next renewal may be for as long as is configured
  /// (RFC 8156 §4.4).
  Seconds partner = Seconds{0};
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
  /// When a lease with this preferred lifetime is renewed. T1 never after T2 (§21.4), and never so late that the lease
  /// is over: fixed times are meant for lifetimes that no failover partner limits.
  RenewTimes renew_times(Seconds granted_preferred) const;
  /// RFC 8156 §4.4: the valid lifetime ends by max(acked-partner-lifetime, now) + MCLT.
  Terms limited(const Terms& desired, AbsoluteTime acked_partner_lifetime, AbsoluteTime now, Seconds mclt) const;
  /// Terms with what the partner is told: T1 of the actual lifetime and the desired lifetime together (§4.4.1).
  Terms with_partner(const Terms& actual, Seconds desired_valid) const;
};

}  // namespace tandem6::lease
