#include "dataplane/worker/worker.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_ring.h>
#include <sys/prctl.h>
#include <time.h>

#include <cstring>

#include "dataplane/worker/admission.h"

namespace tandem6::worker {

using lease::DropReason;

namespace {

// Power of two. At 400,000 replies a second this rides out 40 ms of disk.
constexpr size_t kParkedCapacity = 16384;
// A client counts its lifetimes from when the REPLY reaches it. One that waited longer than this for the disk would
// make the client believe in a lease longer than we do; it is dropped, and the client asks again.
constexpr unsigned kStaleSeconds = 2;
constexpr unsigned kExpiryBudget = 64;
constexpr unsigned kIndexBudget = 256;
constexpr unsigned kFinishSeconds = 5;

// With Idle::kSleep: turns without work before the first nap, and before the naps get longer.
constexpr unsigned kTurnsBeforeNap = 64;
constexpr unsigned kTurnsBeforeLongNap = 2000;
constexpr long kNapNanoseconds = 20'000;
constexpr long kLongNapNanoseconds = 200'000;

DropReason reason_of(wire::FrameFault fault) {
  switch (fault) {
    case wire::FrameFault::kNone:
      return DropReason::kNone;
    case wire::FrameFault::kNotIpv6:
    case wire::FrameFault::kNotUdp:
    case wire::FrameFault::kNotDhcp:
      return DropReason::kNotDhcp;
    case wire::FrameFault::kTruncated:
      return DropReason::kTruncated;
    case wire::FrameFault::kFragment:
      return DropReason::kFragment;
    case wire::FrameFault::kBadChecksum:
      return DropReason::kBadChecksum;
  }
  return DropReason::kMalformed;
}

// The clock of the vDSO: no system call. Its 4 ms of grain do not matter for lifetimes in seconds.
AbsoluteTime read_clock() {
  timespec time;
  clock_gettime(CLOCK_REALTIME_COARSE, &time);
  return AbsoluteTime::from_unix(time.tv_sec);
}

wire::VlanTags stripped_tags(const rte_mbuf& buffer) {
  wire::VlanTags tags;
  if ((buffer.ol_flags & RTE_MBUF_F_RX_QINQ_STRIPPED) != 0) tags.tags[tags.count++] = {0x88a8, buffer.vlan_tci_outer};
  if ((buffer.ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0) tags.tags[tags.count++] = {0x8100, buffer.vlan_tci};
  return tags;
}

size_t type_index(wire::MessageType type) {
  const auto index = static_cast<size_t>(type);
  return index < lease::Counters::kTypes ? index : 0;
}

MutableBytes data_of(rte_mbuf* buffer) { return {rte_pktmbuf_mtod(buffer, std::byte*), rte_pktmbuf_data_len(buffer)}; }

}  // namespace

Worker::Worker(WorkerSetup setup, lease::ShardGroup& leases)
    : setup_(std::move(setup)),
      leases_(leases),
      counters_(leases.counters()),
      parked_(kParkedCapacity),
      transmit_(setup_.ports.size()) {}

void Worker::run() {
  start();
  while (!setup_.stop->load(std::memory_order_relaxed)) rest(turn());
  drain_and_finish();
}

void Worker::start() {
  // Naps end when asked for, not 50 µs later.
  prctl(PR_SET_TIMERSLACK, 1UL);
  leases_.adopt_by_this_thread();
  stale_cycles_ = kStaleSeconds * rte_get_tsc_hz();
  now_ = read_clock();
}

unsigned Worker::turn() {
  view_ = &setup_.views->take(setup_.index);
  unsigned work = keep_time();
  for (size_t port = 0; port < setup_.ports.size(); ++port) work += receive(static_cast<uint16_t>(port));
  work += receive_handed_over();
  work += release_committed();
  flush();
  index_incoming();
  return work;
}

// --- in --------------------------------------------------------------------------------------------------------------

unsigned Worker::receive(uint16_t port) {
  std::array<rte_mbuf*, kBurst> burst;
  const uint16_t count =
      rte_eth_rx_burst(setup_.ports[port].id, static_cast<uint16_t>(setup_.index), burst.data(), kBurst);
  if (count == 0) return 0;
  counters_.frames_received.add(count);
  std::array<rte_mbuf*, kBurst> mine;
  size_t kept = 0;
  for (uint16_t i = 0; i < count; ++i) {
    if (!read(burst[i], port)) continue;
    const lease::Request& request = packet_of(burst[i]).request;
    const unsigned owner = lease::ShardGroup::owner_of(request.shard(), setup_.handover->workers());
    // Who does not name itself touches no lease: anybody may answer.
    if (owner != setup_.index && !request.client_duid.empty()) {
      pass_to_owner(burst[i], owner);
      continue;
    }
    mine[kept++] = burst[i];
  }
  answer_all({mine.data(), kept});
  return count;
}

bool Worker::read(rte_mbuf* buffer, uint16_t port) {
  Packet& packet = packet_of(buffer);
  const nic::PortAddresses& addresses = view_->ports[port];
  const wire::FrameRules rules{
      .accept_partial_checksum = setup_.ports[port].accept_partial_checksum,
      .checksum_verified = (buffer->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD};
  if (buffer->nb_segs != 1) return drop(buffer, DropReason::kTruncated), false;
  wire::parse_frame(data_of(buffer), stripped_tags(*buffer), rules, packet.frame);
  const wire::FrameHeader& header = packet.frame.header;
  if (packet.frame.fault != wire::FrameFault::kNone) return drop(buffer, reason_of(packet.frame.fault)), false;
  // A packet socket may see what its own host sends.
  if (header.source_mac == addresses.mac || !addresses.is_ours(header.destination_mac, header.destination)) {
    return drop(buffer, DropReason::kNotForUs), false;
  }
  if (packet.frame.checksum == wire::ChecksumKind::kPartial) counters_.partial_checksums.add();
  packet.request = {
      .received = &packet.received, .port = port, .source = header.source, .client_duid = {}, .duid_hash = 0};
  return read_message(buffer, packet);
}

bool Worker::read_message(rte_mbuf* buffer, Packet& packet) {
  const Bytes datagram = Bytes(data_of(buffer)).subspan(packet.frame.payload_offset, packet.frame.payload_size);
  const wire::MessageFault fault = packet.received.parse(datagram);
  if (fault == wire::MessageFault::kTooManyRelays) return drop(buffer, DropReason::kTooManyRelays), false;
  if (fault != wire::MessageFault::kNone) return drop(buffer, DropReason::kMalformed), false;
  counters_.received[type_index(packet.received.message.type)].add();
  if (packet.received.relayed()) counters_.relayed.add();
  if (!packet.request.identify_client()) return drop(buffer, DropReason::kBadDuid), false;
  return true;
}

void Worker::pass_to_owner(rte_mbuf* buffer, unsigned owner) {
  counters_.handed_over.add();
  if (rte_ring_sp_enqueue(setup_.handover->ring(setup_.index, owner), buffer) != 0) drop(buffer, DropReason::kRingFull);
}

unsigned Worker::receive_handed_over() {
  unsigned total = 0;
  for (unsigned from = 0; from < setup_.handover->workers(); ++from) {
    if (from == setup_.index) continue;
    std::array<rte_mbuf*, kBurst> burst;
    const unsigned count = rte_ring_sc_dequeue_burst(setup_.handover->ring(from, setup_.index),
                                                     reinterpret_cast<void**>(burst.data()), kBurst, nullptr);
    answer_all({burst.data(), count});
    total += count;
  }
  return total;
}

// --- answers ---------------------------------------------------------------------------------------------------------

void Worker::answer_all(std::span<rte_mbuf* const> buffers) {
  // The tables of a million clients lie in DRAM: ask for all of a burst's places before working on the first.
  for (rte_mbuf* buffer : buffers) {
    const lease::Request& request = packet_of(buffer).request;
    if (!request.client_duid.empty()) leases_.shard(request.shard()).prefetch(request.client_duid);
  }
  for (rte_mbuf* buffer : buffers) answer_one(buffer);
}

void Worker::answer_one(rte_mbuf* buffer) {
  Packet& packet = packet_of(buffer);
  if (!admit(packet.received.message.type)) return drop(buffer, DropReason::kLogFull);
  const lease::Answer answer = lease::answer(packet.request, leases_, *view_->snapshot, now_, scratch_);
  if (answer.dropped != DropReason::kNone) return drop(buffer, answer.dropped);
  if (!build_reply(buffer, answer)) return drop(buffer, DropReason::kReplyTooBig);
  counters_.sent[type_index(answer.type)].add();
  if (answer.after_commit && setup_.hold_replies) return park(buffer, packet.request.port);
  transmit(buffer, packet.request.port);
}

bool Worker::admit(wire::MessageType type) {
  if (!lease::may_change_leases(type)) return true;
  const lease::ChangeLog& log = leases_.log();
  if (log.room() < lease::kMaxChangesPerMessage || parked_.room() == 0) return false;
  const size_t log_used = log.capacity() - log.room();
  const size_t parked_used = parked_.size() * (log.capacity() / kParkedCapacity);
  return admits(type, {.used = std::max(log_used, parked_used), .capacity = log.capacity()});
}

// Turns the request's buffer into its answer's: back by the same port, VLAN and MAC address.
bool Worker::build_reply(rte_mbuf* buffer, const lease::Answer& answer) {
  const Packet& packet = packet_of(buffer);
  const wire::FrameHeader& request = packet.frame.header;
  const nic::PortAddresses& addresses = view_->ports[packet.request.port];
  const wire::FrameHeader header{.source_mac = addresses.mac,
                                 .destination_mac = request.source_mac,
                                 .vlan = request.vlan,
                                 .source = addresses.source_for(request.destination, request.source),
                                 .destination = request.source,
                                 .source_port = wire::kServerPort,
                                 .destination_port = packet.received.reply_port(request.source_port)};
  const size_t overhead = wire::frame_overhead(header);
  rte_pktmbuf_reset(buffer);
  const size_t capacity = rte_pktmbuf_tailroom(buffer);
  if (overhead + answer.size > capacity) return false;
  const MutableBytes frame(rte_pktmbuf_mtod(buffer, std::byte*), capacity);
  std::memcpy(frame.data() + overhead, scratch_.data(), answer.size);
  const size_t size = wire::build_frame(header, answer.size, frame);
  if (size == 0) return false;
  buffer->data_len = static_cast<uint16_t>(size);
  buffer->pkt_len = static_cast<uint32_t>(size);
  return true;
}

// --- the disk --------------------------------------------------------------------------------------------------------

void Worker::park(rte_mbuf* buffer, uint16_t port) {
  const uint64_t sequence = leases_.log().written();
  if (parked_.empty() && sequence <= leases_.log().committed()) return transmit(buffer, port);
  parked_.push({.buffer = buffer, .sequence = sequence, .made = rte_rdtsc(), .port = port});
}

unsigned Worker::release_committed() {
  const uint64_t committed = leases_.log().committed();
  if (committed != settled_) {
    settled_ = committed;
    leases_.settle(*view_->snapshot);
  }
  unsigned released = 0;
  while (!parked_.empty() && parked_.front().sequence <= committed) {
    const ParkedReplies::Reply reply = parked_.front();
    parked_.pop();
    ++released;
    if (rte_rdtsc() - reply.made > stale_cycles_) {
      drop(reply.buffer, DropReason::kStale);
    } else {
      transmit(reply.buffer, reply.port);
    }
  }
  return released;
}

// --- out -------------------------------------------------------------------------------------------------------------

void Worker::transmit(rte_mbuf* buffer, uint16_t port) {
  TransmitBuffer& waiting = transmit_[port];
  waiting.buffers[waiting.count++] = buffer;
  if (waiting.count == kBurst) flush(port);
}

void Worker::flush() {
  for (size_t port = 0; port < transmit_.size(); ++port) {
    if (transmit_[port].count != 0) flush(static_cast<uint16_t>(port));
  }
}

void Worker::flush(uint16_t port) {
  TransmitBuffer& waiting = transmit_[port];
  const uint16_t sent = rte_eth_tx_burst(setup_.ports[port].id, static_cast<uint16_t>(setup_.index),
                                         waiting.buffers.data(), waiting.count);
  counters_.frames_sent.add(sent);
  for (uint16_t i = sent; i < waiting.count; ++i) drop(waiting.buffers[i], DropReason::kNoBuffer);
  waiting.count = 0;
}

void Worker::drop(rte_mbuf* buffer, DropReason reason) {
  counters_.dropped[static_cast<size_t>(reason)].add();
  rte_pktmbuf_free(buffer);
}

// --- time ------------------------------------------------------------------------------------------------------------

unsigned Worker::keep_time() {
  const AbsoluteTime read = read_clock();
  // A clock that was set back stands still here until it has caught up: leases then end late, never early.
  if (read <= now_ && !expiry_behind_) return 0;
  if (now_ < read) {
    now_ = read;
    publish_gauges();
  }
  const unsigned expired = leases_.expire(now_, *view_->snapshot, kExpiryBudget);
  expiry_behind_ = expired == kExpiryBudget;
  return expired;
}

void Worker::index_incoming() {
  if (setup_.views->indexed(setup_.index)) return;
  if (leases_.index_step(*view_->snapshot, kIndexBudget)) setup_.views->report_indexed(setup_.index);
}

void Worker::publish_gauges() {
  gauges_.leases.store(leases_.lease_count(), std::memory_order_relaxed);
  gauges_.clients.store(leases_.client_count(), std::memory_order_relaxed);
  gauges_.memory.store(leases_.memory(), std::memory_order_relaxed);
  gauges_.parked.store(parked_.size(), std::memory_order_relaxed);
}

void Worker::rest(unsigned work) {
  if (work != 0) {
    idle_turns_ = 0;
    return;
  }
  ++idle_turns_;
  if (setup_.idle == Idle::kSpin) return rte_pause();
  if (idle_turns_ < kTurnsBeforeNap) return rte_pause();
  // While replies wait for the disk the naps stay short.
  const bool long_nap = idle_turns_ >= kTurnsBeforeLongNap && parked_.empty();
  const timespec nap{.tv_sec = 0, .tv_nsec = long_nap ? kLongNapNanoseconds : kNapNanoseconds};
  nanosleep(&nap, nullptr);
}

void Worker::drain_and_finish() {
  const uint64_t deadline = rte_rdtsc() + kFinishSeconds * rte_get_tsc_hz();
  // What has come in already is answered; each queue is asked a bounded number of times, so a flood cannot keep us.
  for (unsigned round = 0; round < 64 && turn() != 0; ++round) {
  }
  while (!parked_.empty() && rte_rdtsc() < deadline) {
    release_committed();
    flush();
    rte_pause();
  }
  while (!parked_.empty()) {
    drop(parked_.front().buffer, DropReason::kStale);
    parked_.pop();
  }
  publish_gauges();
}

}  // namespace tandem6::worker
