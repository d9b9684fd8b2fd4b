// A worker's end of the exception path (nic/exception_path.h): frames to and from the kernel, bounded and counted.
#pragma once

#include <rte_mbuf.h>

#include <span>
#include <vector>

#include "dataplane/lease/counters.h"
#include "dataplane/nic/exception_path.h"
#include "dataplane/wire/frame.h"
#include "dataplane/worker/token_buckets.h"

namespace tandem6::worker {

/// One worker's own. No system call. `now` is in milliseconds, as for TokenBuckets.
class KernelPath {
 public:
  /// `rings` by port index. `takes_out`: this is the worker that sends what the kernel says.
  KernelPath(std::span<const nic::ExceptionPath::Rings> rings, bool takes_out);

  /// Is a frame with this reading the kernel's, on a port that it does not own?
  bool wants(wire::FrameFault fault, uint16_t port) const;
  /// Hands the frame over. It is freed and counted when the kernel is asked too much.
  void give(rte_mbuf* frame, uint16_t port, uint32_t now, lease::Counters& counters);
  /// Hands a copy over: the fragments of UDP, of which nobody knows yet whose they are.
  void give_copy(const rte_mbuf* frame, uint16_t port, rte_mempool* pool, uint32_t now, lease::Counters& counters);
  /// Frames that the kernel sends by this port.
  unsigned take(uint16_t port, std::span<rte_mbuf*> frames);

 private:
  struct Lane {
    nic::ExceptionPath::Rings rings;
    TokenBuckets bucket{2};  // of one key
  };
  std::vector<Lane> lanes_;
  bool takes_out_;
};

}  // namespace tandem6::worker
