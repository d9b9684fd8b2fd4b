#include "dataplane/worker/worker.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_ring.h>
#include <sys/prctl.h>
#include <time.h>

#include <algorithm>
#include <cassert>
#include <cstring>

#include "dataplane/lease/look_ahead.h"
#include "dataplane/worker/admission.h"

namespace tandem6::worker {

using lease::DropReason;

namespace {

// Power of two. At 400,000 replies a second this rides out 40 ms of disk.
constexpr size_t kParkedCapacity = 16384;
// A client counts its lifetimes from when the REPLY reaches it. One that waited longer than this for the disk would
// make the client believe in a lease longer than we do; it is dropped, and the client asks again.
constexpr unsigned kStaleSeconds = 2;
static_assert(kStaleSeconds < lease::kReplyDelay.count);
constexpr unsigned kBurstsWhenShedding = 8;
// Clients and relays whose rate is known at a time; a bucket has 16 bytes.
constexpr size_t kClientBuckets = size_t{1} << 16;
constexpr size_t kRelayBuckets = size_t{1} << 12;
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

std::vector<nic::ExceptionPath::Rings> rings_of(const std::vector<WorkerPort>& ports) {
  std::vector<nic::ExceptionPath::Rings> rings;
  for (const WorkerPort& port : ports) rings.push_back(port.kernel);
  return rings;
}

size_t type_index(wire::MessageType type) {
  const auto index = static_cast<size_t>(type);
  return index < lease::Counters::kTypes ? index : 0;
}

MutableBytes data_of(rte_mbuf* buffer) { return {rte_pktmbuf_mtod(buffer, std::byte*), rte_pktmbuf_data_len(buffer)}; }

}  // namespace

Worker::Worker(WorkerSetup setup, lease::ShardGroup& leases, Reassembly reassembly)
    : setup_(std::move(setup)),
      leases_(leases),
      counters_(leases.counters()),
      parked_(kParkedCapacity),
      transmit_(setup_.ports.size()),
      send_([this](const lease::Outgoing& outgoing) { return send(outgoing); }),
      reassembly_(std::move(reassembly)),
      kernel_(rings_of(setup_.ports), setup_.index == 0),
      client_buckets_(kClientBuckets),
      relay_buckets_(kRelayBuckets),
      queues_(setup_.ports.size()) {}

void Worker::run() {
  start();
  while (!setup_.stop->load(std::memory_order_relaxed)) rest(turn());
  drain_and_finish();
}

void Worker::start() {
  // Naps end when asked for, not 50 µs later.
  prctl(PR_SET_TIMERSLACK, 1UL);
  leases_.adopt_by_this_thread();
  setup_.mailbox->open();
  cycles_per_millisecond_ = rte_get_tsc_hz() / 1000;
  stale_cycles_ = kStaleSeconds * rte_get_tsc_hz();
  now_ = read_clock();
}

unsigned Worker::turn() {
  view_ = &setup_.views->take(setup_.index);
  now_milliseconds_ = static_cast<uint32_t>(rte_rdtsc() / cycles_per_millisecond_);
  unsigned work = keep_time();
  for (size_t port = 0; port < setup_.ports.size(); ++port) work += receive(static_cast<uint16_t>(port));
  work += receive_handed_over();
  work += setup_.mailbox->run(errand_place());
  if (setup_.jobs != nullptr) work += setup_.jobs->run(errand_place());
  work += send_query_answers();
  work += send_for_kernel();
  work += release_committed();
  flush();
  index_incoming();
  return work;
}

// --- in --------------------------------------------------------------------------------------------------------------

// When a queue overflows more is read than can be answered, and what has least to lose gives way (queue_watch.h).
unsigned Worker::receive(uint16_t port) {
  QueueWatch& queue = queues_[port];
  unsigned count = receive_burst(port, Urgency::kNewClient);
  unsigned total = count;
  const Urgency least = queue.read(count == kBurst, now_milliseconds_);
  if (least == Urgency::kNewClient) return total;
  for (unsigned bursts = 1; count == kBurst && bursts < kBurstsWhenShedding; ++bursts) {
    count = receive_burst(port, least);
    total += count;
  }
  if (count != kBurst) queue.found_end();
  return total;
}

unsigned Worker::receive_burst(uint16_t port, Urgency least) {
  std::array<rte_mbuf*, kBurst> burst;
  const uint16_t count =
      rte_eth_rx_burst(setup_.ports[port].id, static_cast<uint16_t>(setup_.index), burst.data(), kBurst);
  if (count == 0) return 0;
  counters_.frames_received.add(count);
  prefetch({burst.data(), count});
  std::array<rte_mbuf*, kBurst> mine;
  size_t kept = 0;
  for (uint16_t i = 0; i < count; ++i) {
    rte_mbuf* const buffer = read(burst[i], port);
    if (buffer == nullptr) continue;
    if (urgency_of(packet_of(buffer).received.message.type) < least) {
      drop(buffer, DropReason::kShed);
      continue;
    }
    const lease::Request& request = packet_of(buffer).request;
    const unsigned owner = lease::ShardGroup::owner_of(request.shard(), setup_.handover->workers());
    // Who does not name itself touches no lease: anybody may answer.
    if (owner != setup_.index && !request.client_duid.empty()) {
      pass_to_owner(buffer, owner);
      continue;
    }
    mine[kept++] = buffer;
  }
  answer_all({mine.data(), kept});
  return count;
}

// A queue's buffers come round so late that neither the frame nor the place for its reading is in a near cache.
void Worker::prefetch(std::span<rte_mbuf* const> burst) {
  constexpr size_t kHotFrameBytes = 4 * RTE_CACHE_LINE_SIZE;
  for (rte_mbuf* buffer : burst) {
    for (size_t at = 0; at < kHotFrameBytes; at += RTE_CACHE_LINE_SIZE) {
      rte_prefetch0(rte_pktmbuf_mtod_offset(buffer, const std::byte*, at));
    }
    const auto* const packet = reinterpret_cast<const std::byte*>(&packet_of(buffer));
    for (size_t at = 0; at < kHotPacketBytes; at += RTE_CACHE_LINE_SIZE) rte_prefetch0(packet + at);
  }
}

rte_mbuf* Worker::read(rte_mbuf* buffer, uint16_t port) {
  read_frame(buffer, port);
  if (give_to_kernel(buffer, port)) return nullptr;
  if (packet_of(buffer).frame.fault == wire::FrameFault::kFragment && for_us(buffer, port)) {
    buffer = reassembly_.add(buffer, packet_of(buffer).frame, port, counters_);
    if (buffer == nullptr) return nullptr;
    read_frame(buffer, port);
  }
  return read_packet(buffer, port) ? buffer : nullptr;
}

wire::FrameFault Worker::read_frame(rte_mbuf* buffer, uint16_t port) {
  wire::ParsedFrame& frame = packet_of(buffer).frame;
  const wire::FrameRules rules{
      .accept_partial_checksum = setup_.ports[port].accept_partial_checksum,
      .checksum_verified = (buffer->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD};
  wire::parse_frame(data_of(buffer), stripped_tags(*buffer), rules, frame);
  // No NIC of ours scatters a frame over buffers.
  if (buffer->nb_segs != 1) frame.fault = wire::FrameFault::kTruncated;
  return frame.fault;
}

bool Worker::give_to_kernel(rte_mbuf* buffer, uint16_t port) {
  const wire::ParsedFrame& frame = packet_of(buffer).frame;
  if (!kernel_.wants(frame.fault, port) || frame.header.source_mac == view_->ports[port].mac) return false;
  if (frame.fault == wire::FrameFault::kFragment && for_us(buffer, port)) {
    kernel_.give_copy(buffer, port, setup_.buffers, now_milliseconds_, counters_);
    return false;
  }
  kernel_.give(buffer, port, now_milliseconds_, counters_);
  return true;
}

bool Worker::for_us(rte_mbuf* buffer, uint16_t port) const {
  const wire::FrameHeader& header = packet_of(buffer).frame.header;
  const nic::PortAddresses& addresses = view_->ports[port];
  // A packet socket may see what its own host sends.
  return header.source_mac != addresses.mac && addresses.is_ours(header.destination);
}

bool Worker::read_packet(rte_mbuf* buffer, uint16_t port) {
  Packet& packet = packet_of(buffer);
  if (packet.frame.fault != wire::FrameFault::kNone) return drop(buffer, reason_of(packet.frame.fault)), false;
  if (!for_us(buffer, port)) return drop(buffer, DropReason::kNotForUs), false;
  if (packet.frame.checksum == wire::ChecksumKind::kPartial) counters_.partial_checksums.add();
  packet.request = {.received = &packet.received,
                    .port = port,
                    .source = packet.frame.header.source,
                    .client_duid = {},
                    .duid_hash = 0,
                    .destination = packet.frame.header.destination,
                    .frame = &packet.frame.header,
                    .table_hash = 0};
  return read_message(buffer, packet);
}

bool Worker::read_message(rte_mbuf* buffer, Packet& packet) {
  const Bytes datagram = Bytes(data_of(buffer)).subspan(packet.frame.payload_offset, packet.frame.payload_size);
  const wire::MessageFault fault = packet.received.parse(datagram);
  if (fault == wire::MessageFault::kTooManyRelays) return drop(buffer, DropReason::kTooManyRelays), false;
  if (fault != wire::MessageFault::kNone) return drop(buffer, DropReason::kMalformed), false;
  counters_.received[type_index(packet.received.message.type)].add();
  if (packet.received.relayed()) counters_.relayed.add();
  if (!is_within_relay_limit(packet.request)) return drop(buffer, DropReason::kRateLimited), false;
  if (!packet.request.identify_client()) return drop(buffer, DropReason::kBadDuid), false;
  return true;
}

void Worker::pass_to_owner(rte_mbuf* buffer, unsigned owner) {
  rte_ring* const ring = setup_.handover->ring(setup_.index, owner);
  const bool urgent = urgency_of(packet_of(buffer).received.message.type) == Urgency::kEstablished;
  if (!urgent && rte_ring_count(ring) > rte_ring_get_capacity(ring) / 2) return drop(buffer, DropReason::kShed);
  counters_.handed_over.add();
  if (rte_ring_sp_enqueue(ring, buffer) != 0) drop(buffer, DropReason::kRingFull);
}

// Of what one relay sends, the NIC gives all to one worker, or about the same to each.
bool Worker::is_within_relay_limit(const lease::Request& request) {
  if (view_->relay_limit.per_second == 0 || !request.received->relayed()) return true;
  const U128 address = request.source.number();
  const uint64_t key = (static_cast<uint64_t>(address >> 64) ^ static_cast<uint64_t>(address)) * 0x9e3779b97f4a7c15;
  return relay_buckets_.take(key ^ key >> 32, view_->relay_limit, now_milliseconds_);
}

// The owner of a client hears all that it sends.
bool Worker::is_within_client_limit(const lease::Request& request) {
  return request.client_duid.empty() || client_buckets_.take(request.duid_hash, view_->client_limit, now_milliseconds_);
}

unsigned Worker::receive_handed_over() {
  unsigned total = 0;
  for (unsigned from = 0; from < setup_.handover->workers(); ++from) {
    if (from == setup_.index) continue;
    std::array<rte_mbuf*, kBurst> burst;
    const unsigned count = rte_ring_sc_dequeue_burst(setup_.handover->ring(from, setup_.index),
                                                     reinterpret_cast<void**>(burst.data()), kBurst, nullptr);
    prefetch({burst.data(), count});  // another core has written them
    answer_all({burst.data(), count});
    total += count;
  }
  return total;
}

// --- answers ---------------------------------------------------------------------------------------------------------

void Worker::answer_all(std::span<rte_mbuf* const> buffers) {
  static_assert(kBurst <= lease::kLookAhead);
  std::array<lease::Request*, kBurst> requests;
  for (size_t i = 0; i < buffers.size(); ++i) requests[i] = &packet_of(buffers[i]).request;
  lease::look_ahead({requests.data(), buffers.size()}, leases_);
  plenty_ = has_plenty_for(buffers.size());
  for (rte_mbuf* buffer : buffers) answer_one(buffer);
}

void Worker::answer_one(rte_mbuf* buffer) {
  const Packet& packet = packet_of(buffer);
  if (is_for_desk(packet)) {
    if (!setup_.desk->ask(buffer)) drop(buffer, DropReason::kRingFull);
    return;
  }
  if (!is_within_client_limit(packet.request)) return drop(buffer, DropReason::kRateLimited);
  if (!admit(packet.received.message.type)) return drop(buffer, DropReason::kLogFull);
  send_answer(buffer, lease::answer(packet.request, leases_, *view_->snapshot, now_, scratch_));
}

// The answer lies in scratch_.
void Worker::send_answer(rte_mbuf* buffer, const lease::Answer& answer) {
  const Packet& packet = packet_of(buffer);
  if (answer.dropped != DropReason::kNone) return drop(buffer, answer.dropped);
  const uint16_t port = packet.request.port;
  rte_mbuf* const reply = build_reply(buffer, answer);
  if (reply == nullptr) return drop(buffer, DropReason::kNoBuffer);
  counters_.sent[type_index(answer.type)].add();
  if (answer.after_commit && setup_.hold_replies) return park(reply, port);
  transmit(reply, port);
}

bool Worker::is_for_desk(const Packet& packet) const {
  return packet.received.message.type == wire::MessageType::kLeasequery && !packet.received.relayed() &&
         view_->snapshot->may_query(packet.request.source);
}

unsigned Worker::send_query_answers() {
  return setup_.desk->take_answers([&](rte_mbuf* question, const lease::Answer& answer, Bytes bytes) {
    if (bytes.size() > scratch_.size()) return drop(question, DropReason::kReplyTooBig);
    std::ranges::copy(bytes, scratch_.begin());
    send_answer(question, answer);
  });
}

// Asked once a burst: most of the time the disk is not behind, and no message need be looked at for its sake.
bool Worker::has_plenty_for(size_t messages) const {
  const lease::ChangeLog& log = leases_.log();
  const size_t log_used = log.capacity() - log.room() + messages * lease::kMaxChangesPerMessage;
  return log_used < log.capacity() / 2 && parked_.size() + messages < kParkedCapacity / 2;
}

bool Worker::admit(wire::MessageType type) const {
  if (plenty_ || !lease::may_change_leases(type)) return true;
  const lease::ChangeLog& log = leases_.log();
  if (log.room() < lease::kMaxChangesPerMessage || parked_.room() == 0) return false;
  const size_t log_used = log.capacity() - log.room();
  const size_t parked_used = parked_.size() * (log.capacity() / kParkedCapacity);
  return admits(urgency_of(type), {.used = std::max(log_used, parked_used), .capacity = log.capacity()});
}

// Turns the request's buffer into its answer's, or a large one when it has no room: back by the same port, VLAN and MAC
// address. Nothing when there is no buffer; the request's is the caller's then.
rte_mbuf* Worker::build_reply(rte_mbuf* buffer, const lease::Answer& answer) {
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
  rte_pktmbuf_reset(buffer);
  return build_frame(buffer, header, Bytes(scratch_).first(answer.size));
}

// In this buffer, or in a large one in its place when it has no room. Nothing when there is none; `buffer` is the
// caller's then.
rte_mbuf* Worker::build_frame(rte_mbuf* buffer, const wire::FrameHeader& header, Bytes datagram) {
  const size_t overhead = wire::frame_overhead(header);
  if (overhead + datagram.size() > rte_pktmbuf_tailroom(buffer)) {
    rte_mbuf* const large = rte_pktmbuf_alloc(setup_.large_buffers);
    if (large == nullptr) return nullptr;
    rte_pktmbuf_free(buffer);
    buffer = large;
  }
  const MutableBytes frame(rte_pktmbuf_mtod(buffer, std::byte*), rte_pktmbuf_tailroom(buffer));
  std::memcpy(frame.data() + overhead, datagram.data(), datagram.size());
  const size_t size = wire::build_frame(header, datagram.size(), frame);
  assert(size != 0);  // the larger of the two buffers has room for whatever scratch_ holds
  buffer->data_len = static_cast<uint16_t>(size);
  buffer->pkt_len = static_cast<uint32_t>(size);
  buffer->l2_len = wire::ethernet_size(header.vlan);
  return buffer;
}

bool Worker::send(const lease::Outgoing& outgoing) {
  const lease::ReturnPath& way = outgoing.way;
  if (way.port >= setup_.ports.size() || outgoing.datagram.size() > scratch_.size()) return false;
  rte_mbuf* const buffer = rte_pktmbuf_alloc(setup_.buffers);
  if (buffer == nullptr) return false;
  const nic::PortAddresses& addresses = view_->ports[way.port];
  const wire::FrameHeader header{.source_mac = addresses.mac,
                                 .destination_mac = way.mac,
                                 .vlan = way.vlan,
                                 .source = addresses.source_to(way.address),
                                 .destination = way.address,
                                 .source_port = wire::kServerPort,
                                 .destination_port = way.udp_port};
  rte_mbuf* const frame = build_frame(buffer, header, outgoing.datagram);
  if (frame == nullptr) {
    rte_pktmbuf_free(buffer);
    return false;
  }
  transmit(frame, way.port);
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
  if (buffer->pkt_len - buffer->l2_len > view_->ports[port].mtu) return transmit_fragments(buffer, port);
  transmit_frame(buffer, port);
}

void Worker::transmit_fragments(rte_mbuf* buffer, uint16_t port) {
  std::array<rte_mbuf*, kMaxFragments> pieces;
  const size_t count = fragment(buffer, view_->ports[port].mtu, setup_.buffers, pieces);
  if (count == 0) counters_.dropped[static_cast<size_t>(DropReason::kNoBuffer)].add();
  counters_.fragments_sent.add(count);
  for (rte_mbuf* piece : std::span(pieces).first(count)) transmit_frame(piece, port);
}

void Worker::transmit_frame(rte_mbuf* buffer, uint16_t port) {
  TransmitBuffer& waiting = transmit_[port];
  waiting.buffers[waiting.count++] = buffer;
  if (waiting.count == kBurst) flush(port);
}

unsigned Worker::send_for_kernel() {
  unsigned total = 0;
  for (size_t port = 0; port < setup_.ports.size(); ++port) {
    std::array<rte_mbuf*, kBurst> frames;
    const unsigned count = kernel_.take(static_cast<uint16_t>(port), frames);
    for (rte_mbuf* frame : std::span(frames).first(count)) transmit_frame(frame, static_cast<uint16_t>(port));
    total += count;
  }
  counters_.from_kernel.add(total);
  return total;
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
    reassembly_.expire(counters_);
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
  // While replies wait for the disk the naps stay short, and beside a partner whose updates come at any time.
  const bool long_nap = idle_turns_ >= kTurnsBeforeLongNap && parked_.empty() && setup_.jobs == nullptr;
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
  setup_.mailbox->close(errand_place());
  publish_gauges();
}

}  // namespace tandem6::worker
