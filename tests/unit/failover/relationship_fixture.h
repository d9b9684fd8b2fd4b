// A Relationship with a host that does nothing but write down what it is asked for, and a partner that is the test.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "failover/relationship.h"
#include "tests/unit/failover/wire_fixture.h"

namespace tandem6::failover {

using lease::FailoverRole;
using lease::LeaseKey;
using lease::LeaseRecord;
using wire::MessageType;
using wire::StatusCode;

inline Duid client(uint8_t number) {
  MacAddress mac{};
  mac[5] = std::byte{number};
  return Duid::make_ll(mac);
}

/// The number-th block of the pool of delegable prefixes: one prefix.
inline LeaseKey block(uint8_t number) {
  LeaseKey key{.type = lease::LeaseType::kPrefix, .prefix_length = 56, .address = testing::ip("2001:db8:8000::")};
  key.address.octets[6] = std::byte{number};
  return key;
}

/// Subnet 1 with 16 delegable prefixes, each a block of its own.
inline lease::Snapshot snapshot_of(const std::shared_ptr<lease::FailoverScope>& scope) {
  lease::Subnet subnet;
  subnet.id = 1;
  subnet.prefix = Ipv6Prefix::parse("2001:db8:1::/64").value();
  subnet.lifetimes = {.preferred = Seconds{3000}, .valid = Seconds{4000}};
  subnet.counters = std::make_shared<lease::SubnetCounters>(1);
  subnet.failover = scope;
  lease::Pool pool;
  pool.type = lease::LeaseType::kPrefix;
  pool.unit_length = 56;
  pool.first = testing::ip("2001:db8:8000::");
  pool.last = testing::ip("2001:db8:8000:fff:ffff:ffff:ffff:ffff");
  pool.text = "2001:db8:8000::/52";
  auto space = std::make_shared<lease::DensePool>(pool.type, pool.first, uint8_t{56}, 16U);
  space->part(*scope);
  pool.space = space;
  subnet.prefix_pools = {pool};
  lease::Snapshot::Content content;
  content.server_duid = client(200);
  content.subnets = {std::move(subnet)};
  return lease::Snapshot(std::move(content));
}

struct FakeHost : Host {
  explicit FakeHost(lease::Snapshot of) : configuration(std::move(of)) {}

  void send(Bytes message) override { sent.emplace_back(message); }
  void disconnect() override { ++disconnects; }
  void settled() override { ++settled_count; }
  void persist(std::vector<std::byte> stable, uint64_t token) override { saves.push_back({std::move(stable), token}); }
  void note(Weight weight, std::string_view event, std::string_view text) override {
    notes.push_back({weight, std::string(event), std::string(text)});
  }
  const lease::Snapshot& snapshot() override { return configuration; }
  void apply(IncomingUpdate incoming) override { applying.push_back(std::move(incoming)); }
  void acknowledge(const LeaseAck& ack) override { acks.push_back(ack); }
  void begin_scan(ScanKind kind) override { scans.push_back(kind); }
  void continue_scan(size_t) override { ++pieces_wanted; }
  void free_overdue(AbsoluteTime since, Seconds mclt) override { overdue.emplace_back(since, mclt); }
  void check_blocks(std::vector<LeaseKey> blocks) override { checks.push_back(std::move(blocks)); }
  std::vector<std::byte> client_data(Bytes) override { return {}; }

  unsigned notes_of(std::string_view event) const {
    return static_cast<unsigned>(std::ranges::count(notes, event, &Note::event));
  }

