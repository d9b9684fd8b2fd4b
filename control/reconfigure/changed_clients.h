// Whom a change of the configuration takes something from: their clients need not wait for T1 to hear of it.
#pragma once

#include <optional>

#include "control/config/configuration.h"
#include "control/reconfigure/reconfigurer.h"

namespace tandem6::control {

/// A call on the clients of those subnets that have gone, have lost a pool or a reservation, or have other options, be
/// it by their own, their network's, a class's, a reservation's or the global ones. Nothing when there are none. What
/// is only added changes nothing for who has a lease.
std::optional<ReconfigureCall> call_for_changes(const Configuration& before, const Configuration& after);

}  // namespace tandem6::control
