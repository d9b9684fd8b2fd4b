// An answer while it is being written (RFC 8415 §18.3.9, §18.3.10): Relay-replies around it, header, identifiers, IAs,
// status codes, options. Internal to the engine.
#pragma once

#include "dataplane/lease/client_message.h"
#include "dataplane/lease/engine.h"
#include "dataplane/lease/option_chain.h"
#include "dataplane/lease/reconfigure.h"
#include "dataplane/wire/builder.h"

namespace tandem6::lease {

/// Lives as long as one call of answer(). Writes in place into the caller's bytes.
class Reply {
 public:
  /// Opens the Relay-replies (§19.3).
  Reply(MutableBytes out, const Request& request, const Snapshot& snapshot);

  /// Is there room for one answer to each IA of the message, before any of them has changed a lease? Configuration
  /// options and withdrawn leases come on top and may still not fit: then the changes stand, the answer is dropped as
  /// kReplyTooBig, and the client, which has no answer, asks again.
  bool has_room_for(const ClientMessage& message) const;

  /// The header with the client's transaction-id, its Client Identifier if it sent one, and our Server Identifier.
  void begin(wire::MessageType type);
  void rapid_commit() { writer_.option(wire::OptionCode::kRapidCommit, Bytes{}); }
  void reconfigure_accept() { writer_.option(wire::OptionCode::kReconfigureAccept, Bytes{}); }
  void reconfigure_key(const ReconfigureKey& key, uint64_t replay) { put_reconfigure_key(writer_, key, replay); }
  void client_fqdn(const wire::ClientFqdnView& fqdn) { wire::put_client_fqdn(writer_, fqdn); }
  /// Of the whole message.
  void status(wire::StatusCode code);
  /// The configured options of these scopes, and what relays supply.
  void options(const OptionChain& chain, const ClientMessage& message, const ClassSet& classes, OptionBlocks& blocks);

  /// An IA with nothing but a status in it.
  void ia_status(LeaseType type, uint32_t iaid, wire::StatusCode code);
  void ia_ta_status(uint32_t iaid, wire::StatusCode code);
  /// An IA, to be filled with lease() and closed. Its T1 and T2 follow from renew_within().
  [[nodiscard]] wire::Writer::OpenOption open_ia(const RequestedIa& ia);
  /// With T1 and T2 of 0: there is nothing to extend in it.
  [[nodiscard]] wire::Writer::OpenOption open_ended_ia(const RequestedIa& ia);
  /// A lease in the answer wants to be renewed by then. All IAs get the earliest times, so that the client renews them
  /// with one message (§18.3.9 to §18.3.10: "the same for all IAs" of the client).
  void renew_within(const RenewTimes& times);
  /// With `pd_exclude`, if there is any, as the data of a PD_EXCLUDE option in an IAPREFIX (RFC 6603 §4.2).
  void lease(const LeaseKey& key, Seconds preferred, Seconds valid, Bytes pd_exclude = {});
  /// A lease that the client must stop using: lifetimes 0.
  void withdrawn(const LeaseKey& key) { lease(key, Seconds{0}, Seconds{0}); }
  void close_ia(wire::Writer::OpenOption ia) { writer_.end(ia); }

  wire::MessageType type() const { return type_; }
  /// Closes everything. `after_commit`: see Answer.
  Answer finish(bool after_commit);

 private:
  const Request& request_;
  const Snapshot& snapshot_;
  size_t capacity_;
  size_t options_at_ = 0;  ///< where the message's options begin
  wire::Writer writer_;
  wire::RelayReplies relays_;
  wire::MessageType type_{};
  std::optional<RenewTimes> renew_times_;
  FixedList<size_t, kMaxIasPerMessage> renew_times_at_;  ///< where T1 and T2 have yet to be written
};

/// There is no answer, for this reason.
inline Answer dropped(DropReason reason) { return {.dropped = reason, .size = 0, .type = {}, .after_commit = false}; }

}  // namespace tandem6::lease
