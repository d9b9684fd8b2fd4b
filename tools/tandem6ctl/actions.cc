#include "tools/tandem6ctl/actions.h"

#include <fmt/format.h>

namespace tandem6::ctl {

tl::expected<Answer, ExitCode> answer_or_say(const Common& common, const std::string& command,
                                             const nlohmann::json& arguments) {
  auto answer = ask(common.socket, command, arguments);
  if (!answer) {
    fmt::print(stderr, "tandem6ctl: {}\n", answer.error().message);
    return tl::unexpected(ExitCode::kUnreachable);
  }
  if (answer->exit_code() == ExitCode::kSuccess) return *std::move(answer);
  if (common.json) {
    fmt::print("{}", answer->text);
  } else {
    fmt::print(stderr, "tandem6ctl: {}\n", answer->message().empty() ? "nothing there" : answer->message());
  }
  return tl::unexpected(answer->exit_code());
}

ExitCode show_text(const Common& common, const std::string& command, const nlohmann::json& arguments) {
  const auto answer = answer_or_say(common, command, arguments);
  if (!answer) return answer.error();
  if (common.json) {
    fmt::print("{}", answer->text);
  } else {
    fmt::print("{}\n", answer->message());
  }
  return ExitCode::kSuccess;
}

ExitCode show_commands(const Common& common) { return show_text(common, "list-commands"); }

ExitCode shut_down(const Common& common) { return show_text(common, "shutdown"); }

ExitCode reconfigure(const Common& common, const nlohmann::json& whom, const std::string& message) {
  nlohmann::json arguments = whom;
  arguments["message"] = message;
  return show_text(common, "reconfigure", arguments);
}

ExitCode show_reconfigure(const Common& common) { return show_text(common, "reconfigure-status"); }

ExitCode cancel_reconfigure(const Common& common) { return show_text(common, "reconfigure-cancel"); }

ExitCode show_version(const Common& common) {
  const auto answer = answer_or_say(common, "version-get");
  if (!answer) return answer.error();
  fmt::print("{}", common.json ? answer->text : answer->arguments().value("extended", answer->message()) + "\n");
  return ExitCode::kSuccess;
}

ExitCode run_raw(const Common& common, const std::string& command, const std::string& arguments) {
  const nlohmann::json parsed = arguments.empty() ? nlohmann::json() : nlohmann::json::parse(arguments, nullptr, false);
  if (parsed.is_discarded()) {
    fmt::print(stderr, "tandem6ctl: the arguments are no JSON: {}\n", arguments);
    return ExitCode::kUsage;
  }
  const auto answer = ask(common.socket, command, parsed);
  if (!answer) {
    fmt::print(stderr, "tandem6ctl: {}\n", answer.error().message);
    return ExitCode::kUnreachable;
  }
  fmt::print("{}", answer->text);
  return answer->exit_code();
}

}  // namespace tandem6::ctl
