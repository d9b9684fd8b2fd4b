// Which reservation a client has (Kea's host reservations).
#pragma once

#include <vector>

#include "dataplane/lease/link_layer_address.h"
#include "dataplane/lease/request.h"
#include "dataplane/lease/reservation.h"

namespace tandem6::lease {

class Snapshot;
struct Link;

/// `host-reservation-identifiers`: tried in this order. Part of a Snapshot.
struct HostLookup {
  std::vector<HostIdentifier> order = {HostIdentifier::kHardwareAddress, HostIdentifier::kDuid};
  MacSources mac_sources = all_mac_sources();  ///< where the hardware address is looked for
};

/// The client's reservation: the first that a subnet of its link has, else the global one, where those count. Null when
/// there is none.
const Reservation* find_host(const Request& request, const Link* link, const Snapshot& snapshot);

}  // namespace tandem6::lease
