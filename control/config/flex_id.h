// Kea's hook libdhcp_flex_id.so: clients are known by what an expression makes of their messages.
#pragma once

#include <optional>

#include "control/config/json_text.h"
#include "control/config/key_tables.h"
#include "control/config/remarks.h"
#include "control/config/vocabulary.h"
#include "dataplane/lease/class_expression.h"

namespace tandem6::control {

/// The keys of its `parameters`.
const KeyTable& flex_id_keys();
/// Its identifier-expression; nothing when the hook is not in `dhcp6`, or something is wrong.
std::optional<lease::ClassExpression> read_flex_id(const Node& dhcp6, const Vocabulary& vocabulary, Remarks& remarks);

}  // namespace tandem6::control
