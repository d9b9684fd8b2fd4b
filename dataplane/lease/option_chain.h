// The option sets of an answer, the narrowest scope first.
#pragma once

#include "dataplane/lease/fixed_list.h"
#include "dataplane/lease/option_set.h"

namespace tandem6::lease {

/// Reservation, pool, subnet, shared network and global options are five; the rest is for classes.
using OptionChain = FixedList<const OptionSet*, 64>;

}  // namespace tandem6::lease
