#include "control/reconfigure/reconfigurer.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "control/leasequery/lookup.h"
#include "dataplane/lease/client_data.h"
#include "dataplane/lease/hash.h"
#include "dataplane/lease/reconfigure.h"

namespace tandem6::control {
namespace {

using lease::ClientDataView;
using wire::MessageType;

// RFC 8415 §7.6.
constexpr uint64_t kRecTimeout = 2000;
constexpr unsigned kRecMaxRc = 8;

// Messages of one errand: they cost a worker about a microsecond each.
constexpr size_t kBatch = 64;
// Clients whose data is read at a time in search of some that accept.
constexpr size_t kClientPage = 1024;
constexpr unsigned kPagesPerTick = 4;
// What may be sent at once after a pause.
constexpr double kBurstSeconds = 0.25;

enum class Outcome : uint8_t { kNotRun, kSent, kNotSent, kAnswered, kGaveUp, kNoLease, kUnreachable, kNoRoom };

std::string name_of(const Duid& duid) { return std::string(wire::text_of(duid.bytes())); }

/// Has the client a lease that is served here, in one of these subnets?
bool has_lease(const lease::ErrandPlace& place, lease::Shard& shard, Bytes duid, const std::set<uint32_t>* subnets) {
  const uint32_t client = shard.find_client(duid);
  if (client == lease::kNoIndex) return false;
  for (const lease::Lease* it = shard.first_of(client); it != nullptr; it = shard.next_of(*it)) {
    if (it->status != lease::BindingStatus::kActive || (subnets && !subnets->contains(it->subnet_id))) continue;
    const lease::Subnet* subnet = place.snapshot.by_id(it->subnet_id);
    const lease::FailoverScope* scope = subnet != nullptr ? subnet->failover.get() : nullptr;
    if (scope == nullptr || scope->policy().responsiveness != lease::Responsiveness::kUnresponsive) return true;
  }
  return false;
}

tl::unexpected<Error> switched_off() {
  return tl::unexpected(Error{"no client has a key for Reconfigure: tandem6.reconfigure is not in the configuration"});
}

}  // namespace

/// One client's turn: made by the management thread, carried out by the worker that owns the client.
struct Reconfigurer::Attempt {
  Client client;
  uint64_t duid_hash;
  std::optional<lease::ReturnPath> way = std::nullopt;  // nothing: it is not known (any more)
  std::array<std::byte, 2048> bytes{};
  size_t size = 0;
  Outcome outcome = Outcome::kNotRun;

  Outcome carry_out(const lease::ErrandPlace& place) const;

