// `hooks-libraries`: Kea's extensions by name. Some are built in, some can be done without, some would change what
// clients get.
#pragma once

#include <string_view>
#include <vector>

#include "control/config/configuration.h"
#include "control/config/json_text.h"
#include "control/config/key_tables.h"
#include "control/config/remarks.h"

namespace tandem6::control {

struct HookRule {
  std::string_view name;  ///< of libdhcp_NAME.so
  Treatment treatment;    ///< kMapped: built in
  std::string_view note;
};
const std::vector<HookRule>& hook_rules();

/// What the parameters of hooks that are built in say.
struct HookConfigs {
  LeaseQueryConfig lease_query;
};
/// The first hook that is libdhcp_NAME.so; null when there is none.
const Node* find_hook(const Node& dhcp6, std::string_view name);
HookConfigs read_hooks(const Node& dhcp6, Remarks& remarks);

}  // namespace tandem6::control
