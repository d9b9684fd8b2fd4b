// Fuzzes the DHCPv6 side of wire: unwrap a datagram, look at every option through its view, as deep as options nest,
// write what was read again, and answer through the relays that it came by. The input is the datagram.
#include <array>
#include <vector>

#include "dataplane/wire/builder.h"
#include "dataplane/wire/duid.h"
#include "dataplane/wire/message.h"
#include "dataplane/wire/option.h"
#include "dataplane/wire/require.h"

using namespace tandem6;
using namespace tandem6::wire;

namespace {

// Deep enough for every nesting of RFC 8415, and a bound for an input that nests itself.
constexpr int kMaxDepth = 24;
// find_option() is tried for the first options only: for all of a long area it would take quadratic time.
constexpr int kMaxSearches = 8;

void visit_area(Bytes area, int depth);

/// Reads every byte, so that AddressSanitizer sees a view that reaches too far.
void touch(Bytes bytes) {
  [[maybe_unused]] volatile std::byte sink{};
  for (const std::byte octet : bytes) sink = octet;
}

void visit_class_data(Bytes data) {
  ClassDataWalker walker(data);
  while (const std::optional<Bytes> item = walker.next()) touch(*item);
}

void visit_duid(Bytes data) {
  const std::optional<Duid> duid = Duid::from_bytes(data);
  require(duid.has_value() == is_duid(data), "from_bytes() and is_duid() agree");
  if (duid) require(Duid::parse(duid->to_string()) == duid, "a DUID survives its text");
}

void visit_identity_association(const OptionView& option, int depth) {
  if (const auto ia = IaView::parse(option.data); ia && !option.is(OptionCode::kIaTa)) {
    require(well_formed(ia->options), "a view's options are well-formed");
    visit_area(ia->options, depth);
  }
  if (const auto ia = IaTaView::parse(option.data); ia && option.is(OptionCode::kIaTa)) visit_area(ia->options, depth);
}

void visit_lease(const OptionView& option, int depth) {
  if (const auto view = IaAddressView::parse(option.data); view && option.is(OptionCode::kIaAddress)) {
    require(Ipv6Address::parse(view->address.to_string()) == view->address, "an address survives its text");
    visit_area(view->options, depth);
  }
  if (const auto view = IaPrefixView::parse(option.data); view && option.is(OptionCode::kIaPrefix)) {
    require(view->length <= 128, "a prefix-length is at most 128");
    const Ipv6Prefix prefix{view->prefix, view->length};
    require(prefix.contains(prefix.address) && prefix.contains(prefix.last()), "a prefix contains its ends");
    visit_area(view->options, depth);
  }
}

void visit_values(const OptionView& option) {
  if (const auto view = OptionRequestView::parse(option.data)) {
    bool found = false;
    for (size_t i = 0; i < view->size(); ++i) found = found || (*view)[i] == 23;
    require(found == view->contains(OptionCode::kDnsServers), "contains() finds what is there");
  }
  if (const auto view = StatusView::parse(option.data)) touch(bytes_of(view->message));
  if (const auto view = AuthenticationView::parse(option.data)) touch(view->information);
  if (const auto view = LinkLayerAddressView::parse(option.data)) {
    require(!view->address.empty(), "a link-layer address has octets");
    touch(view->address);
  }
  if (const auto view = ClientFqdnView::parse(option.data)) {
    require(same_bytes(view->name.bytes(), option.data.subspan(1)), "a name is as it was sent");
    (void)view->name.to_string();
  }
  if (const auto view = parse_remote_id(option.data)) touch(view->data);
  (void)parse_octet(option.data);
  (void)parse_port(option.data);
  (void)parse_elapsed_time(option.data);
  (void)parse_address(option.data);
  (void)parse_seconds(option.data);
}

void visit_option(const OptionView& option, int depth) {
  touch(option.data);
  visit_values(option);
  switch (static_cast<OptionCode>(option.code)) {
    case OptionCode::kClientId:
    case OptionCode::kServerId:
      return visit_duid(option.data);
    case OptionCode::kIaNa:
    case OptionCode::kIaTa:
    case OptionCode::kIaPd:
      return visit_identity_association(option, depth);
    case OptionCode::kIaAddress:
    case OptionCode::kIaPrefix:
      return visit_lease(option, depth);
    case OptionCode::kUserClass:
      return visit_class_data(option.data);
    case OptionCode::kVendorClass:
    case OptionCode::kVendorOptions:
      if (const auto vendor = VendorView::parse(option.data)) {
        visit_class_data(vendor->data);
        visit_area(vendor->data, depth);
      }
      return;
    case OptionCode::kRelayMessage:
      if (const auto message = MessageView::parse(option.data)) visit_area(message->options, depth);
      if (const auto relay = RelayView::parse(option.data)) visit_area(relay->options, depth);
      return;
    default:
      return;
  }
}

/// Every option through its views; a well-formed area written again is the same.
void visit_area(Bytes area, int depth) {
  if (depth == kMaxDepth) return;
  std::vector<std::byte> buffer(area.size());
  Writer out(buffer);
  OptionWalker walker(area);
  int searches = 0;
  while (const std::optional<OptionView> option = walker.next()) {
    if (searches++ < kMaxSearches) {
      const auto first = find_option(area, static_cast<OptionCode>(option->code));
      require(first && first->data.data() <= option->data.data(), "find_option() finds the first");
    }
    visit_option(*option, depth + 1);
    out.option(option->code, option->data);
  }
  require(walker.malformed() != well_formed(area), "walker and well_formed() agree");
  require(!out.overflow(), "options written again take no more room");
  require(same_bytes(out.written(), area.first(out.size())), "options written again are the same");
  require(walker.malformed() || out.size() == area.size(), "a well-formed area is walked to its end");
}

/// The Relay-replies around an answer name the same relays in the same order, and hold the answer (RFC 8415 §19.3).
void answer_through_relays(const ReceivedMessage& received, size_t datagram_size) {
  constexpr std::array<std::byte, 4> kAnswer = {std::byte{7}, std::byte{1}, std::byte{2}, std::byte{3}};
  std::vector<std::byte> buffer(datagram_size + kAnswer.size());
  Writer out(buffer);
  RelayReplies replies(out, received.relays());
  out.bytes(kAnswer);
  replies.close(out);
  require(!out.overflow(), "Relay-replies are no larger than the Relay-forwards");

  Bytes rest = out.written();
  for (const RelayView& asked : received.relays()) {
    const std::optional<RelayView> reply = RelayView::parse(rest);
    require(reply.has_value() && reply->type == MessageType::kRelayReply, "an answer is wrapped in a Relay-reply");
    require(reply->hop_count == asked.hop_count, "hop-count is copied");
    require(reply->link_address == asked.link_address, "link-address is copied");
    require(reply->peer_address == asked.peer_address, "peer-address is copied");
    require(reply->interface_id.has_value() == asked.interface_id.has_value(), "Interface-Id is copied");
    require(reply->source_port.has_value() == asked.source_port.has_value(), "Relay Source Port is copied");
    if (asked.interface_id) require(same_bytes(*reply->interface_id, *asked.interface_id), "Interface-Id is the same");
    rest = reply->relayed;
  }
  require(same_bytes(rest, kAnswer), "the answer is inside");
}

/// The same answer into too little room overflows and stays inside it.
void answer_without_room(const ReceivedMessage& received, size_t room) {
  std::vector<std::byte> buffer(room);
  Writer out(buffer);
  RelayReplies replies(out, received.relays());
  out.option(OptionCode::kStatusCode, received.message.options);
  replies.close(out);
  require(out.size() <= room, "a writer stays in its room");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes datagram = std::as_bytes(std::span(data, size));
  visit_area(datagram, 0);
  ReceivedMessage received;
  if (received.parse(datagram) != MessageFault::kNone) return 0;
  require(received.relays().size() <= ReceivedMessage::kMaxRelays, "relays are bounded");
  // The outermost relay's options hold all the others.
  visit_area(received.relayed() ? received.relays().front().options : received.message.options, 0);
  answer_through_relays(received, size);
  answer_without_room(received, size / 2);
  return 0;
}
