#include "control/command_scanner.h"

#include <doctest/doctest.h>

#include <string>

namespace tandem6::control::command_scanner_test {
namespace {

using State = CommandScanner::State;

TEST_CASE("command scanner: finds the end in any partition of the bytes") {
  const std::string command = R"( {"a": "}\\\"}", "b": [{"c": ["]"]}]})";
  const std::string bytes = command + R"({"next": 1})";
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    CAPTURE(cut);
    CommandScanner scanner;
    const State first = scanner.feed(bytes.substr(0, cut));
    CHECK(first == (cut < command.size() ? State::kIncomplete : State::kComplete));
    CHECK(scanner.feed(bytes.substr(cut)) == State::kComplete);
    CHECK(scanner.size() == command.size());
  }
}

TEST_CASE("command scanner: nesting is followed to its limit and refused beyond") {
  std::string nested = "{";
  for (unsigned i = 1; i < CommandScanner::kMaxDepth; ++i) nested += '[';
  CommandScanner scanner;
  CHECK(scanner.feed(nested) == State::kIncomplete);
  CHECK(scanner.feed("[") == State::kNoCommand);
  CHECK(scanner.fault().find("64 levels") != std::string::npos);
}

TEST_CASE("command scanner: what does not begin as an object never becomes a command") {
  for (const char* bytes : {"x", "  [", "\"a\"", "1", "}"}) {
    CAPTURE(bytes);
    CommandScanner scanner;
    CHECK(scanner.feed(bytes) == State::kNoCommand);
    CHECK(scanner.feed("{}") == State::kNoCommand);
  }
}

}  // namespace
}  // namespace tandem6::control::command_scanner_test
