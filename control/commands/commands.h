// The commands of the control socket, by Kea's names.
#pragma once

#include <nlohmann/json.hpp>

#include "control/server.h"

namespace tandem6::control {

/// Kea's result codes.
enum class CommandResult : int { kSuccess = 0, kError = 1, kUnsupported = 2, kEmpty = 3 };

/// Runs one command `{"command": NAME, "arguments": {...}}` and returns its answer `{"result", "text", "arguments"}`.
/// Anything malformed gets an answer with result 1 that says what is wrong. Management thread.
nlohmann::json run_command(Server& server, const nlohmann::json& command);

}  // namespace tandem6::control
