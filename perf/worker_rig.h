// Workers as they are in tandem6d, on a port that is made of rings: frames come from memory, answers go to memory.
#pragma once

#include <rte_mbuf.h>
#include <rte_ring.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataplane/worker/handover.h"
#include "dataplane/worker/table_memory.h"
#include "dataplane/worker/worker.h"
#include "perf/worker_clients.h"

namespace tandem6::perf {

/// 15 full bursts: fewer than a worker takes for an overflowing queue (worker/queue_watch.h), whatever came before.
inline constexpr size_t kBatch = 480;
/// The last turn finds the queue empty.
inline constexpr unsigned kTurnsPerBatch = 16;

/// Frames that were written beforehand.
class Frames {
 public:
  static constexpr size_t kStride = 320;
  explicit Frames(size_t count) : bytes_(count * kStride), sizes_(count) {}
  size_t count() const { return sizes_.size(); }
  MutableBytes room(size_t place) { return MutableBytes(bytes_).subspan(place * kStride, kStride); }
  void set_size(size_t place, size_t size) { sizes_[place] = static_cast<uint16_t>(size); }
  Bytes frame(size_t place) const { return Bytes(bytes_).subspan(place * kStride, sizes_[place]); }

 private:
  std::vector<std::byte> bytes_;
  std::vector<uint16_t> sizes_;
};

/// Starts DPDK without devices and huge pages of its own; lcore i is CPU `first_cpu` + i.
void start_dpdk(unsigned lcores, unsigned first_cpu = 0);

/// Everything that tandem6d makes around its workers. They are driven by turn(), one thread each.
class WorkerRig {
 public:
  explicit WorkerRig(unsigned workers);
  ~WorkerRig();
  WorkerRig(const WorkerRig&) = delete;
  WorkerRig& operator=(const WorkerRig&) = delete;

  unsigned workers() const { return static_cast<unsigned>(ends_.size()); }
  std::vector<lease::ShardGroup*> groups();
  const lease::Snapshot& snapshot() const { return *snapshot_; }

  // --- by the worker's thread ----------------------------------------------------------------------------------------
  void start(unsigned worker) { ends_[worker].worker->start(); }
  /// Puts frames into the worker's queue, at most kBatch.
  void feed(unsigned worker, const Frames& frames, size_t first, size_t count);
  void turn(unsigned worker) { ends_[worker].worker->turn(); }
  /// Takes what the worker has sent; each must be an answer of this type. How many there were.
  size_t collect(unsigned worker, wire::MessageType expected);
  /// Of some answer that was collected.
  size_t last_answer_size() const { return last_answer_size_; }
  /// Says that the disk holds everything.
  void commit(unsigned worker);

 private:
  struct End {
    rte_ring* in;
    rte_ring* out;
    std::unique_ptr<worker::TableMemory> memory;
    std::unique_ptr<lease::ShardGroup> group;
    std::unique_ptr<worker::Mailbox> mailbox;
    std::unique_ptr<worker::QueryDesk> desk;
    std::unique_ptr<worker::Worker> worker;
  };
  uint16_t make_port();
  void make_worker(unsigned index, uint16_t port);

  lease::PoolBook book_;
  std::shared_ptr<const lease::Snapshot> snapshot_;
  worker::ViewBoard views_;
  worker::BufferPool buffers_;
  worker::BufferPool large_buffers_;
  worker::Handover handover_;
  std::vector<End> ends_;
  std::atomic<size_t> last_answer_size_{0};
  std::atomic<bool> stop_{false};
};

}  // namespace tandem6::perf
