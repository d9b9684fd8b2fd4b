// An answer while it is being written (RFC 8415 §18.3.9, §18.3.10): Relay-replies around it, header, identifiers, IAs,
// status codes, options. Internal to the engine.
#pragma once

#include "dataplane/lease/client_message.h"
#include "dataplane/lease/engine.h"
#include "dataplane/lease/option_choice.h"
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
  /// Of the whole message.
  void status(wire::StatusCode code);
  void options(const OptionSet& set, const ClientMessage& message) {
    const OptionSet* const chain[] = {&set};
    write_options(
        writer_, {.requested = message.requested, .classes = {}, .options = request_.received->message.options}, chain);
  }

  /// An IA with nothing but a status in it.
  void ia_status(LeaseType type, uint32_t iaid, wire::StatusCode code);
  /// An IA, to be filled with lease() and closed. Without `lifetimes` T1 and T2 are 0: there is nothing to extend in
  /// it.
  [[nodiscard]] wire::Writer::OpenOption open_ia(const RequestedIa& ia, const Lifetimes* lifetimes);
  void lease(const LeaseKey& key, Seconds preferred, Seconds valid);
  /// A lease that the client must stop using: lifetimes 0.
  void withdrawn(const LeaseKey& key) { lease(key, Seconds{0}, Seconds{0}); }
  void close_ia(wire::Writer::OpenOption ia) { writer_.end(ia); }

  /// Closes everything. `after_commit`: see Answer.
  Answer finish(bool after_commit);

 private:
  const Request& request_;
  const Snapshot& snapshot_;
  size_t capacity_;
  wire::Writer writer_;
  wire::RelayReplies relays_;
  wire::MessageType type_{};
};

/// There is no answer, for this reason.
inline Answer dropped(DropReason reason) { return {.dropped = reason, .size = 0, .type = {}, .after_commit = false}; }

}  // namespace tandem6::lease
