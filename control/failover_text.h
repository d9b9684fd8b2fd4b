// What the state of a failover relationship means, for a person who is woken up by it: one sentence each.
#pragma once

#include <string>
#include <vector>

#include "failover/settings.h"
#include "failover/status.h"

namespace tandem6::control {

struct StateText {
  std::string means;   ///< for clients and for the pair
  std::string advice;  ///< what to do; begins with "Nothing" when there is nothing to do
};
/// By the state, the role, and whether the partner is heard.
StateText explain(const failover::RelationshipStatus& status);

/// What must be known now, one sentence each, without the relationship's name. Empty: the pair is well. `configured`:
/// the relationships of the configuration in force.
std::vector<std::string> failover_alarms(const failover::RelationshipStatus& status,
                                         const std::vector<failover::RelationshipSettings>& configured,
                                         AbsoluteTime now);

/// What failover-partner-down would do, and what could go wrong: said before it is done.
std::string consequence_of_partner_down(const failover::RelationshipStatus& status);

/// "primary", "secondary".
std::string_view to_string(lease::FailoverRole role);
lease::FailoverRole other(lease::FailoverRole role);

/// Does a server of this role, in this state, answer clients who do not ask for it by its Server Identifier?
bool serves_all(failover::State state, lease::FailoverRole role);

}  // namespace tandem6::control
