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
#include "dataplane/nic/steering.h"
#include "dataplane/nic/tap.h"
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

  /// The largest IPv6 packet that the port sends whole.
  uint16_t mtu = 1500;

  /// Is a datagram to this destination for us?
  bool is_ours(const Ipv6Address& destination) const;
  /// The source address of an answer to a datagram that `peer` sent to `destination`.
  Ipv6Address source_for(const Ipv6Address& destination, const Ipv6Address& peer) const;
  /// The source address of what is sent to `peer` unasked.
  Ipv6Address source_to(const Ipv6Address& peer) const;
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
  /// The kernel's side of the port where the kernel does not own it; none where it does.
  Tap* tap() const { return tap_.get(); }
  Steering steering() const { return steering_; }
  /// Local senders may have left the UDP checksum to hardware that the frame never meets.
  bool has_partial_checksums() const { return !tap_ || driver() == kAfXdp; }
  std::string driver() const;
  bool link_up() const;
  /// Of the link, as the kernel or the device has it now; at least 1280 (RFC 8200 §5).
  uint16_t mtu() const;
  /// Frames that the device dropped for want of room.
  uint64_t missed() const;
  /// The addresses as they are now. Also keeps the multicast groups joined, and tells the kernel how the link is.
  PortAddresses addresses();

 private:
  Port(PortSpec spec, uint16_t id) : spec_(std::move(spec)), id_(id) {}
  tl::expected<void, Error> configure(rte_mempool* buffers);
  tl::expected<void, Error> set_up_queues(rte_mempool* buffers);
  tl::expected<void, Error> join_kernel();

  static constexpr const char* kAfXdp = "net_af_xdp";

  PortSpec spec_;
  uint16_t id_;
  MacAddress mac_{};
  Steering steering_ = Steering::kOneQueue;
  std::string below_;  // the kernel interface that the device is made of, if any
  std::unique_ptr<Tap> tap_;
  std::unique_ptr<KernelInterface> kernel_;
};

}  // namespace tandem6::nic
