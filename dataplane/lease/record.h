// A lease as everyone outside its shard sees it: storage, control, later the failover partner. Held by value.
#pragma once

#include <cstdint>
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

/// The name of a lease within the whole server: no two leases have the same.
struct LeaseKey {
  LeaseType type = LeaseType::kAddress;
  uint8_t prefix_length = 128;  ///< 128 for addresses
  Ipv6Address address;          ///< the address, or the prefix's
  /// The highest address in it.
  Ipv6Address last() const { return Ipv6Prefix{address, prefix_length}.last(); }
  friend bool operator==(const LeaseKey&, const LeaseKey&) = default;
};

struct LeaseRecord {
  LeaseKey key;
  BindingStatus status = BindingStatus::kActive;
  uint32_t iaid = 0;
  uint32_t subnet_id = 0;
  Seconds preferred;          ///< as last told to the client
  Seconds valid;              ///< as last told to the client; of an abandoned lease: how long its quarantine lasts
  AbsoluteTime last_contact;  ///< client-last-transaction-time: when the lifetimes began
  Duid duid;                  ///< the client; of an abandoned lease: who declined it

  /// When the lease ends, or the quarantine. Meaningless when valid is infinite.
  AbsoluteTime expires() const { return last_contact + valid; }
  friend bool operator==(const LeaseRecord&, const LeaseRecord&) = default;
};

}  // namespace tandem6::lease
