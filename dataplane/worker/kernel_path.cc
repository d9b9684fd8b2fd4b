#include "dataplane/worker/kernel_path.h"

namespace tandem6::worker {

namespace {

// Frames a second that a worker lets a port's strangers send to the kernel: plenty for neighbour discovery, MLD and a
// ping flood, and a small part of a core.
constexpr SenderLimit kLimit{.per_second = 10'000, .burst = 256};

}  // namespace

KernelPath::KernelPath(std::span<const nic::ExceptionPath::Rings> rings, bool takes_out) : takes_out_(takes_out) {
  lanes_.reserve(rings.size());
  for (const nic::ExceptionPath::Rings& port : rings) lanes_.emplace_back().rings = port;
}

bool KernelPath::wants(wire::FrameFault fault, uint16_t port) const {
  if (lanes_[port].rings.to_kernel == nullptr) return false;
  return fault == wire::FrameFault::kNotIpv6 || fault == wire::FrameFault::kNotUdp ||
         fault == wire::FrameFault::kNotDhcp || fault == wire::FrameFault::kFragment;
}

void KernelPath::give(rte_mbuf* frame, uint16_t port, uint32_t now, lease::Counters& counters) {
  Lane& lane = lanes_[port];
  if (lane.bucket.take(0, kLimit, now) && rte_ring_mp_enqueue(lane.rings.to_kernel, frame) == 0) {
    counters.to_kernel.add();
    return;
  }
  counters.dropped[static_cast<size_t>(lease::DropReason::kKernelBusy)].add();
  rte_pktmbuf_free(frame);
}

void KernelPath::give_copy(const rte_mbuf* frame, uint16_t port, rte_mempool* pool, uint32_t now,
                           lease::Counters& counters) {
  rte_mbuf* copy = rte_pktmbuf_copy(frame, pool, 0, frame->pkt_len);
  if (copy != nullptr) return give(copy, port, now, counters);
  counters.dropped[static_cast<size_t>(lease::DropReason::kKernelBusy)].add();
}

unsigned KernelPath::take(uint16_t port, std::span<rte_mbuf*> frames) {
  rte_ring* const ring = lanes_[port].rings.from_kernel;
  if (!takes_out_ || ring == nullptr) return 0;
  return rte_ring_sc_dequeue_burst(ring, reinterpret_cast<void**>(frames.data()), static_cast<unsigned>(frames.size()),
                                   nullptr);
}

}  // namespace tandem6::worker
