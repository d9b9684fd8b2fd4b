// DHCPv6 messages as they lie in a packet: client/server messages (RFC 8415 §8) and relay messages (§9).
#pragma once

#include <array>
#include <optional>

#include "dataplane/wire/bytes.h"
#include "dataplane/wire/codes.h"
#include "dataplane/wire/ipv6.h"
#include "dataplane/wire/option.h"

namespace tandem6::wire {

/// A client/server message (§8). All its top-level options fit; their insides are not yet looked at.
struct MessageView {
  MessageType type;         ///< may be a value that no RFC has given
  uint32_t transaction_id;  ///< 24 bits
  Bytes options;

  static constexpr size_t kHeaderSize = 4;
  /// Nothing when it is too short, a relay message, or its options do not fit.
  static std::optional<MessageView> parse(Bytes bytes);
};

/// A Relay-forward or Relay-reply message (§9).
struct RelayView {
  MessageType type;
  uint8_t hop_count;
  Ipv6Address link_address;
  Ipv6Address peer_address;
  Bytes options;
  Bytes relayed;  ///< the data of its Relay Message option (§21.10)
  // To be copied into the Relay-reply:
  std::optional<Bytes> interface_id;  ///< §21.18, §19.3
  std::optional<Bytes> source_port;   ///< Relay Source Port (RFC 8357 §5.2)
  std::optional<Bytes> echo_request;  ///< Echo Request (RFC 4994): the list of what else

  static constexpr size_t kHeaderSize = 34;
  /// Nothing when it is too short, no relay message, its options do not fit, or it carries no Relay Message option.
  static std::optional<RelayView> parse(Bytes bytes);
};

/// Why a datagram is no message that a server can work on.
enum class MessageFault : uint8_t {
  kNone,
  kTooShort,
  kMalformedOptions,
  kNoRelayMessage,
  kTooManyRelays,
  kNotRelayForward
};

/// A datagram to the server, unwrapped: the relays that it came through, and the client's message inside.
/// Fixed size; views into the datagram, valid while it is.
struct ReceivedMessage {
  /// A relay agent may set hop-count up to HOP_COUNT_LIMIT (§19.1.2), which makes one level more than the limit.
  static constexpr size_t kMaxRelays = kHopCountLimit + 1;

  MessageView message{};
  uint8_t relay_count = 0;
  std::array<RelayView, kMaxRelays> relay_storage{};  ///< outermost (nearest to the server) first

  std::span<const RelayView> relays() const { return {relay_storage.data(), relay_count}; }
  bool relayed() const { return relay_count != 0; }
  /// The UDP port that the answer goes to, of a datagram that came from port `source_port`: the usual ones, whatever
  /// that was (RFC 9915 §7.2), except for a relay that asks for another (RFC 8357 §5.2).
  uint16_t reply_port(uint16_t source_port) const;

  /// Fills this from `datagram`. A fault leaves it unspecified.
  MessageFault parse(Bytes datagram);
};

}  // namespace tandem6::wire
