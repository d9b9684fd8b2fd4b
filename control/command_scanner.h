// Finds the end of a command in a stream of bytes: clients keep the connection open while they wait for the answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tandem6::control {

/// Follows brackets and strings only; whether what is between them is JSON is the parser's business.
class CommandScanner {
 public:
  enum class State : uint8_t {
    kIncomplete,
    kComplete,   ///< the command is the first size() bytes
    kNoCommand,  ///< never will be one: fault() says why
  };
  /// Deeper nesting than any configuration has would only exhaust the stack of those who walk the value.
  static constexpr unsigned kMaxDepth = 64;

  /// The next bytes.
  State feed(std::string_view bytes);
  size_t size() const { return size_; }
  const std::string& fault() const { return fault_; }

 private:
  State refuse(std::string fault);
  State step(char c);

  State state_ = State::kIncomplete;
  size_t size_ = 0;
  unsigned depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
  std::string fault_;
};

}  // namespace tandem6::control