  struct Save {
    std::vector<std::byte> stable;
    uint64_t token;
  };
  struct Note {
    Weight weight;
    std::string event;
    std::string text;
  };
  lease::Snapshot configuration;
  std::vector<Octets> sent;
  unsigned disconnects = 0;
  unsigned settled_count = 0;
  std::vector<Save> saves;
  std::vector<Note> notes;
  std::vector<IncomingUpdate> applying;
  std::vector<LeaseAck> acks;
  std::vector<ScanKind> scans;
  unsigned pieces_wanted = 0;
  std::vector<std::pair<AbsoluteTime, Seconds>> overdue;
  std::vector<std::vector<LeaseKey>> checks;
};

/// What was sent, in short: "STATE", "UPDREQ", …
inline std::string name_of(MessageType type) { return std::string(wire::to_string(type)); }

struct Endpoint {
  static RelationshipSettings settings_of(FailoverRole role) {
    RelationshipSettings settings;
    settings.name = "pair";
    settings.role = role;
    settings.mclt = Seconds{3600};
    settings.keepalive = Seconds{60};
    settings.startup = Seconds{10};
    settings.max_unacked = 10;
    return settings;
  }
  explicit Endpoint(FailoverRole role, std::optional<Stable> stable = std::nullopt)
      : Endpoint(settings_of(role), std::move(stable)) {}
  explicit Endpoint(const RelationshipSettings& settings, std::optional<Stable> stable = std::nullopt,
                    Moment start = {.wall = {800'000'000}, .milliseconds = 5'000'000})
      : now(start),
        scope(std::make_shared<lease::FailoverScope>(uint8_t{0}, "pair", settings.role)),
        host(snapshot_of(scope)),
        it(settings, *scope, std::move(stable), host, now) {}

  bool is_primary() const { return it.settings().role == FailoverRole::kPrimary; }

  // --- time and disk -----------------------------------------------------------------------------------------------
  void disk() {
    while (!host.saves.empty()) {
      const uint64_t token = host.saves.back().token;
      on_disk = std::exchange(host.saves, {}).back().stable;
      it.persisted(token, now);
    }
  }
  void pass(uint64_t milliseconds) {
    now.milliseconds += milliseconds;
    rest_ += milliseconds;
    now.wall = now.wall + Seconds{static_cast<uint32_t>(rest_ / 1000)};
    rest_ %= 1000;
  }
  /// Time passes, in steps of `step`, and the disk keeps up.
  void run(uint64_t milliseconds, uint64_t step = 1000) {
    for (uint64_t gone = 0; gone < milliseconds; gone += step) {
      pass(step);
      it.tick(now);
      disk();
    }
  }
  /// The same, with a partner that says CONTACT every second.
  void run_in_contact(uint64_t seconds) {
    for (uint64_t second = 0; second < seconds; ++second) {
      contact();
      run(1000);
    }
  }
  Stable stored() {
    REQUIRE(!on_disk.empty());
    const auto stable = decode_stable(on_disk);
    REQUIRE(stable);
    return *stable;
  }

  // --- the partner -------------------------------------------------------------------------------------------------
  template <typename Put>
  Octets message_of(Put put) {
    return written(put);
  }
  void hear(const Octets& message) { it.received(message, now); }
  void hear_bare(MessageType type, uint32_t transaction = 0x777) {
    hear(written([&](wire::Writer& out) { put_bare(out, type, transaction, now.wall); }));
  }
  void contact() { hear_bare(MessageType::kContact); }
  void hear_state(State state, ServerFlags flags = {.communicated = true}, AbsoluteTime since = {700'000'000}) {
    StateMessage message{.state = state, .flags = flags, .since = since};
    if (state == State::kPartnerDown) message.partner_down_since = since;
    hear(written([&](wire::Writer& out) { put_state(out, 0x700, now.wall, message); }));
  }
  Connect terms() const {
    Connect connect;
    connect.mclt = Seconds{3600};
    connect.keepalive = Seconds{40};
    connect.max_unacked = 3;
    connect.relationship = "pair";
    return connect;
  }
  /// CONNECT, or CONNECTREPLY, from the partner.
  Octets connect_message(const Connect& connect, int64_t skew = 0) {
    const AbsoluteTime sent{static_cast<uint32_t>(now.wall.since_2000 + skew)};
    const MessageType type = is_primary() ? MessageType::kConnectReply : MessageType::kConnect;
    return written([&](wire::Writer& out) { put_connect(out, type, 0x321, sent, connect); });
  }
  void connect(const Connect& connect, int64_t skew = 0) {
    if (is_primary()) {
      it.connected(now);
      hear(connect_message(connect, skew));
    } else {
      it.connected_by(connect_message(connect, skew), now);
    }
  }
  /// A connection, and the partner in this state: communications are "OK".
  void meet(State partner, ServerFlags flags = {.communicated = true}, AbsoluteTime since = {700'000'000}) {
    connect(terms());
    disk();
    hear_state(partner, flags, since);
    disk();
  }
  void reply(uint32_t transaction, BindingUpdate update) {
    hear(written([&](wire::Writer& out) { put_binding_reply(out, transaction, now.wall, update); }));
  }
  void hear_update(uint32_t transaction, const BindingUpdate& update) {
    hear(written([&](wire::Writer& out) { put_binding_update(out, transaction, now.wall, update); }));
  }
  /// The host's scan finds these, and is at its end.
  void scan_finds(const std::vector<LeaseRecord>& leases, bool finished = true, uint64_t sequence = 0) {
    std::vector<FoundLease> found;
    for (const LeaseRecord& lease : leases) found.push_back({lease, sequence});
    it.scanned(found, finished, now);
  }
  /// The partner's answer to an UPDREQ or UPDREQALL of ours that is the last message sent of this type.
  void update_done() {
    for (size_t i = all_sent.size(); i-- > 0;) {
      const auto view = view_of(all_sent[i]);
      if (view.type != MessageType::kUpdReq && view.type != MessageType::kUpdReqAll) continue;
      return hear_bare(MessageType::kUpdDone, view.transaction_id);
    }
    FAIL("no UPDREQ was sent");
  }

