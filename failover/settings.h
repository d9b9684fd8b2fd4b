// What the configuration says of a failover relationship (`tandem6.failover[]`). Plain data.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/lease/failover_scope.h"
#include "dataplane/wire/ipv6.h"
#include "dataplane/wire/time.h"

namespace tandem6::failover {

/// RFC 8156 §1: "not intended for leases shorter than 30 seconds".
inline constexpr Seconds kShortestLease{30};
inline constexpr uint16_t kFailoverPort = 647;

/// PEM files. Both partners authenticate (RFC 8156 §10, RFC 7653 §9.1).
struct TlsSettings {
  std::string ca;            ///< whom the partner's certificate must come from
  std::string crl;           ///< empty: no certificate is revoked
  std::string certificate;   ///< ours, with what lies between it and the CA
  std::string key;           ///< to it
  std::string partner_name;  ///< that the partner's certificate must bear
  bool operator==(const TlsSettings&) const = default;
};

struct RelationshipSettings {
  std::string name;
  lease::FailoverRole role = lease::FailoverRole::kPrimary;
  Ipv6Address partner;
  Ipv6Address local;  ///< that we connect from, or listen on; unspecified: any
  uint16_t port = kFailoverPort;
  Seconds mclt{3600};         ///< a secondary takes the primary's (§6.1.2)
  Seconds keepalive{60};      ///< FO_KEEPALIVE_TIME
  Seconds startup{10};        ///< how long STARTUP waits for the partner (§8.3.2 step 3)
  Seconds scan_interval{60};  ///< between scans for what the partner has not accepted (§7.5.4)
  std::optional<Seconds> auto_partner_down;
  bool start_partner_down = false;  ///< without a partner at the first start: serve alone (§8.3.2 step 1)
  uint32_t max_unacked = 1024;      ///< BNDUPDs that we take at a time
  uint32_t pd_balance = 50;         ///< percent of the free delegable prefixes that the secondary gets
  std::vector<uint32_t> subnets;    ///< ids; empty: all
  std::optional<TlsSettings> tls;   ///< nothing: plain TCP, which a warning goes with
  bool operator==(const RelationshipSettings&) const = default;
};

/// The relationship of this name; null: there is none.
inline const RelationshipSettings* settings_of(const std::vector<RelationshipSettings>& configured,
                                               const std::string& name) {
  const auto found = std::ranges::find(configured, name, &RelationshipSettings::name);
  return found == configured.end() ? nullptr : &*found;
}

}  // namespace tandem6::failover
