// A dataplane worker: polls its queue of every port, answers, transmits (architecture.md §1, §4).
#pragma once

#include <rte_mbuf.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "dataplane/lease/engine.h"
#include "dataplane/lease/shard_group.h"
#include "dataplane/worker/admission.h"
#include "dataplane/worker/fragments.h"
#include "dataplane/worker/handover.h"
#include "dataplane/worker/job_ring.h"
#include "dataplane/worker/kernel_path.h"
#include "dataplane/worker/mailbox.h"
#include "dataplane/worker/packet.h"
#include "dataplane/worker/parked_replies.h"
#include "dataplane/worker/query_desk.h"
#include "dataplane/worker/queue_watch.h"
#include "dataplane/worker/token_buckets.h"
#include "dataplane/worker/view.h"

namespace tandem6::worker {

enum class Idle : uint8_t { kSleep, kSpin };

/// What a worker is told about a port.
struct WorkerPort {
  uint16_t id;  ///< DPDK's
  /// A kernel interface: local senders may leave the UDP checksum to hardware that the frame never meets.
  bool accept_partial_checksum;
  nic::ExceptionPath::Rings kernel;  ///< none where the kernel owns the port
};

struct WorkerSetup {
  unsigned index = 0;
  std::vector<WorkerPort> ports;  ///< by port index
  Idle idle = Idle::kSleep;
  bool hold_replies = true;  ///< `durability: sync`
  ViewBoard* views = nullptr;
  const Handover* handover = nullptr;
  Mailbox* mailbox = nullptr;
  QueryDesk* desk = nullptr;
  JobRing* jobs = nullptr;               ///< the failover reactor's; null when there is none
  rte_mempool* buffers = nullptr;        ///< what the ports receive into
  rte_mempool* large_buffers = nullptr;  ///< make_large_buffers()
  const std::atomic<bool>* stop = nullptr;
};

/// Numbers that the worker publishes about itself now and then, for status.
struct WorkerGauges {
  std::atomic<uint64_t> leases{0};
  std::atomic<uint64_t> clients{0};
  std::atomic<uint64_t> memory{0};
  std::atomic<uint64_t> parked{0};
};

/// Everything in it is touched by its own thread only, but counters and gauges, which anybody may read, and leases()
/// before run().
class Worker {
 public:
  Worker(WorkerSetup setup, lease::ShardGroup& leases, Reassembly reassembly);

  /// Until *stop: then answers what has already come in, waits for the disk (five seconds at most) and transmits what
  /// waited for it.
  void run();

  // run() in pieces, for a benchmark that is the worker's thread itself:
  /// Once, before the first turn.
  void start();
  /// One round over ports, rings, log and timers. How much there was to do.
  unsigned turn();

  const WorkerGauges& gauges() const { return gauges_; }

 private:
  static constexpr uint16_t kBurst = 32;
  static constexpr size_t kUdpHeaderSize = 8;

  struct TransmitBuffer {
    std::array<rte_mbuf*, kBurst> buffers;
    uint16_t count = 0;
  };

  void drain_and_finish();

  unsigned receive(uint16_t port);
  unsigned receive_burst(uint16_t port, Urgency least);
  unsigned receive_handed_over();
  /// Reads a frame. The buffer with a whole packet, or nothing: it was dropped and counted, or its fragment waits.
  rte_mbuf* read(rte_mbuf* buffer, uint16_t port);
  /// The exception path, inwards. True: the kernel has the frame.
  bool give_to_kernel(rte_mbuf* buffer, uint16_t port);
  /// And outwards: one worker sends for the kernel.
  unsigned send_for_kernel();
  bool for_us(rte_mbuf* buffer, uint16_t port) const;
  bool read_packet(rte_mbuf* buffer, uint16_t port);
  wire::FrameFault read_frame(rte_mbuf* buffer, uint16_t port);
  bool read_message(rte_mbuf* buffer, Packet& packet);
  static void prefetch(std::span<rte_mbuf* const> burst);
  void pass_to_owner(rte_mbuf* buffer, unsigned owner);
  bool is_within_relay_limit(const lease::Request& request);
  bool is_within_client_limit(const lease::Request& request);
  void answer_all(std::span<rte_mbuf* const> buffers);
  void answer_one(rte_mbuf* buffer);
  void send_answer(rte_mbuf* buffer, const lease::Answer& answer);
  /// Is this for the desk? LEASEQUERY, from somebody who may.
  bool is_for_desk(const Packet& packet) const;
  unsigned send_query_answers();
  lease::ErrandPlace errand_place() { return {leases_, *view_->snapshot, now_, &send_}; }
  /// What errands have to send.
  bool send(const lease::Outgoing& outgoing);
  rte_mbuf* build_frame(rte_mbuf* buffer, const wire::FrameHeader& header, Bytes datagram);
  bool has_plenty_for(size_t messages) const;
  bool admit(wire::MessageType type) const;
  rte_mbuf* build_reply(rte_mbuf* request, const lease::Answer& answer);
  void park(rte_mbuf* buffer, uint16_t port);
  unsigned release_committed();
  void transmit(rte_mbuf* buffer, uint16_t port);
  void transmit_fragments(rte_mbuf* buffer, uint16_t port);
  void transmit_frame(rte_mbuf* buffer, uint16_t port);
  void flush();
  void flush(uint16_t port);
  void drop(rte_mbuf* buffer, lease::DropReason reason);

  unsigned keep_time();
  void index_incoming();
  void publish_gauges();
  void rest(unsigned work);

  WorkerSetup setup_;
  lease::ShardGroup& leases_;
  lease::Counters& counters_;
  const View* view_ = nullptr;
  ParkedReplies parked_;
  std::vector<TransmitBuffer> transmit_;
  lease::Send send_;
  Reassembly reassembly_;
  KernelPath kernel_;
  std::array<std::byte, kMaxDatagram - kUdpHeaderSize>
      scratch_;  // an answer is built here: it quotes the request, whose buffer it will take
  AbsoluteTime now_;
  uint32_t now_milliseconds_ = 0;  // since some moment: for the token buckets
  uint64_t cycles_per_millisecond_ = 1;
  TokenBuckets client_buckets_;
  TokenBuckets relay_buckets_;
  std::vector<QueueWatch> queues_;  // by port
  bool plenty_ = false;             // nothing of the burst that is being answered need be shed for the disk's sake
  uint64_t settled_ = 0;            // the log was committed up to here when units were last given back
  uint64_t stale_cycles_ = 0;
  unsigned idle_turns_ = 0;
  bool expiry_behind_ = false;
  WorkerGauges gauges_;
};

}  // namespace tandem6::worker
