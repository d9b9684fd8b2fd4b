// Binding updates in both directions (RFC 8156 §7), UPDREQ and UPDDONE.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "failover/relationship.h"
#include "failover/transitions.h"

namespace tandem6::failover {

using lease::BindingStatus;
using lease::FailoverRole;
using wire::FailoverMessageView;
using wire::MessageType;
using wire::StatusCode;

namespace {

/// Places of the shards that a piece of a scan looks at, and how short the stream must be before the next one.
constexpr size_t kScanPiece = 4096;
constexpr size_t kScanBelow = 16'384;
/// UPDREQs that wait for their UPDDONE: each begins a scan anew, and a partner that knows what it wants has one.
constexpr size_t kMostQuestions = 16;
/// So many conflicts of one connection are named in the log.
constexpr unsigned kConflictsToNote = 100;

}  // namespace

// --- ours to the partner ---------------------------------------------------------------------------------------------

void Relationship::changed(const lease::LeaseRecord& record, uint64_t sequence) {
  if (record.status == BindingStatus::kFree) {
    stream_.forget(record);
  } else if (link_ != Link::kOk || !sends_updates(stable_.state)) {
    // In other states the mark that the lease bears is enough: a scan finds it when the time has come.
    return;
  } else if (!stream_.add(record)) {
    scan_wanted_ = true;
    return;
  }
  if (scan_ && scan_piece_due_) fed_meanwhile_.note(record, sequence);
}

void Relationship::pump(Moment now) {
  // §6.1: "the next message sent over a new connection is a STATE message", and the disk may not have it yet.
  if (!may_talk()) return;
  take_time(now);
  while (stream_.in_flight() < window_ && stream_.pending() != 0) {
    const uint32_t transaction = next_transaction();
    std::optional<BindingUpdate> update = stream_.next(transaction, now, host_.snapshot());
    if (!update) break;
    if (update->client) update->client_data = host_.client_data(update->client->bytes());
    ++counters_.updates_sent;
    send([&](wire::Writer& out) { put_binding_update(out, transaction, now.wall, *update); });
  }
  if (scan_ && !scan_piece_due_ && stream_.pending() < kScanBelow) {
    scan_piece_due_ = true;
    host_.continue_scan(kScanPiece);
  }
  if (scan_) return;
  if (blocks_due_ && stream_.is_through(scan_mark_)) {
    tell_blocks();
    if (!shares_.backups().empty()) scan_mark_ = stream_.mark();
    return pump(now);
  }
  if (is_giving_back_ && stream_.is_through(scan_mark_)) return follow_partner(now);
  if (stream_.is_through(scan_mark_)) {
    for (const uint32_t transaction : std::exchange(asked_by_, {})) send_bare(MessageType::kUpdDone, transaction, now);
  }
  if (stable_.state != State::kNormal) return;
  if (pool_request_due_ && stream_.is_through(scan_mark_)) {
    pool_request_due_ = false;
    send_bare(MessageType::kPoolReq, next_transaction(), now);
  }
  // §7.5.4: what the partner has rejected is told again "during the next periodic scan".
  const bool due = scan_wanted_ || now.milliseconds - last_scan_ >= uint64_t{settings_.scan_interval.count} * 1000;
  if (due && stream_.pending() < kScanBelow) start_scan(ScanKind::kUnacked, now);
}

void Relationship::start_scan(ScanKind kind, Moment now) {
  scan_ = std::max(kind, scan_.value_or(kind));
  scan_wanted_ = false;
  scan_piece_due_ = false;
  fed_meanwhile_.clear();
  last_scan_ = now.milliseconds;
  host_.begin_scan(*scan_);
}

void Relationship::scanned(std::span<const FoundLease> leases, bool finished, Moment now) {
  if (!scan_) return;
  scan_piece_due_ = false;
  // A piece of a scan always fits: it was asked for when little waited, and each worker's is bounded.
  for (const FoundLease& found : leases) {
    if (!fed_meanwhile_.has_overtaken(found)) stream_.add_scanned(found.record);
  }
  fed_meanwhile_.clear();
  if (finished) {
    scan_.reset();
    scan_mark_ = stream_.mark();
  }
  pump(now);
}

// §7.7.
void Relationship::take_reply(const FailoverMessageView& message, Moment now) {
  const auto read = read_binding_reply(message);
  if (!read) {
    ++counters_.malformed;
    return hang_up(StatusCode::kUnspecFail, "a BNDREPLY that does not parse", now);
  }
  const UpdateStream::Reply reply = stream_.take_reply(message.transaction_id, *read, now.milliseconds);
  if (!reply.expected) return void(++counters_.malformed);
  counters_.lag_milliseconds = static_cast<uint32_t>(reply.milliseconds);
  if (reply.rejected == 0) {
    ++counters_.updates_acked;
  } else {
    ++counters_.updates_rejected;
  }
  const bool is_new = note_refusal(reply, now);
  const bool recovers = stable_.partner == State::kRecover || stable_.partner == State::kRecoverWait;
  for (LeaseAck ack : reply.acks) {
    ack.frees = !recovers;
    host_.acknowledge(ack);
  }
  if (reply.block) block_reply(reply, is_new, now);
}

// True: nothing like it was refused before on this connection.
bool Relationship::note_refusal(const UpdateStream::Reply& reply, Moment now) {
  if (reply.first_rejection != StatusCode::kConfigurationConflict) return reply.rejected != 0;
  const bool is_new = !refusal_;
  refusal_ = {.lease = reply.first_rejected, .milliseconds = now.milliseconds};
  if (is_new) {
    host_.note(Weight::kAlarm, "failover-refused-lease",
               fmt::format("the partner has no subnet or pool for {}/{}: make both configurations alike",
                           refusal_->lease.address.to_string(), refusal_->lease.prefix_length));
  }
  return is_new;
}

// --- the partner's to us ---------------------------------------------------------------------------------------------

// §7.5.3.
void Relationship::take_update(const FailoverMessageView& message, Moment now) {
  ReadUpdate read = read_binding_update(message);
  ++counters_.updates_received;
  last_update_heard_ = now.milliseconds;
  if (read.fault != StatusCode::kSuccess) {
    read.update.verdict = read.fault;
    return reply_to(message.transaction_id, epoch_, read.update, now);
  }
  if (!read.update.client) return take_block(message.transaction_id, std::move(read.update), now);
  // A partner that minds max-unacked-bndupd has no more than that on the way.
  if (applying_ > 4 * uint64_t{settings_.max_unacked}) {
    return hang_up(StatusCode::kUnspecFail, "the partner sends more BNDUPDs than it was told to", now);
  }
  ++applying_;
  IncomingUpdate incoming{.token = uint64_t{epoch_} << 32 | message.transaction_id, .update = std::move(read.update)};
  // One that has to look for its lease at other workers would be overtaken by the next, and then bring back what that
  // one has ended.
  const auto [ahead, is_first] = behind_.try_emplace(*incoming.update.client);
  if (!is_first) return ahead->second.push_back(std::move(incoming));
  host_.apply(std::move(incoming));
}

void Relationship::applied(const IncomingUpdate& incoming, Moment now) {
  take_time(now);
  --applying_;
  next_of_client(*incoming.update.client);
  note_conflicts(incoming);
  reply_to(static_cast<uint32_t>(incoming.token), static_cast<uint32_t>(incoming.token >> 32), incoming.update, now);
}

// For whoever has to tell a subscriber why his address is another one.
void Relationship::note_conflicts(const IncomingUpdate& incoming) {
  for (const Conflict& conflict : incoming.conflicts) {
    ++counters_.conflicts;
    if (conflicts_noted_ > kConflictsToNote) continue;
    if (conflicts_noted_++ == kConflictsToNote) {
      host_.note(Weight::kWarning, "failover-conflict", "more of them, which are counted only");
      continue;
    }
    host_.note(
        Weight::kWarning, "failover-conflict",
        fmt::format("{}/{} was leased to two clients: {} keeps it, {} does not", conflict.lease.address.to_string(),
                    conflict.lease.prefix_length, conflict.kept.to_string(), conflict.lost.to_string()));
  }
}

void Relationship::next_of_client(const Duid& client) {
  const auto waiting = behind_.find(client);
  if (waiting == behind_.end()) return;
  if (waiting->second.empty()) return void(behind_.erase(waiting));
  IncomingUpdate next = std::move(waiting->second.front());
  waiting->second.erase(waiting->second.begin());
  host_.apply(std::move(next));
}

// §7.6.
void Relationship::reply_to(uint32_t transaction_id, uint32_t epoch, const BindingUpdate& update, Moment now) {
  if (epoch != epoch_ || link_ != Link::kOk) return;
  const bool refused =
      update.verdict != StatusCode::kSuccess || std::ranges::any_of(update.leases, [](const LeaseUpdate& lease) {
        return lease.verdict != StatusCode::kSuccess;
      });
  if (refused) ++counters_.updates_refused;
  send([&](wire::Writer& out) { put_binding_reply(out, transaction_id, now.wall, update); });
}

// --- having everything again -----------------------------------------------------------------------------------------

// §5.3.5, §5.3.6.
void Relationship::answer_update_request(const FailoverMessageView& message, ScanKind kind, Moment now) {
  if (asked_by_.size() == kMostQuestions) {
    return hang_up(StatusCode::kUnspecFail, "the partner asks for updates and does not wait for them", now);
  }
  asked_by_.push_back(message.transaction_id);
  blocks_due_ = true;
  // A partner that serves asks because its operator wants it to: it knows what it has promised.
  const bool has_forgotten = kind == ScanKind::kAll && stable_.partner != State::kNormal;
  start_scan(has_forgotten ? ScanKind::kForgotten : kind, now);
}

// §8.5.2, §8.10.
void Relationship::request_update(Moment now) {
  // The partner hears of our state first.
  if (we_asked_ || state_due_ || link_ != Link::kOk || in_startup_ || partner_is_starting_) return;
  const bool is_primary = settings_.role == FailoverRole::kPrimary;
  const bool resolves =
      stable_.state == State::kPotentialConflict && (is_primary || stable_.partner == State::kConflictDone);
  // One that serves without its memory, as its operator has told it, asks in whatever state it is.
  if (stable_.state != State::kRecover && !resolves && !has_lost_storage_) return;
  we_asked_ = next_transaction();
  last_update_heard_ = now.milliseconds;
  send_bare(has_lost_storage_ ? MessageType::kUpdReqAll : MessageType::kUpdReq, *we_asked_, now);
}

void Relationship::take_update_done(const FailoverMessageView& message, Moment now) {
  if (we_asked_ != message.transaction_id) return void(++counters_.malformed);
  we_asked_.reset();
  has_lost_storage_ = false;
  const State next = after_update_done(stable_.state, settings_.role);
  if (next != stable_.state) return enter(next, now);
  host_.note(Weight::kInfo, "failover-resynchronized", "the partner has sent all that was asked for");
}

}  // namespace tandem6::failover
