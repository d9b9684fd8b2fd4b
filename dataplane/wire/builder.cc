#include "dataplane/wire/builder.h"

#include <algorithm>
#include <cassert>

namespace tandem6::wire {
namespace {

// A relay has less to ask back. The bound keeps the work on one datagram small.
constexpr size_t kMaxEchoed = 64;

bool lists(const OptionRequestView& request, uint16_t code) {
  const size_t count = std::min(request.size(), kMaxEchoed);
  for (size_t i = 0; i < count; ++i) {
    if (request[i] == code) return true;
  }
  return false;
}

// In the Relay-reply already, or of no use to anybody there.
bool is_never_echoed(const OptionView& option) {
  return option.is(OptionCode::kRelayMessage) || option.is(OptionCode::kInterfaceId) ||
         option.is(OptionCode::kRelaySourcePort);
}

// RFC 4994 §5: verbatim, known or not, each once. What an Echo Request of odd length means nobody can say.
void echo(Writer& out, const RelayView& relay) {
  const auto request = OptionRequestView::parse(*relay.echo_request);
  if (!request) return;
  OptionWalker walker(relay.options);
  while (const auto option = walker.next()) {
    if (!is_never_echoed(*option) && lists(*request, option->code)) out.option(option->code, option->data);
  }
}

}  // namespace

void put_client_fqdn(Writer& out, const ClientFqdnView& fqdn) {
  const auto bit = [](bool flag, unsigned place) { return static_cast<unsigned>(flag) << place; };
  const Writer::OpenOption open = out.begin(OptionCode::kClientFqdn);
  out.u8(static_cast<uint8_t>(bit(fqdn.server_updates, 0) | bit(fqdn.overridden, 1) | bit(fqdn.no_updates, 2)));
  out.bytes(fqdn.name.bytes());
  out.end(open);
}

void put_status(Writer& out, StatusCode code, std::string_view message) {
  const Writer::OpenOption open = out.begin(OptionCode::kStatusCode);
  out.u16(static_cast<uint16_t>(code));
  out.bytes(bytes_of(message));
  out.end(open);
}

RelayReplies::RelayReplies(Writer& out, std::span<const RelayView> relays) {
  assert(relays.size() <= open_.size());
  for (const RelayView& relay : relays) {
    out.u8(static_cast<uint8_t>(MessageType::kRelayReply));
    out.u8(relay.hop_count);
    out.address(relay.link_address);
    out.address(relay.peer_address);
    if (relay.interface_id) out.option(OptionCode::kInterfaceId, *relay.interface_id);
    if (relay.source_port) out.option(OptionCode::kRelaySourcePort, *relay.source_port);
    if (relay.echo_request) echo(out, relay);
    open_[count_++] = out.begin(OptionCode::kRelayMessage);
  }
}

void RelayReplies::close(Writer& out) {
  while (count_ != 0) out.end(open_[--count_]);
}

}  // namespace tandem6::wire
