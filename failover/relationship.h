// One failover relationship: the endpoint of RFC 8156 on this server, from CONNECT to UPDDONE. Sans-I/O: what happens
// comes in by its functions, what is to be done goes out to its Host.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include <tl/expected.hpp>

#include "dataplane/lease/hash.h"
#include "dataplane/wire/error.h"
#include "failover/configuration_digest.h"
#include "failover/fed_meanwhile.h"
#include "failover/host.h"
#include "failover/messages.h"
#include "failover/prefix_shares.h"
#include "failover/settings.h"
#include "failover/state.h"
#include "failover/status.h"

namespace tandem6::failover {

/// What of a relationship is in stable storage: §8.2, and whose the delegable prefixes are.
struct Stable {
  StableState state;
  std::vector<std::pair<lease::LeaseKey, AbsoluteTime>> backups;  ///< the secondary's blocks, since when
  friend bool operator==(const Stable&, const Stable&) = default;
};
std::vector<std::byte> encode(const Stable& stable);
std::optional<Stable> decode_stable(Bytes stored);

/// Lives in one thread, the failover reactor's, as does its host.
class Relationship {
 public:
  /// `stable`: what the disk holds; nothing when it holds nothing. The endpoint is in STARTUP.
  Relationship(RelationshipSettings settings, lease::FailoverScope& scope, std::optional<Stable> stable, Host& host,
               Moment now);

  const RelationshipSettings& settings() const { return settings_; }
  State state() const { return in_startup_ ? State::kStartup : stable_.state; }
  bool is_connected() const { return link_ != Link::kNone; }

  // --- what happens ------------------------------------------------------------------------------------------------
  /// Primary: a connection to the partner stands (§6.1).
  void connected(Moment now);
  /// Secondary: the partner has connected, and this is its CONNECT (§6.1.2). A connection before it is over.
  void connected_by(Bytes connect, Moment now);
  void received(Bytes message, Moment now);
  void disconnected(std::string_view reason, Moment now);
  /// At least every 100 ms.
  void tick(Moment now);
  /// Sends what waits, as far as the partner takes it: after messages were received, and changes fed.
  void flush(Moment now) { pump(now); }
  /// A change that a worker has fed, committed; one to FREE is a withdrawal (UpdateFeed). `sequence`: of it in the
  /// worker's log. flush() after the last of several.
  void changed(const lease::LeaseRecord& record, uint64_t sequence);
  /// Some worker could not feed all of its changes: they wait for a scan.
  void feed_overflowed() { scan_wanted_ = true; }
  /// Another configuration is in force.
  void reconfigured();
  tl::expected<void, Error> command(OperatorCommand command, Moment now);
  /// The server ends in good order: DISCONNECT (§5.3.10).
  void shut_down(Moment now);

  // --- answers of the host -----------------------------------------------------------------------------------------
  void persisted(uint64_t token, Moment now);
  void applied(const IncomingUpdate& incoming, Moment now);
  /// After changed() with all that was fed before the workers looked.
  void scanned(std::span<const FoundLease> leases, bool finished, Moment now);
  void blocks_checked(const std::vector<lease::LeaseKey>& checked, const std::vector<lease::LeaseKey>& unacked,
                      Moment now);

  RelationshipStatus status() const;

 private:
  struct DuidHash {
    size_t operator()(const Duid& duid) const { return lease::duid_hash(duid.bytes()); }
  };
  /// How far the connection is.
  enum class Link : uint8_t {
    kNone,
    kConnecting,  ///< primary: CONNECT is sent
    kNegotiated,  ///< both know each other's terms; the partner's STATE has not come
    kOk,          ///< communications are "OK"
  };

