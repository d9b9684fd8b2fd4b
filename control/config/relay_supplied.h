// `relay-supplied-options`: which options a relay agent may supply for the client (RFC 6422).
#pragma once

#include "control/config/json_text.h"
#include "control/config/option_definitions.h"
#include "control/config/remarks.h"
#include "dataplane/lease/relay_supplied_options.h"

namespace tandem6::control {

lease::RelaySuppliableCodes read_relay_supplied(const Node& dhcp6, const OptionDefinitions& definitions,
                                                Remarks& remarks);

}  // namespace tandem6::control
