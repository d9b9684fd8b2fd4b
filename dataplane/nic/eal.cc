#include "dataplane/nic/eal.h"

#include <fmt/format.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>
#include <rte_version.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

#include "dataplane/nic/device.h"

namespace tandem6::nic {

namespace {

std::function<void(std::string_view)>& dpdk_log() {
  static std::function<void(std::string_view)> sink;
  return sink;
}

ssize_t write_log(void*, const char* text, size_t size) {
  std::string_view line(text, size);
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (!line.empty() && dpdk_log()) dpdk_log()(line);
  return static_cast<ssize_t>(size);
}

// DPDK wants a FILE*: one whose writes are our log lines.
void redirect_log(std::function<void(std::string_view)> sink) {
  dpdk_log() = std::move(sink);
  FILE* stream = fopencookie(nullptr, "w", {.read = nullptr, .write = write_log, .seek = nullptr, .close = nullptr});
  if (stream == nullptr) return;
  std::setvbuf(stream, nullptr, _IOLBF, 0);
  rte_openlog_stream(stream);
}

unsigned long free_hugepage_megabytes() {
  std::ifstream meminfo("/proc/meminfo");
  std::string name;
  unsigned long value = 0;
  unsigned long pages = 0;
  unsigned long kilobytes = 0;
  while (meminfo >> name >> value) {
    if (name == "HugePages_Free:") pages = value;
    if (name == "Hugepagesize:") kilobytes = value;
    meminfo.ignore(64, '\n');
  }
  return pages * kilobytes / 1024;
}

bool& hugepages() {
  static bool used = false;
  return used;
}

bool& started() {
  static bool is = false;
  return is;
}

// "0@(0,1),1@2,2@3": the main lcore floats over the CPUs that no worker has, each worker is bound to its own.
std::string lcore_map(const std::vector<unsigned>& workers) {
  std::vector<unsigned> others = usable_cores();
  std::erase_if(others, [&](unsigned core) { return std::ranges::count(workers, core) != 0; });
  if (others.empty()) others = usable_cores();
  std::string map = fmt::format("0@({})", fmt::join(others, ","));
  for (size_t i = 0; i < workers.size(); ++i) map += fmt::format(",{}@{}", i + 1, workers[i]);
  return map;
}

tl::expected<std::vector<std::string>, Error> arguments_for(const EalPlan& plan) {
  std::vector<std::string> arguments = {"tandem6d", "--no-telemetry", "--log-level=*:warning",
                                        "--lcores=" + lcore_map(plan.worker_cores)};
  hugepages() = free_hugepage_megabytes() >= plan.memory_megabytes;
  if (hugepages()) {
    arguments.emplace_back("--in-memory");
  } else {
    arguments.insert(arguments.end(), {"--no-huge", "--no-shconf", fmt::format("-m{}", plan.memory_megabytes)});
  }
  // Two servers on one machine must not find each other's files.
  arguments.push_back(fmt::format("--file-prefix=tandem6-{}", getpid()));
  bool pci = false;
  for (size_t i = 0; i < plan.ports.size(); ++i) {
    const PortSpec& port = plan.ports[i];
    auto argument = eal_argument(port.device, static_cast<uint16_t>(i), port.queues);
    if (!argument) return tl::unexpected(Error{fmt::format("port {}: {}", port.name, argument.error().message)});
    arguments.push_back(*argument);
    pci = pci || kind_of(port.device) == DeviceKind::kPci;
  }
  if (!pci) arguments.emplace_back("--no-pci");
  return arguments;
}

}  // namespace

std::vector<unsigned> usable_cores() {
  std::vector<unsigned> cores;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return cores;
  for (unsigned core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &set)) cores.push_back(core);
  }
  return cores;
}

tl::expected<void, Error> start_eal(const EalPlan& plan) {
  redirect_log(plan.log);
  auto arguments = arguments_for(plan);
  if (!arguments) return tl::unexpected(arguments.error());
  std::vector<char*> argv;
  argv.reserve(arguments->size());
  for (std::string& argument : *arguments) argv.push_back(argument.data());
  if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) < 0) {
    return tl::unexpected(Error{
        fmt::format("DPDK does not start: {} (arguments: {})", rte_strerror(rte_errno), fmt::join(*arguments, " "))});
  }
  started() = true;
  return {};
}

bool uses_hugepages() { return hugepages(); }

std::string dpdk_version() { return rte_version(); }

void stop_eal() {
  if (started()) rte_eal_cleanup();
  started() = false;
}

}  // namespace tandem6::nic
