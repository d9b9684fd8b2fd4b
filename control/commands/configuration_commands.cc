// config-get, config-hash-get, config-test, config-reload: the configuration file.
#include <string>
#include <vector>

#include <fmt/format.h>

#include "control/commands/command_table.h"
#include "control/config/build.h"
#include "control/config/configuration.h"
#include "dataplane/lease/hash.h"

namespace tandem6::control {
namespace {

using nlohmann::json;

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

// Kea's form is the configuration itself. `text` is ours: the file as it is, comments and all, so that remarks have
// lines.
tl::expected<std::string, Error> text_to_test(const json& arguments) {
  if (arguments.contains("text")) return required_text(arguments, "text");
  if (arguments.empty())
    return tl::unexpected(Error{"'Dhcp6' parameter not specified: the arguments are the configuration"});
  json configuration = arguments;
  configuration.erase("hash");  // what config-get adds
  return configuration.dump(2, ' ', false, json::error_handler_t::replace);
}

tl::expected<json, Error> config_test(Server& server, const json& arguments) {
  const auto text = text_to_test(arguments);
  if (!text) return tl::unexpected(text.error());
  const ConfigResult tested = parse_configuration(*text);
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

tl::expected<json, Error> config_reload(Server& server, const json&) {
  const auto reloaded = server.reload();
  if (!reloaded) return tl::unexpected(reloaded.error());
  std::string text = "Configuration successful.";
  for (const std::string& warning : *reloaded) text += "\n" + warning;
  return make_answer(CommandResult::kSuccess, text,
                     {{"warnings", *reloaded}, {"hash", hash_of(server.configuration())}});
}

constexpr Command kCommands[] = {
    {"config-get", config_get, "the configuration in force, and its hash"},
    {"config-hash-get", config_hash_get, "a hash that changes when the configuration does"},
    {"config-test", config_test, "checks a configuration without using it; all its faults at once"},
    {"config-reload", config_reload, "reads the file again; a bad one changes nothing"},
};

}  // namespace

std::span<const Command> configuration_commands() { return kCommands; }

}  // namespace tandem6::control
