// tandem6-blast: a load generator for DHCPv6 servers. tandem6-blast(1) says what it does.
#include <fmt/format.h>

#include <csignal>
#include <fstream>

#include "perf/blast/plot.h"
#include "perf/blast/report.h"
#include "perf/blast/session.h"

using namespace tandem6;
using namespace tandem6::blast;

namespace {

constexpr int kBad = 1;
constexpr int kCannotStart = 3;

std::atomic<bool> stop{false};

void stop_on_signals() {
  struct sigaction action{};
  action.sa_handler = [](int) { stop.store(true, std::memory_order_relaxed); };
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // a second signal ends it at once
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int complain(std::string_view text, int status) {
  fmt::print(stderr, "tandem6-blast: {}\n", text);
  return status;
}

bool write_file(const std::string& name, const std::string& text) {
  std::ofstream file(name, std::ios::binary);
  file << text;
  return file.flush().good();
}

}  // namespace

int main(int argc, char** argv) {
  const ParsedSettings parsed = parse_settings(argc, argv);
  if (parsed.end) return parsed.exit_status;
  const Settings& settings = parsed.settings;
  // Rather now than after an hour.
  if (!settings.json.empty() && !write_file(settings.json, "")) {
    return complain(fmt::format("cannot write {}", settings.json), kCannotStart);
  }
  stop_on_signals();
  const auto result = run_session(settings, stop);
  if (!result) return complain(result.error().message, kCannotStart);
  fmt::print("{}", table_of(settings, *result));
  std::string reason;
  int status = verdict(settings, *result, reason);
  if (!settings.json.empty() && !write_file(settings.json, json_of(settings, *result))) {
    status = complain(fmt::format("cannot write {}", settings.json), kBad);
  }
  if (!settings.plot.empty()) {
    if (const auto drawn = plot(settings, *result, settings.plot); !drawn)
      status = complain(drawn.error().message, kBad);
  }
  return reason.empty() ? status : complain(reason, status);
}
