#include "control/config/own_keys.h"

#include <algorithm>

#include <fmt/format.h>

#include "control/config/device_text.h"
#include "control/config/reader.h"
#include "dataplane/lease/hash.h"

namespace tandem6::control {
namespace {

constexpr uint64_t kMaxCore = 1023;
constexpr uint64_t kMaxQueues = 1024;
// What DPDK is built for (RTE_MAX_LCORE), less one for the main thread.
constexpr size_t kMaxWorkers = 127;
static_assert(kMaxWorkers <= lease::kShardCount);

std::vector<unsigned> read_cores(const Node& dataplane, Remarks& remarks) {
  std::vector<unsigned> cores;
  const Node* list = dataplane.find("cores");
  if (list == nullptr || !list->is_list()) return cores;
  for (const auto& node : list->children) {
    const auto core = integer_of(*node, 0, kMaxCore, remarks);
    if (!core) continue;
    if (std::ranges::find(cores, *core) != cores.end())
      remarks.error(*node, fmt::format("the core {} is here twice", *core));
    else
      cores.push_back(static_cast<unsigned>(*core));
  }
  if (cores.size() > kMaxWorkers)
    remarks.error(*list, fmt::format("{} cores: there can be {} workers", cores.size(), kMaxWorkers));
  return cores;
}

std::optional<PortConfig> read_port(const Node& node, Remarks& remarks) {
  const auto queues = integer_at(node, "queues", 1, kMaxQueues, remarks);
  require_key(node, "device", remarks);
  const Node* device = string_at(node, "device");
  if (device == nullptr) return std::nullopt;
  if (const auto wrong = device_problem(device->text())) {
    remarks.error(*device, *wrong);
    return std::nullopt;
  }
  const Node* name = string_at(node, "name");
  if (name != nullptr && name->text().empty()) remarks.error(*name, "a name is wanted");
  return PortConfig{name != nullptr ? name->text() : device->text(), device->text(),
                    static_cast<uint16_t>(queues.value_or(0))};
}

std::vector<PortConfig> read_ports(const Node& dataplane, Remarks& remarks) {
  std::vector<PortConfig> ports;
  for (const Node* node : objects_at(dataplane, "ports")) {
    const auto port = read_port(*node, remarks);
    if (!port) continue;
    for (const PortConfig& other : ports) {
      if (other.device == port->device)
        remarks.error(*node->find("device"),
                      fmt::format("the device {} is already the port {}", port->device, other.name));
      else if (other.name == port->name || other.name == port->device || other.device == port->name)
        remarks.error(*node, fmt::format("the name {} is already that of another port", port->name));
    }
    ports.push_back(*port);
  }
  return ports;
}

RateLimitConfig read_limit(const Node& limits, const std::string& who, RateLimitConfig limit, Remarks& remarks) {
  constexpr uint64_t kMost = 100'000'000;
  const std::string burst_key = who + "-burst";
  const auto rate = integer_at(limits, who + "-rate", 0, kMost, remarks);
  const auto burst = integer_at(limits, burst_key, 1, kMost, remarks);
  if (rate) limit = {static_cast<uint32_t>(*rate), static_cast<uint32_t>(std::max<uint64_t>(*rate, 1))};
  if (burst) limit.burst = static_cast<uint32_t>(*burst);
  if (burst && limit.per_second == 0)
    remarks.error(*limits.find(burst_key), fmt::format("a burst says nothing without a \"{}-rate\"", who));
  return limit;
}

LimitsConfig read_limits(const Node& dataplane, Remarks& remarks) {
  LimitsConfig config;
  const Node* limits = object_at(dataplane, "limits");
  if (limits == nullptr) return config;
  config.client = read_limit(*limits, "client", config.client, remarks);
  config.relay = read_limit(*limits, "relay", config.relay, remarks);
  return config;
}

}  // namespace

DataplaneConfig read_dataplane(const Node& tandem6, Remarks& remarks) {
  DataplaneConfig config;
  const Node* dataplane = object_at(tandem6, "dataplane");
  if (dataplane == nullptr) return config;
  config.cores = read_cores(*dataplane, remarks);
  config.ports = read_ports(*dataplane, remarks);
  if (const Node* idle = string_at(*dataplane, "idle"))
    config.idle = choice_of(*idle, {"sleep", "spin"}, remarks) == 1 ? Idle::kSpin : Idle::kSleep;
  config.limits = read_limits(*dataplane, remarks);
  return config;
}

StorageConfig read_storage(const Node& tandem6, Remarks& remarks) {
  StorageConfig config;
  const Node* storage = object_at(tandem6, "storage");
  if (storage == nullptr) return config;
  if (const Node* path = string_at(*storage, "path")) {
    config.path = path->text();
    if (!config.path.starts_with('/')) remarks.error(*path, "an absolute path is wanted, such as /var/lib/tandem6");
  }
  if (const Node* durability = string_at(*storage, "durability"))
    config.durability = choice_of(*durability, {"sync", "async"}, remarks) == 1 ? storage::Durability::kAsync
                                                                                : storage::Durability::kSync;
  return config;
}

}  // namespace tandem6::control
