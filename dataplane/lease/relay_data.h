// OPTION_LQ_RELAY_DATA (RFC 5007 §4.1.2.4): the relays that a client's last message came through, as leasequeries
// (RFC 5007) and failover partners (RFC 8156 §7.4) are told of them.
#pragma once

#include <optional>
#include <span>

#include "dataplane/lease/client_data.h"
#include "dataplane/lease/fixed_list.h"
#include "dataplane/wire/builder.h"
#include "dataplane/wire/message.h"

namespace tandem6::lease {

/// The option, of what is kept of a client. Nothing is written when it came through no relay.
void put_relay_data(wire::Writer& out, const ClientDataView& client);

/// The option, read. Views into it. Of each relay only what ClientDataBuilder::relays() keeps is filled: hop-count,
/// addresses and options.
struct RelayDataView {
  Ipv6Address source;
  FixedList<wire::RelayView, wire::ReceivedMessage::kMaxRelays> relays;  ///< outermost first; at least one

  std::span<const wire::RelayView> all() const { return {relays.begin(), relays.end()}; }
  /// Nothing when it begins with no Relay-forward, one in it does not fit, or there are more than relays may be.
  static std::optional<RelayDataView> parse(Bytes data);
};

}  // namespace tandem6::lease
