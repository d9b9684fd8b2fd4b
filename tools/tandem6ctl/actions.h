// What each subcommand does: ask the server, show the answer, say how it went.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tools/tandem6ctl/client.h"
#include "tools/tandem6ctl/exit_code.h"

namespace tandem6::ctl {

/// The options of every subcommand.
struct Common {
  std::string socket = "/run/tandem6/control.sock";
  bool json = false;  ///< show the server's answer as it came
};

struct LeaseFilter {
  uint64_t limit = 100;
  bool all = false;
  std::optional<uint32_t> subnet;
  std::string duid;  ///< empty: any
};

ExitCode show_status(const Common& common);
ExitCode show_version(const Common& common);
ExitCode show_commands(const Common& common);
ExitCode shut_down(const Common& common);
ExitCode run_raw(const Common& common, const std::string& command, const std::string& arguments);
ExitCode show_leases(const Common& common, const LeaseFilter& filter);
/// `unit` is an address or PREFIX/LENGTH. Without `confirmed` the lease is only shown.
ExitCode delete_lease(const Common& common, const std::string& unit, bool confirmed);
ExitCode show_statistics(const Common& common, const std::string& pattern, bool all);
ExitCode show_drops(const Common& common, bool all);
ExitCode show_subnets(const Common& common);
ExitCode show_configuration(const Common& common);
ExitCode test_configuration(const Common& common, const std::string& file);
/// `keep_leases`: not when clients would lose leases by it.
ExitCode set_configuration(const Common& common, const std::string& file, bool keep_leases);
ExitCode reload_configuration(const Common& common, bool keep_leases);
ExitCode write_configuration(const Common& common, const std::string& file);
/// Of all relationships, or of one; an empty name is none. `check`: kProblem unless all is well.
ExitCode show_failover(const Common& common, const std::string& relationship, bool check);
/// Without `confirmed` nothing is done, and it is said what would be.
ExitCode declare_partner_down(const Common& common, const std::string& relationship, bool confirmed);
ExitCode resynchronize(const Common& common, const std::string& relationship);
/// `whom` is the argument that says it. `message`: "renew", "rebind" or "information-request".
ExitCode reconfigure(const Common& common, const nlohmann::json& whom, const std::string& message);
ExitCode show_reconfigure(const Common& common);
ExitCode cancel_reconfigure(const Common& common);

/// For actions: an answer that has something to show. Otherwise what went wrong was said, and the error is how to exit.
tl::expected<Answer, ExitCode> answer_or_say(const Common& common, const std::string& command,
                                             const nlohmann::json& arguments = nullptr);
/// The whole of an action that shows the answer's text.
ExitCode show_text(const Common& common, const std::string& command, const nlohmann::json& arguments = nullptr);

}  // namespace tandem6::ctl
