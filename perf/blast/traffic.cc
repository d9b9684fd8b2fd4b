#include "perf/blast/traffic.h"

#include <fmt/format.h>
#include <rte_prefetch.h>

#include <algorithm>

namespace tandem6::blast {

Traffic::Traffic(Link& link, const Population& population, Crowd& crowd, const Route& route)
    : link_(link),
      population_(population),
      crowd_(crowd),
      route_(route),
      port_(population.relayed() ? wire::kServerPort : wire::kClientPort) {
  if (route_.server.is_multicast()) destination_mac_ = multicast_mac(route_.server);
  if (route_.server_mac) destination_mac_ = *route_.server_mac;
}

tl::expected<void, Error> Traffic::resolve_server(const Stopwatch& clock) {
  if (route_.server.is_multicast() || route_.server_mac) return {};
  constexpr Nanoseconds kBetween = Milliseconds(200);
  constexpr int kTries = 15;
  const Station& self = population_.stations().front();
  for (int i = 0; i < kTries && !resolved_; ++i) {
    if (rte_mbuf* const buffer = link_.allocate(); buffer != nullptr) {
      queue(buffer, write_solicitation({self.mac, self.address}, route_.server, route_.vlan, room_of(buffer)));
      flush();
    }
    for (const Nanoseconds end = clock.now() + kBetween; clock.now() < end && !resolved_;) receive(clock.now());
  }
  if (!resolved_) {
    return tl::unexpected(
        Error{fmt::format("nobody answers Neighbor Solicitations for the server's address {}: is it on this "
                          "link? --server-mac gives the MAC address of a router towards it",
                          route_.server.to_string())});
  }
  destination_mac_ = *resolved_;
  return {};
}

// --- out -------------------------------------------------------------------------------------------------------------

void Traffic::send(uint32_t client, Nanoseconds now) {
  rte_mbuf* const buffer = link_.allocate();
  if (buffer == nullptr) {
    ++unsent_;
    return;
  }
  const Station& station = population_.stations()[population_.station_of(client)];
  const wire::FrameHeader header{.source_mac = station.mac,
                                 .destination_mac = destination_mac_,
                                 .vlan = route_.vlan,
                                 .source = station.address,
                                 .destination = route_.server,
                                 .source_port = port_,
                                 .destination_port = wire::kServerPort};
  const MutableBytes frame = room_of(buffer);
  wire::Writer out(frame.subspan(wire::frame_overhead(header)));
  crowd_.write(client, now, out);
  queue(buffer, out.overflow() ? 0 : wire::build_frame(header, out.size(), frame));
}

void Traffic::queue(rte_mbuf* buffer, size_t size) {
  if (size == 0 || waiting_count_ == kWaiting) {
    ++unsent_;
    rte_pktmbuf_free(buffer);
    return;
  }
  set_size(buffer, size);
  waiting_[waiting_count_++] = buffer;
}

void Traffic::flush() {
  if (waiting_count_ == 0) return;
  const uint16_t taken = link_.send(waiting_.data(), waiting_count_);
  sent_ += taken;
  std::copy(waiting_.begin() + taken, waiting_.begin() + waiting_count_, waiting_.begin());
  waiting_count_ = static_cast<uint16_t>(waiting_count_ - taken);
}

// --- in --------------------------------------------------------------------------------------------------------------

unsigned Traffic::receive(Nanoseconds now) {
  constexpr unsigned kBursts = 4;
  unsigned total = 0;
  for (unsigned i = 0; i < kBursts && has_room(); ++i) {
    const unsigned count = receive_burst(now);
    total += count;
    if (count < Link::kBurst) break;
  }
  return total;
}

unsigned Traffic::receive_burst(Nanoseconds now) {
  std::array<rte_mbuf*, Link::kBurst> buffers;
  const uint16_t count = link_.receive(buffers.data());
  for (uint16_t i = 0; i < count; ++i) {
    if (i + 1 < count) rte_prefetch0(data_of(buffers[i + 1]).data());
    if (buffers[i]->nb_segs == 1) take_frame(data_of(buffers[i]), now);
  }
  if (count != 0) rte_pktmbuf_free_bulk(buffers.data(), count);
  return count;
}

void Traffic::take_frame(Bytes frame, Nanoseconds now) {
  wire::ParsedFrame parsed;
  wire::parse_frame(frame, {}, {.accept_partial_checksum = link_.has_partial_checksums(), .port = port_}, parsed);
  if (parsed.fault == wire::FrameFault::kNotUdp && take_neighbor(frame)) return;
  if (!population_.station_with(parsed.header.destination_mac)) return;  // a promiscuous port sees what is others'
  switch (parsed.fault) {
    case wire::FrameFault::kNone:
      return take_datagram(parsed, frame.subspan(parsed.payload_offset, parsed.payload_size), now);
    case wire::FrameFault::kTruncated:
    case wire::FrameFault::kBadChecksum:
      return crowd_.note(Fault::kMalformed);
    default:
      ++crowd_.oddities().foreign;
  }
}

void Traffic::take_datagram(const wire::ParsedFrame& frame, Bytes datagram, Nanoseconds now) {
  Arrival arrival;
  if (const auto fault = read_arrival(population_, datagram, arrival)) return crowd_.note(*fault);
  const Station& station = population_.stations()[population_.station_of(arrival.client)];
  if (frame.header.destination != station.address || frame.header.destination_mac != station.mac) {
    crowd_.note(Fault::kWrongDestination);
  }
  if (const auto client = crowd_.receive(arrival, now)) send(*client, now);
}

bool Traffic::take_neighbor(Bytes frame) {
  const auto message = parse_neighbor(frame);
  if (!message) return false;
  if (message->type == NeighborMessage::kSolicitation) {
    answer_solicitation(*message);
  } else if (message->target == route_.server && message->target_mac) {
    resolved_ = message->target_mac;
  }
  return true;
}

void Traffic::answer_solicitation(const ParsedNeighbor& asked) {
  const auto& stations = population_.stations();
  const auto station = std::ranges::find(stations, asked.target, &Station::address);
  if (station == stations.end()) return;
  rte_mbuf* const buffer = link_.allocate();
  if (buffer == nullptr) return;
  queue(buffer, write_advertisement({station->mac, station->address}, asked, room_of(buffer)));
}

}  // namespace tandem6::blast
