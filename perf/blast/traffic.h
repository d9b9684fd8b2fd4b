// Between the crowd and the wire: frames of its datagrams out, datagrams of frames in, and Neighbor Discovery for our
// stations. The generator's thread only. Nothing is allocated but packet buffers from their pool.
#pragma once

#include <array>

#include "perf/blast/crowd.h"
#include "perf/blast/link.h"
#include "perf/blast/neighbor.h"

namespace tandem6::blast {

/// The way to the server.
struct Route {
  Ipv6Address server = kAllRelayAgentsAndServers;
  std::optional<MacAddress> server_mac;  ///< of a unicast address: asked for when it is not given
  wire::VlanTags vlan;
};

class Traffic {
 public:
  Traffic(Link& link, const Population& population, Crowd& crowd, const Route& route);

  /// Finds the server's MAC address, once, before the run.
  tl::expected<void, Error> resolve_server(const Stopwatch& clock);

  /// Reads what has come, up to a few bursts, and sends the next questions. How many frames there were.
  unsigned receive(Nanoseconds now);
  /// The client's datagram. Only with has_room().
  void send(uint32_t client, Nanoseconds now);
  bool has_room() const { return size_t{waiting_count_} + Link::kBurst <= kWaiting; }
  void flush();

  uint64_t sent() const { return sent_; }
  /// Datagrams that found no packet buffer.
  uint64_t unsent() const { return unsent_; }

 private:
  static constexpr size_t kWaiting = 256;

  unsigned receive_burst(Nanoseconds now);
  void take_frame(Bytes frame, Nanoseconds now);
  void take_datagram(const wire::ParsedFrame& frame, Bytes datagram, Nanoseconds now);
  bool take_neighbor(Bytes frame);
  void answer_solicitation(const ParsedNeighbor& asked);
  void queue(rte_mbuf* buffer, size_t size);

  Link& link_;
  const Population& population_;
  Crowd& crowd_;
  Route route_;
  MacAddress destination_mac_{};
  uint16_t port_;  // ours
  std::optional<MacAddress> resolved_;
  std::array<rte_mbuf*, kWaiting> waiting_{};
  uint16_t waiting_count_ = 0;
  uint64_t sent_ = 0;
  uint64_t unsent_ = 0;
};

}  // namespace tandem6::blast
