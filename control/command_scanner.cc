#include "control/command_scanner.h"

#include <utility>

#include <fmt/format.h>

namespace tandem6::control {

CommandScanner::State CommandScanner::feed(std::string_view bytes) {
  for (const char c : bytes) {
    if (state_ != State::kIncomplete) break;
    ++size_;
    state_ = step(c);
  }
  return state_;
}

CommandScanner::State CommandScanner::refuse(std::string fault) {
  fault_ = std::move(fault);
  return State::kNoCommand;
}

CommandScanner::State CommandScanner::step(char c) {
  if (in_string_) {
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      in_string_ = false;
    }
    return State::kIncomplete;
  }
  if (depth_ == 0) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') return State::kIncomplete;
    if (c != '{') return refuse("a command is a JSON object: {\"command\": NAME, \"arguments\": {…}}");
  }
  if (c == '"') {
    in_string_ = true;
  } else if (c == '{' || c == '[') {
    if (++depth_ > kMaxDepth) return refuse(fmt::format("the command nests deeper than {} levels", kMaxDepth));
  } else if ((c == '}' || c == ']') && --depth_ == 0) {
    return State::kComplete;
  }
  return State::kIncomplete;
}

}  // namespace tandem6::control
