// A packet on its way through a worker: what was read of it lies beside it, in the buffer's private area, so that it is
// parsed once and its reading travels with it to the worker that owns the client.
#pragma once

#include <rte_mbuf.h>
#include <rte_mempool.h>

#include <cstddef>
#include <memory>

#include <tl/expected.hpp>

#include "dataplane/lease/request.h"
#include "dataplane/wire/error.h"
#include "dataplane/wire/frame.h"
#include "dataplane/wire/message.h"

namespace tandem6::worker {

struct Packet {
  wire::ParsedFrame frame;
  lease::Request request;
  wire::ReceivedMessage received;  // last: most of it is room for relays that few packets have
};
/// Of a Packet, what is written for a message that came through one relay at most.
inline constexpr size_t kHotPacketBytes = offsetof(Packet, received) + 256;

/// The reading beside this buffer. Made once for each buffer by make_buffers().
inline Packet& packet_of(rte_mbuf* buffer) { return *static_cast<Packet*>(rte_mbuf_to_priv(buffer)); }

struct FreeBuffers {
  void operator()(rte_mempool* pool) const { rte_mempool_free(pool); }
};
using BufferPool = std::unique_ptr<rte_mempool, FreeBuffers>;

/// The buffers that all ports and workers share. `count` of them.
tl::expected<BufferPool, Error> make_buffers(unsigned count);

/// The largest UDP datagram that is received in fragments or sent, header included.
inline constexpr size_t kMaxDatagram = 16384;
/// Bytes of a buffer of make_large_buffers(): such a datagram in its frame.
inline constexpr size_t kLargeBufferSize = RTE_PKTMBUF_HEADROOM + 128 + kMaxDatagram;

/// Buffers for what does not fit into one of make_buffers().
tl::expected<BufferPool, Error> make_large_buffers(unsigned count);

}  // namespace tandem6::worker
