// What a command is, for the files of this folder only: each has a group of commands and a table of them.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "control/commands/commands.h"
#include "control/server.h"

namespace tandem6::control {

struct Command {
  /// The answer, or an error that becomes one with result 1. `arguments` is an object, empty when the client gave none.
  using Run = tl::expected<nlohmann::json, Error> (*)(Server& server, const nlohmann::json& arguments);
  std::string_view name;
  Run run;
  std::string_view help;  ///< one line, for people
};

std::span<const Command> server_commands();
std::span<const Command> configuration_commands();
std::span<const Command> lease_commands();
std::span<const Command> lease_search_commands();
std::span<const Command> lease_change_commands();
std::span<const Command> statistic_commands();
std::span<const Command> subnet_commands();
std::span<const Command> reconfigure_commands();
std::span<const Command> reservation_commands();
std::span<const Command> class_commands();
std::span<const Command> failover_commands();

/// An answer; without `arguments` when those are null.
nlohmann::json make_answer(CommandResult result, std::string text, nlohmann::json arguments = nullptr);

/// What numbers of the protocol go up to, and what a client may ask for at once.
inline constexpr uint64_t kMax32 = std::numeric_limits<uint32_t>::max();
inline constexpr uint64_t kMaxPage = 100'000;

/// An argument that may be missing. The error names it and says what it should be.
tl::expected<std::optional<std::string>, Error> optional_text(const nlohmann::json& arguments, std::string_view name);
tl::expected<std::optional<uint64_t>, Error> optional_number(const nlohmann::json& arguments, std::string_view name,
                                                             uint64_t least, uint64_t most);
tl::expected<std::optional<bool>, Error> optional_boolean(const nlohmann::json& arguments, std::string_view name);
/// An argument that may not.
tl::expected<std::string, Error> required_text(const nlohmann::json& arguments, std::string_view name);
tl::expected<uint64_t, Error> required_number(const nlohmann::json& arguments, std::string_view name, uint64_t least,
                                              uint64_t most);

}  // namespace tandem6::control
