// Which reservation a client has (Kea's host reservations).
#pragma once

#include <optional>
#include <vector>

#include "dataplane/lease/class_expression.h"
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
  /// What a client's flex-id is (Kea's hook flex_id); nothing: no client has one.
  std::optional<ClassExpression> flex_id = {};
};

/// The client's reservation: the first that a subnet of its link has, else the global one, where those count. Null when
/// there is none. Adds to `failed_expressions` when the client's flex-id could not be found out.
const Reservation* find_host(const ClassContext& client, const Link* link, const Snapshot& snapshot,
                             unsigned& failed_expressions);

}  // namespace tandem6::lease
