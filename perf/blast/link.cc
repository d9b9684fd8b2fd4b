#include "perf/blast/link.h"

#include <fmt/format.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include <algorithm>

#include "dataplane/nic/device.h"
#include "dataplane/nic/eal.h"

namespace tandem6::blast {
namespace {

// Bursts of a fast server must find room while we wait for a core.
constexpr unsigned kBuffers = 16'383;
constexpr unsigned kBufferCache = 256;
constexpr uint16_t kDescriptors = 4096;
constexpr unsigned kMegabytes = 128;

Error failed(const std::string& device, const char* what, int error) {
  return Error{fmt::format("{}: cannot {}: {}", device, what, rte_strerror(error < 0 ? -error : error))};
}

}  // namespace

tl::expected<std::unique_ptr<Link>, Error> Link::open(const std::string& device) {
  nic::EalPlan plan;
  plan.ports = {{.name = "blast", .device = device, .queues = 1}};
  plan.memory_megabytes = kMegabytes;
  plan.log = [](std::string_view line) { fmt::print(stderr, "tandem6-blast: DPDK: {}\n", line); };
  if (auto started = nic::start_eal(plan); !started) return tl::unexpected(started.error());
  uint16_t id = 0;
  if (rte_eth_dev_get_port_by_name(nic::dpdk_name(device, 0).c_str(), &id) != 0) {
    return tl::unexpected(
        Error{fmt::format("{}: DPDK made no device of it; a PCI NIC must be bound to vfio-pci "
                          "(dpdk-devbind.py --status shows it)",
                          device)});
  }
  rte_mempool* const pool =
      rte_pktmbuf_pool_create("blast", kBuffers, kBufferCache, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
  if (pool == nullptr) return tl::unexpected(failed(device, "make packet buffers", rte_errno));
  const bool kernel = nic::kind_of(device) == nic::DeviceKind::kKernelInterface || device.starts_with("net_af_xdp");
  std::unique_ptr<Link> link(new Link(id, pool, kernel));
  if (auto configured = link->configure(device); !configured) return tl::unexpected(configured.error());
  return link;
}

tl::expected<void, Error> Link::configure(const std::string& device) {
  const rte_eth_conf conf{};
  if (const int error = rte_eth_dev_configure(id_, 1, 1, &conf); error != 0) {
    return tl::unexpected(failed(device, "configure it", error));
  }
  uint16_t receive = kDescriptors;
  uint16_t transmit = kDescriptors;
  rte_eth_dev_adjust_nb_rx_tx_desc(id_, &receive, &transmit);
  const unsigned socket = static_cast<unsigned>(std::max(0, rte_eth_dev_socket_id(id_)));
  if (const int error = rte_eth_rx_queue_setup(id_, 0, receive, socket, nullptr, pool_); error != 0) {
    return tl::unexpected(failed(device, "set up its receive queue", error));
  }
  if (const int error = rte_eth_tx_queue_setup(id_, 0, transmit, socket, nullptr); error != 0) {
    return tl::unexpected(failed(device, "set up its transmit queue", error));
  }
  if (const int error = rte_eth_dev_start(id_); error != 0) return tl::unexpected(failed(device, "start it", error));
  // Where that is not possible the device passes everything anyway (net_af_xdp, net_memif), or answers stay away.
  if (const int error = rte_eth_promiscuous_enable(id_); error != 0 && error != -ENOTSUP) {
    return tl::unexpected(failed(device, "make it promiscuous", error));
  }
  return {};
}

Link::~Link() {
  rte_eth_dev_stop(id_);
  rte_eth_dev_close(id_);
  nic::stop_eal();
}

std::string Link::driver() const {
  rte_eth_dev_info info{};
  return rte_eth_dev_info_get(id_, &info) == 0 && info.driver_name != nullptr ? info.driver_name : "?";
}

uint16_t Link::receive(rte_mbuf** buffers) { return rte_eth_rx_burst(id_, 0, buffers, kBurst); }

uint16_t Link::send(rte_mbuf** buffers, uint16_t count) { return rte_eth_tx_burst(id_, 0, buffers, count); }

uint64_t Link::missed() const {
  rte_eth_stats stats{};
  if (rte_eth_stats_get(id_, &stats) != 0) return 0;
  return stats.imissed + stats.rx_nombuf;
}

Stopwatch::Stopwatch() : start_(rte_rdtsc()), nanoseconds_per_tick_(1e9 / static_cast<double>(rte_get_tsc_hz())) {}

Nanoseconds Stopwatch::now() const {
  return Nanoseconds(static_cast<int64_t>(static_cast<double>(rte_rdtsc() - start_) * nanoseconds_per_tick_));
}

}  // namespace tandem6::blast
