// A whole run as the settings say: opens the port, prepares, measures, checks, closes.
#pragma once

#include <atomic>

#include "perf/blast/result.h"

namespace tandem6::blast {

/// Runs until done or `stop`. An error when it could not start. The lines a second go to stderr.
tl::expected<Result, Error> run_session(const Settings& settings, const std::atomic<bool>& stop);

}  // namespace tandem6::blast
