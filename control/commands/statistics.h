// All statistics of the server by name: what statistic-get shows, and whoever else publishes figures.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "control/server.h"
#include "dataplane/lease/drop_reason.h"
#include "dataplane/wire/ipv6.h"

namespace tandem6::control {

using Statistics = std::map<std::string, U128>;

/// Kea's names where Kea has the figure, `tandem6.` in front of our own. docs/control-socket.md explains each.
Statistics collect_statistics(const Server& server);

/// The statistic in which Kea's tools look for drops of this kind; empty when Kea would not have seen the packet at
/// all.
std::string_view kea_drop_statistic(lease::DropReason reason);

}  // namespace tandem6::control
