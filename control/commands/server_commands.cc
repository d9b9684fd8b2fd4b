// version-get, build-report, status-get, shutdown: the server as a whole.
#include <unistd.h>

#include <fmt/format.h>

#include "control/commands/command_table.h"
#include "control/commands/high_availability.h"
#include "control/failover_text.h"
#include "control/local_time.h"

namespace tandem6::control {
namespace {

using nlohmann::json;

std::string compiler() {
#if defined(__clang__)
  return fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  return fmt::format("gcc {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

// The versions of libraries that were there at build time; the build says them.
std::string libraries() { return fmt::format("RocksDB {}, DPDK {}", TANDEM6_ROCKSDB_VERSION, TANDEM6_DPDK_VERSION); }

tl::expected<json, Error> version_get(Server&, const json&) {
  return make_answer(CommandResult::kSuccess, TANDEM6_VERSION,
                     {{"extended", fmt::format("tandem6 {}\n{}\n{}", TANDEM6_VERSION, compiler(), libraries())}});
}

tl::expected<json, Error> build_report(Server&, const json&) {
#ifdef NDEBUG
  constexpr const char* kAssertions = "off";
#else
  constexpr const char* kAssertions = "on";
#endif
  return make_answer(CommandResult::kSuccess,
                     fmt::format("tandem6 {}\ncompiler: {}\nC++: {}\ndebug assertions: {}\nlibraries: {}",
                                 TANDEM6_VERSION, compiler(), __cplusplus, kAssertions, libraries()));
}

// What an operator must know now, in sentences. Empty when all is well.
std::vector<std::string> alarms_of(const Server& server, const storage::CommitterStatus& disk,
                                   const std::vector<PortStatus>& ports) {
  std::vector<std::string> alarms;
  if (disk.failing) {
    alarms.push_back(fmt::format("disk failing since {}: {}; replies are held back until it works again",
                                 local_time(static_cast<int64_t>(disk.failing_since_unix)), disk.error));
  }
  for (const PortStatus& port : ports) {
    if (!port.link_up) {
      alarms.push_back(fmt::format("link down: port {} ({}) hears no clients; check cable, switch port and optics",
                                   port.name, port.device));
    }
  }
  for (const failover::RelationshipStatus& relationship : server.failover()) {
    for (const std::string& alarm : failover_alarms(relationship, server.configuration().failover, server.now()))
      alarms.push_back(fmt::format("failover {}: {}", relationship.name, alarm));
  }
  return alarms;
}

json port_json(const PortStatus& port) {
  return {{"name", port.name},
          {"device", port.device},
          {"mac", port.mac},
          {"driver", port.driver},
          {"link-up", port.link_up},
          {"missed", port.missed},
          {"mtu", port.mtu},
          {"steering", port.steering},
          {"kernel-side", port.kernel_side},
          {"exception-path-drops", port.exception_drops}};
}

json worker_json(const WorkerStatus& worker) {
  return {{"core", worker.core},
          {"leases", worker.leases},
          {"clients", worker.clients},
          {"memory", worker.memory},
          {"waiting-replies", worker.waiting_replies}};
}

json storage_json(const storage::CommitterStatus& disk, const Configuration& configuration) {
  json status = {{"failing", disk.failing},
                 {"path", configuration.storage.path},
                 {"durability", configuration.storage.durability == storage::Durability::kSync ? "sync" : "async"},
                 {"commits", disk.commits},
                 {"changes", disk.changes},
                 {"failures", disk.failures},
                 {"pending", disk.pending},
                 {"last-commit-microseconds", disk.last_commit_microseconds},
                 {"max-commit-microseconds", disk.max_commit_microseconds}};
  if (disk.failing) {
    status["error"] = disk.error;
    status["failing-since"] = local_time(static_cast<int64_t>(disk.failing_since_unix));
  }
  return status;
}

json own_status(const Server& server, const std::vector<WorkerStatus>& workers) {
  const storage::CommitterStatus disk = server.committer();
  const std::vector<PortStatus> ports = server.ports();
  json port_list = json::array();
  for (const PortStatus& port : ports) port_list.push_back(port_json(port));
  json worker_list = json::array();
  uint64_t leases = 0;
  uint64_t clients = 0;
  uint64_t memory = 0;
  for (const WorkerStatus& worker : workers) {
    worker_list.push_back(worker_json(worker));
    leases += worker.leases;
    clients += worker.clients;
    memory += worker.memory;
  }
  return {{"version", TANDEM6_VERSION},
          {"alarms", alarms_of(server, disk, ports)},
          {"ports", std::move(port_list)},
          {"workers", std::move(worker_list)},
          {"storage", storage_json(disk, server.configuration())},
          {"configuration-file", server.configuration_path()},
          {"started", local_time(static_cast<int64_t>(server.started_unix()))},
          {"reloaded", local_time(static_cast<int64_t>(server.reloaded_unix()))},
          {"leases", leases},
          {"clients", clients},
          {"memory", memory}};
}

// Seconds from `then` to now; 0 when the clock was set back in between.
uint64_t age(const Server& server, uint64_t then) {
  const auto now = static_cast<uint64_t>(server.now().to_unix());
  return now > then ? now - then : 0;
}

tl::expected<json, Error> status_get(Server& server, const json&) {
  const std::vector<WorkerStatus> workers = server.workers();
  json socket_errors = json::array();
  for (const PortStatus& port : server.ports()) {
    if (!port.link_up) socket_errors.push_back(fmt::format("port {}: link down", port.name));
  }
  json sockets = {{"status", socket_errors.empty() ? "ready" : "failed"}};
  if (!socket_errors.empty()) sockets["errors"] = std::move(socket_errors);
  json status = {{"pid", ::getpid()},
                 {"uptime", age(server, server.started_unix())},
                 {"reload", age(server, server.reloaded_unix())},
                 {"multi-threading-enabled", true},
                 {"thread-pool-size", workers.size()},
                 {"sockets", std::move(sockets)},
                 {"tandem6", own_status(server, workers)}};
  // As in Kea the key is there only where there is a pair.
  if (const auto relationships = server.failover(); !relationships.empty())
    status["high-availability"] = high_availability(relationships, server.now());
  return make_answer(CommandResult::kSuccess, "", std::move(status));
}

tl::expected<json, Error> shutdown(Server& server, const json& arguments) {
  if (!arguments.empty()) {
    return tl::unexpected(Error{fmt::format("shutdown takes no arguments, but got '{}'", arguments.begin().key())});
  }
  server.shut_down();
  return make_answer(CommandResult::kSuccess, "Shutting down.");
}

constexpr Command kServerCommands[] = {
    {"version-get", version_get, "version of the server, its compiler and libraries"},
    {"build-report", build_report, "how the server was built"},
    {"status-get", status_get, "alarms, uptime, ports, workers, disk"},
    {"shutdown", shutdown, "ends the server once everything is on disk"},
};

}  // namespace

std::span<const Command> server_commands() { return kServerCommands; }

}  // namespace tandem6::control
