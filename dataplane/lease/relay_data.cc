#include "dataplane/lease/relay_data.h"

#include <array>

#include "dataplane/wire/option.h"

namespace tandem6::lease {
namespace {

using wire::OptionCode;

bool is_relay_forward(Bytes message) {
  return !message.empty() && static_cast<wire::MessageType>(message[0]) == wire::MessageType::kRelayForward;
}

/// Unlike RelayView::parse() this is content without a Relay Message, which the innermost does not have here.
std::optional<wire::RelayView> read_relay(Bytes message) {
  constexpr size_t kFixed = wire::RelayView::kHeaderSize;
  if (message.size() < kFixed || !wire::well_formed(message.subspan(kFixed))) return std::nullopt;
  wire::RelayView relay{};
  relay.type = wire::MessageType::kRelayForward;
  relay.hop_count = std::to_integer<uint8_t>(message[1]);
  relay.link_address = Ipv6Address::load(message.data() + 2);
  relay.peer_address = Ipv6Address::load(message.data() + 18);
  relay.options = message.subspan(kFixed);
  return relay;
}

}  // namespace

// Each Relay-forward in the one outside of it; the innermost without the client's message.
void put_relay_data(wire::Writer& out, const ClientDataView& client) {
  const KeptRelays relays = client.relays();
  const auto source = client.relay_source();
  if (relays.empty() || !source) return;
  const auto data = out.begin(OptionCode::kLqRelayData);
  out.address(*source);
  std::array<wire::Writer::OpenOption, wire::ReceivedMessage::kMaxRelays> open;
  size_t opened = 0;
  for (const KeptRelay& relay : relays) {
    if (&relay != relays.begin()) open[opened++] = out.begin(OptionCode::kRelayMessage);
    out.u8(static_cast<uint8_t>(wire::MessageType::kRelayForward));
    out.u8(relay.hop_count);
    out.address(relay.link_address);
    out.address(relay.peer_address);
    out.bytes(relay.options);
  }
  while (opened != 0) out.end(open[--opened]);
  out.end(data);
}

std::optional<RelayDataView> RelayDataView::parse(Bytes data) {
  constexpr size_t kSource = 16;
  if (data.size() < kSource) return std::nullopt;
  RelayDataView view;
  view.source = Ipv6Address::load(data.data());
  Bytes message = data.subspan(kSource);
  while (is_relay_forward(message)) {
    const auto relay = read_relay(message);
    if (!relay || view.relays.full()) return std::nullopt;
    view.relays.push(*relay);
    // A client's message that was left inside, which it must not be, is no Relay-forward: it ends this.
    const auto relayed = wire::find_option(relay->options, OptionCode::kRelayMessage);
    message = relayed ? relayed->data : Bytes{};
  }
  if (view.relays.empty()) return std::nullopt;
  return view;
}

}  // namespace tandem6::lease
