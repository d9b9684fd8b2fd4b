// `option-def`: options that the configuration defines itself.
#pragma once

#include "control/config/json_text.h"
#include "control/config/option_definitions.h"
#include "control/config/remarks.h"

namespace tandem6::control {

/// Adds the definitions under "option-def" of `dhcp6` to the standard ones in `definitions`.
void read_option_definitions(const Node& dhcp6, OptionDefinitions& definitions, Remarks& remarks);

}  // namespace tandem6::control
