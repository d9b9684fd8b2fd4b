#include "dataplane/wire/builder.h"

#include <cassert>

namespace tandem6::wire {

Writer::OpenOption begin_ia(Writer& out, OptionCode code, uint32_t iaid, Seconds t1, Seconds t2) {
  const Writer::OpenOption open = out.begin(code);
  out.u32(iaid);
  out.u32(t1.count);
  out.u32(t2.count);
  return open;
}

void put_ia_address(Writer& out, const Ipv6Address& address, Seconds preferred, Seconds valid) {
  const Writer::OpenOption open = out.begin(OptionCode::kIaAddress);
  out.address(address);
  out.u32(preferred.count);
  out.u32(valid.count);
  out.end(open);
}

void put_ia_prefix(Writer& out, const Ipv6Prefix& prefix, Seconds preferred, Seconds valid) {
  const Writer::OpenOption open = out.begin(OptionCode::kIaPrefix);
  out.u32(preferred.count);
  out.u32(valid.count);
  out.u8(prefix.length);
  out.address(prefix.address);
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
    open_[count_++] = out.begin(OptionCode::kRelayMessage);
  }
}

void RelayReplies::close(Writer& out) {
  while (count_ != 0) out.end(open_[--count_]);
}

}  // namespace tandem6::wire
