// Finding leases for leasequeries: in the workers' memory, by errands. So an answer may tell of a lease that is not on
// the disk yet; a crash then makes the client ask again, and it gets the same one where it can.
#pragma once

#include <optional>
#include <vector>

#include <tl/expected.hpp>

#include "control/server.h"
#include "dataplane/lease/record.h"

namespace tandem6::control {

/// All leases that this client holds, of every status but abandoned. The error is that the workers do not run.
tl::expected<std::vector<lease::LeaseRecord>, Error> leases_of(Server& server, Bytes duid);

/// The lease of this address, or of the delegated prefix around it (of a length that a pool has).
tl::expected<std::optional<lease::LeaseRecord>, Error> lease_at(Server& server, const Ipv6Address& address);

}  // namespace tandem6::control
