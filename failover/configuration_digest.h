// Do both partners have the same configuration (RFC 8156 §4.1)? They tell each other digests of its parts, so that a
// difference can be named. An extension of ours: a vendor option in CONTACT, which other partners pass over.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/lease/failover_scope.h"
#include "dataplane/lease/snapshot.h"
#include "dataplane/wire/builder.h"
#include "dataplane/wire/failover_message.h"

namespace tandem6::failover {

/// In the order in which they are sent.
enum class ConfigurationPart : uint8_t {
  kSubnets,
  kAddressPools,
  kPrefixPools,
  kLifetimes,  ///< with what else a subnet says of its leases
  kOptions,    ///< of all scopes but reservations
  kReservations,
  kClasses,  ///< expressions as they are written
  kNames,    ///< `ddns-…`
};
inline constexpr size_t kConfigurationParts = 8;

/// Of what one relationship serves. The order of the configuration does not matter, nor do ids of subnets.
struct ConfigurationDigest {
  uint64_t server_id = 0;  ///< this one has to be different
  std::array<uint64_t, kConfigurationParts> parts = {};
  friend bool operator==(const ConfigurationDigest&, const ConfigurationDigest&) = default;
};

/// Looks at every subnet, pool, option and reservation of the relationship.
ConfigurationDigest digest_of(const lease::Snapshot& snapshot, const lease::FailoverScope& scope);

/// What an operator is to make alike, in his words: "options", "server-id: both have the same". Empty: nothing.
std::vector<std::string> differences(const ConfigurationDigest& ours, const ConfigurationDigest& theirs);

/// CONTACT (RFC 8156 §5.3.12), with its header.
void put_contact(wire::Writer& out, uint32_t transaction_id, AbsoluteTime sent_time, const ConfigurationDigest& digest);
/// Nothing when there is none that this version understands.
std::optional<ConfigurationDigest> read_contact(const wire::FailoverMessageView& message);

}  // namespace tandem6::failover
