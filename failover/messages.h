// The messages between partners that are not about leases (RFC 8156 §6): as values, written and read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dataplane/wire/builder.h"
#include "dataplane/wire/failover_message.h"
#include "failover/state.h"

namespace tandem6::failover {

/// In octets. RFC 8156 has no bound for a name; a longer one than this is malformed to us.
inline constexpr size_t kMaxRelationshipName = 255;
/// In octets: of the text of a Status Code, more than this is not read.
inline constexpr size_t kMaxStatusText = 255;

/// OPTION_F_PROTOCOL_VERSION (§5.5.11).
struct ProtocolVersion {
  uint16_t major = 1;
  uint16_t minor = 0;
  friend bool operator==(const ProtocolVersion&, const ProtocolVersion&) = default;
};

/// CONNECT (§6.1.1) and CONNECTREPLY (§6.1.2).
struct Connect {
  ProtocolVersion version = {};
  Seconds mclt = {};
  Seconds keepalive = {};
  uint32_t max_unacked = 0;
  std::string relationship = {};  ///< empty: the only one; not in a CONNECTREPLY
  bool fixed_pd_length = true;    ///< OPTION_F_CONNECT_FLAGS
  /// In a CONNECTREPLY: why the connection is not accepted. Then nothing else need be there.
  wire::StatusCode status = wire::StatusCode::kSuccess;
  std::string text = {};  ///< of the status
  friend bool operator==(const Connect&, const Connect&) = default;
};

/// OPTION_F_SERVER_FLAGS (§5.5.15).
struct ServerFlags {
  bool communicated = false;
  bool startup = false;
  bool ack_startup = false;
  friend bool operator==(const ServerFlags&, const ServerFlags&) = default;
};

/// STATE (§6.3).
struct StateMessage {
  State state = State::kNone;
  ServerFlags flags = {};
  AbsoluteTime since = {};
  std::optional<AbsoluteTime> partner_down_since = std::nullopt;
  friend bool operator==(const StateMessage&, const StateMessage&) = default;
};

/// DISCONNECT (§5.3.10).
struct Disconnect {
  wire::StatusCode status = wire::StatusCode::kSuccess;
  std::string text = {};
};

/// Each with its header. `type` of put_connect: kConnect or kConnectReply.
void put_connect(wire::Writer& out, wire::MessageType type, uint32_t transaction_id, AbsoluteTime sent_time,
                 const Connect& connect);
/// A CONNECTREPLY that does not accept the connection; of `why` as much as is read.
void put_refusal(wire::Writer& out, uint32_t transaction_id, AbsoluteTime sent_time, wire::StatusCode status,
                 std::string_view why);
void put_state(wire::Writer& out, uint32_t transaction_id, AbsoluteTime sent_time, const StateMessage& state);
void put_disconnect(wire::Writer& out, uint32_t transaction_id, AbsoluteTime sent_time, const Disconnect& disconnect);
/// POOLREQ, POOLRESP, UPDREQ, UPDREQALL, UPDDONE, and RFC 7653's STARTTLS have no options of ours, nor has a CONTACT
/// that says nothing of the configuration (else put_contact(), configuration_digest.h). STARTTLS
/// has no sent-time either: it is no failover message, and FailoverMessageView does not read it.
void put_bare(wire::Writer& out, wire::MessageType type, uint32_t transaction_id, AbsoluteTime sent_time);

/// Nothing when it is another message, or something that must be there is missing or malformed: so are an MCLT,
/// keepalive time or max-unacked-bndupd of 0. Options that are not known are passed over.
std::optional<Connect> read_connect(const wire::FailoverMessageView& message);
std::optional<StateMessage> read_state(const wire::FailoverMessageView& message);
/// Always something: a DISCONNECT says what it says. Of its text, what is UTF-8.
Disconnect read_disconnect(const wire::FailoverMessageView& message);

}  // namespace tandem6::failover
