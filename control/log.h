// Log lines: one line an event, key=value, for people at 3 a.m. and for their tools. Never called by a worker.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/configuration.h"

namespace tandem6::control {

struct LogField {
  std::string_view key;
  std::string value;
};

/// Where lines go from now on. Before the first call: stderr, from INFO. An output that cannot be opened is reported on
/// stderr and replaced by it. Thread-safe, as log() is.
void set_log_outputs(const std::vector<LoggerConfig>& loggers);

/// `2026-11-24T21:30:00.123Z INFO event-name text="…" key=value`. Values with blanks or quotes are quoted.
void log(Severity severity, std::string_view event, std::string_view text, std::initializer_list<LogField> fields = {});

}  // namespace tandem6::control
