// The pair as Kea's hook libdhcp_ha.so would show it in status-get, so that Stork and other tools for Kea see one.
#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "failover/status.h"

namespace tandem6::control {

/// The list `high-availability`: always hot standby, which is the mode that RFC 8156 has.
nlohmann::json high_availability(const std::vector<failover::RelationshipStatus>& relationships, AbsoluteTime now);

}  // namespace tandem6::control
