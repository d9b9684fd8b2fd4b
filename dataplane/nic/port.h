// A client-facing port: a DPDK Ethernet device with one receive and one transmit queue for each worker.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "dataplane/nic/eal.h"
#include "dataplane/nic/kernel_interface.h"
#include "dataplane/wire/duid.h"
#include "dataplane/wire/error.h"
#include "dataplane/wire/ipv6.h"

struct rte_mempool;

namespace tandem6::nic {

/// The addresses by which a port is spoken to, and which its answers come from. Immutable; workers read it as part of
/// their View.
struct PortAddresses {
  MacAddress mac{};
  Ipv6Address link_local;           ///< the interface's own, or one made from the MAC address (RFC 4291 §2.5.6)
  std::vector<Ipv6Address> others;  ///< further addresses of the interface
  /// No kernel stack shares the port: what is sent to its MAC address is for us.
  bool alone = false;

  /// The largest IPv6 packet that the port sends whole.
  uint16_t mtu = 1500;

  /// Is a datagram with these destinations for us?
  bool is_ours(const MacAddress& destination_mac, const Ipv6Address& destination) const;
  /// The source address of an answer to a datagram that `peer` sent to `destination`.
  Ipv6Address source_for(const Ipv6Address& destination, const Ipv6Address& peer) const;
  bool operator==(const PortAddresses&) const = default;
};

/// Opened, asked and closed by the management thread; workers use queue() numbers on id().
class Port {
 public:
  /// The EAL has been started with this spec at this index. Configures the device, starts it.
  static tl::expected<std::unique_ptr<Port>, Error> open(const PortSpec& spec, uint16_t index, rte_mempool* buffers);
  ~Port();
  Port(const Port&) = delete;
  Port& operator=(const Port&) = delete;

  const PortSpec& spec() const { return spec_; }
  uint16_t id() const { return id_; }
  const MacAddress& mac() const { return mac_; }
  bool is_kernel_interface() const { return kernel_ != nullptr; }
  std::string driver() const;
  bool link_up() const;
  /// Of the link, as the kernel or the device has it now; at least 1280 (RFC 8200 §5).
  uint16_t mtu() const;
  /// Frames that the device dropped for want of room.
  uint64_t missed() const;
  /// The addresses as they are now. Also keeps the multicast groups joined.
  PortAddresses addresses();

 private:
  Port(PortSpec spec, uint16_t id) : spec_(std::move(spec)), id_(id) {}
  tl::expected<void, Error> configure(rte_mempool* buffers);

  PortSpec spec_;
  uint16_t id_;
  MacAddress mac_{};
  std::unique_ptr<KernelInterface> kernel_;
};

}  // namespace tandem6::nic
