#include "perf/worker_rig.h"

#include <fmt/format.h>
#include <rte_eal.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

#include "dataplane/wire/require.h"

namespace tandem6::perf {
namespace {

// What a NIC's receive queue holds and some more: buffers come round as late as they do there.
constexpr unsigned kBuffersPerWorker = 4096;
constexpr unsigned kLargeBuffers = 64;
constexpr unsigned kRingSize = 4096;
constexpr size_t kLogCapacity = 16384;
constexpr uint16_t kDescriptors = 512;

template <typename T>
T made(tl::expected<T, Error> thing) {
  require(thing.has_value(), thing ? "" : thing.error().message.c_str());
  return std::move(*thing);
}

rte_ring* make_ring(const std::string& name) {
  rte_ring* ring = rte_ring_create(name.c_str(), kRingSize, 0, RING_F_SP_ENQ | RING_F_SC_DEQ);
  require(ring != nullptr, "there is memory for a ring");
  return ring;
}

wire::MessageType answer_type(const rte_mbuf* buffer) {
  constexpr size_t kHeaders = 14 + 40 + 8;
  constexpr size_t kRelayMessageAt = 34 + 4 + 12 + 4;  // behind the Interface-Id of worker_clients.cc
  const std::byte* message = rte_pktmbuf_mtod_offset(buffer, const std::byte*, kHeaders);
  const auto type = static_cast<wire::MessageType>(*message);
  return type == wire::MessageType::kRelayReply ? static_cast<wire::MessageType>(message[kRelayMessageAt]) : type;
}

}  // namespace

void start_dpdk(unsigned lcores, unsigned first_cpu) {
  std::vector<std::string> arguments = {"bench_worker", "--no-telemetry", "--no-pci",
                                        "--no-huge",    "--no-shconf",    "--log-level=*:warning"};
  arguments.push_back(fmt::format("-m{}", 64 + 48 * lcores));
  std::string places;
  for (unsigned lcore = 0; lcore < lcores; ++lcore) places += fmt::format(",{}@{}", lcore, first_cpu + lcore);
  arguments.push_back("--lcores=" + places.substr(1));
  arguments.push_back(fmt::format("--file-prefix=bench-worker-{}", getpid()));
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  require(rte_eal_init(static_cast<int>(argv.size()), argv.data()) >= 0, "DPDK starts");
}

WorkerRig::WorkerRig(unsigned workers)
    : snapshot_(make_snapshot(book_, workers)),
      views_(workers),
      buffers_(made(worker::make_buffers(kBuffersPerWorker * workers))),
      large_buffers_(made(worker::make_large_buffers(kLargeBuffers))),
      handover_(made(worker::Handover::make(workers))),
      ends_(workers) {
  worker::View view{.snapshot = snapshot_, .ports = {}};
  view.ports.push_back({.mac = kServerMac, .link_local = server_link_local(), .others = {server_address()}});
  views_.publish(std::move(view));
  const uint16_t port = make_port();
  for (unsigned index = 0; index < workers; ++index) make_worker(index, port);
}

WorkerRig::~WorkerRig() = default;

uint16_t WorkerRig::make_port() {
  std::vector<rte_ring*> in;
  std::vector<rte_ring*> out;
  for (unsigned index = 0; index < workers(); ++index) {
    in.push_back(ends_[index].in = make_ring(fmt::format("in-{}", index)));
    out.push_back(ends_[index].out = make_ring(fmt::format("out-{}", index)));
  }
  const int port = rte_eth_from_rings("bench", in.data(), workers(), out.data(), workers(), 0);
  require(port >= 0, "the rings make a port");
  const auto id = static_cast<uint16_t>(port);
  const rte_eth_conf conf{};
  const auto queues = static_cast<uint16_t>(workers());
  require(rte_eth_dev_configure(id, queues, queues, &conf) == 0, "the port can be configured");
  for (uint16_t queue = 0; queue < queues; ++queue) {
    require(rte_eth_rx_queue_setup(id, queue, kDescriptors, 0, nullptr, buffers_.get()) == 0, "it receives");
    require(rte_eth_tx_queue_setup(id, queue, kDescriptors, 0, nullptr) == 0, "it transmits");
  }
  require(rte_eth_dev_start(id) == 0, "the port starts");
  return id;
}

void WorkerRig::make_worker(unsigned index, uint16_t port) {
  End& end = ends_[index];
  end.memory = std::make_unique<worker::TableMemory>();
  end.group = std::make_unique<lease::ShardGroup>(index, workers(), lease::HashKey{3, 4 + index}, kLogCapacity, 0,
                                                  end.memory.get());
  end.mailbox = std::make_unique<worker::Mailbox>();
  end.desk = std::make_unique<worker::QueryDesk>();
  const worker::WorkerSetup setup{.index = index,
                                  .ports = {{.id = port, .accept_partial_checksum = false, .kernel = {}}},
                                  .idle = worker::Idle::kSpin,
                                  .hold_replies = true,
                                  .views = &views_,
                                  .handover = &handover_,
                                  .mailbox = end.mailbox.get(),
                                  .desk = end.desk.get(),
                                  .jobs = nullptr,
                                  .buffers = buffers_.get(),
                                  .large_buffers = large_buffers_.get(),
                                  .stop = &stop_};
  end.worker =
      std::make_unique<worker::Worker>(setup, *end.group, made(worker::Reassembly::make(large_buffers_.get())));
}

std::vector<lease::ShardGroup*> WorkerRig::groups() {
  std::vector<lease::ShardGroup*> groups;
  for (const End& end : ends_) groups.push_back(end.group.get());
  return groups;
}

void WorkerRig::feed(unsigned worker, const Frames& frames, size_t first, size_t count) {
  std::array<rte_mbuf*, kBatch> batch;
  require(rte_pktmbuf_alloc_bulk(buffers_.get(), batch.data(), static_cast<unsigned>(count)) == 0,
          "every buffer came back");
  for (size_t i = 0; i < count; ++i) {
    const Bytes frame = frames.frame(first + i);
    std::memcpy(rte_pktmbuf_append(batch[i], static_cast<uint16_t>(frame.size())), frame.data(), frame.size());
  }
  require(rte_ring_sp_enqueue_bulk(ends_[worker].in, reinterpret_cast<void**>(batch.data()),
                                   static_cast<unsigned>(count), nullptr) == count,
          "the queue has room");
}

size_t WorkerRig::collect(unsigned worker, wire::MessageType expected) {
  std::array<rte_mbuf*, kBatch> batch;
  size_t total = 0;
  for (;;) {
    const unsigned count = rte_ring_sc_dequeue_burst(ends_[worker].out, reinterpret_cast<void**>(batch.data()),
                                                     static_cast<unsigned>(batch.size()), nullptr);
    for (unsigned i = 0; i < count; ++i) require(answer_type(batch[i]) == expected, "it is the right answer");
    if (count == 0) return total;
    last_answer_size_.store(batch[0]->pkt_len, std::memory_order_relaxed);
    rte_pktmbuf_free_bulk(batch.data(), count);
    total += count;
  }
}

void WorkerRig::commit(unsigned worker) {
  lease::ChangeLog& log = ends_[worker].group->log();
  log.publish_committed(log.drain(log.capacity(), [](const lease::LeaseChange&) {}));
}

}  // namespace tandem6::perf