  // --- what was sent -----------------------------------------------------------------------------------------------
  std::vector<Octets> take_sent() {
    std::vector<Octets> taken = std::exchange(host.sent, {});
    all_sent.insert(all_sent.end(), taken.begin(), taken.end());
    return taken;
  }
  std::string sent() {
    std::string names;
    for (const Octets& message : take_sent()) {
      if (!names.empty()) names += ' ';
      names += name_of(view_of(message).type);
    }
    return names;
  }
  /// The last message of this type, of those that were not taken yet. Takes them all.
  std::optional<Octets> last(MessageType type) {
    std::optional<Octets> found;
    for (const Octets& message : take_sent()) {
      if (view_of(message).type == type) found = message;
    }
    return found;
  }
  std::optional<StateMessage> last_state() {
    const auto message = last(MessageType::kState);
    return message ? read_state(view_of(*message)) : std::nullopt;
  }

  Moment now;
  std::shared_ptr<lease::FailoverScope> scope;
  FakeHost host;
  Relationship it;
  std::vector<std::byte> on_disk;
  std::vector<Octets> all_sent;

 private:
  uint64_t rest_ = 0;
};

/// What an earlier life in this state has left on the disk: it was running until shortly before Endpoint's start.
inline Stable stable_in(State state) {
  return {.state = {.state = state,
                    .previous = State::kNone,
                    .since = {799'000'000},
                    .partner = State::kNormal,
                    .partner_since = {799'000'000},
                    .last_heard = {799'999'000},
                    .last_operating = {799'999'000},
                    .partner_down_since = {state == State::kPartnerDown ? 799'000'000U : 0U},
                    .mclt = {3600},
                    .has_communicated = true},
          .backups = {}};
}

/// An endpoint in NORMAL with a partner in NORMAL; what it has sent so far is taken. The scan of §8.8 is over.
inline std::unique_ptr<Endpoint> in_normal(FailoverRole role,
                                           const std::optional<RelationshipSettings>& settings = {}) {
  auto endpoint = std::make_unique<Endpoint>(settings.value_or(Endpoint::settings_of(role)), stable_in(State::kNormal));
  endpoint->meet(State::kCommunicationsInterrupted);
  REQUIRE(endpoint->it.state() == State::kNormal);
  endpoint->hear_state(State::kNormal);
  endpoint->scan_finds({});
  endpoint->disk();
  endpoint->take_sent();
  return endpoint;
}

inline LeaseRecord lease_of(uint8_t number, AbsoluteTime now, uint32_t version = 1) {
  LeaseRecord record{.key = {.type = lease::LeaseType::kAddress, .address = testing::ip("2001:db8:1::100")},
                     .status = lease::BindingStatus::kActive,
                     .iaid = 7,
                     .subnet_id = 1,
                     .preferred = {3000},
                     .valid = {4000},
                     .last_contact = now,
                     .duid = client(number),
                     .partner = lease::PartnerTimes{.partner_lifetime = now + Seconds{5500},
                                                    .client_contact = now,
                                                    .start_of_state = now,
                                                    .version = version,
                                                    .unacked = true}};
  record.key.address.octets[15] = std::byte{number};
  return record;
}

}  // namespace tandem6::failover
