// The form that all messages between failover partners have (RFC 8156 §5.2): a message-type, a transaction-id, the time
// it was sent, options. Views into the message.
#pragma once

#include <optional>

#include "dataplane/wire/builder.h"
#include "dataplane/wire/bytes.h"
#include "dataplane/wire/codes.h"
#include "dataplane/wire/time.h"

namespace tandem6::wire {

struct FailoverMessageView {
  static constexpr size_t kHeaderSize = 8;
  MessageType type;  ///< may be one that is no failover message
  uint32_t transaction_id;
  AbsoluteTime sent_time;
  Bytes options;
  /// Nothing when it is shorter than a header, or an option does not fit.
  static std::optional<FailoverMessageView> parse(Bytes message);
};

/// The header of a message; its options follow. Where sent-time lies, so that it can be written anew when the message
/// really leaves: kSentTimeAt.
inline constexpr size_t kSentTimeAt = 4;
void put_failover_header(Writer& out, MessageType type, uint32_t transaction_id, AbsoluteTime sent_time);

}  // namespace tandem6::wire
