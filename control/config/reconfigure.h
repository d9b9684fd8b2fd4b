// `tandem6.reconfigure`: whether clients are told keys for Reconfigure messages (RFC 8415 §20.4), and when they are
// sent some.
#pragma once

#include "control/config/configuration.h"
#include "control/config/json_text.h"
#include "control/config/key_tables.h"
#include "control/config/remarks.h"

namespace tandem6::control {

const KeyTable& reconfigure_keys();
ReconfigureConfig read_reconfigure(const Node& tandem6, Remarks& remarks);
/// Partners of a failover relationship must make the same keys.
void check_reconfigure(const Node& tandem6, const Configuration& configuration, Remarks& remarks);

}  // namespace tandem6::control
