// The endpoint's states (RFC 8156 §8): STARTUP, what the partner's state leads to, timers, what workers may do.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "failover/relationship.h"
#include "failover/transitions.h"

namespace tandem6::failover {

using lease::FailoverPolicy;
using lease::FailoverRole;
using wire::StatusCode;

namespace {

/// How often the disk hears that we are still here. An earlier life may have lasted so much longer than it says.
constexpr uint64_t kOperatingMilliseconds = 10'000;
constexpr Seconds kOperatingSlack{kOperatingMilliseconds / 1000};
constexpr uint64_t kBalanceMilliseconds = 60'000;
constexpr uint64_t kFreeWalkMilliseconds = 5'000;

}  // namespace

// --- the partner's state ---------------------------------------------------------------------------------------------

// §6.4.
void Relationship::take_state(const wire::FailoverMessageView& message, Moment now) {
  const auto heard = read_state(message);
  if (!heard || heard->state == State::kNone || heard->state == State::kStartup) {
    ++counters_.malformed;
    return hang_up(StatusCode::kUnspecFail, "a STATE that says nothing", now);
  }
  partner_flags_ = heard->flags;
  partner_is_starting_ = heard->flags.startup;
  stable_.partner = heard->state;
  stable_.partner_since = heard->since;
  if (link_ == Link::kNegotiated) {
    link_ = Link::kOk;
    learn_of_the_past();
    host_.settled();
    host_.note(Weight::kInfo, "failover-link-up",
               fmt::format("the partner is here, in {}", to_string(stable_.partner)));
    last_disconnect_.clear();
    last_disconnect_at_ = {};
    noted_.clear();
  }
  save();
  if (in_startup_) return leave_startup(now);
  follow_partner(now);
  apply_policy();
  // Its operator has put it there while we wait for it, and it acts on what it hears from us next (§8.4.2). By RFC 8156
  // we would say nothing, as our state does not change, and both would wait for ever. A change is said anyway.
  const bool waits = stable_.state == State::kPotentialConflict || stable_.state == State::kConflictDone ||
                     stable_.state == State::kRecoverDone;
  if (stable_.partner == State::kPartnerDown && waits && !state_due_) send_state(now);
}

// §8.5.2, §8.6.2: has one of us lost its memory, or is this the first time that we meet?
void Relationship::learn_of_the_past() {
  if (stable_.has_communicated) return;
  has_lost_storage_ = partner_flags_.communicated;
  recovery_is_new_ = !partner_flags_.communicated;
  stable_.has_communicated = true;
}

// §8.3.2 step 5.
void Relationship::leave_startup(Moment now) {
  in_startup_ = false;
  State next = stable_.state;
  if (stable_.partner == State::kPartnerDown) {
    const bool since_we_failed = stable_.partner_since > time_of_failure_ + kOperatingSlack;
    next = since_we_failed ? State::kRecover : State::kPotentialConflict;
  }
  enter(next, now);
  // The partner has said its state, and need not say it again: "take the 'communications OK' state transition".
  if (stable_.state == State::kPartnerDown) follow_partner(now);
}

void Relationship::follow_partner(Moment now) {
  if (link_ != Link::kOk || in_startup_ || partner_is_starting_) return;
  const State next = after_partner_state(stable_.state, stable_.partner, settings_.role);
  const bool gives_back = stable_.state == State::kPartnerDown && next == State::kNormal;
  if (gives_back && !has_given_back(now)) return;
  if (next != stable_.state) return enter(next, now);
  request_update(now);
}

// §8.4.2, the partner is in RECOVER-DONE: it serves as soon as we are in NORMAL. Before that we leave its prefixes
// alone, and it knows all that we gave of them. False: not yet; pump() asks again.
bool Relationship::has_given_back(Moment now) {
  if (is_giving_back_) return !scan_ && stream_.is_through(scan_mark_);
  is_giving_back_ = true;
  partner_prefixes_ = false;
  apply_policy();
  start_scan(ScanKind::kUnacked, now);
  return false;
}

void Relationship::announce(State next) {
  host_.note(weight_of(next, link_ == Link::kOk), "failover-state",
             fmt::format("{} (before: {}; partner: {})", to_string(next), to_string(stable_.state),
                         to_string(stable_.partner)));
}

void Relationship::enter(State next, Moment now) {
  announce(next);
  // Out of STARTUP into the state that we were in before: that one began when it began.
  if (next != stable_.state) {
    stable_.previous = std::exchange(stable_.state, next);
    stable_.since = now.wall;
    if (next == State::kPartnerDown) stable_.partner_down_since = now.wall;
  }
  interrupted_at_ = now.milliseconds;
  is_giving_back_ = false;
  we_asked_.reset();
  state_due_ = true;
  save();
  state_token_ = save_token_;
  apply_policy();
  entered(now);
}

void Relationship::entered(Moment now) {
  if (stable_.state == State::kNormal && link_ == Link::kOk) {
    // §8.8: "all currently unacknowledged binding updates", then POOLREQ.
    start_scan(ScanKind::kUnacked, now);
    pool_request_due_ = settings_.role == FailoverRole::kSecondary;
    if (settings_.role == FailoverRole::kPrimary) {
      blocks_due_ = true;
      balance_wanted_ = true;
    }
  }
  // Where the operator has put us we stay until the partner says something (§8.4.2).
  if (stable_.state != State::kPartnerDown) follow_partner(now);
  watch_timers(now);
}

// --- what is kept, and what may be done ------------------------------------------------------------------------------

void Relationship::save() {
  note_operation();
  Stable stable{.state = stable_, .backups = {}};
  // Until the partner has sent everything a restart finds us as we were: without a memory of it (§8.5.2).
  if (has_lost_storage_) stable.state.has_communicated = false;
  stable.backups.assign(shares_.backups().begin(), shares_.backups().end());
  host_.persist(encode(stable), ++save_token_);
}

void Relationship::persisted(uint64_t token, Moment now) {
  take_time(now);
  saved_token_ = std::max(saved_token_, token);
  apply_policy();
  // §6.3: "written to stable storage prior to enqueuing it".
  if (state_due_ && saved_token_ >= state_token_ && (link_ == Link::kNegotiated || link_ == Link::kOk)) send_state(now);
  finish_blocks(now);
  pump(now);
}

void Relationship::send_state(Moment now) {
  state_due_ = false;
  has_told_state_ = true;
  StateMessage message{
      .state = stable_.state,
      .flags = {.communicated = had_communicated_, .startup = in_startup_, .ack_startup = partner_flags_.startup},
      .since = stable_.since,
      .partner_down_since = std::nullopt};
  if (stable_.state == State::kPartnerDown) message.partner_down_since = stable_.partner_down_since;
  send([&](wire::Writer& out) { put_state(out, next_transaction(), now.wall, message); });
  request_update(now);
}

FailoverPolicy Relationship::policy_of(State state) const {
  FailoverPolicy policy{.responsiveness = responsiveness_of(state, settings_.role),
                        .limited = state != State::kPartnerDown,
                        .streaming = link_ == Link::kOk && sends_updates(state),
                        .partner_prefixes = false,
                        .mclt = stable_.mclt};
  return policy;
}

// Restrictions hold at once; freedoms when the disk knows of the state that grants them (§8.2): after a crash we would
// not know that we had them.
void Relationship::apply_policy() {
  FailoverPolicy policy = policy_of(state());
  policy.partner_prefixes = state() == State::kPartnerDown && partner_prefixes_;
  if (saved_token_ < state_token_) {
    const FailoverPolicy before = scope_.policy();
    policy.responsiveness = std::min(policy.responsiveness, before.responsiveness);
    policy.limited = policy.limited || before.limited;
    policy.partner_prefixes = policy.partner_prefixes && before.partner_prefixes;
  }
  scope_.set_policy(policy);
}

// --- timers ----------------------------------------------------------------------------------------------------------

void Relationship::watch_timers(Moment now) {
  const auto elapsed = [&](uint64_t since, Seconds time) {
    return now.milliseconds - since >= uint64_t{time.count} * 1000;
  };
  if (in_startup_) {
    // §8.3.2 step 6.
    if (!elapsed(started_.milliseconds, settings_.startup)) return;
    in_startup_ = false;
    const bool alone = !had_record_ && settings_.start_partner_down;
    return enter(alone ? State::kPartnerDown : stable_.state, now);
  }
  switch (stable_.state) {
    case State::kRecoverWait:
      if (recover_wait_left().count == 0) return enter(State::kRecoverDone, now);
      break;
    case State::kCommunicationsInterrupted:
      if (settings_.auto_partner_down && link_ != Link::kOk && elapsed(interrupted_at_, *settings_.auto_partner_down)) {
        host_.note(Weight::kAlarm, "failover-auto-partner-down", "the partner was not heard for auto-partner-down");
        return declare_partner_down(now);
      }
      break;
    case State::kPartnerDown: {
      const bool may_use = !is_giving_back_ && partner_prefixes_from() < now.wall;
      if (may_use != partner_prefixes_) {
        partner_prefixes_ = may_use;
        apply_policy();
      }
      if (now.milliseconds - last_free_walk_ >= kFreeWalkMilliseconds) {
        last_free_walk_ = now.milliseconds;
        host_.free_overdue(stable_.partner_down_since, stable_.mclt);
      }
      break;
    }
    case State::kNormal:
      if (settings_.role == FailoverRole::kPrimary && now.milliseconds - last_balance_ >= kBalanceMilliseconds) {
        balance_wanted_ = true;
      }
      break;
    default:
      break;
  }
  if (now.milliseconds - operation_noted_ >= kOperatingMilliseconds) save();
}

// §8.6.2. "the time the server started (if the TIME-OF-FAILURE is unknown)": by the clock that nobody sets, as a new
// machine's other one may have been wrong then.
Seconds Relationship::recover_wait_left() const {
  if (recovery_is_new_) return {};
  if (time_of_failure_ != AbsoluteTime{}) return time_of_failure_ + kOperatingSlack + stable_.mclt - now_wall_;
  const uint64_t waited = (now_milliseconds_ - started_.milliseconds) / 1000;
  return Seconds{static_cast<uint32_t>(stable_.mclt.count - std::min<uint64_t>(waited, stable_.mclt.count))};
}

// TIME-OF-FAILURE (§8.3.2) of a life to come. What serves no client does not operate: stopped while it recovers, a
// server failed when it failed.
void Relationship::note_operation() {
  operation_noted_ = now_milliseconds_;
  const bool operates = responsiveness_of(state(), settings_.role) != lease::Responsiveness::kUnresponsive;
  if (operates) stable_.last_operating = now_wall_;
}

void Relationship::declare_partner_down(Moment now) {
  partner_prefixes_ = false;
  last_free_walk_ = now.milliseconds;
  enter(State::kPartnerDown, now);
}

tl::expected<void, Error> Relationship::command(OperatorCommand command, Moment now) {
  take_time(now);
  switch (command) {
    case OperatorCommand::kPartnerDown:
      if (stable_.state == State::kPartnerDown && !in_startup_) {
        return tl::unexpected(Error{"this server is in PARTNER-DOWN already"});
      }
      if (!can_declare_partner_down(state())) {
        return tl::unexpected(
            Error{fmt::format("in {} this server cannot take over: wait until it is in another state; its "
                              "status says what it waits for",
                              to_string(state()))});
      }
      declare_partner_down(now);
      return {};
    case OperatorCommand::kResync:
      if (!may_talk()) {
        return tl::unexpected(Error{"the partner is not there: what should be asked for everything is out of reach"});
      }
      if (we_asked_ || stable_.state == State::kPotentialConflict) {
        return tl::unexpected(Error{"this server is being brought up to date already"});
      }
      we_asked_ = next_transaction();
      last_update_heard_ = now.milliseconds;
      send_bare(wire::MessageType::kUpdReqAll, *we_asked_, now);
      return {};
  }
  return tl::unexpected(Error{"no such command"});
}

}  // namespace tandem6::failover
