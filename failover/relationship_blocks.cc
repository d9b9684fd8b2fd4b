// Delegable prefixes changing hands (RFC 8156 §4.2.2), in blocks: given, asked back, told again.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "failover/relationship.h"
#include "failover/transitions.h"

namespace tandem6::failover {

using lease::BindingStatus;
using lease::FailoverRole;
using lease::LeaseKey;
using wire::StatusCode;

namespace {

/// Takes out what the disk knows, in its order.
template <typename Unsaved>
std::vector<Unsaved> take_saved(std::vector<Unsaved>& waiting, uint64_t saved_token) {
  std::vector<Unsaved> saved;
  for (Unsaved& one : std::exchange(waiting, {})) (one.token > saved_token ? waiting : saved).push_back(std::move(one));
  return saved;
}

}  // namespace

// When the partner has all leases that it is told of: before that, none of a block's prefixes may seem free to it.
void Relationship::tell_blocks() {
  const bool is_primary = settings_.role == FailoverRole::kPrimary;
  blocks_due_ = false;
  for (const auto& [block, since] : shares_.backups()) {
    if (asked_back_.contains(block)) continue;
    if (is_primary && !shares_.is_confirmed(block)) {
      unconfirmed_.insert(block);
    } else {
      stream_.add_block(block, BindingStatus::kFreeBackup, since);
    }
  }
}

// Primary: §4.2.2, "SHOULD examine the balance".
void Relationship::balance(Moment now) {
  // What is being moved is counted once it has moved. What comes back is open when the disk knows: given away again
  // before that it would be opened while it goes.
  if (!being_given_.empty() || !blocks_to_tell_.empty()) return;
  if (!blocks_to_open_.empty() || !blocks_to_answer_.empty()) return;
  balance_wanted_ = false;
  last_balance_ = now.milliseconds;
  if (stable_.state != State::kNormal || link_ != Link::kOk) return;
  confirm_blocks();
  const PrefixShares::Moves moves = shares_.balance(settings_.pd_balance);
  for (const LeaseKey& block : moves.give) {
    being_given_.insert(block);
    settle(block);
  }
  if (!moves.give.empty()) check_blocks(moves.give);
  for (const LeaseKey& block : moves.ask_back) {
    if (!asked_back_.insert(block).second) continue;
    stream_.add_block(block, BindingStatus::kFree, now.wall);
  }
}

// A secondary with another configuration has refused leases in them, too: it must not think that they are free.
void Relationship::confirm_blocks() {
  std::vector<LeaseKey> blocks;
  for (const LeaseKey& block : std::exchange(unconfirmed_, {})) {
    if (shares_.is_backup(block) && being_confirmed_.insert(block).second) blocks.push_back(block);
  }
  if (!blocks.empty()) check_blocks(std::move(blocks));
}

void Relationship::check_blocks(std::vector<LeaseKey> blocks) {
  checks_.push_back(epoch_);
  host_.check_blocks(std::move(blocks));
}

void Relationship::blocks_checked(const std::vector<LeaseKey>& checked, const std::vector<LeaseKey>& unacked,
                                  Moment now) {
  take_time(now);
  // They come in the order of asking. What was asked for another connection was before its blocks were open again.
  if (checks_.empty()) return;
  const uint32_t asked_in = checks_.front();
  checks_.pop_front();
  if (asked_in != epoch_) return;
  for (const LeaseKey& block : checked) {
    const bool clean = std::ranges::find(unacked, block) == unacked.end();
    if (being_given_.erase(block) != 0) given_checked(block, clean, now);
    if (being_confirmed_.erase(block) != 0) confirm_checked(block, clean, now);
    const auto asked = std::ranges::find(blocks_to_check_, block, &BlockUpdate::block);
    if (asked == blocks_to_check_.end()) continue;
    BlockUpdate update = std::move(*asked);
    blocks_to_check_.erase(asked);
    if (clean) {
      shares_.strike(block);
      answer_when_saved(update.transaction_id, std::move(update.update));
    } else {
      // §4.2.2: "MUST reject that BNDUPD message if it has already allocated that lease".
      settle(block);
      update.update.leases.front().verdict = StatusCode::kAddressInUse;
      reply_to(update.transaction_id, update.epoch, update.update, now);
    }
  }
}

void Relationship::given_checked(const LeaseKey& block, bool clean, Moment now) {
  if (!clean) return settle(block);
  shares_.enter(block, now.wall);
  save();
  blocks_to_tell_.push_back({save_token_, block});
}

void Relationship::confirm_checked(const LeaseKey& block, bool clean, Moment now) {
  if (!shares_.is_backup(block)) return;
  if (clean) {
    stream_.add_block(block, BindingStatus::kFreeBackup, now.wall);
  } else {
    unconfirmed_.insert(block);
  }
}

void Relationship::answer_when_saved(uint32_t transaction_id, BindingUpdate update) {
  save();
  blocks_to_answer_.push_back({save_token_, {transaction_id, epoch_, std::move(update)}});
}

// It changes hands: not yet, or no longer, to be allocated from, whoever has it.
bool Relationship::is_moving(const LeaseKey& block) const {
  const auto is_it = [&](const auto& other) { return other.block() == block; };
  return being_given_.contains(block) || std::ranges::any_of(blocks_to_check_, is_it) ||
         std::ranges::any_of(blocks_to_answer_, is_it) || std::ranges::any_of(blocks_to_open_, is_it);
}

void Relationship::settle(const LeaseKey& block) { shares_.settle(block, is_moving(block)); }

// The disk knows whose a block is: now others may.
void Relationship::finish_blocks(Moment now) {
  for (const BlockAnswer& answer : take_saved(blocks_to_answer_, saved_token_)) {
    settle(answer.block());
    reply_to(answer.asked.transaction_id, answer.asked.epoch, answer.asked.update, now);
  }
  for (const UnsavedBlock& given : take_saved(blocks_to_tell_, saved_token_)) {
    if (link_ != Link::kOk || !shares_.is_backup(given.key)) continue;
    offered_.insert(given.key);
    stream_.add_block(given.key, BindingStatus::kFreeBackup, now.wall);
  }
  for (const UnsavedBlock& taken : take_saved(blocks_to_open_, saved_token_)) settle(taken.key);
}

void Relationship::take_block(uint32_t transaction_id, BindingUpdate update, Moment now) {
  const LeaseKey& block = update.leases.front().key;
  const BindingStatus status = update.leases.front().status;
  const bool to_backup = status == BindingStatus::kFreeBackup;
  if (!shares_.is_known(block) || (!to_backup && status != BindingStatus::kFree)) {
    update.leases.front().verdict = StatusCode::kConfigurationConflict;
    return reply_to(transaction_id, epoch_, update, now);
  }
  const bool is_secondary = settings_.role == FailoverRole::kSecondary;
  // What is not ours by this name may have been by another, of a pool of another size: leases in it have to be known.
  const bool is_so = shares_.is_backup(block) == to_backup;
  if (is_so && (to_backup || !is_secondary)) return reply_to(transaction_id, epoch_, update, now);
  if (is_secondary) return take_block_as_secondary(transaction_id, std::move(update), now);
  take_block_as_primary(transaction_id, std::move(update), now);
}

void Relationship::take_block_as_secondary(uint32_t transaction_id, BindingUpdate update, Moment now) {
  const LeaseKey block = update.leases.front().key;
  if (update.leases.front().status == BindingStatus::kFreeBackup) {
    shares_.enter(block, now.wall);
    return answer_when_saved(transaction_id, std::move(update));
  }
  blocks_to_check_.push_back({transaction_id, epoch_, std::move(update)});
  settle(block);
  check_blocks({block});
}

// A secondary tells its blocks to a primary that has to learn them again. One that serves knows better.
void Relationship::take_block_as_primary(uint32_t transaction_id, BindingUpdate update, Moment now) {
  const LeaseKey block = update.leases.front().key;
  if (update.leases.front().status == BindingStatus::kFree) {
    shares_.strike(block);
    return answer_when_saved(transaction_id, std::move(update));
  }
  if (responsiveness_of(state(), settings_.role) != lease::Responsiveness::kUnresponsive) {
    update.leases.front().verdict = StatusCode::kOutdatedBindingInformation;
    return reply_to(transaction_id, epoch_, update, now);
  }
  shares_.enter(block, now.wall);
  settle(block);
  answer_when_saved(transaction_id, std::move(update));
}

void Relationship::block_reply(const UpdateStream::Reply& reply, bool is_new_refusal, Moment now) {
  const LeaseKey& block = *reply.block;
  // Told twice, as NORMAL was entered meanwhile: the last answer counts.
  if (stream_.has_block(block)) return pump(now);
  const bool is_primary = settings_.role == FailoverRole::kPrimary;
  asked_back_.erase(block);
  const bool was_offered = offered_.erase(block) != 0;
  if (is_primary && reply.block_status == BindingStatus::kFree && reply.block_accepted) {
    shares_.strike(block);
    save();
    blocks_to_open_.push_back({save_token_, block});
  } else if (is_primary && reply.block_accepted && shares_.is_backup(block) && !shares_.is_confirmed(block)) {
    shares_.enter(block, now.wall);
    save();
  } else if (reply.block_status == BindingStatus::kFreeBackup && !reply.block_accepted) {
    if (is_new_refusal) {
      host_.note(Weight::kWarning, "failover-block-refused",
                 fmt::format("the partner refuses {}/{} as the secondary's ({})", block.address.to_string(),
                             block.prefix_length, wire::to_string(reply.first_rejection)));
    }
    if (is_primary && !was_offered) {
      // The secondary may have had it for long, by another name: its configuration is another one. Told again later.
      shares_.enter(block, {});
      unconfirmed_.insert(block);
      save();
    } else {
      // To a primary it comes back; a secondary does without.
      shares_.strike(block);
      save();
      if (is_primary) blocks_to_open_.push_back({save_token_, block});
      settle(block);
    }
  }
  pump(now);
}

}  // namespace tandem6::failover
