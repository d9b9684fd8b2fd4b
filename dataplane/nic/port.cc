#include "dataplane/nic/port.h"

#include <fmt/format.h>
#include <net/if.h>
#include <rte_errno.h>
#include <rte_ethdev.h>

#include <algorithm>
#include <cstring>

#include "dataplane/nic/device.h"
#include "dataplane/wire/link_local.h"

namespace tandem6::nic {

namespace {

constexpr uint16_t kReceiveDescriptors = 2048;
constexpr uint16_t kTransmitDescriptors = 2048;
constexpr uint16_t kMinMtu = 1280;

Error failed(const PortSpec& spec, const char* what, int error) {
  return Error{fmt::format("port {} ({}): cannot {}: {}", spec.name, spec.device, what, rte_strerror(-error))};
}

// The kernel joins groups on the TAP device that the NIC cannot know of: solicited-node addresses, all nodes.
void receive_multicast(uint16_t id) {
  if (rte_eth_allmulticast_enable(id) != 0) rte_eth_promiscuous_enable(id);
}

std::string interface_below(uint16_t id) {
  rte_eth_dev_info info{};
  char name[IF_NAMESIZE] = "";
  if (rte_eth_dev_info_get(id, &info) != 0 || info.if_index == 0) return {};
  return if_indextoname(info.if_index, name) != nullptr ? name : "";
}

}  // namespace

bool PortAddresses::is_ours(const Ipv6Address& destination) const {
  if (destination.is_multicast()) return destination == kAllRelayAgentsAndServers || destination == kAllServers;
  if (destination == link_local) return true;
  return std::ranges::find(others, destination) != others.end();
}

Ipv6Address PortAddresses::source_for(const Ipv6Address& destination, const Ipv6Address& peer) const {
  return destination.is_multicast() ? source_to(peer) : destination;
}

Ipv6Address PortAddresses::source_to(const Ipv6Address& peer) const {
  if (peer.is_link_local()) return link_local;
  const auto routable = std::ranges::find_if(others, [](const Ipv6Address& a) { return !a.is_link_local(); });
  return routable == others.end() ? link_local : *routable;
}

tl::expected<std::unique_ptr<Port>, Error> Port::open(const PortSpec& spec, uint16_t index, rte_mempool* buffers) {
  uint16_t id = 0;
  const std::string name = dpdk_name(spec.device, index);
  if (rte_eth_dev_get_port_by_name(name.c_str(), &id) != 0) {
    return tl::unexpected(
        Error{fmt::format("port {} ({}): DPDK made no device of it; a PCI NIC must be bound to vfio-pci "
                          "(dpdk-devbind.py --status shows it)",
                          spec.name, spec.device)});
  }
  std::unique_ptr<Port> port(new Port(spec, id));
  if (auto configured = port->configure(buffers); !configured) return tl::unexpected(configured.error());
  if (auto joined = port->join_kernel(); !joined) return tl::unexpected(joined.error());
  return port;
}

tl::expected<void, Error> Port::join_kernel() {
  std::string interface = spec_.device;
  if (kind_of(spec_.device) != DeviceKind::kKernelInterface) {
    below_ = interface_below(id_);
    auto tap = Tap::open(spec_.name, mac_, std::min<uint16_t>(mtu(), RTE_ETHER_MTU));
    if (!tap) return tl::unexpected(Error{fmt::format("port {}: {}", spec_.name, tap.error().message)});
    tap_ = std::move(*tap);
    interface = tap_->name();
    receive_multicast(id_);
  }
  auto kernel = KernelInterface::open(interface);
  if (!kernel) return tl::unexpected(kernel.error());
  kernel_ = std::move(*kernel);
  return {};
}

tl::expected<void, Error> Port::configure(rte_mempool* buffers) {
  rte_eth_dev_info info{};
  if (int error = rte_eth_dev_info_get(id_, &info); error != 0) return tl::unexpected(failed(spec_, "ask it", error));
  if (spec_.queues > info.max_rx_queues || spec_.queues > info.max_tx_queues) {
    return tl::unexpected(
        Error{fmt::format("port {} ({}): {} queues wanted, one a worker, but it has {}", spec_.name, spec_.device,
                          spec_.queues, std::min(info.max_rx_queues, info.max_tx_queues))});
  }
  rte_eth_conf conf{};
  if (spec_.queues > 1 && info.flow_type_rss_offloads != 0) {
    conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    conf.rx_adv_conf.rss_conf.rss_hf = info.flow_type_rss_offloads & (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP);
  }
  if (int error = rte_eth_dev_configure(id_, spec_.queues, spec_.queues, &conf); error != 0) {
    return tl::unexpected(failed(spec_, "configure it", error));
  }
  if (auto queues = set_up_queues(buffers); !queues) return queues;
  if (int error = rte_eth_dev_start(id_); error != 0) return tl::unexpected(failed(spec_, "start it", error));
  steering_ = steer(id_, spec_.queues, conf.rxmode.mq_mode == RTE_ETH_MQ_RX_RSS);
  rte_ether_addr mac{};
  rte_eth_macaddr_get(id_, &mac);
  std::memcpy(mac_.data(), mac.addr_bytes, mac_.size());
  return {};
}

tl::expected<void, Error> Port::set_up_queues(rte_mempool* buffers) {
  uint16_t receive = kReceiveDescriptors;
  uint16_t transmit = kTransmitDescriptors;
  rte_eth_dev_adjust_nb_rx_tx_desc(id_, &receive, &transmit);
  const unsigned socket = static_cast<unsigned>(std::max(0, rte_eth_dev_socket_id(id_)));
  for (uint16_t queue = 0; queue < spec_.queues; ++queue) {
    if (int error = rte_eth_rx_queue_setup(id_, queue, receive, socket, nullptr, buffers); error != 0) {
      return tl::unexpected(failed(spec_, "set up a receive queue", error));
    }
    if (int error = rte_eth_tx_queue_setup(id_, queue, transmit, socket, nullptr); error != 0) {
      return tl::unexpected(failed(spec_, "set up a transmit queue", error));
    }
  }
  return {};
}

Port::~Port() {
  rte_eth_dev_stop(id_);
  rte_eth_dev_close(id_);
}

std::string Port::driver() const {
  rte_eth_dev_info info{};
  return rte_eth_dev_info_get(id_, &info) == 0 && info.driver_name != nullptr ? info.driver_name : "?";
}

bool Port::link_up() const {
  // net_af_packet and net_af_xdp always say "up": the kernel knows better.
  if (!tap_) return kernel_->link_up();
  if (!below_.empty() && if_nametoindex(below_.c_str()) != 0) return kernel_->link_up(below_);
  // net_tap looks for its kernel side here when that has long been moved to another namespace, and says "down".
  if (driver() == "net_tap") return true;
  rte_eth_link link{};
  return rte_eth_link_get_nowait(id_, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

uint16_t Port::mtu() const {
  uint16_t mtu = RTE_ETHER_MTU;
  if (kernel_ && !tap_) {
    // A frame of the packet socket's ring holds no more.
    mtu = std::min<uint16_t>(kernel_->mtu(), RTE_ETHER_MTU);
  } else {
    rte_eth_dev_get_mtu(id_, &mtu);
  }
  return std::max(mtu, kMinMtu);
}

uint64_t Port::missed() const {
  rte_eth_stats stats{};
  if (rte_eth_stats_get(id_, &stats) != 0) return 0;
  return stats.imissed + stats.rx_nombuf;
}

PortAddresses Port::addresses() {
  PortAddresses addresses{.mac = mac_, .link_local = link_local_of(mac_), .others = {}, .mtu = mtu()};
  if (tap_) tap_->set_carrier(link_up());
  kernel_->keep_groups();
  addresses.others = kernel_->addresses();
  const auto own = std::ranges::find_if(addresses.others, &Ipv6Address::is_link_local);
  if (own != addresses.others.end()) addresses.link_local = *own;
  return addresses;
}

}  // namespace tandem6::nic