  // relationship.cc: messages and time
  void send_connect(Moment now);
  void take_connect(const wire::FailoverMessageView& message, Moment now);
  void take_connect_reply(const wire::FailoverMessageView& message, Moment now);
  void negotiated(const Connect& partner);
  void refuse_connect(const wire::FailoverMessageView& message, wire::StatusCode status, std::string_view why,
                      Moment now);
  void dispatch(const wire::FailoverMessageView& message, Moment now);
  bool is_in_time(const wire::FailoverMessageView& message, Moment now);
  void hang_up(wire::StatusCode status, std::string_view why, Moment now);
  void link_lost(const std::string& reason, Moment now);
  /// What keeps the partners from being "OK": said when it is another reason than before, or they were since. They try
  /// again and again.
  void note_once(Weight weight, std::string_view event, std::string_view reason);
  void take_time(Moment now) {
    now_milliseconds_ = now.milliseconds;
    now_wall_ = now.wall;
  }
  /// Communications are "OK" for both: the partner has our STATE, or has it before what is sent now.
  bool may_talk() const { return link_ == Link::kOk && has_told_state_; }
  void send_bare(wire::MessageType type, uint32_t transaction_id, Moment now);
  /// Sends the message that `put(wire::Writer&)` writes.
  template <typename Put>
  void send(Put&& put) {
    wire::Writer out(buffer_);
    put(out);
    send_written(out);
  }
  void send_written(const wire::Writer& out);
  uint32_t next_transaction();
  void keep_alive(Moment now);
  void send_contact(Moment now);
  void take_contact(const wire::FailoverMessageView& message);
  void compare_configurations();
  uint64_t backlog() const;

  // relationship_states.cc: §8
  void take_state(const wire::FailoverMessageView& message, Moment now);
  void leave_startup(Moment now);
  void follow_partner(Moment now);
  bool has_given_back(Moment now);
  void enter(State next, Moment now);
  void announce(State next);
  void entered(Moment now);
  void apply_policy();
  lease::FailoverPolicy policy_of(State state) const;
  void send_state(Moment now);
  void save();
  void note_operation();
  void watch_timers(Moment now);
  Seconds recover_wait_left() const;
  AbsoluteTime partner_prefixes_from() const { return stable_.partner_down_since + stable_.mclt; }
  void learn_of_the_past();
  void declare_partner_down(Moment now);

  // relationship_updates.cc: §7
  void pump(Moment now);
  void take_update(const wire::FailoverMessageView& message, Moment now);
  void next_of_client(const Duid& client);
  void take_reply(const wire::FailoverMessageView& message, Moment now);
  bool note_refusal(const UpdateStream::Reply& reply, Moment now);
  void note_conflicts(const IncomingUpdate& incoming);
  void answer_update_request(const wire::FailoverMessageView& message, ScanKind kind, Moment now);
  void request_update(Moment now);
  void take_update_done(const wire::FailoverMessageView& message, Moment now);
  void start_scan(ScanKind kind, Moment now);
  void reply_to(uint32_t transaction_id, uint32_t epoch, const BindingUpdate& update, Moment now);

  // relationship_blocks.cc: §4.2.2
  void tell_blocks();
  void balance(Moment now);
  void confirm_blocks();
  void check_blocks(std::vector<lease::LeaseKey> blocks);
  bool is_moving(const lease::LeaseKey& block) const;
  void settle(const lease::LeaseKey& block);
  void given_checked(const lease::LeaseKey& block, bool clean, Moment now);
  void confirm_checked(const lease::LeaseKey& block, bool clean, Moment now);
  void answer_when_saved(uint32_t transaction_id, BindingUpdate update);
  void finish_blocks(Moment now);
  void take_block(uint32_t transaction_id, BindingUpdate update, Moment now);
  void take_block_as_secondary(uint32_t transaction_id, BindingUpdate update, Moment now);
  void take_block_as_primary(uint32_t transaction_id, BindingUpdate update, Moment now);
  void block_reply(const UpdateStream::Reply& reply, bool is_new_refusal, Moment now);

  RelationshipSettings settings_;
  lease::FailoverScope& scope_;
  Host& host_;

  // what is, or is about to be, in stable storage
  StableState stable_;
  bool had_record_;  // of an earlier life
  PrefixShares shares_;
  uint64_t save_token_ = 0;
  uint64_t saved_token_ = 0;
  uint64_t state_token_ = 0;  // with this one the disk knows our state, and the partner may

  bool in_startup_ = true;
  Moment started_;
  uint64_t now_milliseconds_ = 0;
  AbsoluteTime now_wall_;
  bool state_due_ = false;         // a STATE message waits for the disk
  uint64_t interrupted_at_ = 0;    // for auto-partner-down
  bool partner_prefixes_ = false;  // PARTNER-DOWN for the MCLT
  bool is_giving_back_ = false;    // PARTNER-DOWN, and about to leave it for NORMAL
  AbsoluteTime time_of_failure_;   // §8.3.2; 0: unknown
  bool has_lost_storage_ = false;  // the partner knows us, and we do not know it (§8.5.2)
  bool recovery_is_new_ = false;   // neither of us has run failover before: no MCLT to wait (§8.6.2)
  uint64_t operation_noted_ = 0;