 private:
  Outcome judge(const lease::ErrandPlace& place) const;
};

// kSent: there is nothing against it.
Outcome Reconfigurer::Attempt::judge(const lease::ErrandPlace& place) const {
  if (client.sent != 0 && place.leases.awaited().has_answered(duid_hash)) return Outcome::kAnswered;
  if (client.sent == kRecMaxRc) return Outcome::kGaveUp;
  lease::Shard& shard = place.leases.shard(lease::shard_of(duid_hash));
  if (client.sent == 0 && !has_lease(place, shard, client.duid.bytes(), client.call.subnets.get()))
    return Outcome::kNoLease;
  return way && size != 0 ? Outcome::kSent : Outcome::kUnreachable;
}

Outcome Reconfigurer::Attempt::carry_out(const lease::ErrandPlace& place) const {
  lease::AwaitedClients& awaited = place.leases.awaited();
  if (const Outcome verdict = judge(place); verdict != Outcome::kSent) {
    awaited.forget(duid_hash);
    return verdict;
  }
  if (!awaited.expect(duid_hash, client.call.answer_with)) return Outcome::kNoRoom;
  if (place.send == nullptr || !(*place.send)({.way = *way, .datagram = Bytes(bytes).first(size)}))
    return Outcome::kNotSent;
  place.leases.counters().sent[static_cast<size_t>(MessageType::kReconfigure)].add();
  return Outcome::kSent;
}

tl::expected<lease::ReturnPath, std::string> reconfigure_way(Bytes client_data) {
  const auto client = ClientDataView::parse(client_data);
  if (!client || !client->accepts_reconfigure())
    return tl::unexpected<std::string>("the client has not said that it accepts Reconfigure (RFC 8415 21.20)");
  const auto way = client->return_path();
  if (!way)
    return tl::unexpected<std::string>(
        "this server has not heard the client itself, so it does not know the way to it: ask the partner");
  return *way;
}

// --- whom to call ----------------------------------------------------------------------------------------------------

tl::expected<void, Error> Reconfigurer::call(const Duid& client, MessageType answer_with) {
  if (!server_.configuration().reconfigure.enabled) return switched_off();
  const auto leases = leases_of(server_, client.bytes());
  if (!leases) return tl::unexpected(leases.error());
  const bool has_some =
      std::ranges::any_of(*leases, [](const auto& lease) { return lease.status == lease::BindingStatus::kActive; });
  if (!has_some) return tl::unexpected(Error{"the client has no leases"});
  const auto data = server_.store().find_client(client.bytes());
  if (!data) return tl::unexpected(data.error());
  if (const auto way = reconfigure_way(*data); !way) return tl::unexpected(Error{way.error()});
  if (under_way_.contains(name_of(client)))
    return tl::unexpected(Error{"the client was sent a Reconfigure and has not answered yet"});
  if (waiting_.size() >= lease::AwaitedClients::kMax)
    return tl::unexpected(Error{fmt::format("{} clients have yet to answer: ask again later", waiting_.size())});
  under_way_.insert(name_of(client));
  wait({.duid = client, .call = {.answer_with = answer_with, .subnets = nullptr}, .sent = 0}, 0);
  return {};
}

tl::expected<void, Error> Reconfigurer::call(ReconfigureCall call) {
  if (!server_.configuration().reconfigure.enabled) return switched_off();
  calls_.push_back({.call = std::move(call)});
  return {};
}

size_t Reconfigurer::cancel() {
  const size_t cancelled = waiting_.size();
  std::vector<uint64_t> hashes;
  for (const auto& [due, client] : waiting_) hashes.push_back(lease::duid_hash(client.duid.bytes()));
  server_.run_at_all_workers([&](const lease::ErrandPlace& place) {
    for (const uint64_t hash : hashes) {
      if (place.leases.owns(lease::shard_of(hash))) place.leases.awaited().forget(hash);
    }
  });
  waiting_.clear();
  under_way_.clear();
  calls_.clear();
  return cancelled;
}

ReconfigureStatus Reconfigurer::status() const {
  ReconfigureStatus status = status_;
  status.under_way = waiting_.size();
  status.calls_waiting = calls_.size();
  return status;
}

// --- when ------------------------------------------------------------------------------------------------------------

void Reconfigurer::tick(uint64_t milliseconds) {
  earn(milliseconds);
  if (is_idle()) return;
  if (!server_.configuration().reconfigure.enabled) {
    cancel();
    return;
  }
  while (allowance_ >= 1) {
    const size_t limit = std::min(kBatch, static_cast<size_t>(allowance_));
    // Whoever waits already goes first.
    std::vector<Client> clients = take_due(milliseconds, limit);
    if (clients.empty()) clients = take_called(limit);
    if (clients.empty() || !run(std::move(clients), milliseconds)) return;
  }
}

void Reconfigurer::earn(uint64_t milliseconds) {
  const double per_second = server_.configuration().reconfigure.per_second;
  const double most = std::max(1.0, per_second * kBurstSeconds);
  const double passed = last_tick_ ? static_cast<double>(milliseconds - *last_tick_) / 1000 : kBurstSeconds;
  allowance_ = std::min(most, allowance_ + passed * per_second);
  last_tick_ = milliseconds;
}

std::vector<Reconfigurer::Client> Reconfigurer::take_due(uint64_t milliseconds, size_t limit) {
  std::vector<Client> due;
  while (due.size() < limit && !waiting_.empty() && waiting_.begin()->first <= milliseconds) {
    due.push_back(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
  }
  return due;
}

// Nobody when there is no room for more that have yet to answer.
std::vector<Reconfigurer::Client> Reconfigurer::take_called(size_t limit) {
  std::vector<Client> called;
  const size_t room = lease::AwaitedClients::kMax - std::min(lease::AwaitedClients::kMax, waiting_.size());
  limit = std::min(limit, room);
  for (unsigned pages = 0; called.size() < limit && !calls_.empty();) {
    Walk& walk = calls_.front();
    if (walk.accepting.empty() && walk.ended) {
      calls_.pop_front();
      continue;
    }
    if (walk.accepting.empty()) {
      if (pages++ == kPagesPerTick) break;
      look_further(walk);
      continue;
    }
    const Duid duid = walk.accepting.back();
    walk.accepting.pop_back();
    if (under_way_.insert(name_of(duid)).second) called.push_back({.duid = duid, .call = walk.call, .sent = 0});
  }
  return called;
}

void Reconfigurer::look_further(Walk& walk) {
  const auto last = server_.store().page_clients(walk.after, kClientPage, [&](Bytes duid, Bytes client_data) {
    const auto client = ClientDataView::parse(client_data);
    if (client && client->accepts_reconfigure()) walk.accepting.push_back(Duid::from_bytes(duid).value_or(Duid{}));
  });
  // A disk that cannot be read now: at the next tick again.
  if (!last) return;
  walk.ended = !last->has_value();
  walk.after = *last;
}

// --- a client's turn -------------------------------------------------------------------------------------------------

// Its data is read anew each time: it may have moved.
Reconfigurer::Attempt Reconfigurer::prepare(Client client) {
  Attempt attempt{.client = std::move(client), .duid_hash = 0};
  const Bytes duid = attempt.client.duid.bytes();
  attempt.duid_hash = lease::duid_hash(duid);
  const auto data = server_.store().find_client(duid);
  const auto way = data ? reconfigure_way(*data) : tl::unexpected<std::string>("");
  if (!way) return attempt;
  attempt.way = *way;
  const auto kept = ClientDataView::parse(*data);
  lease::ReconfigureKey key = lease::reconfigure_key(server_.snapshot().reconfigure_secret(), duid);
  if (const auto made = kept->find(lease::ClientTag::kReconfigureData);
      made && made->size() == lease::kReconfigureDataSize)
    std::ranges::copy(made->last(key.size()), key.begin());
  attempt.size = lease::build_reconfigure({.server_duid = server_.snapshot().server_duid().bytes(),
                                           .client_duid = duid,
                                           .answer_with = attempt.client.call.answer_with,
                                           .replay = next_replay(),
                                           .relays = kept->relays()},
                                          key, attempt.bytes);
  return attempt;
}

// False when the workers do not run.
bool Reconfigurer::run(std::vector<Client> clients, uint64_t milliseconds) {
  std::vector<Attempt> attempts;
  attempts.reserve(clients.size());
  for (Client& client : clients) attempts.push_back(prepare(std::move(client)));
  const bool ran = server_.run_at_all_workers([&](const lease::ErrandPlace& place) {
    for (Attempt& attempt : attempts) {
      if (place.leases.owns(lease::shard_of(attempt.duid_hash))) attempt.outcome = attempt.carry_out(place);
    }
  });
  for (Attempt& attempt : attempts) take_result(attempt, milliseconds);
  return ran;
}

void Reconfigurer::take_result(Attempt& attempt, uint64_t milliseconds) {
  Client& client = attempt.client;
  switch (attempt.outcome) {
    case Outcome::kSent:
      allowance_ -= 1;
      ++status_.sent;
      status_.called += client.sent == 0 ? 1 : 0;
      ++client.sent;
      return wait(client, milliseconds + (kRecTimeout << (client.sent - 1)));
    case Outcome::kNotSent:
      ++status_.not_sent;
      return wait(client, milliseconds + kRecTimeout);
    case Outcome::kNotRun:
    case Outcome::kNoRoom:
      return wait(client, milliseconds + kRecTimeout);
    case Outcome::kAnswered:
      ++status_.answered;
      break;
    case Outcome::kGaveUp:
      ++status_.gave_up;
      break;
    case Outcome::kUnreachable:
      ++status_.unreachable;
      break;
    case Outcome::kNoLease:
      break;
  }
  forget(client.duid);
}

void Reconfigurer::wait(Client client, uint64_t until) { waiting_.emplace(until, std::move(client)); }

void Reconfigurer::forget(const Duid& client) { under_way_.erase(name_of(client)); }

// Greater than any before, also across restarts, as time goes on (§20.3).
uint64_t Reconfigurer::next_replay() {
  last_replay_ = std::max(last_replay_ + 1, lease::replay_detection(server_.now(), 1));
  return last_replay_;
}

}  // namespace tandem6::control
