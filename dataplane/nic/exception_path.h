// What is not DHCPv6 on ports that the kernel does not own: it goes to the kernel through a TAP device, and what the
// kernel sends there goes out by the port. Neighbour discovery, MLD, duplicate address detection and ping work so.
#pragma once

#include <rte_ring.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <tl/expected.hpp>

#include "dataplane/nic/tap.h"
#include "dataplane/wire/error.h"

struct rte_mempool;

namespace tandem6::nic {

/// One thread of low priority between TAP devices and workers, who make no system call: rings are between them. Made
/// and ended by the management thread, after the workers have ended.
class ExceptionPath {
 public:
  /// The workers' ends of a port's rings; none for a port without a TAP device.
  struct Rings {
    rte_ring* to_kernel = nullptr;    ///< any worker puts frames in
    rte_ring* from_kernel = nullptr;  ///< one worker takes them out
  };

  /// `taps` by port index, none where the kernel owns the port. Frames of the kernel lie in buffers of `buffers`.
  static tl::expected<std::unique_ptr<ExceptionPath>, Error> make(std::vector<Tap*> taps, rte_mempool* buffers);
  ~ExceptionPath();
  ExceptionPath(const ExceptionPath&) = delete;
  ExceptionPath& operator=(const ExceptionPath&) = delete;

  Rings rings(size_t port) const { return {lanes_[port].to_kernel.get(), lanes_[port].from_kernel.get()}; }
  /// Frames of a port that the kernel did not take, or that no worker took from it. Any thread.
  uint64_t dropped(size_t port) const { return lanes_[port].dropped.load(std::memory_order_relaxed); }

 private:
  struct FreeRing {
    void operator()(rte_ring* ring) const;
  };
  using Ring = std::unique_ptr<rte_ring, FreeRing>;
  struct Lane {
    Tap* tap = nullptr;
    Ring to_kernel;
    Ring from_kernel;
    std::atomic<uint64_t> dropped{0};
  };

  ExceptionPath(size_t ports, rte_mempool* buffers) : lanes_(ports), buffers_(buffers) {}
  void run();
  unsigned to_kernel(Lane& lane);
  unsigned from_kernel(Lane& lane);

  std::vector<Lane> lanes_;
  rte_mempool* buffers_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace tandem6::nic