  // the connection
  Link link_ = Link::kNone;
  bool has_told_state_ = false;  // on this connection: before that it carries nothing else of ours
  uint32_t next_transaction_ = 1;
  uint64_t last_sent_ = 0;
  uint64_t last_received_ = 0;
  std::optional<uint64_t> late_since_;  // no message was on time since
  uint64_t send_interval_ = 15000;
  uint32_t window_ = 0;
  /// Before this connection: the partner wants to know whether we have a past (§8.5.2, §8.6.2), not that we talk now.
  bool had_communicated_ = false;
  ServerFlags partner_flags_;
  bool partner_is_starting_ = false;
  std::string last_disconnect_;
  AbsoluteTime last_disconnect_at_;
  std::string noted_;  // by note_once()
  int64_t skew_ = 0;
  bool skew_warned_ = false;
  ConfigurationDigest configuration_;
  std::optional<ConfigurationDigest> partners_configuration_;  // as it says on this connection
  bool contact_due_ = false;                                   // it is to hear of ours

  // updates
  UpdateStream stream_;
  /// What the partner's configuration has no place for.
  struct Refusal {
    lease::LeaseKey lease;
    uint64_t milliseconds;
  };
  std::optional<Refusal> refusal_;  // the last one on this connection
  unsigned conflicts_noted_ = 0;    // on this connection
  uint32_t epoch_ = 0;              // counts connections: what was asked on one is not answered on another
  uint64_t applying_ = 0;           // BNDUPDs that the host works on, and those behind them
  /// Of the clients of whom the host works on a BNDUPD: those that came behind it.
  std::unordered_map<Duid, std::vector<IncomingUpdate>, DuidHash> behind_;
  std::optional<ScanKind> scan_;  // that runs
  bool scan_piece_due_ = false;   // the host works on a piece of it
  FedMeanwhile fed_meanwhile_;    // since then
  uint64_t scan_mark_ = 0;        // in the stream: where the last scan ended
  bool scan_wanted_ = false;
  uint64_t last_scan_ = 0;
  std::vector<uint32_t> asked_by_;    // UPDREQs and UPDREQALLs of the partner's that are being answered
  std::optional<uint32_t> we_asked_;  // ours
  bool pool_request_due_ = false;
  bool blocks_due_ = false;  // the partner is to hear of the secondary's blocks, behind the leases
  uint64_t last_update_heard_ = 0;
  struct BlockUpdate {
    uint32_t transaction_id;
    uint32_t epoch;
    BindingUpdate update;
    const lease::LeaseKey& block() const { return update.leases.front().key; }
  };
  std::vector<BlockUpdate> blocks_to_check_;  // FREE: to be answered when checked
  struct BlockAnswer {
    uint64_t token;
    BlockUpdate asked;
    const lease::LeaseKey& block() const { return asked.block(); }
  };
  struct UnsavedBlock {
    uint64_t token;
    lease::LeaseKey key;
    const lease::LeaseKey& block() const { return key; }
  };
  std::vector<BlockAnswer> blocks_to_answer_;  // when persisted
  std::deque<uint32_t> checks_;                // that the host works on: the epoch of each
  PrefixShares::Blocks being_given_;           // closed, and checked now
  std::vector<UnsavedBlock> blocks_to_tell_;   // given, when persisted
  std::vector<UnsavedBlock> blocks_to_open_;   // taken back, when persisted
  PrefixShares::Blocks asked_back_;
  PrefixShares::Blocks offered_;          // given to the secondary on this connection, not answered
  PrefixShares::Blocks unconfirmed_;      // the secondary's, to be told it, when the time is
  PrefixShares::Blocks being_confirmed_;  // and checked now
  uint64_t last_balance_ = 0;
  bool balance_wanted_ = false;
  uint64_t last_free_walk_ = 0;
  std::vector<std::byte> buffer_;

  RelationshipStatus counters_;  // its counting fields
};

}  // namespace tandem6::failover
