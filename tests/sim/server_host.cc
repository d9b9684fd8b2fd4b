// A server as its relationship's host: the channel, errands to workers. And what is checked of it.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "failover/transitions.h"
#include "tests/sim/server.h"
#include "tests/sim/world.h"
#include "tests/support/server_fixture.h"

namespace tandem6::sim {

using failover::Applied;
using failover::IncomingUpdate;
using failover::State;
using lease::LeaseKey;

// --- the channel -----------------------------------------------------------------------------------------------------

void Server::connected() {
  world_.journal().note(name(), "is connected");
  life_->partner_is_starting = false;
  life_->relationship->connected(moment());
}

void Server::connected_by(const std::vector<std::byte>& message) {
  world_.journal().note(name(), "accepts a connection");
  life_->partner_is_starting = false;
  life_->relationship->connected_by(message, moment());
}

void Server::received(const std::vector<std::byte>& message) {
  const auto view = wire::FailoverMessageView::parse(message);
  if (!view) return world_.journal().violation("wire", name() + " gets a message that does not parse");
  world_.journal().note(name(),
                        fmt::format("<- message {} #{}", static_cast<unsigned>(view->type), view->transaction_id));
  if (const auto state = failover::read_state(*view)) life_->partner_is_starting = state->flags.startup;
  life_->update_done = view->type == wire::MessageType::kUpdDone;
  if (view->type == wire::MessageType::kUpdReqAll) life_->asked_for_all = {.when = wall(), .heard_since = {}};
  const uint64_t malformed = life_->relationship->status().malformed;
  life_->relationship->received(message, moment());
  life_->update_done = false;
  life_->relationship->flush(moment());
  if (life_->relationship->status().malformed != malformed) {
    world_.journal().note(name(), "found no sense in it");
  }
}

void Server::disconnected(std::string_view why) {
  world_.journal().note(name(), why);
  life_->relationship->disconnected(why, moment());
}

void Server::send(Bytes message) {
  check_message(message);
  world_.channel().send(side_, message);
}

void Server::disconnect() {
  world_.journal().note(name(), "disconnects");
  world_.channel().close(side_);
}

void Server::settled() { world_.channel().settled(); }

void Server::note(failover::Weight, std::string_view event, std::string_view text) {
  world_.journal().note(name(), fmt::format("{}: {}", event, text));
}

// --- errands ---------------------------------------------------------------------------------------------------------

void Server::apply(IncomingUpdate incoming) {
  auto shared = std::make_shared<IncomingUpdate>(std::move(incoming));
  in_worker(owner_of(shared->update.client->bytes()), [this, shared] { run_apply(shared); });
}

void Server::run_apply(const std::shared_ptr<IncomingUpdate>& incoming) {
  const unsigned owner = owner_of(incoming->update.client->bytes());
  switch (failover::apply(place(owner), *life_->scope, *incoming)) {
    case Applied::kDone:
      if (life_->asked_for_all) {
        for (const auto& lease : incoming->update.leases) life_->asked_for_all->heard_since.push_back(lease.key);
      }
      return when_committed(owner, incoming->sequence, [this, incoming] {
        in_reactor([this, incoming] {
          take_feed();
          life_->relationship->applied(*incoming, moment());
        });
      });
    case Applied::kNoRoom:
      return later(5, [this, owner, incoming] { in_worker(owner, [this, incoming] { run_apply(incoming); }); });
    case Applied::kHeldElsewhere:
      return run_displace(incoming, 0);
  }
}

// At one worker after the other.
void Server::run_displace(const std::shared_ptr<IncomingUpdate>& incoming, unsigned worker) {
  const unsigned owner = owner_of(incoming->update.client->bytes());
  const auto go_on = [this, owner, incoming] { in_worker(owner, [this, incoming] { run_apply(incoming); }); };
  if (worker == owner) ++worker;
  if (worker >= life_->workers.size()) {
    incoming->next_is_unheld = true;
    return go_on();
  }
  in_worker(worker, [this, incoming, worker, go_on] {
    switch (failover::displace(place(worker), *life_->scope, *incoming)) {
      case Applied::kDone:
        incoming->next_is_unheld = true;
        return when_committed(worker, incoming->sequence, go_on);
      case Applied::kNoRoom:
        return later(5, [this, incoming, worker] { run_displace(incoming, worker); });
      case Applied::kHeldElsewhere:
        return when_committed(worker, incoming->sequence,
                              [this, incoming, worker] { run_displace(incoming, worker + 1); });
    }
  });
}

void Server::acknowledge(const failover::LeaseAck& ack) {
  const unsigned owner = owner_of(ack.client.bytes());
  in_worker(owner, [this, owner, ack] {
    if (!failover::acknowledge(place(owner), ack)) later(5, [this, ack] { acknowledge(ack); });
  });
}

void Server::begin_scan(failover::ScanKind kind) {
  life_->scan.kind = kind;
  ++life_->scan.number;
  life_->scan.cursors.assign(life_->workers.size(), {});
}

void Server::continue_scan(size_t limit) {
  struct Piece {
    std::vector<failover::FoundLease> found;
    size_t workers;
    bool finished = true;
  };
  const auto piece = std::make_shared<Piece>(Piece{.found = {}, .workers = life_->workers.size()});
  const uint64_t number = life_->scan.number;
  const auto done = [this, piece, number] {
    if (--piece->workers != 0) return;
    in_reactor([this, piece, number] {
      take_feed();
      if (number == life_->scan.number) life_->relationship->scanned(piece->found, piece->finished, moment());
    });
  };
  for (unsigned worker = 0; worker < life_->workers.size(); ++worker) {
    in_worker(worker, [this, worker, piece, number, limit, done] {
      if (number != life_->scan.number) return;
      failover::WalkCursor& cursor = life_->scan.cursors[worker];
      failover::scan(place(worker), *life_->scope, life_->scan.kind, cursor, limit, piece->found);
      piece->finished = piece->finished && cursor.finished;
      // Not to be told before it is committed.
      when_committed(worker, place(worker).leases.log().written(), done);
    });
  }
}

void Server::free_overdue(AbsoluteTime partner_down_since, Seconds mclt) {
  for (unsigned worker = 0; worker < life_->workers.size(); ++worker) {
    in_worker(worker, [this, worker, partner_down_since, mclt] {
      failover::WalkCursor cursor;
      while (!cursor.finished) {
        failover::free_overdue(place(worker), *life_->scope, partner_down_since, mclt, cursor, 4096);
      }
    });
  }
}

void Server::check_blocks(std::vector<LeaseKey> blocks) {
  struct Check {
    std::vector<LeaseKey> blocks;
    std::vector<LeaseKey> unacked;
    size_t workers;
  };
  const auto check =
      std::make_shared<Check>(Check{.blocks = std::move(blocks), .unacked = {}, .workers = life_->workers.size()});
  for (unsigned worker = 0; worker < life_->workers.size(); ++worker) {
    in_worker(worker, [this, worker, check] {
      failover::WalkCursor cursor;
      while (!cursor.finished) {
        failover::find_unacked_blocks(place(worker), *life_->scope, check->blocks, cursor, 4096, check->unacked);
      }
      if (--check->workers != 0) return;
      in_reactor([this, check] { life_->relationship->blocks_checked(check->blocks, check->unacked, moment()); });
    });
  }
}

std::vector<std::byte> Server::client_data(Bytes duid) { return disk_.client(duid); }

// --- what is checked -------------------------------------------------------------------------------------------------

std::vector<Promise> Server::promises_of(const lease::Answer& answer, const testing::Octets& bytes) const {
  std::vector<Promise> promises;
  const testing::Response response{answer, bytes};
  for (const testing::ReadIa& ia : response.ias()) {
    for (const testing::ReadLease& lease : ia.leases) {
      if (lease.valid == 0) continue;
      const LeaseKey key{.type = ia.code == 3 ? lease::LeaseType::kAddress : lease::LeaseType::kPrefix,
                         .prefix_length = static_cast<uint8_t>(lease.length),
                         .address = lease.address};
      promises.push_back({key, wall() + Seconds{lease.valid}});
    }
  }
  return promises;
}

// I2 (RFC 8156 §4.4), and that the state lets it answer at all (§8.1).
void Server::check_answer(const std::vector<Promise>& promises, Bytes duid) {
  const lease::FailoverPolicy policy = life_->scope->policy();
  const auto role = life_->scope->role();
  const auto stored = disk_.stable ? failover::decode_stable(*disk_.stable) : std::nullopt;
  const lease::Responsiveness most =
      std::min(most_responsive(state(), role),
               stored ? most_responsive(stored->state.state, role) : lease::Responsiveness::kUnresponsive);
  if (policy.responsiveness > most) {
    return world_.journal().violation(
        "I7", fmt::format("{} answers a client in {}, with {} on the disk", name(), failover::to_string(state()),
                          stored ? failover::to_string(stored->state.state) : "nothing"));
  }
  if (state() == State::kPartnerDown && stored->state.state == State::kPartnerDown) return;
  for (const Promise& promise : promises) {
    const auto record = find(promise.key);
    // An ADVERTISE of a new one.
    const bool known = record && record->partner && wire::same_bytes(record->duid.bytes(), duid);
    const AbsoluteTime acked = known ? record->partner->acked_partner_lifetime : AbsoluteTime{};
    const AbsoluteTime base = acked == AbsoluteTime{} ? wall() : std::max(acked, wall());
    if (promise.until > base + Seconds{world_.scenario().mclt}) {
      return world_.journal().violation(
          "I2", fmt::format("{} gives {} for {} s; acked is {} s from now", name(), promise.key.address.to_string(),
                            (promise.until - wall()).count, (acked - wall()).count));
    }
  }
}

// I6: what leaves is on the disk, unless it has changed again meanwhile.
void Server::check_stored(const Parked& reply) {
  for (const Promise& promise : reply.promises) {
    const auto is_promised = [&](const std::optional<lease::LeaseRecord>& record) {
      return record && record->duid == reply.duid && record->status == lease::BindingStatus::kActive &&
             record->expires() >= promise.until;
    };
    if (!is_promised(find(promise.key)) || is_promised(disk_.find(promise.key))) continue;
    return world_.journal().violation("I6", fmt::format("{} tells a client of {} and its disk does not know", name(),
                                                        promise.key.address.to_string()));
  }
}

// I6: when everything is written, a restart finds what is in memory, no less and no more.
void Server::check_disk() {
  if (!all_is_written()) return;
  life_->disk_checked = world_.events().now();
  auto stored = disk_.leases();
  if (!stored) return world_.journal().violation("I6", "a record on the disk of " + name() + " does not decode");
  sort_by_key(*stored);
  const auto held = leases();
  // What the partner acknowledged meanwhile is lost, and asked again.
  const auto is_same = [](const lease::LeaseRecord& a, const lease::LeaseRecord& b) {
    return a.key == b.key && a.duid == b.duid && a.iaid == b.iaid && a.status == b.status && a.expires() == b.expires();
  };
  const auto [first, second] = std::ranges::mismatch(held, *stored, is_same);
  if (first == held.end() && second == stored->end()) return;
  const lease::LeaseRecord& different = first != held.end() ? *first : *second;
  world_.journal().violation("I6", fmt::format("{}: memory and disk differ in {}, {} and {} leases", name(),
                                               different.key.address.to_string(), held.size(), stored->size()));
}

void Server::note_update(const failover::BindingUpdate& update) {
  if (!world_.journal().is_verbose()) return;
  for (const failover::LeaseUpdate& lease : update.leases) {
    world_.journal().note(name(),
                          fmt::format("   {} {} {}{}", lease.key.address.to_string(), lease::to_string(lease.status),
                                      update.client ? update.client->to_string() : "of nobody",
                                      lease.verdict == wire::StatusCode::kSuccess
                                          ? ""
                                          : fmt::format(", refused with {}", static_cast<unsigned>(lease.verdict))));
  }
}

void Server::check_message(Bytes message) {
  const auto view = wire::FailoverMessageView::parse(message);
  if (!view) return world_.journal().violation("wire", name() + " sends what does not parse");
  world_.journal().note(name(),
                        fmt::format("-> message {} #{}", static_cast<unsigned>(view->type), view->transaction_id));
  if (view->type == wire::MessageType::kState) {
    // RFC 8156 §6.3: "written to stable storage prior to enqueuing it".
    const auto told = failover::read_state(*view);
    const auto stored = disk_.stable ? failover::decode_stable(*disk_.stable) : std::nullopt;
    if (!told || !stored || stored->state.state != told->state) {
      world_.journal().violation("§6.3", name() + " tells a state that is not on its disk");
    }
  } else if (view->type == wire::MessageType::kUpdDone) {
    check_done();
  } else if (view->type == wire::MessageType::kBndReply) {
    const auto reply = failover::read_binding_reply(*view);
    if (!reply) return world_.journal().violation("wire", name() + " sends a BNDREPLY that does not parse");
    note_update(*reply);
    check_told(*reply, true);
    const bool is_block = !reply->client && reply->leases.size() == 1;
    if (side_ == 1 && is_block && reply->leases.front().verdict == wire::StatusCode::kSuccess) {
      check_hands(reply->leases.front(), lease::BindingStatus::kFree);
    }
  } else if (view->type == wire::MessageType::kBndUpd) {
    const failover::ReadUpdate read = failover::read_binding_update(*view);
    if (read.fault != wire::StatusCode::kSuccess) {
      return world_.journal().violation("wire", name() + " sends a BNDUPD that does not parse");
    }
    note_update(read.update);
    check_told(read.update, false);
    if (side_ == 0 && !read.update.client) {
      check_hands(read.update.leases.front(), lease::BindingStatus::kFreeBackup);
    }
  }
}

// §5.3.7: whoever asked for all has all that was there when it asked. What it has told itself since then it knows.
void Server::check_done() {
  const auto asked = std::exchange(life_->asked_for_all, std::nullopt);
  const Server& partner = world_.server(1 - side_);
  if (!asked || !partner.is_alive() || world_.is_excused() || world_.may_differ()) return;
  for (const lease::LeaseRecord& record : leases()) {
    const bool was_there = record.last_contact < asked->when && record.status == lease::BindingStatus::kActive &&
                           std::ranges::find(asked->heard_since, record.key) == asked->heard_since.end();
    if (!was_there || partner.find(record.key)) continue;
    world_.journal().violation("§5.3.7", fmt::format("{} says UPDDONE, and the partner does not have {}", name(),
                                                     record.key.address.to_string()));
  }
}

// §4.2.2: what this server parts with, as `block` of this status says, holds no lease that the partner has never heard
// of. In PARTNER-DOWN it parts with nothing: it gives its clients what is the partner's, who has it back later
// (§8.4.2).
void Server::check_hands(const failover::LeaseUpdate& block, lease::BindingStatus status) {
  if (block.status != status || world_.is_excused() || state() == failover::State::kPartnerDown) return;
  for (const lease::LeaseRecord& record : leases()) {
    const bool is_within = block.key.address <= record.key.address && record.key.address <= block.key.last();
    const bool is_news = record.partner && record.partner->unacked &&
                         record.partner->acked_partner_lifetime == AbsoluteTime{} &&
                         record.partner->partner_raw_contact == AbsoluteTime{};
    if (!is_within || !is_news || record.key.type != lease::LeaseType::kPrefix) continue;
    // It has acked it: the worker has yet to hear.
    const Server& partner = world_.server(1 - side_);
    if (partner.is_alive() && partner.knows(record.key, record.duid.bytes())) continue;
    world_.journal().violation("§4.2.2", fmt::format("{} parts with a block with {}, which the partner does not know",
                                                     name(), record.key.address.to_string()));
  }
}

// What the partner hears of a lease is on the disk (§7.5.2), unless it has changed again meanwhile.
void Server::check_told(const failover::BindingUpdate& update, bool is_reply) {
  if (!update.client || update.verdict != wire::StatusCode::kSuccess) return;
  for (const failover::LeaseUpdate& lease : update.leases) {
    if (lease.verdict != wire::StatusCode::kSuccess || !lease.partner_lifetime) continue;
    const auto is_told = [&](const std::optional<lease::LeaseRecord>& record) {
      if (!record || record->duid != *update.client || !record->partner) return false;
      return is_reply ? record->partner->expiration_time >= *lease.partner_lifetime
                      : record->partner->start_of_state == lease.start_of_state &&
                            record->expires() >= lease.state_expiration.value_or(AbsoluteTime{});
    };
    const auto now = find(lease.key);
    // What waited in the stream is what the disk knew then.
    if (!is_reply && now && lease.state_expiration && now->expires() != *lease.state_expiration) continue;
    const bool is_held = now && now->duid == *update.client && now->status == lease::BindingStatus::kActive;
    // The client left, and came back to this server, while the disk was at it.
    const bool is_anew = is_held && now->partner && now->partner->client_contact >= now->partner->start_of_state &&
                         now->partner->start_of_state + Seconds{60} > wall();
    if (is_reply && is_held && !is_anew && !is_told(now)) {
      world_.journal().violation("§7.5.5", fmt::format("{} acks a partner lifetime of {} that it does not keep", name(),
                                                       lease.key.address.to_string()));
    }
    if (!is_told(now) || is_told(disk_.find(lease.key))) continue;
    world_.journal().violation(
        "§7.5.2", fmt::format("{} tells its partner of {} before its own disk", name(), lease.key.address.to_string()));
  }
}

// I7.
void Server::check_transition(const failover::StableState& stable) {
  const bool ends_startup = !life_->startup_over && (!life_->relationship || state() != State::kStartup);
  const State from = std::exchange(life_->last_state, stable.state);
  if (stable.has_communicated) world_.met();
  const auto serves = failover::responsiveness_of(stable.state, life_->scope->role());
  if (serves != lease::Responsiveness::kUnresponsive) has_served_ = true;
  if (from == stable.state && !ends_startup) return;
  life_->startup_over = true;
  const bool automatic = world_.scenario().auto_partner_down != 0 && from == State::kCommunicationsInterrupted;
  // The wall clock may have been stepped meanwhile, by up to 10 s and back.
  const uint64_t down_for = world_.events().now() - died_at_ + 20'000;
  const Circumstances now{.role = life_->scope->role(),
                          .in_startup = ends_startup,
                          .communicating = is_communicating(),
                          .partner = stable.partner,
                          .partner_is_starting = life_->partner_is_starting,
                          .update_done = life_->update_done,
                          .told_by_operator = life_->told || automatic,
                          .had_record = life_->had_record,
                          .waited_mclt = down_for >= uint64_t{world_.scenario().mclt} * 1000,
                          .never_ran = life_->never_ran};
  if (may_move(from, stable.state, now)) return;
  world_.journal().violation("I7", fmt::format("{} goes from {}{} to {}, partner in {}, communications {}", name(),
                                               ends_startup ? "STARTUP with " : "", failover::to_string(from),
                                               failover::to_string(stable.state), failover::to_string(stable.partner),
                                               now.communicating ? "OK" : "not OK"));
}

}  // namespace tandem6::sim
