#include "control/log.h"

#include <fcntl.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <mutex>
#include <string>

#include <fmt/format.h>

namespace tandem6::control {
namespace {

constexpr std::string_view kSyslog = "syslog";

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::kDebug:
      return "DEBUG";
    case Severity::kInfo:
      return "INFO";
    case Severity::kWarn:
      return "WARN";
    case Severity::kError:
      return "ERROR";
    case Severity::kFatal:
      return "FATAL";
    case Severity::kNone:
      return "NONE";
  }
  return "NONE";
}

int syslog_priority(Severity severity) {
  switch (severity) {
    case Severity::kDebug:
      return LOG_DEBUG;
    case Severity::kInfo:
      return LOG_INFO;
    case Severity::kWarn:
      return LOG_WARNING;
    case Severity::kError:
      return LOG_ERR;
    case Severity::kFatal:
    case Severity::kNone:
      return LOG_CRIT;
  }
  return LOG_CRIT;
}

// "2026-11-24T21:30:00.123Z"
std::string timestamp() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  const std::time_t seconds = milliseconds / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, milliseconds % 1000);
}

bool is_plain(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](unsigned char c) {
    return c > ' ' && c != 0x7f && c != '"' && c != '=' && c != '\\';
  });
}

// One event stays one line, whatever is in the value.
std::string in_quotes(std::string_view value) {
  std::string out = "\"";
  for (const unsigned char c : value) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c < ' ' || c == 0x7f) {
      out += fmt::format("\\x{:02x}", c);
    } else {
      out += static_cast<char>(c);
    }
  }
  return out += '"';
}

std::string body(std::string_view event, std::string_view text, std::initializer_list<LogField> fields) {
  std::string line = fmt::format("{} text={}", event, in_quotes(text));
  for (const LogField& field : fields) {
    line += fmt::format(" {}={}", field.key, is_plain(field.value) ? field.value : in_quotes(field.value));
  }
  return line;
}

// All of it, or false.
bool write_line(int fd, std::string_view line) {
  while (!line.empty()) {
    const ssize_t written = ::write(fd, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    line.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

struct Output {
  Severity from = Severity::kInfo;
  bool to_syslog = false;
  int fd = STDERR_FILENO;
};

struct Outputs {
  std::mutex mutex;
  std::vector<Output> list{Output{}};
  std::string syslog_name;  // openlog() keeps the pointer

  void write(Severity severity, const std::string& text) {
    const std::string line = fmt::format("{} {} {}\n", timestamp(), name_of(severity), text);
    for (const Output& output : list) {
      if (severity < output.from) continue;
      if (output.to_syslog) {
        ::syslog(syslog_priority(severity), "%s", fmt::format("{} {}", name_of(severity), text).c_str());
      } else if (!write_line(output.fd, line) && output.fd != STDERR_FILENO) {
        // A full disk must not swallow the line that says so.
        write_line(STDERR_FILENO, line);
      }
    }
  }

  void close_all() {
    for (const Output& output : list) {
      if (!output.to_syslog && output.fd > STDERR_FILENO) ::close(output.fd);
    }
    list.clear();
  }

  // What to say when the output cannot be had; stderr is used then.
  std::string add(const LoggerConfig& logger) {
    Output output{.from = logger.severity};
    std::string problem;
    if (logger.output == "stdout") {
      output.fd = STDOUT_FILENO;
    } else if (logger.output == kSyslog || logger.output.starts_with("syslog:")) {
      output.to_syslog = true;
      syslog_name = logger.output == kSyslog ? "tandem6" : logger.output.substr(kSyslog.size() + 1);
      ::openlog(syslog_name.c_str(), LOG_PID, LOG_DAEMON);
    } else if (logger.output != "stderr") {
      output.fd = ::open(logger.output.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
      if (output.fd < 0) {
        problem = body("log-output-failed", "cannot open this log output; its lines go to stderr instead",
                       {{"output", logger.output}, {"why", std::strerror(errno)}});
        output.fd = STDERR_FILENO;
      }
    }
    list.push_back(output);
    return problem;
  }
};

// Never destroyed: the last lines of the process come from destructors.
Outputs& outputs() {
  static auto* const instance = new Outputs;
  return *instance;
}

}  // namespace

void set_log_outputs(const std::vector<LoggerConfig>& loggers) {
  Outputs& all = outputs();
  const std::lock_guard lock(all.mutex);
  all.close_all();
  for (const LoggerConfig& logger : loggers) {
    const std::string problem = all.add(logger);
    if (!problem.empty()) write_line(STDERR_FILENO, fmt::format("{} ERROR {}\n", timestamp(), problem));
  }
  if (all.list.empty()) all.list.push_back(Output{});
}

void log(Severity severity, std::string_view event, std::string_view text, std::initializer_list<LogField> fields) {
  if (severity == Severity::kNone) return;
  const std::string line = body(event, text, fields);
  Outputs& all = outputs();
  const std::lock_guard lock(all.mutex);
  all.write(severity, line);
}

}  // namespace tandem6::control
