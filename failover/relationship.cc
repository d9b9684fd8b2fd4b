// The connection of a relationship (RFC 8156 §6): CONNECT and CONNECTREPLY, keepalive, what each message leads to.
#include "failover/relationship.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "failover/transitions.h"

namespace tandem6::failover {

using lease::FailoverRole;
using wire::FailoverMessageView;
using wire::MessageType;
using wire::StatusCode;

namespace {

constexpr size_t kLongestMessage = 65535;
/// FO_CONTACT_PER_KEEPALIVE_TIME (§6.5).
constexpr uint64_t kContactsPerKeepalive = 4;
/// §7.5.1: 5 seconds. A message may also be late because it waited on its way: then one of the next is in time.
constexpr int64_t kMostSkew = 5;
constexpr uint64_t kLateForMilliseconds = 10'000;
/// Worth a warning, long before the connection is dropped.
constexpr int64_t kSkewToWarnOf = 2;
/// CONNECTREPLY and STATE have to come within this.
constexpr uint64_t kNegotiationMilliseconds = 10'000;

}  // namespace

Relationship::Relationship(RelationshipSettings settings, lease::FailoverScope& scope, std::optional<Stable> stable,
                           Host& host, Moment now)
    : settings_(std::move(settings)),
      scope_(scope),
      host_(host),
      had_record_(stable.has_value()),
      shares_(scope),
      started_(now),
      now_milliseconds_(now.milliseconds),
      now_wall_(now.wall),
      buffer_(kLongestMessage) {
  // §8.3.2 step 1. What §8.2 says of a primary without a record, PARTNER-DOWN, would let one that lost its disk give
  // away what its partner has given: see docs/failover.md.
  if (stable) {
    stable_ = stable->state;
    for (const auto& [block, since] : stable->backups) shares_.restore(block, since);
    time_of_failure_ = stable_.last_operating;
    const State before = std::exchange(stable_.state, after_communications_failed(stable_.state));  // step 2
    if (before != stable_.state) {
      stable_.previous = before;
      stable_.since = now.wall;
    }
  } else {
    stable_.state = State::kRecover;
    stable_.since = now.wall;
  }
  if (settings_.role == FailoverRole::kPrimary) stable_.mclt = settings_.mclt;
  if (stable_.mclt.count == 0) stable_.mclt = settings_.mclt;
  shares_.adopt(host_.snapshot());
  configuration_ = digest_of(host_.snapshot(), scope_);
  scope_.set_policy(policy_of(State::kStartup));
}

// --- the connection --------------------------------------------------------------------------------------------------

void Relationship::connected(Moment now) {
  take_time(now);
  link_ = Link::kConnecting;
  last_received_ = last_sent_ = now.milliseconds;
  send_connect(now);
}

// §6.1.1.
void Relationship::send_connect(Moment now) {
  const Connect connect{.version = {},
                        .mclt = stable_.mclt,
                        .keepalive = settings_.keepalive,
                        .max_unacked = settings_.max_unacked,
                        .relationship = settings_.name,
                        .text = {}};
  send([&](wire::Writer& out) { put_connect(out, MessageType::kConnect, next_transaction(), now.wall, connect); });
}

void Relationship::connected_by(Bytes connect, Moment now) {
  take_time(now);
  if (link_ != Link::kNone) link_lost("the partner has connected anew", now);
  link_ = Link::kConnecting;
  last_received_ = last_sent_ = now.milliseconds;
  ++counters_.messages_received;
  const auto message = FailoverMessageView::parse(connect);
  if (!message) {
    ++counters_.malformed;
    return hang_up(StatusCode::kUnspecFail, "a CONNECT that is none", now);
  }
  take_connect(*message, now);
}

// §6.1.2, in the order that it has.
void Relationship::take_connect(const FailoverMessageView& message, Moment now) {
  const auto connect = read_connect(message);
  if (!connect) {
    ++counters_.malformed;
    return refuse_connect(message, StatusCode::kUnspecFail, "the CONNECT lacks something", now);
  }
  const auto skew = static_cast<int32_t>(message.sent_time.since_2000 - now.wall.since_2000);
  skew_ = skew;
  if (std::abs(int64_t{skew}) > kMostSkew) {
    return refuse_connect(message, StatusCode::kExcessiveTimeSkew,
                          fmt::format("the clocks differ by {} seconds: synchronize them", std::abs(int64_t{skew})),
                          now);
  }
  if (connect->version.major != ProtocolVersion{}.major) {
    return refuse_connect(message, StatusCode::kNotSupported, "this server speaks version 1.0 of the protocol", now);
  }
  if (!connect->fixed_pd_length) {
    return refuse_connect(message, StatusCode::kNotSupported,
                          "this server delegates prefixes of one length from each delegable prefix", now);
  }
  const Connect reply{.version = {},
                      .mclt = connect->mclt,
                      .keepalive = settings_.keepalive,
                      .max_unacked = settings_.max_unacked,
                      .relationship = {},
                      .text = {}};
  send([&](wire::Writer& out) {
    put_connect(out, MessageType::kConnectReply, message.transaction_id, now.wall, reply);
  });
  stable_.mclt = connect->mclt;
  negotiated(*connect);
}

void Relationship::refuse_connect(const FailoverMessageView& message, StatusCode status, std::string_view why,
                                  Moment now) {
  send([&](wire::Writer& out) { put_refusal(out, message.transaction_id, now.wall, status, why); });
  note_once(Weight::kAlarm, "failover-refused", why);
  host_.disconnect();
  link_lost(std::string(why), now);
}

// §6.1.3.
void Relationship::take_connect_reply(const FailoverMessageView& message, Moment now) {
  const auto reply = read_connect(message);
  if (!reply) return ++counters_.malformed, hang_up(StatusCode::kUnspecFail, "the CONNECTREPLY lacks something", now);
  if (reply->status != StatusCode::kSuccess) {
    const std::string why = fmt::format("the partner does not accept the connection: {} (status {})", reply->text,
                                        static_cast<unsigned>(reply->status));
    note_once(Weight::kAlarm, "failover-refused", why);
    host_.disconnect();
    return link_lost(why, now);
  }
  if (reply->version.major != ProtocolVersion{}.major) {
    return hang_up(StatusCode::kNotSupported, "this server speaks version 1.0 of the protocol", now);
  }
  if (reply->mclt != stable_.mclt) {
    return hang_up(StatusCode::kConfigurationConflict, "the partner uses another MCLT than it was told", now);
  }
  if (!reply->fixed_pd_length) {
    return hang_up(StatusCode::kNotSupported, "this server delegates prefixes of one length only", now);
  }
  negotiated(*reply);
}

// "the next message sent over a new connection is a STATE message."
void Relationship::negotiated(const Connect& partner) {
  link_ = Link::kNegotiated;
  send_interval_ = std::max<uint64_t>(uint64_t{partner.keepalive.count} * 1000 / kContactsPerKeepalive, 100);
  window_ = std::max<uint32_t>(partner.max_unacked, 1);
  stream_.reset(window_);
  scan_.reset();
  asked_by_.clear();
  we_asked_.reset();
  scan_piece_due_ = false;
  blocks_due_ = false;
  ++epoch_;
  had_communicated_ = stable_.has_communicated;
  state_due_ = true;
  has_told_state_ = false;
  contact_due_ = true;
  partners_configuration_.reset();
  refusal_.reset();
  conflicts_noted_ = 0;
  save();
  state_token_ = save_token_;
}

void Relationship::disconnected(std::string_view reason, Moment now) {
  take_time(now);
  if (link_ == Link::kNone) return;
  // What a secondary does not accept before it has read the CONNECT it cannot tell us.
  const bool unanswered = link_ == Link::kConnecting;
  link_lost(unanswered ? fmt::format("{}, before it answered CONNECT: {}its log says why", reason,
                                     settings_.tls ? "" : "it may want TLS, which is not configured here; ")
                       : std::string(reason),
            now);
}

// §5.3.10, §6.1: says why, and ends the connection.
void Relationship::hang_up(StatusCode status, std::string_view why, Moment now) {
  const Disconnect disconnect{status, std::string(why)};
  send([&](wire::Writer& out) { put_disconnect(out, next_transaction(), now.wall, disconnect); });
  note_once(Weight::kWarning, "failover-disconnect", why);
  host_.disconnect();
  link_lost(std::string(why), now);
}

void Relationship::link_lost(const std::string& reason, Moment now) {
  const bool was_ok = link_ == Link::kOk;
  link_ = Link::kNone;
  last_disconnect_ = reason;
  last_disconnect_at_ = now.wall;
  late_since_.reset();
  is_giving_back_ = false;
  partner_is_starting_ = false;
  stream_.reset(0);
  scan_.reset();
  asked_by_.clear();
  we_asked_.reset();
  // What was about to move does not.
  for (const auto& block : std::exchange(being_given_, {})) settle(block);
  for (const BlockUpdate& asked : std::exchange(blocks_to_check_, {})) settle(asked.block());
  asked_back_.clear();
  offered_.clear();
  unconfirmed_.clear();
  being_confirmed_.clear();
  if (!was_ok) {
    note_once(Weight::kWarning, "failover-link-failed", reason);
    return apply_policy();
  }
  interrupted_at_ = now.milliseconds;
  host_.note(Weight::kWarning, "failover-link-down", reason);
  const State next = in_startup_ ? stable_.state : after_communications_failed(stable_.state);
  if (next != stable_.state) return enter(next, now);
  // It may have begun with the partner there, and have been no alarm.
  if (!in_startup_ && weight_of(next, false) == Weight::kAlarm) announce(next);
  apply_policy();
}

void Relationship::note_once(Weight weight, std::string_view event, std::string_view reason) {
  if (noted_ == reason) return;
  noted_ = reason;
  host_.note(weight, event, reason);
}

void Relationship::shut_down(Moment now) {
  if (link_ == Link::kNone) return;
  hang_up(StatusCode::kServerShuttingDown, "this server is shutting down", now);
}

// --- messages --------------------------------------------------------------------------------------------------------

void Relationship::send_written(const wire::Writer& out) {
  if (out.overflow()) return;  // no message of ours is that long
  ++counters_.messages_sent;
  last_sent_ = now_milliseconds_;
  host_.send(out.written());
}

void Relationship::send_bare(MessageType type, uint32_t transaction_id, Moment now) {
  send([&](wire::Writer& out) { put_bare(out, type, transaction_id, now.wall); });
}

// §5.4: unique among the outstanding ones, which may be very old.
uint32_t Relationship::next_transaction() {
  do {
    next_transaction_ = (next_transaction_ + 1) & 0xffffff;
  } while (we_asked_ == next_transaction_ || stream_.is_in_flight(next_transaction_));
  return next_transaction_;
}

void Relationship::received(Bytes bytes, Moment now) {
  take_time(now);
  if (link_ == Link::kNone) return;
  const auto message = FailoverMessageView::parse(bytes);
  ++counters_.messages_received;
  if (!message) {
    ++counters_.malformed;
    return hang_up(StatusCode::kUnspecFail, "a message that does not parse", now);
  }
  last_received_ = now.milliseconds;
  stable_.last_heard = now.wall;
  if (!is_in_time(*message, now)) return;
  dispatch(*message, now);
}

// §7.5.1. True when the message is to be worked on.
bool Relationship::is_in_time(const FailoverMessageView& message, Moment now) {
  const int64_t ahead = static_cast<int32_t>(message.sent_time.since_2000 - now.wall.since_2000);
  if (ahead >= -kMostSkew && ahead <= kMostSkew) {
    late_since_.reset();
    skew_ = ahead;
    // Of clocks that are 1.5 s apart each message says 1 or 2.
    const bool warn = std::abs(ahead) >= (skew_warned_ ? 1 : kSkewToWarnOf);
    if (warn && !skew_warned_) {
      host_.note(Weight::kAlarm, "failover-clock-skew",
                 fmt::format("the partner's clock differs by {} s: at more than {} s the connection is dropped", ahead,
                             kMostSkew));
    }
    skew_warned_ = warn;
    return true;
  }
  if (ahead < 0) {
    if (!late_since_) late_since_ = now.milliseconds;
    if (now.milliseconds - *late_since_ < kLateForMilliseconds) return true;
  }
  skew_ = ahead;
  hang_up(StatusCode::kExcessiveTimeSkew,
          fmt::format("the clocks differ by {} seconds: synchronize them", std::abs(ahead)), now);
  return false;
}

void Relationship::dispatch(const FailoverMessageView& message, Moment now) {
  const bool is_primary = settings_.role == FailoverRole::kPrimary;
  if (message.type == MessageType::kDisconnect) {
    const Disconnect disconnect = read_disconnect(message);
    host_.disconnect();
    return link_lost(
        fmt::format("the partner says: {} (status {})", disconnect.text, static_cast<unsigned>(disconnect.status)),
        now);
  }
  if (link_ == Link::kConnecting) {
    if (is_primary && message.type == MessageType::kConnectReply) return take_connect_reply(message, now);
    ++counters_.malformed;
    return hang_up(StatusCode::kUnspecFail, "a message before the connection was agreed on", now);
  }
  if (message.type == MessageType::kState) return take_state(message, now);
  if (message.type == MessageType::kContact) return take_contact(message);
  if (link_ != Link::kOk) {
    ++counters_.malformed;
    return hang_up(StatusCode::kUnspecFail, "a message before STATE", now);
  }
  switch (message.type) {
    case MessageType::kBndUpd:
      return take_update(message, now);
    case MessageType::kBndReply:
      return take_reply(message, now);
    case MessageType::kUpdReq:
      return answer_update_request(message, ScanKind::kUnacked, now);
    case MessageType::kUpdReqAll:
      return answer_update_request(message, ScanKind::kAll, now);
    case MessageType::kUpdDone:
      return take_update_done(message, now);
    case MessageType::kPoolReq:
      if (!is_primary) break;
      send_bare(MessageType::kPoolResp, message.transaction_id, now);
      balance_wanted_ = true;
      return;
    case MessageType::kPoolResp:
      return;
    default:
      break;
  }
  // RFC 7031 §7, 10: what is not known is passed over.
  ++counters_.malformed;
}

void Relationship::reconfigured() {
  if (shares_.adopt(host_.snapshot(), [&](const lease::LeaseKey& block) { return is_moving(block); })) save();
  const ConfigurationDigest before = std::exchange(configuration_, digest_of(host_.snapshot(), scope_));
  if (before == configuration_) return;
  contact_due_ = true;
  compare_configurations();
}

// --- both configurations ---------------------------------------------------------------------------------------------

void Relationship::send_contact(Moment now) {
  contact_due_ = false;
  send([&](wire::Writer& out) { put_contact(out, next_transaction(), now.wall, configuration_); });
}

void Relationship::take_contact(const FailoverMessageView& message) {
  const auto theirs = read_contact(message);
  if (!theirs || theirs == partners_configuration_) return;
  partners_configuration_ = theirs;
  compare_configurations();
}

// RFC 8156 §4.1: "the same configuration". Nobody else would notice, until a client is served by the other server.
void Relationship::compare_configurations() {
  if (!partners_configuration_) return;
  const std::vector<std::string> found = differences(configuration_, *partners_configuration_);
  if (found.empty()) {
    host_.note(Weight::kInfo, "failover-configuration", "both servers have the same configuration of what they share");
  } else {
    host_.note(Weight::kAlarm, "failover-configuration-differs",
               fmt::format("the two servers differ in: {}", fmt::join(found, ", ")));
  }
}

// --- time ------------------------------------------------------------------------------------------------------------

void Relationship::tick(Moment now) {
  take_time(now);
  keep_alive(now);
  watch_timers(now);
  if (balance_wanted_) balance(now);
  pump(now);
}

// §6.6.
void Relationship::keep_alive(Moment now) {
  if (link_ == Link::kNone) return;
  const uint64_t silence = now.milliseconds - last_received_;
  if (link_ != Link::kOk && silence > kNegotiationMilliseconds) {
    return hang_up(StatusCode::kUnspecFail, "the partner does not answer CONNECT", now);
  }
  if (silence >= uint64_t{settings_.keepalive.count} * 1000) {
    return hang_up(StatusCode::kUnspecFail, "nothing was heard from the partner for the keepalive time", now);
  }
  const bool may_send = link_ != Link::kConnecting && has_told_state_;
  if (may_send && (contact_due_ || now.milliseconds - last_sent_ >= send_interval_)) send_contact(now);
  // §8.8.2: it keeps the connection, and does not work on what it is sent.
  if (stream_.oldest_wait(now.milliseconds) >= uint64_t{settings_.keepalive.count} * 1000) {
    return hang_up(StatusCode::kUnspecFail, "the partner does not answer BNDUPDs", now);
  }
  // §8.5.2.
  const bool stuck = we_asked_ && now.milliseconds - last_update_heard_ > uint64_t{settings_.keepalive.count} * 2000;
  if (stuck) hang_up(StatusCode::kUnspecFail, "the partner does not answer UPDREQ", now);
}

// --- status ----------------------------------------------------------------------------------------------------------

uint64_t Relationship::backlog() const {
  int64_t waiting = 0;
  for (const lease::Subnet& subnet : host_.snapshot().subnets()) {
    if (subnet.failover.get() != &scope_) continue;
    for (const auto& cell : subnet.counters->cells) waiting += cell.waiting.load(std::memory_order_relaxed);
  }
  return static_cast<uint64_t>(std::max<int64_t>(waiting, 0));  // the cells are not read at one moment
}

RelationshipStatus Relationship::status() const {
  RelationshipStatus status = counters_;
  status.name = settings_.name;
  status.role = settings_.role;
  status.partner_address = settings_.partner;
  status.state = state();
  status.since = in_startup_ ? started_.wall : stable_.since;
  status.partner = stable_.partner;
  status.partner_since = stable_.partner_since;
  status.communicating = link_ == Link::kOk;
  status.has_communicated = stable_.has_communicated;
  status.last_heard = stable_.last_heard;
  status.skew_seconds = skew_;
  status.mclt = stable_.mclt;
  status.keepalive = settings_.keepalive;
  status.last_disconnect = last_disconnect_;
  status.last_disconnect_at = last_disconnect_at_;
  status.unacked = stream_.in_flight();
  status.backlog = backlog();
  status.lag_milliseconds =
      static_cast<uint32_t>(std::max<uint64_t>(counters_.lag_milliseconds, stream_.oldest_wait(now_milliseconds_)));
  status.resynchronizing = !asked_by_.empty() || we_asked_.has_value();
  status.prefixes = shares_.counts();
  if (partners_configuration_) status.differences = differences(configuration_, *partners_configuration_);
  // As long as the scans (§7.5.4) find it so.
  const uint64_t lately = uint64_t{settings_.scan_interval.count} * 3000;
  if (refusal_ && now_milliseconds_ - refusal_->milliseconds < lately) status.refused_lease = refusal_->lease;
  if (state() == State::kRecoverWait) status.recover_wait_until = now_wall_ + recover_wait_left();
  if (state() == State::kPartnerDown && !is_giving_back_) status.partner_prefixes_from = partner_prefixes_from();
  return status;
}

}  // namespace tandem6::failover
