// tandem6d: reads the configuration, starts the server, serves until it is told to stop.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>

#include "control/config/build.h"
#include "control/config/configuration.h"
#include "control/log.h"
#include "tools/tandem6d/certificates.h"
#include "tools/tandem6d/daemon.h"

namespace {

using namespace tandem6;

// Exit statuses.
constexpr int kFailed = 1;
constexpr int kBadConfiguration = 2;

void print_remarks(const control::ConfigResult& result, const std::string& path) {
  for (const control::Remark& remark : result.remarks) std::cerr << remark.to_string(path) << '\n';
}

int check(control::ConfigResult result, const std::string& path) {
  if (result.configuration)
    std::ranges::move(daemon::certificate_remarks(*result.configuration), std::back_inserter(result.remarks));
  print_remarks(result, path);
  if (!result.configuration) return kBadConfiguration;
  std::cout << control::summary(*result.configuration);
  return 0;
}

int serve(control::ConfigResult result, const std::string& path) {
  if (!result.configuration) {
    print_remarks(result, path);
    return kBadConfiguration;
  }
  control::set_log_outputs(result.configuration->loggers);
  for (const control::Remark& remark : result.remarks) {
    control::log(control::Severity::kWarn, "configuration", remark.to_string(path));
  }
  daemon::Daemon daemon(std::move(*result.configuration), path);
  if (auto started = daemon.start(); !started) {
    control::log(control::Severity::kFatal, "cannot-start", started.error().message);
    return kFailed;
  }
  return daemon.run() ? 0 : kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "tandem6d: a DHCPv6 server. It takes a configuration in Kea's Dhcp6 dialect; see docs/configuration.md."};
  std::string path;
  bool only_check = false;
  app.add_option("-c,--config", path, "The configuration file")->required()->type_name("FILE");
  app.add_flag("-t,--check", only_check,
               "Check the file, say what would run, and end; exit status 2 when it has errors");
  app.set_version_flag("-v,--version", std::string("tandem6d ") + TANDEM6_VERSION);
  app.footer(
      "Signals: SIGTERM and SIGINT end it in good order, SIGHUP reads the configuration again.\n"
      "Exit status: 0 ended in good order, 1 it could not serve, 2 the configuration has errors.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kBadConfiguration;
  }
  control::ConfigResult result = control::load_configuration(path);
  return only_check ? check(std::move(result), path) : serve(std::move(result), path);
}
