// What a server has around it, by Kea's keys: interfaces, control socket, loggers, lease database.
#pragma once

#include <string>
#include <vector>

#include "control/config/configuration.h"
#include "control/config/json_text.h"
#include "control/config/remarks.h"

namespace tandem6::control {

/// `interfaces-config`, when there are no ports of our own.
std::vector<PortConfig> read_interfaces(const Node& dhcp6, Remarks& remarks);
/// `control-socket` and `control-sockets`: the path; `otherwise` when there is no Unix socket among them.
std::string read_control_socket(const Node& dhcp6, std::string otherwise, Remarks& remarks);
std::vector<LoggerConfig> read_loggers(const Node& dhcp6, Remarks& remarks);
/// `lease-database`: says where leases are instead.
void read_lease_database(const Node& dhcp6, const StorageConfig& storage, Remarks& remarks);

}  // namespace tandem6::control
