// One question to the server over its control socket.
#pragma once

#include <string>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "dataplane/wire/error.h"
#include "tools/tandem6ctl/exit_code.h"

namespace tandem6::ctl {

struct Answer {
  std::string text;     ///< as it came
  nlohmann::json json;  ///< an object
  int result() const { return json.value("result", 1); }
  std::string message() const { return json.value("text", std::string()); }
  /// An empty object when there are none. Valid as long as this answer.
  const nlohmann::json& arguments() const;
  ExitCode exit_code() const;
};

/// Sends the command and waits for the answer. The error says what to check.
tl::expected<Answer, Error> ask(const std::string& socket_path, const std::string& command,
                                const nlohmann::json& arguments = nullptr);

}  // namespace tandem6::ctl
