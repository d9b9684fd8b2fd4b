// A lease as everyone outside its shard sees it: storage, control, later the failover partner. Held by value.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "dataplane/wire/duid.h"
#include "dataplane/wire/ipv6.h"
#include "dataplane/wire/time.h"

namespace tandem6::lease {

/// What is leased. The values are stored on disk.
enum class LeaseType : uint8_t {
  kAddress = 1,  ///< in an IA_NA
  kPrefix = 2,   ///< in an IA_PD
};

/// The binding-status of RFC 8156 §7.2, with the values of OPTION_F_BINDING_STATUS (§5.5.1). Stored on disk.
enum class BindingStatus : uint8_t {
  kActive = 1,
  kExpired = 2,
  kReleased = 3,
  kPendingFree = 4,
  kFree = 5,
  kFreeBackup = 6,
  kAbandoned = 7,  ///< declined by its client (RFC 8415 §18.3.8): nobody gets it before its quarantine ends
  kReset = 8,
};
std::string_view to_string(BindingStatus status);
/// Nobody has the lease any more, and no quarantine keeps it.
constexpr bool has_ended(BindingStatus status) {
  return status != BindingStatus::kActive && status != BindingStatus::kAbandoned;
}

/// The name of a lease within the whole server: no two leases have the same.
struct LeaseKey {
  LeaseType type = LeaseType::kAddress;
  uint8_t prefix_length = 128;  ///< 128 for addresses
  Ipv6Address address;          ///< the address, or the prefix's
  /// The highest address in it.
  Ipv6Address last() const { return Ipv6Prefix{address, prefix_length}.last(); }
  friend bool operator==(const LeaseKey&, const LeaseKey&) = default;
};

/// What is known of a lease beside a failover partner (RFC 8156 §7.3). Moments are absolute; 0 says "none".
/// expiration-time's namesake, when the lease itself ends, is state-expiration-time: LeaseRecord::expires().
struct PartnerTimes {
  AbsoluteTime acked_partner_lifetime{};  ///< the greatest that the partner has acked to us
  AbsoluteTime partner_lifetime{};     ///< after which the partner may think the lease expired: as told, or to be told
  AbsoluteTime expiration_time{};      ///< the greatest that we have acked to the partner
  AbsoluteTime client_contact{};       ///< client-last-transaction-time: when the client last spoke to this server
  AbsoluteTime partner_raw_contact{};  ///< partner-raw-clt-time: when it last spoke to the partner, by its clock
  AbsoluteTime start_of_state{};       ///< when the status became what it is
  uint32_t version = 0;                ///< of what the partner is told: an ack of another version is late
  bool unacked = false;                ///< the partner does not know the lease as it is now
  bool sent = false;  ///< with unacked: an update is on its way, or was: an ended lease does not go on (§4.2.2.1)
  friend bool operator==(const PartnerTimes&, const PartnerTimes&) = default;
};

struct LeaseRecord {
  LeaseKey key;
  BindingStatus status = BindingStatus::kActive;
  uint32_t iaid = 0;
  uint32_t subnet_id = 0;
  Seconds preferred;          ///< as last told to the client
  Seconds valid;              ///< as last told to the client; of an abandoned lease: how long its quarantine lasts
  AbsoluteTime last_contact;  ///< when the lifetimes began: the client spoke to this server, or to its partner
  Duid duid;                  ///< the client; of an abandoned lease: who declined it
  std::optional<PartnerTimes> partner = std::nullopt;  ///< only of a lease in a failover relationship

  /// When the lease ends, or the quarantine. Meaningless when valid is infinite.
  AbsoluteTime expires() const { return last_contact + valid; }
  friend bool operator==(const LeaseRecord&, const LeaseRecord&) = default;
};

}  // namespace tandem6::lease
