// `option-data` of any scope.
#pragma once

#include "control/config/json_text.h"
#include "control/config/remarks.h"
#include "control/config/vocabulary.h"
#include "dataplane/lease/option_set.h"

namespace tandem6::control {

/// Reads the list under "option-data" of `scope`, if there is one.
lease::OptionSet read_option_data(const Node& scope, const Vocabulary& vocabulary, Remarks& remarks);

}  // namespace tandem6::control
