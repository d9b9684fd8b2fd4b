// What the names in a configuration stand for: options that it defines itself, client classes. Read first, then handed
// to whoever reads a scope. Management thread.
#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "control/config/option_definitions.h"
#include "dataplane/lease/class_set.h"

namespace tandem6::control {

struct Vocabulary {
  OptionDefinitions options;
  /// The number of a client class; nothing when there is none of this name.
  std::function<std::optional<lease::ClassId>(std::string_view name)> class_id;
};

}  // namespace tandem6::control
