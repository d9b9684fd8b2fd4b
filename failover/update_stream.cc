#include "failover/update_stream.h"

#include <algorithm>
#include <utility>

namespace tandem6::failover {
namespace {

using lease::BindingStatus;
using lease::LeaseKey;
using lease::LeaseRecord;

/// A client's leases that wait one behind the other share a BNDUPD, up to so many.
constexpr size_t kLeasesPerUpdate = 8;

std::optional<AbsoluteTime> if_known(AbsoluteTime time) {
  return time == AbsoluteTime{} ? std::nullopt : std::optional(time);
}

/// Does the status end by itself (§7.2)? Then the times marked with * in §7.4 go with it.
bool has_timeout(const LeaseRecord& record) {
  const bool ends = record.status == BindingStatus::kActive || record.status == BindingStatus::kAbandoned;
  return ends && !record.valid.infinite();
}

}  // namespace

size_t LeaseKeyHash::operator()(const LeaseKey& key) const {
  const U128 number = key.address.number();
  uint64_t hash = static_cast<uint64_t>(number >> 64) * 0x9e3779b97f4a7c15 + static_cast<uint64_t>(number);
  hash = (hash ^ key.prefix_length ^ hash >> 32) * 0x9e3779b97f4a7c15;
  return hash ^ hash >> 29;
}

bool UpdateStream::add(const LeaseRecord& record) {
  if (replace_waiting(record)) return true;
  if (pending_count_ >= kMostPending) return false;
  append(record);
  return true;
}

void UpdateStream::add_scanned(const LeaseRecord& record) {
  if (!replace_waiting(record)) append(record);
}

// One client's later change takes the place of the one that waits; another client's goes behind, as the partner must
// hear of both.
bool UpdateStream::replace_waiting(const LeaseRecord& record) {
  const auto known = by_key_.find(record.key);
  if (known == by_key_.end()) return false;
  Waiting& before = waiting_[known->second - first_];
  if (before.record->duid != record.duid) return false;
  before.record = record;
  return true;
}

void UpdateStream::forget(const LeaseRecord& record) {
  const auto known = by_key_.find(record.key);
  if (known == by_key_.end()) return;
  Waiting& waiting = waiting_[known->second - first_];
  if (waiting.record->duid != record.duid) return;
  waiting.is_void = true;
  by_key_.erase(known);
}

void UpdateStream::append(const LeaseRecord& record) {
  by_key_[record.key] = first_ + waiting_.size();
  waiting_.push_back({.record = record, .block = {}, .block_since = {}});
  ++pending_count_;
}

void UpdateStream::add_block(const LeaseKey& block, BindingStatus status, AbsoluteTime since) {
  forget_block(block);
  by_block_[block] = first_ + waiting_.size();
  waiting_.push_back({.record = std::nullopt, .block = block, .block_status = status, .block_since = since});
  ++pending_count_;
}

void UpdateStream::forget_block(const LeaseKey& block) {
  const auto known = by_block_.find(block);
  if (known == by_block_.end()) return;
  waiting_[known->second - first_].is_void = true;
  by_block_.erase(known);
}

bool UpdateStream::has_block(const LeaseKey& block) const {
  return by_block_.contains(block) ||
         std::ranges::any_of(in_flight_, [&](const auto& sent) { return sent.second.block == block; });
}

void UpdateStream::drop_first() {
  const Waiting& first = waiting_.front();
  auto& places = first.record ? by_key_ : by_block_;
  const auto known = places.find(first.record ? first.record->key : first.block);
  if (known != places.end() && known->second == first_) places.erase(known);
  waiting_.pop_front();
  ++first_;
  --pending_count_;
}

void UpdateStream::drop_void() {
  while (!waiting_.empty() && waiting_.front().is_void) drop_first();
}

void UpdateStream::reset(uint32_t window) {
  first_ += waiting_.size();
  waiting_.clear();
  by_key_.clear();
  by_block_.clear();
  pending_count_ = 0;
  in_flight_.clear();
  ages_.clear();
  window_ = window;
}

bool UpdateStream::is_through(uint64_t mark) const {
  return first_ >= mark && (ages_.empty() || in_flight_.at(ages_.front()).number >= mark);
}

uint64_t UpdateStream::oldest_wait(uint64_t now_milliseconds) const {
  return ages_.empty() ? 0 : now_milliseconds - in_flight_.at(ages_.front()).milliseconds;
}

std::optional<BindingUpdate> UpdateStream::next(uint32_t transaction_id, Moment now, const lease::Snapshot& snapshot) {
  drop_void();
  if (waiting_.empty() || in_flight_.size() >= window_) return std::nullopt;
  Sent sent{.milliseconds = now.milliseconds, .number = first_, .leases = {}, .block = {}, .age = {}};
  BindingUpdate update;
  if (!waiting_.front().record) {
    sent.block = waiting_.front().block;
    sent.block_status = waiting_.front().block_status;
    update = block_update(waiting_.front(), now.wall);
    drop_first();
  } else {
    update.client = waiting_.front().record->duid;
    update.base_time = now.wall;
    while (!waiting_.empty() && waiting_.front().record && waiting_.front().record->duid == *update.client &&
           update.leases.size() < kLeasesPerUpdate) {
      const LeaseRecord& record = *waiting_.front().record;
      update.leases.push_back(told(record, snapshot));
      sent.leases.push_back({.client = record.duid,
                             .key = record.key,
                             .version = record.partner ? record.partner->version : 0,
                             .partner_lifetime = std::nullopt});
      drop_first();
      drop_void();
    }
  }
  sent.age = ages_.insert(ages_.end(), transaction_id);
  in_flight_.emplace(transaction_id, std::move(sent));
  return update;
}

// §7.4.
LeaseUpdate UpdateStream::told(const LeaseRecord& record, const lease::Snapshot& snapshot) const {
  const lease::PartnerTimes times = record.partner.value_or(lease::PartnerTimes{});
  const lease::Subnet* subnet = snapshot.by_id(record.subnet_id);
  const lease::RenewTimes renew =
      (subnet != nullptr ? subnet->lifetimes : lease::Lifetimes{}).renew_times(record.preferred);
  LeaseUpdate update{.key = record.key,
                     .iaid = record.iaid,
                     .t1 = renew.t1,
                     .t2 = renew.t2,
                     .preferred = record.preferred,
                     .valid = record.valid,
                     .status = record.status,
                     .start_of_state = times.start_of_state,
                     .state_expiration = std::nullopt,
                     .client_contact = if_known(times.client_contact),
                     .partner_lifetime = std::nullopt,
                     .partner_raw_contact = if_known(times.partner_raw_contact),
                     .expiration = std::nullopt};
  if (has_timeout(record)) {
    update.state_expiration = record.expires();
    update.partner_lifetime = std::max(times.partner_lifetime, record.expires());
    update.expiration = if_known(times.expiration_time);
  }
  return update;
}

BindingUpdate UpdateStream::block_update(const Waiting& block, AbsoluteTime now) const {
  BindingUpdate update;
  update.base_time = now;
  LeaseUpdate prefix;
  prefix.key = block.block;
  prefix.status = block.block_status;
  prefix.start_of_state = block.block_since;
  update.leases.push_back(prefix);
  return update;
}

UpdateStream::Reply UpdateStream::take_reply(uint32_t transaction_id, const BindingUpdate& reply,
                                             uint64_t now_milliseconds) {
  Reply result;
  const auto found = in_flight_.find(transaction_id);
  if (found == in_flight_.end()) return result;
  result.expected = true;
  Sent sent = std::move(found->second);
  ages_.erase(sent.age);
  in_flight_.erase(found);
  result.milliseconds = now_milliseconds - sent.milliseconds;
  const auto refuse = [&](const LeaseKey& key, wire::StatusCode why) {
    if (result.rejected++ != 0) return;
    result.first_rejection = why;
    result.first_rejected = key;
  };
  if (sent.block) {
    const bool named = !reply.leases.empty() && reply.leases.front().key == *sent.block;
    const wire::StatusCode verdict =
        reply.verdict != wire::StatusCode::kSuccess || !named ? reply.verdict : reply.leases.front().verdict;
    result.block = sent.block;
    result.block_status = sent.block_status;
    result.block_accepted = named && verdict == wire::StatusCode::kSuccess;
    if (!result.block_accepted) refuse(*sent.block, verdict);
    return result;
  }
  for (LeaseAck& lease : sent.leases) {
    const auto told = std::ranges::find(reply.leases, lease.key, &LeaseUpdate::key);
    // A lease that the reply does not name was not accepted.
    const bool named = told != reply.leases.end();
    const wire::StatusCode verdict = reply.verdict != wire::StatusCode::kSuccess ? reply.verdict
                                     : named                                     ? told->verdict
                                             : wire::StatusCode::kMissingBindingInformation;
    if (verdict != wire::StatusCode::kSuccess) {
      refuse(lease.key, verdict);
      continue;
    }
    lease.partner_lifetime = told->partner_lifetime;
    result.acks.push_back(lease);
  }
  return result;
}

}  // namespace tandem6::failover
