#include "dataplane/worker/packet.h"

#include <fmt/format.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include <new>

namespace tandem6::worker {

namespace {

constexpr unsigned kCache = 256;
constexpr uint16_t kPrivateSize =
    (sizeof(Packet) + RTE_MBUF_PRIV_ALIGN - 1) / RTE_MBUF_PRIV_ALIGN * RTE_MBUF_PRIV_ALIGN;

void construct_packet(rte_mempool*, void*, void* buffer, unsigned) {
  new (rte_mbuf_to_priv(static_cast<rte_mbuf*>(buffer))) Packet;
}

}  // namespace

tl::expected<BufferPool, Error> make_buffers(unsigned count) {
  static_assert(alignof(Packet) <= RTE_MBUF_PRIV_ALIGN);
  BufferPool pool(rte_pktmbuf_pool_create("packets", count, kCache, kPrivateSize, RTE_MBUF_DEFAULT_BUF_SIZE,
                                          static_cast<int>(rte_socket_id())));
  if (!pool) {
    return tl::unexpected(Error{fmt::format("no memory for {} packet buffers: {}", count, rte_strerror(rte_errno))});
  }
  rte_mempool_obj_iter(pool.get(), construct_packet, nullptr);
  return pool;
}

}  // namespace tandem6::worker
