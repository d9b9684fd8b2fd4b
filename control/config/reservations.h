// `reservations`: what is set aside for single clients.
#pragma once

#include <vector>

#include "control/config/json_text.h"
#include "control/config/remarks.h"
#include "control/config/subnets.h"
#include "control/config/vocabulary.h"
#include "dataplane/lease/host_lookup.h"
#include "dataplane/lease/reservation.h"

namespace tandem6::control {

struct ReadReservation {
  lease::Reservation reservation;
  const Node* node;
  std::vector<const Node*> unit_nodes;  ///< where each of its units is written
};

/// Those of `scope`, a subnet or the file as a whole.
std::vector<ReadReservation> read_reservations(const Node& scope, const Vocabulary& vocabulary, Remarks& remarks);

/// Identifiers and units that are there twice, addresses outside of their subnet, prefixes that cut a pool's units.
void check_reservations(const std::vector<ReadReservation>& reservations, const std::vector<ReadSubnet>& subnets,
                        Remarks& remarks);

/// Warns of those by flex-id that no client can have.
void check_flex_ids(const std::vector<ReadReservation>& reservations, const lease::HostLookup& lookup,
                    Remarks& remarks);

/// `host-reservation-identifiers`.
lease::HostLookup read_host_lookup(const Node& dhcp6, Remarks& remarks);

}  // namespace tandem6::control
