// Lifetimes and timers, which a scope inherits from the one around it.
#pragma once

#include <optional>
#include <string>

#include "control/config/json_text.h"
#include "control/config/remarks.h"
#include "dataplane/lease/lifetimes.h"

namespace tandem6::control {

template <typename Value>
struct Given {
  Value value;
  const Node* node;
};

/// What is written down, here or further out.
struct TimerKeys {
  std::optional<Given<lease::LifetimeRange>> preferred;
  std::optional<Given<lease::LifetimeRange>> valid;
  std::optional<Given<uint32_t>> t1;
  std::optional<Given<uint32_t>> t2;
  bool calculate = true;
  Given<double> t1_percent{0.5, nullptr};
  Given<double> t2_percent{0.8, nullptr};
};

/// `NAME` with `min-NAME` and `max-NAME`, which belong together: a scope that has one of them inherits none. Nothing
/// when none is there.
std::optional<Given<lease::LifetimeRange>> read_lifetime(const Node& scope, const std::string& name, Remarks& remarks);

TimerKeys read_timers(const Node& scope, const TimerKeys& outer, Remarks& remarks);

/// What follows from the keys. Says what does not go together, once: in the innermost scope that is concerned.
lease::Lifetimes resolve_timers(const Node& scope, const TimerKeys& keys, Remarks& remarks);

}  // namespace tandem6::control
