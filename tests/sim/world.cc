#include "tests/sim/world.h"

#include <fmt/format.h>

#include <algorithm>

namespace tandem6::sim {

using failover::State;

namespace {

const std::string_view kNames[] = {"A", "B"};
constexpr unsigned kMostDoublings = 3;

bool is_serving(const Server& server) {
  return server.policy().responsiveness >= lease::Responsiveness::kRenewResponsive;
}

bool is_near(AbsoluteTime a, AbsoluteTime b) {
  return (a - b).count <= lease::kClockTolerance.count + 1 && (b - a).count <= lease::kClockTolerance.count + 1;
}

}  // namespace

World::World(const Scenario& scenario, bool verbose)
    : scenario_(scenario), journal_(events_, verbose), random_(scenario.seed), channel_(*this, random_.fork()) {
  for (unsigned side = 0; side < 2; ++side) servers_[side] = std::make_unique<Server>(*this, side, random_.fork());
  for (unsigned number = 0; number < scenario.clients; ++number) {
    clients_.push_back(std::make_unique<Client>(*this, number, random_.fork()));
  }
}

// --- the clients' network --------------------------------------------------------------------------------------------

bool World::reaches(unsigned client, unsigned server) const {
  return clients_[client]->reaches(server) && !client_link_down_[server];
}

void World::to_servers(unsigned client, const testing::Octets& message) {
  for (unsigned server = 0; server < 2; ++server) {
    const unsigned copies = random_.chance(scenario_.duplicate) ? 2 : 1;
    for (unsigned copy = 0; copy < copies; ++copy) {
      if (!reaches(client, server) || random_.chance(faults_ ? scenario_.loss : 0)) continue;
      const uint16_t link = clients_[client]->link();
      events_.after(random_.between(1, 60), [this, client, server, link, message] {
        if (servers_[server]->is_alive() && !journal_.failed()) servers_[server]->datagram(client, link, message);
      });
    }
  }
}

void World::to_client(unsigned server, unsigned client, const testing::Octets& message) {
  const unsigned copies = random_.chance(scenario_.duplicate) ? 2 : 1;
  for (unsigned copy = 0; copy < copies; ++copy) {
    if (!reaches(client, server) || random_.chance(faults_ ? scenario_.loss : 0)) continue;
    events_.after(random_.between(1, 60), [this, client, server, message] {
      if (!journal_.failed()) clients_[client]->received(server, message);
    });
  }
}

// I1.
void World::granted(unsigned client, const lease::LeaseKey& key) {
  if (excused_) return;
  for (unsigned other = 0; other < clients_.size(); ++other) {
    if (other == client || !clients_[other]->holds(key)) continue;
    journal_.violation("I1", fmt::format("{} is given {} while {} holds it", clients_[client]->name(),
                                         key.address.to_string(), clients_[other]->name()));
  }
}

// --- the run ---------------------------------------------------------------------------------------------------------

bool World::run() {
  for (unsigned side = 0; side < 2; ++side) {
    events_.after(random_.below(random_.chance(800) ? 2000 : 30'000),
                  [this, side] { servers_[side]->start(scenario_.workers[side]); });
  }
  for (const auto& client : clients_) client->start();
  watch();
  if (scenario_.faults() != 0) next_fault();
  advance(scenario_.duration * 1000);
  if (!journal_.failed()) end_faults();
  if (!journal_.failed()) come_to_rest();
  return !journal_.failed();
}

void World::advance(uint64_t until) {
  while (!journal_.failed() && events_.next_time() <= until) events_.step();
}

// What is to be so at all times.
void World::watch() {
  events_.after(500, [this] { watch(); });
  for (unsigned side = 0; side < 2; ++side) {
    const Server& one = *servers_[side];
    const Server& other = *servers_[1 - side];
    if (one.is_alive() && one.state() == State::kPartnerDown) apart_[side] = true;
    // §8.4: "the other server MUST NOT be operating", nor may it before they have met, if the one is gone by then.
    const bool operates = other.is_alive() && is_serving(other) && other.state() != State::kNormal;
    if (apart_[side] && operates && !excused_) {
      journal_.note("", "a server serves beside PARTNER-DOWN: I1 is off from here");
      excused_ = true;
    }
  }
  if (is_normal()) apart_ = {};
  for (unsigned side = 0; side < 2; ++side) {
    if (servers_[side]->is_alive() && servers_[side]->state() == State::kPartnerDown) was_alone_[side] = true;
  }
  if (is_normal() && servers_[0]->is_idle() && servers_[1]->is_idle()) disk_lost_ = was_alone_ = {};
}

bool World::is_normal() {
  return std::ranges::all_of(servers_, [](const auto& server) {
    return server->is_alive() && server->state() == State::kNormal && server->is_communicating();
  });
}

// --- faults ----------------------------------------------------------------------------------------------------------

void World::next_fault() {
  events_.after(random_.between(scenario_.fault_every_low, scenario_.fault_every_high) * 1000, [this] {
    if (!faults_) return;
    inject();
    next_fault();
  });
}

void World::block_for(bool forth, bool back, uint64_t milliseconds) {
  journal_.note("", fmt::format("partition: A{}B for {} ms",
                                forth && back ? "-x-"
                                : forth       ? "-x>"
                                              : "<x-",
                                milliseconds));
  channel_.block(0, forth);
  channel_.block(1, back);
  events_.after(milliseconds, [this, number = ++blocks_] {
    if (number != blocks_) return;
    journal_.note("", "partition heals");
    channel_.block(0, false);
    channel_.block(1, false);
  });
}

void World::inject() {
  uint64_t drawn = random_.below(scenario_.faults());
  const auto is_it = [&](unsigned weight) {
    if (drawn < weight) return true;
    drawn -= weight;
    return false;
  };
  const auto side = static_cast<unsigned>(random_.below(2));
  Server& server = *servers_[side];
  const uint64_t seconds = random_.chance(700) ? random_.between(1, 40) : random_.between(40, 300);
  for (const auto& client : clients_) {
    if (!random_.chance(scenario_.partial_reach)) continue;
    client->set_reach(static_cast<unsigned>(random_.below(2)));
    events_.after(seconds * 1000, [&client] { client->set_reach(2); });
  }
  // While one rightly thinks the other is down, nobody keeps them from meeting again.
  const bool is_delicate = scenario_.wrong_partner_down == 0 && scenario_.auto_partner_down == 0 &&
                           std::ranges::any_of(servers_, [](const auto& each) {
                             return !each->is_alive() || each->state() == State::kPartnerDown;
                           });
  if (is_it(scenario_.crash)) return crash(side, false);
  if (is_it(scenario_.stop)) return crash(side, true);
  if (is_it(scenario_.cut)) {
    journal_.note("", "connection cut");
    return channel_.cut();
  }
  if (is_it(scenario_.partition)) return is_delicate ? void() : block_for(true, true, seconds * 1000);
  if (is_it(scenario_.one_way)) return is_delicate ? void() : block_for(side == 0, side == 1, seconds * 1000);
  if (is_it(scenario_.client_link)) {
    journal_.note(kNames[side], "client link down");
    client_link_down_[side] = true;
    return events_.after(seconds * 1000, [this, side] { client_link_down_[side] = false; });
  }
  if (is_it(scenario_.slow_disk)) {
    journal_.note(kNames[side], "disk becomes slow");
    server.set_disk_delay(random_.between(300, 1200));
    return events_.after(seconds * 1000, [this, side] { servers_[side]->set_disk_delay(scenario_.disk_delay); });
  }
  if (is_it(scenario_.full_disk)) {
    journal_.note(kNames[side], "disk is full");
    server.set_disk_full(true);
    return events_.after(seconds * 1000, [this, side] { servers_[side]->set_disk_full(false); });
  }
  if (is_it(scenario_.other_version)) return channel_.set_newer(side);
  if (is_it(scenario_.clock_step)) {
    server.set_skew(static_cast<int64_t>(random_.between(0, 4000)) - 2000);
    return journal_.note(kNames[side], fmt::format("clock is {} ms off", server.skew()));
  }
  if (is_it(scenario_.clock_jump)) {
    const int64_t before = server.skew();
    server.set_skew(before + (random_.chance(500) ? 10'000 : -10'000));
    clock_has_jumped_ = true;
    excused_ = true;  // who spoke to a client last is told by two clocks: §7.1 asks for 5 seconds
    journal_.note(kNames[side], fmt::format("clock is {} ms off", server.skew()));
    return events_.after(seconds * 1000, [this, side] { servers_[side]->set_skew(scenario_.skew[side]); });
  }
  if (!server.is_alive()) return;
  if (is_it(scenario_.orphaning)) return is_delicate ? void() : orphan(side);
  if (is_it(scenario_.resync)) return void(server.command(failover::OperatorCommand::kResync));
  if (is_it(scenario_.wrong_partner_down)) return declare_partner_down(side);
}

// A server that is cut off goes on extending the leases of clients that reach nobody else, and is gone for good when
// the other one is told so: what it promised last, only those clients know.
void World::orphan(unsigned side) {
  const uint64_t apart = random_.between(10, scenario_.valid + scenario_.mclt) * 1000;
  const uint64_t said = random_.between(1000, 20'000);
  const uint64_t ended = apart + said + uint64_t{scenario_.valid + 2 * scenario_.mclt} * 1000;
  journal_.note(kNames[side], "will be the only one that some clients reach, then nobody's");
  for (const auto& client : clients_) {
    if (!random_.chance(400)) continue;
    client->set_reach(side);
    events_.after(ended, [&client] { client->set_reach(2); });
  }
  block_for(true, true, apart + 60'000);
  events_.after(apart, [this, side, said, ended, apart] {
    if (!faults_ || !servers_[side]->is_alive() || !servers_[1 - side]->is_alive()) return;
    servers_[side]->crash(false);
    const uint64_t crash = ++crashes_[side];
    events_.after(said, [this, side, crash] { say_partner_down(1 - side, crash); });
    events_.after(ended - apart, [this, side, crash] {
      if (crashes_[side] == crash) restart(side);
    });
  });
}

void World::crash(unsigned side, bool in_order) {
  if (!servers_[side]->is_alive()) return;
  // No protocol helps who loses what only one disk knew: both disks, or that of a server that served alone (§8.4.1:
  // "not restricted by the MCLT").
  const bool lose = !disk_lost_[1 - side] && !was_alone_[side] && random_.chance(scenario_.lost_disk);
  if (lose) disk_lost_[side] = true;
  if (in_order) {
    servers_[side]->stop();
  } else {
    servers_[side]->crash(random_.chance(500));
  }
  const uint64_t crash = ++crashes_[side];
  uint64_t down = random_.chance(600) ? random_.between(200, 20'000) : random_.between(20'000, 300'000);
  if (random_.chance(scenario_.partner_down)) {
    const uint64_t said = random_.between(1000, 60'000);
    down = said + random_.between(1000, 400'000);
    events_.after(said, [this, side, crash] { say_partner_down(1 - side, crash); });
  }
  events_.after(down, [this, side, lose] {
    if (!servers_[side]->is_alive()) {
      if (lose) servers_[side]->lose_disk();
      restart(side);
    }
  });
}

void World::restart(unsigned side) {
  Server& server = *servers_[side];
  if (faults_ && scenario_.resize != 0 && random_.chance(scenario_.resize) && server.doublings() < kMostDoublings) {
    server.set_doublings(server.doublings() + 1);
    journal_.note(kNames[side], "has a pd-pool of twice the size");
  }
  servers_[side]->start(random_.chance(600) ? scenario_.workers[side] : static_cast<unsigned>(random_.between(1, 4)));
}

// The operator has looked: it is really down.
void World::say_partner_down(unsigned survivor, uint64_t crash) {
  const bool is_down = !servers_[1 - survivor]->is_alive() && crashes_[1 - survivor] == crash;
  if (!faults_ || !is_down || !servers_[survivor]->is_alive()) return;
  declare_partner_down(survivor);
  ++blocks_;
  channel_.block(0, false);
  channel_.block(1, false);
}

// Who does not have all that the partner knows, and is told to serve, gives away what the partner gave: Figure 6 has no
// such way, and an operator may have no other.
void World::declare_partner_down(unsigned side) {
  const State state = servers_[side]->state();
  const bool knows_little = state == State::kRecover || state == State::kRecoverWait || was_alone_[1 - side];
  if (!servers_[side]->command(failover::OperatorCommand::kPartnerDown) || !knows_little || excused_) return;
  journal_.note("", "PARTNER-DOWN of a server that lacks what its partner did: I1 is off from here");
  excused_ = true;
}

// --- the end ---------------------------------------------------------------------------------------------------------

void World::end_faults() {
  journal_.note("", "faults end");
  faults_ = false;
  ++blocks_;
  // Both have the same configuration in the end.
  const unsigned largest = std::max(servers_[0]->doublings(), servers_[1]->doublings());
  for (unsigned side = 0; side < 2; ++side) {
    channel_.block(side, false);
    client_link_down_[side] = false;
    servers_[side]->set_disk_delay(scenario_.disk_delay);
    servers_[side]->set_disk_full(false);
    servers_[side]->set_skew(scenario_.skew[side]);
    ++crashes_[side];
    if (servers_[side]->doublings() != largest && servers_[side]->is_alive()) servers_[side]->stop();
    servers_[side]->set_doublings(largest);
    if (!servers_[side]->is_alive()) restart(side);
  }
  for (const auto& client : clients_) client->set_reach(2);
}

std::string World::state_text() {
  std::string out;
  for (const auto& server : servers_) {
    out += server->is_alive() ? fmt::format("{} ", failover::to_string(server->state())) : "down ";
  }
  return out;
}

void World::come_to_rest() {
  // I5: keepalive to notice, startup, MCLT in RECOVER-WAIT, and some for what is between.
  const uint64_t bound = uint64_t{2} * scenario_.keepalive + scenario_.startup + scenario_.mclt + 120;
  const uint64_t until = events_.now() + bound * 1000;
  while (!journal_.failed() && !is_normal() && events_.now() < until) advance(events_.now() + 1000);
  if (journal_.failed()) return;
  if (!is_normal()) return journal_.violation("I5", "no faults any more, and yet not NORMAL: " + state_text());
  // While what the faults have left is still there.
  if (!clock_has_jumped_) check_equal();
  // Leases of before end, and who was without one gets one.
  advance(events_.now() + uint64_t{2} * (scenario_.valid + scenario_.mclt) * 1000);
  if (journal_.failed()) return;
  if (!is_normal()) return journal_.violation("I5", "did not stay NORMAL: " + state_text());
  if (scenario_.release == 0 && scenario_.churn == 0 && scenario_.reboot == 0 && scenario_.decline == 0 &&
      scenario_.move == 0) {
    for (const auto& client : clients_) {
      if (!client->is_served()) return journal_.violation("I5", "a client is not served: " + client->text());
      // §4.4: the MCLT limits the first contact and what befalls the pair, not those who stay.
      if (!client->was_given(scenario_.valid)) {
        return journal_.violation("§4.4", "in NORMAL, a client's lifetimes are still limited: " + client->text());
      }
    }
  }
  check_equal();
}

// I4. Some may have to be told again, by a scan (§7.5.4).
void World::check_equal() {
  frozen_ = true;
  std::string different;
  const uint64_t until = events_.now() + uint64_t{60 + 2 * scenario_.scan_interval} * 1000;
  while (!journal_.failed() && events_.now() < until) {
    advance(events_.now() + 1000);
    different = differences();
    if (different.empty()) break;
  }
  frozen_ = false;
  if (!journal_.failed() && !different.empty()) journal_.violation("I4", different);
}

// Empty: none.
std::string World::differences() {
  const auto ours = servers_[0]->leases();
  const auto theirs = servers_[1]->leases();
  const auto text = [](const lease::LeaseRecord& record) {
    return fmt::format("{} {} of {} until {}", record.key.address.to_string(), lease::to_string(record.status),
                       record.duid.to_string(), record.expires().since_2000);
  };
  for (size_t at = 0; at < std::max(ours.size(), theirs.size()); ++at) {
    if (at >= ours.size()) return "only B has " + text(theirs[at]);
    if (at >= theirs.size()) return "only A has " + text(ours[at]);
    const lease::LeaseRecord& a = ours[at];
    const lease::LeaseRecord& b = theirs[at];
    const bool same = a.key == b.key && a.status == b.status && a.iaid == b.iaid && a.duid == b.duid &&
                      a.subnet_id == b.subnet_id && is_near(a.expires(), b.expires());
    if (!same) return fmt::format("A has {}, B has {}", text(a), text(b));
    for (const lease::LeaseRecord* one : {&a, &b}) {
      if (!one->partner || one->partner->unacked) return fmt::format("unacked: {}", text(*one));
    }
    const AbsoluteTime acked = std::max(a.partner->acked_partner_lifetime, b.partner->acked_partner_lifetime);
    if (a.status == lease::BindingStatus::kActive && acked + Seconds{1} < a.expires()) {
      return fmt::format("the partner has not acked a lifetime of {}", text(a));
    }
  }
  for (const auto& client : clients_) {
    const auto a = servers_[0]->disk().client(client->duid());
    const auto b = servers_[1]->disk().client(client->duid());
    if (a != b) return fmt::format("of {} A keeps {} and B {}", client->text(), testing::to_hex(a), testing::to_hex(b));
  }
  for (const auto& server : servers_) {
    const auto stored = server->disk().leases();
    if (!stored || stored->size() != server->leases().size()) return "the disk differs from the memory";
    if (std::string unrest = server->unrest(); !unrest.empty()) return unrest;
  }
  return channel_.is_quiet() ? "" : "messages are on their way";
}

}  // namespace tandem6::sim
