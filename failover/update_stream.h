// The stream of BNDUPDs to the partner (RFC 8156 §4.3, §7.4): what waits, what is on its way, what came back.
#pragma once

#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

#include "failover/binding_update.h"
#include "failover/host.h"

namespace tandem6::failover {

struct LeaseKeyHash {
  size_t operator()(const lease::LeaseKey& key) const;
};

/// One relationship's. Holds no more than kMostPending: what finds no room stays marked in its shard, for a scan.
class UpdateStream {
 public:
  static constexpr size_t kMostPending = size_t{1} << 16;

  /// What must be sent. A later change of a lease takes the place of one that waits. False: no room.
  bool add(const lease::LeaseRecord& record);
  /// What waits to be told of this client's lease is not true any more.
  void forget(const lease::LeaseRecord& record);
  /// What a scan found, which comes in pieces when there is room: never refused.
  void add_scanned(const lease::LeaseRecord& record);
  /// A block of delegable prefixes, or one prefix, that belongs to no client: `status` FREE or FREE-BACKUP. Goes before
  /// nothing that was added earlier; what waits to be told of the block is not told.
  void add_block(const lease::LeaseKey& block, lease::BindingStatus status, AbsoluteTime since);
  /// What waits to be told of this block is not true any more.
  void forget_block(const lease::LeaseKey& block);
  /// Is there something that waits to be told of this block, or was told and not answered?
  bool has_block(const lease::LeaseKey& block) const;

  size_t pending() const { return pending_count_; }
  size_t room() const { return pending_count_ < kMostPending ? kMostPending - pending_count_ : 0; }
  size_t in_flight() const { return in_flight_.size(); }
  bool is_in_flight(uint32_t transaction_id) const { return in_flight_.contains(transaction_id); }
  /// A place in the stream: behind all that was added so far. Is everything before it sent and replied to?
  uint64_t mark() const { return first_ + waiting_.size(); }
  bool is_through(uint64_t mark) const;
  /// A new connection: at most `window` BNDUPDs without a BNDREPLY. What was on its way is not known to have arrived;
  /// scans find it.
  void reset(uint32_t window);
  /// How long the oldest BNDUPD has waited for its reply; 0: none is on its way.
  uint64_t oldest_wait(uint64_t now_milliseconds) const;

  /// The next BNDUPD to send; nothing when the window is full or nothing waits. `snapshot` is for T1 and T2.
  std::optional<BindingUpdate> next(uint32_t transaction_id, Moment now, const lease::Snapshot& snapshot);

  /// What a BNDREPLY means.
  struct Reply {
    bool expected = false;  ///< there was such a BNDUPD
    std::vector<LeaseAck> acks;
    unsigned rejected = 0;
    std::optional<lease::LeaseKey> block;  ///< it was about this one
    lease::BindingStatus block_status = lease::BindingStatus::kFree;
    bool block_accepted = false;
    uint64_t milliseconds = 0;  ///< that it took
    wire::StatusCode first_rejection = wire::StatusCode::kSuccess;
    lease::LeaseKey first_rejected = {};
  };
  Reply take_reply(uint32_t transaction_id, const BindingUpdate& reply, uint64_t now_milliseconds);

 private:
  bool replace_waiting(const lease::LeaseRecord& record);
  void append(const lease::LeaseRecord& record);
  void drop_first();
  void drop_void();

  struct Waiting {
    std::optional<lease::LeaseRecord> record;  // nothing: a block
    lease::LeaseKey block;
    lease::BindingStatus block_status = lease::BindingStatus::kFree;
    AbsoluteTime block_since;
    bool is_void = false;  // not true any more
  };
  struct Sent {
    uint64_t milliseconds = 0;
    uint64_t number = 0;  // of the first that it tells
    std::vector<LeaseAck> leases;
    std::optional<lease::LeaseKey> block;
    lease::BindingStatus block_status = lease::BindingStatus::kFree;
    std::list<uint32_t>::iterator age;
  };

  LeaseUpdate told(const lease::LeaseRecord& record, const lease::Snapshot& snapshot) const;
  BindingUpdate block_update(const Waiting& block, AbsoluteTime now) const;

  std::deque<Waiting> waiting_;
  uint64_t first_ = 0;  // number of waiting_.front(); each gets the next
  std::unordered_map<lease::LeaseKey, uint64_t, LeaseKeyHash> by_key_;    // of leases, the last of each
  std::unordered_map<lease::LeaseKey, uint64_t, LeaseKeyHash> by_block_;  // of blocks
  size_t pending_count_ = 0;
  uint32_t window_ = 0;
  std::unordered_map<uint32_t, Sent> in_flight_;  // by transaction-id
  std::list<uint32_t> ages_;                      // transaction-ids, the oldest first
};

}  // namespace tandem6::failover
