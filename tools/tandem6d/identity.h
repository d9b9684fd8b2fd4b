// Secrets that a server makes once.
#pragma once

#include <tl/expected.hpp>

#include "dataplane/lease/hash.h"
#include "dataplane/wire/error.h"
#include "storage/store.h"

namespace tandem6::daemon {

/// 128 bits from the kernel's random number generator.
lease::HashKey random_key();

/// The key of search_hash(): kept in the database, so that clients find their old addresses again after a restart.
tl::expected<lease::HashKey, Error> kept_search_key(storage::Store& store);

}  // namespace tandem6::daemon
