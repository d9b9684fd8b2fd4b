// Changes to leases that an operator makes: by errands at the shards' owners, done when they are on the disk. For the
// files of this folder only. Management thread.
#pragma once

#include <cstdint>
#include <span>

#include "control/commands/given_lease.h"

namespace tandem6::control {

enum class AssignMode : uint8_t {
  kAdd,     ///< the lease must not exist
  kUpdate,  ///< it must
  kAddOrUpdate,
};

enum class Assigned : uint8_t { kAdded, kUpdated };

/// Makes or changes the lease. The error says who has it, or why it is not to be had.
tl::expected<Assigned, Error> assign_lease(Server& server, const GivenLease& given, AssignMode mode);

/// Ends those of these leases that still last: they are free at once, or RESET until a failover partner knows
/// (RFC 8156 §7.2). Returns how many did.
tl::expected<uint64_t, Error> end_leases(Server& server, std::span<const lease::LeaseRecord> leases);

}  // namespace tandem6::control
