// tandem6ctl: the command line of the control socket.
#include <cstdio>
#include <exception>

#include <CLI/CLI.hpp>

#include "tools/tandem6ctl/actions.h"

namespace {

using tandem6::ctl::Common;
using tandem6::ctl::ExitCode;
using tandem6::ctl::LeaseFilter;

constexpr const char* kFooter =
    R"(Exit codes: 0 done, 1 the server refused, 2 wrong usage, 3 nothing there,
4 the server cannot be reached, 5 with --check: not all is well.
Times are local. Commands and statistics are described in docs/control-socket.md.)";

// What the command line says, in one place for CLI11 to fill.
struct Options {
  Common common;
  LeaseFilter leases;
  std::string unit;
  std::string pattern;
  bool all_statistics = false;
  bool all_drops = false;
  std::string file;
  bool keep_leases = false;
  std::string relationship;
  bool confirmed = false;
  bool check = false;
  std::string duid;
  uint32_t subnet = 0;
  bool everybody = false;
  std::string message = "renew";
  std::string raw_name;
  std::string raw_arguments;
  ExitCode exit = ExitCode::kSuccess;
};

void add_plain(CLI::App& app, Options& options, const char* name, const char* help, ExitCode (*action)(const Common&)) {
  app.add_subcommand(name, help)->callback([&options, action] { options.exit = action(options.common); });
}

void add_leases(CLI::App& app, Options& options) {
  CLI::App* leases = app.add_subcommand("leases", "The leases that are on disk: addresses first, then prefixes");
  auto* limit = leases->add_option("--limit", options.leases.limit, "Show at most this many")->capture_default_str();
  limit->check(CLI::Range(uint64_t{1}, uint64_t{1} << 40));
  leases->add_flag("--all", options.leases.all, "Show all")->excludes(limit);
  leases->add_option("--subnet", options.leases.subnet, "Only of the subnet with this id");
  leases->add_option("--duid", options.leases.duid, "Only of the client with this DUID");
  CLI::App* deletion = leases->add_subcommand("delete", "Ends one lease");
  deletion->add_option("ADDRESS", options.unit, "Its address, or PREFIX/LENGTH")->required();
  deletion->add_flag("--confirm", options.confirmed, "Do it; otherwise the lease is only shown");
  leases->callback([&options, deletion] {
    options.exit = deletion->parsed() ? delete_lease(options.common, options.unit, options.confirmed)
                                      : show_leases(options.common, options.leases);
  });
  leases->fallthrough();
}

void add_statistics(CLI::App& app, Options& options) {
  CLI::App* statistics = app.add_subcommand("statistics", "Counters, by Kea's names and our own");
  statistics->add_option("PATTERN", options.pattern, "Part of a name, or with * and ? all of it: 'subnet[7].*'");
  statistics->add_flag("--all", options.all_statistics, "Those that are zero too");
  statistics->callback(
      [&options] { options.exit = show_statistics(options.common, options.pattern, options.all_statistics); });

  CLI::App* drops = app.add_subcommand("drops", "Packets that got no answer, by reason");
  drops->add_flag("--all", options.all_drops, "Reasons that never occurred too");
  drops->callback([&options] { options.exit = show_drops(options.common, options.all_drops); });
}

void add_configuration_changes(CLI::App& config, Options& options) {
  constexpr const char* kKeepLeases = "Not when leases would be in no pool any more, so that clients lose them";
  CLI::App* reload = config.add_subcommand("reload", "Reads the file again; a bad one changes nothing");
  reload->add_flag("--keep-leases", options.keep_leases, kKeepLeases);
  reload->callback([&options] { options.exit = reload_configuration(options.common, options.keep_leases); });
  CLI::App* set = config.add_subcommand("set", "Puts another file in force, until the next start or reload");
  set->add_option("FILE", options.file, "The configuration")->required();
  set->add_flag("--keep-leases", options.keep_leases, kKeepLeases);
  set->callback([&options] { options.exit = set_configuration(options.common, options.file, options.keep_leases); });
  CLI::App* write =
      config.add_subcommand("write", "Writes what is in force to the server's file, without its comments");
  write->add_option("NAME", options.file, "To this file beside it instead");
  write->callback([&options] { options.exit = write_configuration(options.common, options.file); });
}

void add_configuration(CLI::App& app, Options& options) {
  CLI::App* config = app.add_subcommand("config", "The server's configuration");
  config->require_subcommand(1);
  config->fallthrough();
  add_plain(*config, options, "get", "What is in force", tandem6::ctl::show_configuration);
  CLI::App* test = config->add_subcommand("test", "Has the running server check a file, without using it");
  test->add_option("FILE", options.file, "The configuration")->required();
  test->callback([&options] { options.exit = test_configuration(options.common, options.file); });
  add_configuration_changes(*config, options);
}

