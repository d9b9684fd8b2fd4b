// tandem6ctl status: is all well, and if not, what is wrong.
#include <fmt/format.h>

#include "tools/tandem6ctl/actions.h"
#include "tools/tandem6ctl/fields.h"
#include "tools/tandem6ctl/text.h"

namespace tandem6::ctl {
namespace {

using nlohmann::json;

// A vdev's device string can be long; all of it is in --json.
constexpr size_t kDeviceWidth = 26;

void print_verdict(const json& own) {
  const std::string server = fmt::format("tandem6 {}: ", text(own, "version"));
  const json alarms = own.value("alarms", json::array());
  if (alarms.empty()) fmt::print("{}all is well\n", server);
  for (const json& alarm : alarms) fmt::print("{}\n", wrapped(server + "PROBLEM: " + alarm.get<std::string>()));
}

void print_facts(const json& status, const json& own) {
  fmt::print("up {}, since {}, pid {}\n", duration_text(number(status, "uptime")), text(own, "started"),
             number(status, "pid"));
  fmt::print("{}\n",
             wrapped(fmt::format("configuration {}, read {}", text(own, "configuration-file"), text(own, "reloaded"))));
  fmt::print("leases {} of {} clients, in {}\n", number(own, "leases"), number(own, "clients"),
             size_text(number(own, "memory")));
  const json disk = own.value("storage", json::object());
  fmt::print("{}\n", wrapped(fmt::format("disk {} ({}): last commit {}, longest {}; {} changes waiting, {} failures",
                                         text(disk, "path"), text(disk, "durability"),
                                         microseconds_text(number(disk, "last-commit-microseconds")),
                                         microseconds_text(number(disk, "max-commit-microseconds")),
                                         number(disk, "pending"), number(disk, "failures"))));
}

void print_ports(const json& own) {
  using enum Table::Align;
  Table table({{"PORT"}, {"DEVICE"}, {"MAC"}, {"LINK"}, {"MISSED", kRight}});
  Table ways({{"PORT"}, {"KERNEL SIDE"}, {"STEERING"}, {"MTU", kRight}});
  for (const json& port : own.value("ports", json::array())) {
    table.add({text(port, "name"), shortened(text(port, "device"), kDeviceWidth), text(port, "mac"),
               port.value("link-up", false) ? "up" : "DOWN", std::to_string(number(port, "missed"))});
    ways.add(
        {text(port, "name"), text(port, "kernel-side"), text(port, "steering"), std::to_string(number(port, "mtu"))});
  }
  table.print();
  ways.print();
}

void print_workers(const json& own) {
  using enum Table::Align;
  Table table(
      {{"WORKER ON CORE"}, {"LEASES", kRight}, {"CLIENTS", kRight}, {"MEMORY", kRight}, {"WAITING REPLIES", kRight}});
  for (const json& worker : own.value("workers", json::array())) {
    table.add({std::to_string(number(worker, "core")), std::to_string(number(worker, "leases")),
               std::to_string(number(worker, "clients")), size_text(number(worker, "memory")),
               std::to_string(number(worker, "waiting-replies"))});
  }
  table.print();
}

}  // namespace

ExitCode show_status(const Common& common) {
  const auto answer = answer_or_say(common, "status-get");
  if (!answer) return answer.error();
  if (common.json) {
    fmt::print("{}", answer->text);
    return ExitCode::kSuccess;
  }
  const json& status = answer->arguments();
  const json own = status.value("tandem6", json::object());
  print_verdict(own);
  print_facts(status, own);
  fmt::print("\n");
  print_ports(own);
  fmt::print("\n");
  print_workers(own);
  return ExitCode::kSuccess;
}

}  // namespace tandem6::ctl
