// Keys that a subnet inherits from its shared network and from the file as a whole.
#pragma once

#include "control/config/json_text.h"
#include "control/config/remarks.h"
#include "control/config/timers.h"
#include "dataplane/lease/subnet.h"

namespace tandem6::control {

struct ScopeKeys {
  TimerKeys timers;
  lease::LeaseCache cache;
  lease::Allocator address_allocator = lease::Allocator::kHashed;
  lease::Allocator prefix_allocator = lease::Allocator::kHashed;
  lease::FqdnPolicy names;
  bool rapid_commit = false;
  bool keep_relays = false;  ///< `store-extended-info`
  bool reservations_global = false;
  bool reservations_in_subnet = true;
};

/// What holds in `scope`: what it says itself, else what `outer` says.
ScopeKeys read_scope(const Node& scope, const ScopeKeys& outer, Remarks& remarks);

}  // namespace tandem6::control