CLI::App* add_for_relationship(CLI::App& failover, Options& options, const char* name, const char* help) {
  CLI::App* command = failover.add_subcommand(name, help);
  command->add_option("RELATIONSHIP", options.relationship, "Which one; not needed when there is only one");
  return command;
}

void add_failover(CLI::App& app, Options& options) {
  CLI::App* failover = app.add_subcommand("failover", "The pair of servers (RFC 8156)");
  failover->require_subcommand(1);
  failover->fallthrough();
  CLI::App* status = failover->add_subcommand("status", "Both servers' states, what they mean and what to do");
  status->add_option("RELATIONSHIP", options.relationship, "Only of this one");
  status->add_flag("--check", options.check, "Exit code 5 unless both servers are in NORMAL and there is no alarm");
  status->callback([&options] { options.exit = show_failover(options.common, options.relationship, options.check); });
  CLI::App* down =
      add_for_relationship(*failover, options, "partner-down", "Declares the partner down: this server serves alone");
  down->add_flag("--confirm", options.confirmed, "Do it; otherwise it is only said what would be done");
  down->callback([&options] {
    options.exit = tandem6::ctl::declare_partner_down(options.common, options.relationship, options.confirmed);
  });
  CLI::App* resync = add_for_relationship(*failover, options, "resync",
                                          "Fetches all leases from the partner again; service goes on meanwhile");
  resync->add_flag("--confirm", options.confirmed, "Accepted, and not needed");
  resync->callback([&options] { options.exit = tandem6::ctl::resynchronize(options.common, options.relationship); });
}

void add_reconfigure(CLI::App& app, Options& options) {
  CLI::App* reconfigure =
      app.add_subcommand("reconfigure", "Tells clients to come back now, not at their T1 (RFC 8415)");
  CLI::Option_group* whom = reconfigure->add_option_group("whom");
  whom->add_option("--duid", options.duid, "The client with this DUID");
  whom->add_option("--subnet", options.subnet, "Those with leases of the subnet with this id");
  whom->add_flag("--all", options.everybody, "All that have leases");
  CLI::App* status = reconfigure->add_subcommand("status", "How many were told so, and what came of it");
  CLI::App* cancel = reconfigure->add_subcommand("cancel", "Tells nobody more who has been called so far");
  reconfigure->require_subcommand(0, 1);
  reconfigure->add_option("--message", options.message, "What they are to send")
      ->check(CLI::IsMember({"renew", "rebind", "information-request"}))
      ->capture_default_str();
  reconfigure->callback([&options, whom, status, cancel] {
    const bool is_call = !status->parsed() && !cancel->parsed();
    if (whom->count_all() != (is_call ? 1U : 0U))
      throw CLI::ValidationError("reconfigure",
                                 is_call ? "one of --duid, --subnet and --all says whom" : "nobody else");
    if (is_call) {
      const nlohmann::json by = options.everybody      ? nlohmann::json{{"all", true}}
                                : options.duid.empty() ? nlohmann::json{{"subnet-id", options.subnet}}
                                                       : nlohmann::json{{"duid", options.duid}};
      options.exit = tandem6::ctl::reconfigure(options.common, by, options.message);
    } else {
      options.exit = status->parsed() ? show_reconfigure(options.common) : cancel_reconfigure(options.common);
    }
  });
  reconfigure->fallthrough();
}

void add_raw(CLI::App& app, Options& options) {
  CLI::App* raw = app.add_subcommand("raw", "Sends any command and shows the answer as it comes");
  raw->add_option("NAME", options.raw_name, "The command")->required();
  raw->add_option("JSON", options.raw_arguments, "Its arguments, a JSON object");
  raw->callback([&options] { options.exit = run_raw(options.common, options.raw_name, options.raw_arguments); });
}

void describe(CLI::App& app, Options& options) {
  app.footer(kFooter);
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--socket", options.common.socket, "The server's control socket")->capture_default_str();
  app.add_flag("--json", options.common.json, "Show the server's answer as JSON, for scripts");
  add_plain(app, options, "status", "Is all well? Ports, workers, disk", tandem6::ctl::show_status);
  add_leases(app, options);
  add_plain(app, options, "subnets", "Subnets and how full their pools are", tandem6::ctl::show_subnets);
  add_statistics(app, options);
  add_configuration(app, options);
  add_failover(app, options);
  add_reconfigure(app, options);
  add_plain(app, options, "version", "Version of the server", tandem6::ctl::show_version);
  add_plain(app, options, "commands", "What the control socket understands", tandem6::ctl::show_commands);
  add_raw(app, options);
  add_plain(app, options, "shutdown", "Ends the server once everything is on disk", tandem6::ctl::shut_down);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Talks to a running tandem6d", "tandem6ctl");
  try {
    describe(app, options);
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::kUsage);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tandem6ctl: the server's answer is not as expected: %s\n", error.what());
    return static_cast<int>(ExitCode::kRefused);
  }
  return static_cast<int>(options.exit);
}
