// A kernel interface that tandem6 shares with the kernel's own stack, which stays the host on that link: it answers
// neighbour discovery, holds the addresses and joins the multicast groups.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "dataplane/wire/error.h"
#include "dataplane/wire/ipv6.h"

namespace tandem6::nic {

/// Holds a UDP socket on port 547 of the interface which is never read. It makes the kernel join ff02::1:2 and
/// ff05::1:3 there (RFC 8415 §7.1), and keeps it from answering unicast requests with "port unreachable".
/// Management thread.
class KernelInterface {
 public:
  /// Fails when another program serves port 547 of this interface.
  static tl::expected<std::unique_ptr<KernelInterface>, Error> open(const std::string& name);
  ~KernelInterface();
  KernelInterface(const KernelInterface&) = delete;
  KernelInterface& operator=(const KernelInterface&) = delete;

  /// The IPv6 addresses that the interface has now.
  std::vector<Ipv6Address> addresses() const;
  /// Up, with carrier.
  bool link_up() const;
  /// 1500 when the interface is away.
  uint16_t mtu() const;
  /// Joins the groups again when they were lost, as when the interface went away and came back.
  void keep_groups();

 private:
  KernelInterface(std::string name, int socket) : name_(std::move(name)), socket_(socket) {}

  std::string name_;
  int socket_;
};

}  // namespace tandem6::nic
