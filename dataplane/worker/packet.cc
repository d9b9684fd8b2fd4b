#include "dataplane/worker/packet.h"

#include <fmt/format.h>
#include <rte_errno.h>
#include <rte_lcore.h>

#include <new>

namespace tandem6::worker {

namespace {

// Buffers that a core keeps at hand. Large ones are rare and few: none may lie idle with one worker.
constexpr unsigned kCache = 256;
constexpr unsigned kLargeCache = 0;
constexpr uint16_t kPrivateSize =
    (sizeof(Packet) + RTE_MBUF_PRIV_ALIGN - 1) / RTE_MBUF_PRIV_ALIGN * RTE_MBUF_PRIV_ALIGN;

void construct_packet(rte_mempool*, void*, void* buffer, unsigned) {
  new (rte_mbuf_to_priv(static_cast<rte_mbuf*>(buffer))) Packet;
}

tl::expected<BufferPool, Error> make_pool(const char* name, unsigned count, unsigned cache, size_t buffer_size) {
  static_assert(alignof(Packet) <= RTE_MBUF_PRIV_ALIGN);
  BufferPool pool(rte_pktmbuf_pool_create(name, count, cache, kPrivateSize, static_cast<uint16_t>(buffer_size),
                                          static_cast<int>(rte_socket_id())));
  if (!pool) {
    return tl::unexpected(Error{fmt::format("no memory for {} packet buffers: {}", count, rte_strerror(rte_errno))});
  }
  rte_mempool_obj_iter(pool.get(), construct_packet, nullptr);
  return pool;
}

}  // namespace

tl::expected<BufferPool, Error> make_buffers(unsigned count) {
  return make_pool("packets", count, kCache, RTE_MBUF_DEFAULT_BUF_SIZE);
}

tl::expected<BufferPool, Error> make_large_buffers(unsigned count) {
  return make_pool("large packets", count, kLargeCache, kLargeBufferSize);
}

}  // namespace tandem6::worker
