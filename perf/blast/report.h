// A result for people, and for programs.
#pragma once

#include <string>

#include "perf/blast/result.h"

namespace tandem6::blast {

/// The table at the end.
std::string table_of(const Settings& settings, const Result& result);
/// The JSON document: times in seconds or milliseconds as their names say.
std::string json_of(const Settings& settings, const Result& result);

}  // namespace tandem6::blast
