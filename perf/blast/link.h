// The generator's port: one DPDK Ethernet device with one queue each way, and its packet buffers. Opened by main(),
// used by the generator's thread.
#pragma once

#include <rte_mbuf.h>

#include <memory>
#include <string>

#include <tl/expected.hpp>

#include "dataplane/wire/bytes.h"
#include "dataplane/wire/error.h"
#include "perf/blast/durations.h"

namespace tandem6::blast {

class Link {
 public:
  static constexpr uint16_t kBurst = 32;

  /// Starts DPDK with this device (dataplane/nic/device.h says what that can be) and opens it, promiscuous: the frames
  /// that it sends and wants have MAC addresses of their own.
  static tl::expected<std::unique_ptr<Link>, Error> open(const std::string& device);
  ~Link();
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// A kernel interface: senders of the same kernel may have left UDP checksums to a NIC that the frame never meets.
  bool has_partial_checksums() const { return partial_checksums_; }
  std::string driver() const;

  /// Up to kBurst frames.
  uint16_t receive(rte_mbuf** buffers);
  /// An empty buffer to fill; null when there are none left.
  rte_mbuf* allocate() { return rte_pktmbuf_alloc(pool_); }
  /// How many were taken over; the others stay the caller's.
  uint16_t send(rte_mbuf** buffers, uint16_t count);
  /// Frames that the device dropped for want of room.
  uint64_t missed() const;

 private:
  Link(uint16_t id, rte_mempool* pool, bool partial) : id_(id), pool_(pool), partial_checksums_(partial) {}
  tl::expected<void, Error> configure(const std::string& device);

  uint16_t id_;
  rte_mempool* pool_;
  bool partial_checksums_;
};

inline MutableBytes room_of(rte_mbuf* buffer) {
  return {rte_pktmbuf_mtod(buffer, std::byte*), rte_pktmbuf_tailroom(buffer)};
}
inline Bytes data_of(const rte_mbuf* buffer) { return {rte_pktmbuf_mtod(buffer, const std::byte*), buffer->data_len}; }
inline void set_size(rte_mbuf* buffer, size_t size) {
  buffer->data_len = static_cast<uint16_t>(size);
  buffer->pkt_len = static_cast<uint32_t>(size);
}

/// Nanoseconds since this was made, by the CPU's time stamp counter.
class Stopwatch {
 public:
  Stopwatch();
  Nanoseconds now() const;

 private:
  uint64_t start_;
  double nanoseconds_per_tick_;
};

}  // namespace tandem6::blast
