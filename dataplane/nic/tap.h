// A TAP device: the kernel's stack as the host on a port that DPDK has taken from it, or that it never had.
#pragma once

#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "dataplane/wire/bytes.h"
#include "dataplane/wire/duid.h"
#include "dataplane/wire/error.h"

namespace tandem6::nic {

/// Made and closed by the management thread, which also says whether there is a carrier. Frames are read and written by
/// the exception thread.
class Tap {
 public:
  /// Named "t6-" and the port's name, as far as an interface's name may have it. Has the port's MAC address, is up, and
  /// its link-local address is made from the MAC address (RFC 4291 Appendix A).
  static tl::expected<std::unique_ptr<Tap>, Error> open(const std::string& port, const MacAddress& mac, uint16_t mtu);
  ~Tap();
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

  const std::string& name() const { return name_; }
  int descriptor() const { return descriptor_; }
  /// What the kernel is told of the port's link. It reacts as a host does: addresses are verified, groups joined again.
  void set_carrier(bool up);
  /// A frame that the kernel sends; its size, or 0 when there is none.
  size_t read(MutableBytes frame);
  /// A frame for the kernel. False: it did not take it.
  bool write(Bytes frame);

 private:
  Tap(std::string name, int descriptor) : name_(std::move(name)), descriptor_(descriptor) {}
  tl::expected<void, Error> configure(const MacAddress& mac, uint16_t mtu);

  std::string name_;
  int descriptor_;
  bool carrier_ = true;
};

/// The name of a port's TAP device.
std::string tap_name(const std::string& port);

}  // namespace tandem6::nic
