// `server-id`.
#pragma once

#include "control/config/configuration.h"
#include "control/config/json_text.h"
#include "control/config/remarks.h"

namespace tandem6::control {

ServerIdConfig read_server_id(const Node& dhcp6, Remarks& remarks);

}  // namespace tandem6::control
