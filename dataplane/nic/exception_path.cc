#include "dataplane/nic/exception_path.h"

#include <fmt/format.h>
#include <poll.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace tandem6::nic {

namespace {

constexpr unsigned kRingSize = 512;
constexpr unsigned kBurst = 32;
// A worker cannot wake the thread without a system call, so this is what the path adds to a neighbour solicitation.
constexpr int kNapMilliseconds = 2;
constexpr int kNiceness = 10;

tl::expected<rte_ring*, Error> make_ring(const char* direction, size_t port, unsigned flags) {
  const std::string name = fmt::format("{}-{}", direction, port);
  rte_ring* ring = rte_ring_create(name.c_str(), kRingSize, static_cast<int>(rte_socket_id()), flags);
  if (ring == nullptr) {
    return tl::unexpected(Error{fmt::format("no memory for the exception path: {}", rte_strerror(rte_errno))});
  }
  return ring;
}

}  // namespace

void ExceptionPath::FreeRing::operator()(rte_ring* ring) const {
  void* buffer = nullptr;
  while (rte_ring_dequeue(ring, &buffer) == 0) rte_pktmbuf_free(static_cast<rte_mbuf*>(buffer));
  rte_ring_free(ring);
}

tl::expected<std::unique_ptr<ExceptionPath>, Error> ExceptionPath::make(std::vector<Tap*> taps, rte_mempool* buffers) {
  std::unique_ptr<ExceptionPath> path(new ExceptionPath(taps.size(), buffers));
  for (size_t port = 0; port < taps.size(); ++port) {
    if (taps[port] == nullptr) continue;
    Lane& lane = path->lanes_[port];
    lane.tap = taps[port];
    auto up = make_ring("to-kernel", port, RING_F_SC_DEQ);
    if (!up) return tl::unexpected(up.error());
    lane.to_kernel.reset(*up);
    auto down = make_ring("from-kernel", port, RING_F_SP_ENQ | RING_F_SC_DEQ);
    if (!down) return tl::unexpected(down.error());
    lane.from_kernel.reset(*down);
  }
  if (std::ranges::any_of(taps, [](const Tap* tap) { return tap != nullptr; })) {
    path->thread_ = std::thread([raw = path.get()] { raw->run(); });
  }
  return path;
}

ExceptionPath::~ExceptionPath() {
  stop_.store(true);
  if (thread_.joinable()) thread_.join();
}

void ExceptionPath::run() {
  pthread_setname_np(pthread_self(), "t6-exception");
  (void)setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceness);
  std::vector<pollfd> taps;
  for (const Lane& lane : lanes_) {
    if (lane.tap != nullptr) taps.push_back({.fd = lane.tap->descriptor(), .events = POLLIN, .revents = 0});
  }
  while (!stop_.load(std::memory_order_relaxed)) {
    unsigned work = 0;
    for (Lane& lane : lanes_) {
      if (lane.tap != nullptr) work += to_kernel(lane) + from_kernel(lane);
    }
    if (work == 0) (void)poll(taps.data(), taps.size(), kNapMilliseconds);
  }
}

unsigned ExceptionPath::to_kernel(Lane& lane) {
  std::array<void*, kBurst> burst;
  const unsigned count = rte_ring_sc_dequeue_burst(lane.to_kernel.get(), burst.data(), kBurst, nullptr);
  for (unsigned i = 0; i < count; ++i) {
    auto* buffer = static_cast<rte_mbuf*>(burst[i]);
    if (!lane.tap->write({rte_pktmbuf_mtod(buffer, const std::byte*), rte_pktmbuf_data_len(buffer)})) {
      lane.dropped.fetch_add(1, std::memory_order_relaxed);
    }
    rte_pktmbuf_free(buffer);
  }
  return count;
}

unsigned ExceptionPath::from_kernel(Lane& lane) {
  for (unsigned count = 0; count < kBurst; ++count) {
    rte_mbuf* buffer = rte_pktmbuf_alloc(buffers_);
    if (buffer == nullptr) return count;
    const size_t size = lane.tap->read({rte_pktmbuf_mtod(buffer, std::byte*), rte_pktmbuf_tailroom(buffer)});
    if (size == 0) {
      rte_pktmbuf_free(buffer);
      return count;
    }
    buffer->data_len = static_cast<uint16_t>(size);
    buffer->pkt_len = static_cast<uint32_t>(size);
    if (rte_ring_sp_enqueue(lane.from_kernel.get(), buffer) != 0) {
      lane.dropped.fetch_add(1, std::memory_order_relaxed);
      rte_pktmbuf_free(buffer);
    }
  }
  return kBurst;
}

}  // namespace tandem6::nic
