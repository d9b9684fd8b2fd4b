#include "tests/sim/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tests/sim/world.h"

namespace tandem6::sim {

using testing::Octets;

namespace {

constexpr uint16_t kAddressIa = 3;
constexpr uint16_t kPrefixIa = 25;
constexpr uint32_t kNoBinding = 3;
constexpr uint64_t kHaste = 3000;  // ms: of those who churn
constexpr unsigned kMostAttempts = 5;
/// A slow disk, or a full log, makes a server miss some.
constexpr unsigned kMostUnanswered = 7;

uint16_t code_of(const lease::LeaseKey& key) { return key.type == lease::LeaseType::kAddress ? kAddressIa : kPrefixIa; }

}  // namespace

Client::Client(World& world, unsigned number, Random random)
    : world_(world),
      number_(number),
      random_(random),
      duid_(testing::hex("0003 0001 0200 0000") + testing::u16(static_cast<uint16_t>(0x1000 + number))) {
  const uint64_t kind = random_.below(10);
  wants_address_ = kind < 8;
  wants_prefix_ = kind >= 5;
  link_ = random_.chance(250) ? 1 : 0;
  has_name_ = number % 3 == 0;
}

std::string Client::name() const { return fmt::format("c{}", number_); }

std::string Client::text() const {
  constexpr std::string_view kPhases[] = {"idle",     "soliciting", "requesting", "bound",
                                          "renewing", "rebinding",  "releasing",  "declining"};
  std::string out = fmt::format("{} {}", name(), kPhases[static_cast<size_t>(phase_)]);
  for (const Held& held : held_) out += fmt::format(" {}", held.key.address.to_string());
  return out;
}

bool Client::holds(const lease::LeaseKey& key) const {
  return std::ranges::any_of(held_,
                             [&](const Held& held) { return held.key == key && held.until > world_.events().now(); });
}

bool Client::was_given(uint32_t valid) const {
  return std::ranges::all_of(held_, [&](const Held& held) { return held.valid >= valid; });
}

bool Client::is_served() const {
  const auto has = [&](uint16_t code) {
    return std::ranges::any_of(
        held_, [&](const Held& held) { return code_of(held.key) == code && held.until > world_.events().now(); });
  };
  return (!wants_address_ || has(kAddressIa)) && (!wants_prefix_ || has(kPrefixIa));
}

// --- turns -----------------------------------------------------------------------------------------------------------

void Client::start() {
  enter(Phase::kIdle);
  after(random_.below(20'000), &Client::solicit);
}

void Client::enter(Phase phase) {
  phase_ = phase;
  attempts_ = 0;
  ++generation_;
  transaction_ = static_cast<uint32_t>(random_.below(1U << 24));
}

/// Unless something else has begun by then.
void Client::after(uint64_t delay, void (Client::*what)()) {
  world_.events().after(delay, [this, what, generation = generation_] {
    if (generation == generation_ && !world_.journal().failed()) (this->*what)();
  });
}

// What the phase does, again and again (RFC 8415 §15).
void Client::act() {
  drop_expired();
  const uint64_t now = world_.events().now();
  if (world_.is_frozen()) return after(1000, &Client::act);
  ++attempts_;
  const uint64_t again = std::min<uint64_t>(1000U << std::min(attempts_, 3U), 6000) + random_.below(500);
  switch (phase_) {
    case Phase::kSoliciting:
      transmit(testing::kSolicit, false);
      break;
    case Phase::kRequesting:
      if (attempts_ > kMostAttempts) return solicit();
      transmit(testing::kRequest, true);
      break;
    case Phase::kRenewing:
    case Phase::kRebinding:
      if (held_.empty()) return solicit();
      if (phase_ == Phase::kRenewing && now >= t2_) {
        enter(Phase::kRebinding);
        return act();
      }
      transmit(phase_ == Phase::kRenewing ? testing::kRenew : testing::kRebind, phase_ == Phase::kRenewing);
      break;
    case Phase::kReleasing:
    case Phase::kDeclining:
      if (attempts_ > 3) {
        enter(Phase::kIdle);
        return after(random_.between(1000, 60'000), &Client::solicit);
      }
      transmit(phase_ == Phase::kReleasing ? testing::kRelease : testing::kDecline, true);
      break;
    default:
      return;
  }
  after(again, &Client::act);
}

void Client::drop_expired() {
  const uint64_t now = world_.events().now();
  std::erase_if(held_, [&](const Held& held) { return held.until <= now; });
}

uint64_t Client::last_end() const {
  uint64_t last = 0;
  for (const Held& held : held_) last = std::max(last, held.until);
  return last;
}

void Client::transmit(uint8_t type, bool to_one) {
  const bool gives_up = type == testing::kRelease || type == testing::kDecline;
  const Octets message =
      testing::message(type, transaction_,
                       {testing::client_id(duid_), to_one ? testing::server_id(server_duid_) : Octets{},
                        testing::elapsed_time(static_cast<uint16_t>(attempts_ * 100)), gives_up ? Octets{} : fqdn(),
                        gives_up || type != testing::kSolicit ? ias(true) : ias(false)});
  expect_answer(type);
  world_.to_servers(number_, message);
}

// I5, and I3 of a client whose own server is gone: whoever is responsive, in reach, and knows the leases, answers.
void Client::expect_answer(uint8_t type) {
  if (type != testing::kSolicit && type != testing::kRebind) return;
  const auto must_answer = [&](unsigned side) {
    const Server& server = world_.server(side);
    if (!server.is_alive() || server.is_disk_full() || !world_.reaches(number_, side)) return false;
    if (server.policy().responsiveness != lease::Responsiveness::kResponsive) return false;
    return type == testing::kSolicit ||
           std::ranges::all_of(held_, [&](const Held& held) { return server.knows(held.key, duid_); });
  };
  unanswered_ = must_answer(0) || must_answer(1) ? unanswered_ + 1 : 0;
  if (unanswered_ <= kMostUnanswered || world_.scenario().loss != 0) return;
  world_.journal().violation(type == testing::kSolicit ? "I5" : "I3",
                             fmt::format("{} is not answered by a server that is responsive", name()));
}

Octets Client::ias(bool with_leases) const {
  const bool gives_up = phase_ == Phase::kReleasing || phase_ == Phase::kDeclining;
  const std::vector<Held>& leases = gives_up ? given_up_ : phase_ == Phase::kRequesting ? wished_ : held_;
  Octets all;
  for (const uint16_t code : {kAddressIa, kPrefixIa}) {
    if (!wants(code)) continue;
    Octets inner;
    for (const Held& held : leases) {
      if (!with_leases || code_of(held.key) != code) continue;
      const std::string address = held.key.address.to_string();
      inner += code == kAddressIa ? testing::ia_address(address) : testing::ia_prefix(address, held.key.prefix_length);
    }
    if (gives_up && inner.empty()) continue;
    all += code == kAddressIa ? testing::ia_na(1, {inner}) : testing::ia_pd(2, {inner});
  }
  return all;
}

// RFC 4704 §4: flags, and the name in the form of the DNS.
Octets Client::fqdn() const {
  // Who has booted anew may have lost its name as well.
  if (!has_name_ || boots_ % 4 == 3) return {};
  const std::string label = fmt::format("{}-{}", name(), boots_);
  Octets data = testing::hex("00") + testing::u8(static_cast<uint8_t>(label.size()));
  for (const char letter : label) data += testing::u8(static_cast<uint8_t>(letter));
  return testing::option(39, data);
}

void Client::solicit() {
  drop_expired();
  enter(Phase::kSoliciting);
  offers_.clear();
  act();
}

void Client::choose() {
  if (offers_.empty()) return;
  Offer offer = offers_[random_.below(offers_.size())];
  enter(Phase::kRequesting);
  server_duid_ = offer.server;
  wished_ = offer.leases;
  act();
}

bool Client::happens(unsigned per_mille) { return per_mille != 0 && random_.chance(per_mille); }

void Client::renew() {
  if (world_.is_frozen()) return after(1000, &Client::renew);
  const Scenario& scenario = world_.scenario();
  if (happens(scenario.release)) return release();
  if (happens(scenario.reboot) || happens(scenario.move)) {
    world_.journal().note(name(), "forgets its leases");
    held_.clear();
    ++boots_;
    if (happens(500) && scenario.move != 0) link_ = 1 - link_;
    enter(Phase::kIdle);
    return after(random_.between(500, 20'000), &Client::solicit);
  }
  enter(Phase::kRenewing);
  act();
}

void Client::release() {
  if (world_.is_frozen()) return after(1000, &Client::renew);
  for (const Held& held : held_) give_up(held);
  given_up_ = std::exchange(held_, {});
  enter(Phase::kReleasing);
  act();
}

void Client::give_up(const Held& held) {
  world_.journal().note(name(), fmt::format("gives up {}", held.key.address.to_string()));
}

// --- what it is told -------------------------------------------------------------------------------------------------

void Client::received(unsigned server, const Octets& message) {
  lease::Answer answer;
  answer.size = message.size();
  const testing::Response response{answer, message};
  if (response.transaction_id() != transaction_) return;
  unanswered_ = 0;
  if (response.type() == testing::kAdvertise && phase_ == Phase::kSoliciting) {
    Offer offer{.server = response.option(2).value(), .leases = {}};
    for (const testing::ReadIa& ia : response.ias()) {
      for (const testing::ReadLease& lease : ia.leases) {
        const lease::LeaseKey key{
            .type = ia.code == kAddressIa ? lease::LeaseType::kAddress : lease::LeaseType::kPrefix,
            .prefix_length = static_cast<uint8_t>(lease.length),
            .address = lease.address};
        offer.leases.push_back({.key = key, .iaid = ia.iaid, .until = 0, .valid = 0, .giver = server, .losses = 0});
      }
    }
    if (offer.leases.empty()) return;
    if (offers_.empty())
      world_.events().after(300, [this, generation = generation_] {
        if (generation == generation_ && !world_.journal().failed()) choose();
      });
    offers_.push_back(std::move(offer));
    return;
  }
  if (response.type() != testing::kReply) return;
  switch (phase_) {
    case Phase::kReleasing:
    case Phase::kDeclining:
      enter(Phase::kIdle);
      return after(world_.scenario().churn != 0 ? random_.between(10, kHaste) : random_.between(1000, 60'000),
                   &Client::solicit);
    case Phase::kRequesting:
    case Phase::kRenewing:
    case Phase::kRebinding:
      return bind(server, response);
    default:
      return;
  }
}

void Client::bind(unsigned server, const testing::Response& reply) {
  drop_expired();
  server_duid_ = reply.option(2).value();
  got_new_ = false;
  bool no_binding = false;
  for (const testing::ReadIa& ia : reply.ias()) {
    const bool had = std::ranges::any_of(held_, [&](const Held& held) { return code_of(held.key) == ia.code; });
    if (ia.status == kNoBinding) {
      no_binding = true;
      const auto lost = std::ranges::find_if(held_, [&](const Held& held) {
        return code_of(held.key) == ia.code && held.giver == server &&
               held.losses == world_.server(server).disk_losses();
      });
      // I3: whoever gave a lease knows it until it ends.
      if (had && is_renewal() && lost != held_.end() && !world_.is_excused() && !world_.may_differ()) {
        world_.journal().violation("I3", fmt::format("{} is told NoBinding of {} by the server that gave it", name(),
                                                     lost->key.address.to_string()));
      }
    }
    take_ia(server, ia);
  }
  if (no_binding && phase_ != Phase::kRequesting) {
    enter(Phase::kRequesting);
    wished_ = held_;
    return act();
  }
  bound(reply);
}

void Client::take_ia(unsigned server, const testing::ReadIa& ia) {
  const uint64_t now = world_.events().now();
  for (const testing::ReadLease& lease : ia.leases) {
    const lease::LeaseKey key{.type = ia.code == kAddressIa ? lease::LeaseType::kAddress : lease::LeaseType::kPrefix,
                              .prefix_length = static_cast<uint8_t>(lease.length),
                              .address = lease.address};
    const auto known = std::ranges::find(held_, key, &Held::key);
    if (lease.valid == 0) {
      if (known == held_.end()) continue;
      // I3: nobody is renumbered.
      if (is_renewal() && !world_.is_excused() && !world_.may_differ() &&
          known->losses == world_.server(known->giver).disk_losses() &&
          !world_.server(server).may_withdraw(key, duid_)) {
        world_.journal().violation("I3", fmt::format("{} has {} taken away, {} ms before its end", name(),
                                                     key.address.to_string(), known->until - now));
      }
      held_.erase(known);
      continue;
    }
    const Held held{.key = key,
                    .iaid = ia.iaid,
                    .until = now + uint64_t{lease.valid} * 1000,
                    .valid = lease.valid,
                    .giver = server,
                    .losses = world_.server(server).disk_losses()};
    world_.journal().note(
        name(), fmt::format("has {} from {} for {} s", key.address.to_string(), server == 0 ? "A" : "B", lease.valid));
    if (known == held_.end()) {
      got_new_ = true;
      held_.push_back(held);
    } else {
      *known = held;
    }
    world_.granted(number_, key);
  }
}

void Client::bound(const testing::Response& reply) {
  if (held_.empty()) {
    enter(Phase::kIdle);
    return after(random_.between(1000, 5000), &Client::solicit);
  }
  if (got_new_ && random_.chance(world_.scenario().decline) && held_.front().key.type == lease::LeaseType::kAddress) {
    give_up(held_.front());
    given_up_ = {held_.front()};
    held_.erase(held_.begin());
    enter(Phase::kDeclining);
    return act();
  }
  uint32_t t1 = UINT32_MAX;
  uint32_t t2 = UINT32_MAX;
  for (const testing::ReadIa& ia : reply.ias()) {
    if (ia.t1 != 0) t1 = std::min(t1, ia.t1);
    if (ia.t2 != 0) t2 = std::min(t2, ia.t2);
  }
  const uint64_t now = world_.events().now();
  const uint64_t rest = last_end() - now;
  t1_ = now + (t1 == UINT32_MAX ? rest / 2 : uint64_t{t1} * 1000);
  t2_ = now + (t2 == UINT32_MAX ? rest * 4 / 5 : uint64_t{t2} * 1000);
  enter(Phase::kBound);
  if (happens(world_.scenario().churn)) return after(random_.between(10, kHaste), &Client::release);
  after(t1_ - now, &Client::renew);
}

}  // namespace tandem6::sim
