// A crowd, and a server that answers it as the test wants.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <vector>

#include "dataplane/wire/builder.h"
#include "dataplane/wire/message.h"
#include "perf/blast/crowd.h"

namespace tandem6::blast::test {

inline Ipv6Address address(const char* text) { return *Ipv6Address::parse(text); }

inline Profile small_profile() {
  Profile profile;
  profile.clients = 4;
  return profile;
}

inline Profile relayed_profile() {
  Profile profile = small_profile();
  profile.relays = 2;
  profile.link_address = address("2001:db8:1::1");
  profile.link_address_step = 64;
  return profile;
}

/// What the answer says: good by default, each test bends one thing.
struct Answer {
  std::optional<wire::MessageType> type{};  ///< else the right one
  uint32_t transaction_offset = 0;          ///< added to the right id
  bool client_id = true;
  uint32_t client_offset = 0;                            ///< another client's DUID
  const char* server = "00:03:00:01:02:00:00:00:00:01";  ///< null: none
  bool address_ia = true;
  bool prefix_ia = true;
  uint32_t iaid_offset = 0;
  std::optional<Ipv6Address> address{};  ///< else one for each client
  std::optional<Ipv6Prefix> prefix{};
  bool with_leases = true;
  Seconds t1{1000}, t2{2000}, preferred{3000}, valid{4000};
  wire::StatusCode status = wire::StatusCode::kSuccess;
  wire::StatusCode address_status = wire::StatusCode::kSuccess;
  wire::StatusCode prefix_status = wire::StatusCode::kSuccess;
  bool rapid_commit = false;
  std::vector<uint16_t> options{};
  std::optional<Ipv6Address> link_address{};  ///< of the Relay-reply, else the right one
  std::optional<Ipv6Address> peer_address{};
  bool interface_id = true;
};

inline void write_status(wire::Writer& out, wire::StatusCode status) {
  if (status != wire::StatusCode::kSuccess) wire::put_status(out, status, "no");
}

class Server {
 public:
  explicit Server(const Population& population) : population_(population) {}

  /// The datagram that answers what `number` asks now.
  Bytes answer(uint32_t number, const Client& client, const Answer& how = {}) {
    wire::Writer out(buffer_);
    if (!population_.relayed()) {
      write_message(number, client, how, out);
      return out.written();
    }
    out.u8(static_cast<uint8_t>(wire::MessageType::kRelayReply));
    out.u8(0);
    out.address(how.link_address.value_or(population_.link_address(number)));
    out.address(how.peer_address.value_or(population_.link_local(number)));
    if (how.interface_id) out.option(wire::OptionCode::kInterfaceId, population_.interface_id(number));
    const auto relayed = out.begin(wire::OptionCode::kRelayMessage);
    write_message(number, client, how, out);
    out.end(relayed);
    return out.written();
  }

  static Ipv6Address address_of(uint32_t number) {
    return Ipv6Address::from_number(address("2001:db8:1::").number() + 16 + number);
  }
  static Ipv6Prefix prefix_of(uint32_t number) {
    return {Ipv6Address::from_number(address("2001:db8:8000::").number() + (static_cast<U128>(number) << 72)), 56};
  }

 private:
  void write_message(uint32_t number, const Client& client, const Answer& how, wire::Writer& out) {
    out.message_header(how.type.value_or(answer_to(client.question)),
                       population_.transaction_id(number, client.sequence) + how.transaction_offset);
    if (how.client_id) out.option(wire::OptionCode::kClientId, population_.duid(number + how.client_offset));
    if (how.server != nullptr) out.option(wire::OptionCode::kServerId, Duid::parse(how.server)->bytes());
    write_status(out, how.status);
    if (how.rapid_commit) out.option(wire::OptionCode::kRapidCommit, {});
    for (const uint16_t code : how.options) out.option(code, std::array<std::byte, 16>{});
    if (how.address_ia) write_address(number, how, out);
    if (how.prefix_ia) write_prefix(number, how, out);
  }
  void write_address(uint32_t number, const Answer& how, wire::Writer& out) {
    const uint32_t iaid = population_.iaid(number, false) + how.iaid_offset;
    const auto ia = wire::begin_ia(out, wire::OptionCode::kIaNa, iaid, how.t1, how.t2);
    if (how.with_leases) wire::put_ia_address(out, how.address.value_or(address_of(number)), how.preferred, how.valid);
    write_status(out, how.address_status);
    out.end(ia);
  }
  void write_prefix(uint32_t number, const Answer& how, wire::Writer& out) {
    const uint32_t iaid = population_.iaid(number, true) + how.iaid_offset;
    const auto ia = wire::begin_ia(out, wire::OptionCode::kIaPd, iaid, how.t1, how.t2);
    if (how.with_leases) wire::put_ia_prefix(out, how.prefix.value_or(prefix_of(number)), how.preferred, how.valid);
    write_status(out, how.prefix_status);
    out.end(ia);
  }

  const Population& population_;
  std::array<std::byte, 1024> buffer_{};
};

/// Population, crowd and server together.
struct World {
  explicit World(const Profile& profile = small_profile())
      : population(profile), crowd(population), server(population) {}

  /// The server answers what the client asks now. Whether the client sends something then.
  bool answer(uint32_t number, const Answer& how = {}, Nanoseconds now = Milliseconds(1)) {
    Arrival arrival;
    const auto fault = read_arrival(population, server.answer(number, crowd.client(number), how), arrival);
    if (fault) {
      crowd.note(*fault);
      return false;
    }
    return crowd.receive(arrival, now).has_value();
  }
  /// The client gets its leases by a four-way exchange.
  void four_way(uint32_t number, const Answer& how = {}) {
    crowd.begin_with(number, Task::kFourWay, Nanoseconds(0), Nanoseconds(0));
    answer(number, how);
    answer(number, how);
  }
  uint64_t faults(Fault fault) { return crowd.oddities().faults[static_cast<size_t>(fault)]; }
  /// What the client sends now, parsed.
  wire::MessageView sent(uint32_t number, Nanoseconds now = Nanoseconds(0)) {
    wire::Writer out(bytes);
    crowd.write(number, now, out);
    size = out.size();
    if (!population.relayed()) return *wire::MessageView::parse(out.written());
    return *wire::MessageView::parse(wire::RelayView::parse(out.written())->relayed);
  }
  /// Lets time pass until `now`: who sends.
  std::vector<uint32_t> tick(Nanoseconds now) {
    std::vector<uint32_t> senders;
    crowd.tick(now, 100'000, [&](uint32_t number) { senders.push_back(number); });
    return senders;
  }

  Population population;
  Crowd crowd;
  Server server;
  std::array<std::byte, 1024> bytes{};
  size_t size = 0;
};

}  // namespace tandem6::blast::test
