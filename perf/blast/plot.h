// A picture of a run, drawn by gnuplot: rates over time, latency over time, percentiles.
#pragma once

#include <string>

#include <tl/expected.hpp>

#include "perf/blast/result.h"

namespace tandem6::blast {

/// Writes PREFIX.svg and PREFIX.png.
tl::expected<void, Error> plot(const Settings& settings, const Result& result, const std::string& prefix);

}  // namespace tandem6::blast
