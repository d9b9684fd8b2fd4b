// `client-classes` of a subnet, a pool or an option: who may have it.
#pragma once

#include <vector>

#include "control/config/json_text.h"
#include "control/config/remarks.h"
#include "control/config/vocabulary.h"
#include "dataplane/lease/class_set.h"

namespace tandem6::control {

/// The classes under "client-classes", and the one under its old name "client-class". Empty when there are none: then
/// everybody may. A name that no class has is warned about.
lease::ClassSet read_class_guard(const Node& scope, const Vocabulary& vocabulary, Remarks& remarks);

/// The classes under "evaluate-additional-classes", and under its old name "require-client-classes", in their order.
std::vector<lease::ClassId> read_additional_classes(const Node& scope, const Vocabulary& vocabulary, Remarks& remarks);

}  // namespace tandem6::control
