#include "dataplane/wire/message.h"

namespace tandem6::wire {
namespace {

bool is_relay(MessageType type) { return type == MessageType::kRelayForward || type == MessageType::kRelayReply; }

/// Reads a relay message of either type (RFC 8415 §9). Writes every field of `out` unless there is a fault.
MessageFault read_relay(Bytes bytes, RelayView& out) {
  if (bytes.size() < RelayView::kHeaderSize) return MessageFault::kTooShort;
  out.type = static_cast<MessageType>(bytes[0]);
  out.hop_count = std::to_integer<uint8_t>(bytes[1]);
  out.link_address = Ipv6Address::load(bytes.data() + 2);
  out.peer_address = Ipv6Address::load(bytes.data() + 18);
  out.options = bytes.subspan(RelayView::kHeaderSize);
  out.interface_id.reset();
  out.source_port.reset();
  out.echo_request.reset();

  // None of these may occur twice (§21): of two, the first counts.
  bool found = false;
  OptionWalker walker(out.options);
  while (const std::optional<OptionView> option = walker.next()) {
    if (option->is(OptionCode::kRelayMessage) && !found) {
      out.relayed = option->data;
      found = true;
    } else if (option->is(OptionCode::kInterfaceId) && !out.interface_id) {
      out.interface_id = option->data;
    } else if (option->is(OptionCode::kRelaySourcePort) && !out.source_port) {
      out.source_port = option->data;
    } else if (option->is(OptionCode::kEchoRequest) && !out.echo_request) {
      out.echo_request = option->data;
    }
  }
  if (walker.malformed()) return MessageFault::kMalformedOptions;
  return found ? MessageFault::kNone : MessageFault::kNoRelayMessage;
}

/// Reads a message of §8. The caller has looked at the type: it is no relay's.
MessageFault read_message(Bytes bytes, MessageView& out) {
  if (bytes.size() < MessageView::kHeaderSize) return MessageFault::kTooShort;
  const uint32_t first_word = load_be32(bytes.data());
  out.type = static_cast<MessageType>(first_word >> 24);
  out.transaction_id = first_word & 0xffffff;
  out.options = bytes.subspan(MessageView::kHeaderSize);
  return well_formed(out.options) ? MessageFault::kNone : MessageFault::kMalformedOptions;
}

}  // namespace

std::optional<MessageView> MessageView::parse(Bytes bytes) {
  if (bytes.empty() || is_relay(static_cast<MessageType>(bytes[0]))) return std::nullopt;
  MessageView message;
  if (read_message(bytes, message) != MessageFault::kNone) return std::nullopt;
  return message;
}

std::optional<RelayView> RelayView::parse(Bytes bytes) {
  if (bytes.empty() || !is_relay(static_cast<MessageType>(bytes[0]))) return std::nullopt;
  RelayView relay;
  if (read_relay(bytes, relay) != MessageFault::kNone) return std::nullopt;
  return relay;
}

uint16_t ReceivedMessage::reply_port(uint16_t source_port) const {
  if (!relayed()) return kClientPort;
  // Port 0 cannot be sent to.
  return relays().front().source_port && source_port != 0 ? source_port : kServerPort;
}

MessageFault ReceivedMessage::parse(Bytes datagram) {
  // Only what arrived is written: clearing relay_storage would cost more than parsing a direct message does.
  relay_count = 0;
  for (;;) {
    if (datagram.empty()) return MessageFault::kTooShort;
    const auto type = static_cast<MessageType>(datagram[0]);
    if (type == MessageType::kRelayReply) return MessageFault::kNotRelayForward;
    if (type != MessageType::kRelayForward) return read_message(datagram, message);
    if (relay_count == kMaxRelays) return MessageFault::kTooManyRelays;
    RelayView& relay = relay_storage[relay_count];
    if (const MessageFault fault = read_relay(datagram, relay); fault != MessageFault::kNone) return fault;
    ++relay_count;
    datagram = relay.relayed;
  }
}

}  // namespace tandem6::wire
