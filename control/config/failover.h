// `tandem6.failover`: the relationships with partners (RFC 8156), and what must hold between them and the subnets.
#pragma once

#include <vector>

#include "control/config/configuration.h"
#include "control/config/json_text.h"
#include "control/config/remarks.h"
#include "failover/settings.h"

namespace tandem6::control {

/// `configuration` has its subnets, networks and classes already.
std::vector<failover::RelationshipSettings> read_failover(const Node& tandem6, const Configuration& configuration,
                                                          Remarks& remarks);

}  // namespace tandem6::control
