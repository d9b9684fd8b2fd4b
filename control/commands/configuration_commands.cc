// config-get, -hash-get, -test, -set, -reload, -write: the configuration and its file.
#include <algorithm>
#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "control/commands/command_table.h"
#include "control/config/build.h"
#include "control/config/configuration.h"
#include "control/replace_file.h"
#include "dataplane/lease/hash.h"

namespace tandem6::control {
namespace {

using nlohmann::json;

constexpr const char* kRefuseIfLost = "refuse-if-leases-lost";

// 32 hexadecimal digits that are the same as long as the configuration is. Monitoring compares them, nothing more.
std::string hash_of(const Configuration& configuration) {
  const std::string text = configuration.source.dump(-1, ' ', false, json::error_handler_t::replace);
  const Bytes bytes = wire::bytes_of(text);
  return fmt::format("{:016X}{:016X}", lease::keyed_hash({0, 0}, bytes), lease::keyed_hash({1, 0}, bytes));
}

tl::expected<json, Error> config_get(Server& server, const json&) {
  json arguments = server.configuration().source;
  arguments["hash"] = hash_of(server.configuration());
  return make_answer(CommandResult::kSuccess, "", std::move(arguments));
}

tl::expected<json, Error> config_hash_get(Server& server, const json&) {
  return make_answer(CommandResult::kSuccess, "", {{"hash", hash_of(server.configuration())}});
}

json remark_json(const Remark& remark) {
  return {{"severity", remark.is_error ? "error" : "warning"},
          {"path", remark.path},
          {"line", remark.line},
          {"column", remark.column},
          {"text", remark.text}};
}

// The text of the configuration in a command's arguments. Kea's form is the configuration itself; what it does not say
// of "tandem6" stays as it is. `text` is ours: a file as it is, comments and all, so that remarks have lines.
tl::expected<std::string, Error> given_text(const Server& server, const json& arguments) {
  if (arguments.contains("text")) return required_text(arguments, "text");
  if (!arguments.contains("Dhcp6"))
    return tl::unexpected(Error{"'Dhcp6' parameter not specified: the arguments are the configuration"});
  json configuration = arguments;
  configuration.erase("hash");  // what config-get adds
  configuration.erase(kRefuseIfLost);
  const json& running = server.configuration().source;
  if (!configuration.contains("tandem6") && running.contains("tandem6")) configuration["tandem6"] = running["tandem6"];
  return configuration.dump(2, ' ', false, json::error_handler_t::replace);
}

tl::expected<json, Error> config_test(Server& server, const json& arguments) {
  const auto text = given_text(server, arguments);
  if (!text) return tl::unexpected(text.error());
  ConfigResult tested = parse_configuration(*text);
  if (tested.configuration)
    std::ranges::move(server.missing_here(*tested.configuration), std::back_inserter(tested.remarks));
  std::string lines = tested.configuration ? "Configuration seems sane." : "The configuration has errors:";
  json remarks = json::array();
  for (const Remark& remark : tested.remarks) {
    lines += "\n" + remark.to_string("configuration");
    remarks.push_back(remark_json(remark));
  }
  json details = {{"remarks", std::move(remarks)}};
  if (tested.configuration) {
    const std::vector<std::string> restart = needs_restart(server.configuration(), *tested.configuration);
    for (const std::string& line : restart) lines += "\nneeds a restart: " + line;
    details["needs-restart"] = restart;
  }
  return make_answer(tested.configuration ? CommandResult::kSuccess : CommandResult::kError, lines, std::move(details));
}

tl::expected<LostLeases, Error> wanted_caution(const json& arguments) {
  const auto refuse = optional_boolean(arguments, kRefuseIfLost);
  if (!refuse) return tl::unexpected(refuse.error());
  return refuse->value_or(false) ? LostLeases::kRefuse : LostLeases::kWarn;
}

// The answer once a configuration is in force, or was refused.
tl::expected<json, Error> in_force(const Server& server,
                                   const tl::expected<std::vector<std::string>, Error>& warnings) {
  if (!warnings) return tl::unexpected(warnings.error());
  std::string text = "Configuration successful.";
  for (const std::string& warning : *warnings) text += "\n" + warning;
  return make_answer(CommandResult::kSuccess, text,
                     {{"warnings", *warnings}, {"hash", hash_of(server.configuration())}});
}

tl::expected<json, Error> config_set(Server& server, const json& arguments) {
  const auto caution = wanted_caution(arguments);
  if (!caution) return tl::unexpected(caution.error());
  const auto text = given_text(server, arguments);
  if (!text) return tl::unexpected(text.error());
  return in_force(server, server.apply(parse_configuration(*text), "configuration", *caution));
}

tl::expected<json, Error> config_reload(Server& server, const json& arguments) {
  const auto caution = wanted_caution(arguments);
  if (!caution) return tl::unexpected(caution.error());
  return in_force(server, server.reload(*caution));
}

// Where config-write may write: beside the file that the server was started with, so that whoever may open the socket
// cannot put files anywhere.
tl::expected<std::string, Error> file_to_write(const Server& server, const json& arguments) {
  const auto wanted = optional_text(arguments, "filename");
  if (!wanted) return tl::unexpected(wanted.error());
  const std::filesystem::path own = server.configuration_path();
  if (!*wanted) return own.string();
  const std::filesystem::path path = **wanted;
  const bool beside = !path.has_parent_path() || path.parent_path() == own.parent_path();
  const std::string name = path.filename().string();
  if (!beside || name.empty() || name == "." || name == "..") {
    return tl::unexpected(
        Error{fmt::format("'filename' parameter: '{}' is not a file in '{}', where the server's own is", **wanted,
                          own.parent_path().string())});
  }
  std::filesystem::path target = own.parent_path() / name;
  std::error_code ignored;
  const auto status = std::filesystem::symlink_status(target, ignored);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return tl::unexpected(Error{fmt::format("'filename' parameter: '{}' is no plain file", target.string())});
  }
  return target.string();
}

tl::expected<json, Error> config_write(Server& server, const json& arguments) {
  const auto path = file_to_write(server, arguments);
  if (!path) return tl::unexpected(path.error());
  const std::string text = server.configuration().source.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
  if (auto written = replace_file(*path, text); !written) return tl::unexpected(written.error());
  return make_answer(CommandResult::kSuccess, fmt::format("Configuration written to {} successful", *path),
                     {{"size", text.size()}, {"filename", *path}});
}

constexpr Command kConfigurationCommands[] = {
    {"config-get", config_get, "the configuration in force, and its hash"},
    {"config-hash-get", config_hash_get, "a hash that changes when the configuration does"},
    {"config-test", config_test, "checks a configuration without using it; all its faults at once"},
    {"config-set", config_set, "puts the configuration in its arguments in force; a bad one changes nothing"},
    {"config-reload", config_reload, "reads the file again; a bad one changes nothing"},
    {"config-write", config_write, "writes the configuration in force to its file, or to 'filename' beside that"},
};

}  // namespace

std::span<const Command> configuration_commands() { return kConfigurationCommands; }

}  // namespace tandem6::control
