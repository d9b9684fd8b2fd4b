// tandem6ctl config: get, test, set, reload, write.
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>

#include <fmt/format.h>

#include "tools/tandem6ctl/actions.h"

namespace tandem6::ctl {
namespace {

using nlohmann::json;

// In the form of compilers, so that editors jump to the place.
void print_remark(const std::string& file, const json& remark) {
  std::string place = file;
  if (const int line = remark.value("line", 0); line > 0)
    place += fmt::format(":{}:{}", line, remark.value("column", 0));
  const std::string path = remark.value("path", "");
  fmt::print("{}: {}: {}{}{}\n", place, remark.value("severity", "error"), path, path.empty() ? "" : ": ",
             remark.value("text", ""));
}

// Nothing, and it was said why, when the file cannot be read.
std::optional<std::string> text_of(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (stream) return std::string{std::istreambuf_iterator<char>(stream), {}};
  fmt::print(stderr, "tandem6ctl: cannot read '{}': {}\n", file, std::strerror(errno));
  return std::nullopt;
}

}  // namespace

ExitCode show_configuration(const Common& common) {
  const auto answer = answer_or_say(common, "config-get");
  if (!answer) return answer.error();
  if (common.json) {
    fmt::print("{}", answer->text);
    return ExitCode::kSuccess;
  }
  // As a file for tandem6d again.
  json configuration = answer->arguments();
  configuration.erase("hash");
  fmt::print("{}\n", configuration.dump(2));
  return ExitCode::kSuccess;
}

ExitCode test_configuration(const Common& common, const std::string& file) {
  const auto text = text_of(file);
  if (!text) return ExitCode::kUsage;
  const auto answer = ask(common.socket, "config-test", {{"text", *text}});
  if (!answer) {
    fmt::print(stderr, "tandem6ctl: {}\n", answer.error().message);
    return ExitCode::kUnreachable;
  }
  if (common.json) {
    fmt::print("{}", answer->text);
    return answer->exit_code();
  }
  const json& details = answer->arguments();
  if (!details.contains("remarks")) {
    fmt::print(stderr, "tandem6ctl: {}\n", answer->message());
    return answer->exit_code();
  }
  for (const json& remark : details.value("remarks", json::array())) print_remark(file, remark);
  for (const json& line : details.value("needs-restart", json::array())) {
    fmt::print("{}: needs a restart: {}\n", file, line.get<std::string>());
  }
  if (answer->exit_code() == ExitCode::kSuccess) fmt::print("{}: can be used\n", file);
  return answer->exit_code();
}

ExitCode set_configuration(const Common& common, const std::string& file, bool keep_leases) {
  const auto text = text_of(file);
  if (!text) return ExitCode::kUsage;
  return show_text(common, "config-set", {{"text", *text}, {"refuse-if-leases-lost", keep_leases}});
}

ExitCode reload_configuration(const Common& common, bool keep_leases) {
  return show_text(common, "config-reload", {{"refuse-if-leases-lost", keep_leases}});
}

ExitCode write_configuration(const Common& common, const std::string& file) {
  return show_text(common, "config-write", file.empty() ? json::object() : json{{"filename", file}});
}

}  // namespace tandem6::ctl
