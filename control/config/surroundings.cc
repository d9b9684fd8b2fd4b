#include "control/config/surroundings.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "control/config/address_text.h"
#include "control/config/device_text.h"
#include "control/config/reader.h"

namespace tandem6::control {
namespace {

constexpr std::string_view kSocketDirectory = "/run/tandem6/";
constexpr std::string_view kLogDirectory = "/var/log/tandem6/";
constexpr size_t kMaxSocketPath = 107;  // sun_path, without its terminator

/// A daemon has no directory of its own to be relative to.
std::string absolute(std::string_view directory, const std::string& path) {
  return path.starts_with('/') ? path : std::string(directory) + path;
}

std::optional<PortConfig> read_interface(const Node& node, Remarks& remarks) {
  const std::string& text = node.text();
  if (text == "*") {
    remarks.error(node,
                  "not supported: name the interfaces; a port takes all DHCPv6 of its interface, so none may be one by "
                  "accident");
    return std::nullopt;
  }
  // "eth0/2001:db8::1": Kea listens to the address as well.
  const size_t slash = text.find('/');
  const std::string name = text.substr(0, slash);
  if (slash != std::string::npos) {
    if (const auto address = read_address(text.substr(slash + 1)); !address)
      remarks.error(node, address.error().message);
    else
      remarks.warning(node,
                      fmt::format("the address is ignored: the port takes what is sent to any address of {}", name));
  }
  if (const auto wrong = device_problem(name)) {
    remarks.error(node, *wrong);
    return std::nullopt;
  }
  return PortConfig{name, name, 0};
}

std::string socket_path(const Node& name, Remarks& remarks) {
  std::string path = absolute(kSocketDirectory, name.text());
  if (name.text().empty())
    remarks.error(name, "a path is wanted");
  else if (path.size() > kMaxSocketPath)
    remarks.error(name,
                  fmt::format("a Unix socket's path has at most {} octets; this has {}", kMaxSocketPath, path.size()));
  return path;
}

std::vector<const Node*> socket_nodes(const Node& dhcp6) {
  std::vector<const Node*> sockets = objects_at(dhcp6, "control-sockets");
  if (const Node* single = object_at(dhcp6, "control-socket")) sockets.push_back(single);
  return sockets;
}

constexpr Severity kSeverities[] = {Severity::kDebug, Severity::kInfo,  Severity::kWarn,
                                    Severity::kError, Severity::kFatal, Severity::kNone};

Severity read_severity(const Node& logger, Remarks& remarks) {
  const Node* severity = string_at(logger, "severity");
  if (severity == nullptr) return Severity::kInfo;
  const auto choice = choice_of(*severity, {"DEBUG", "INFO", "WARN", "ERROR", "FATAL", "NONE"}, remarks);
  return choice ? kSeverities[*choice] : Severity::kInfo;
}

/// Kea has a logger for each of its parts; we have one.
bool is_whole_server(const Node& logger, Remarks& remarks) {
  require_key(logger, "name", remarks);
  const Node* name = string_at(logger, "name");
  if (name == nullptr) return false;
  if (name->text() == "kea-dhcp6" || name->text() == "tandem6" || name->text() == "*") return true;
  remarks.warning(
      *name, fmt::format("ignored: there is no logger of a part, such as \"{}\"; \"kea-dhcp6\" is the whole server",
                         name->text()));
  return false;
}

std::vector<std::string> read_outputs(const Node& logger, Remarks& remarks) {
  std::vector<std::string> outputs;
  for (const char* key : {"output-options", "output_options"})
    for (const Node* entry : objects_at(logger, key)) {
      require_key(*entry, "output", remarks);
      const Node* output = string_at(*entry, "output");
      if (output == nullptr) continue;
      const std::string& text = output->text();
      const bool is_name = text == "stdout" || text == "stderr" || text == "syslog" || text.starts_with("syslog:");
      if (text.empty())
        remarks.error(*output, "stdout, stderr, syslog or a file's path is wanted");
      else
        outputs.push_back(is_name ? text : absolute(kLogDirectory, text));
    }
  if (outputs.empty()) outputs.emplace_back(LoggerConfig{}.output);
  return outputs;
}

}  // namespace

std::vector<PortConfig> read_interfaces(const Node& dhcp6, Remarks& remarks) {
  std::vector<PortConfig> ports;
  const Node* config = object_at(dhcp6, "interfaces-config");
  if (config == nullptr) return ports;
  for (const Node* node : strings_at(*config, "interfaces")) {
    const auto port = read_interface(*node, remarks);
    if (port && std::ranges::find(ports, port->name, &PortConfig::name) == ports.end()) ports.push_back(*port);
  }
  return ports;
}

std::string read_control_socket(const Node& dhcp6, std::string otherwise, Remarks& remarks) {
  const Node* first = nullptr;
  for (const Node* socket : socket_nodes(dhcp6)) {
    require_key(*socket, "socket-type", remarks);
    const Node* type = string_at(*socket, "socket-type");
    const auto choice = type == nullptr ? std::nullopt : choice_of(*type, {"unix", "http", "https"}, remarks);
    if (!choice) continue;
    if (*choice != 0) {
      remarks.warning(*type,
                      fmt::format("ignored: there is no control socket over {} yet, only Unix sockets", type->text()));
      continue;
    }
    require_key(*socket, "socket-name", remarks);
    const Node* name = string_at(*socket, "socket-name");
    if (name == nullptr) continue;
    if (first != nullptr) {
      remarks.warning(*name, "ignored: there is one control socket, the first");
      continue;
    }
    first = name;
  }
  return first == nullptr ? std::move(otherwise) : socket_path(*first, remarks);
}

std::vector<LoggerConfig> read_loggers(const Node& dhcp6, Remarks& remarks) {
  std::vector<LoggerConfig> loggers;
  for (const Node* logger : objects_at(dhcp6, "loggers")) {
    const Severity severity = read_severity(*logger, remarks);
    const bool whole = is_whole_server(*logger, remarks);
    for (std::string& output : read_outputs(*logger, remarks))
      if (whole) loggers.push_back({severity, std::move(output)});
  }
  return loggers;
}

void read_lease_database(const Node& dhcp6, const StorageConfig& storage, Remarks& remarks) {
  const Node* database = object_at(dhcp6, "lease-database");
  if (database == nullptr) return;
  require_key(*database, "type", remarks);
  const Node* type = string_at(*database, "type");
  if (type == nullptr) return;
  if (type->text() == "memfile") {
    remarks.warning_at_key(*database,
                           fmt::format("ignored: leases are in RocksDB at {} (tandem6.storage); the lease file is "
                                       "neither read nor written",
                                       storage.path));
    return;
  }
  // Several servers may share such a database: one that went on without it would give addresses a second time.
  remarks.error(*type,
                fmt::format("not supported: leases in \"{}\". They are in RocksDB at {} (tandem6.storage): write "
                            "\"memfile\" or nothing here, and let no other server give leases from these pools",
                            type->text(), storage.path));
}

}  // namespace tandem6::control
