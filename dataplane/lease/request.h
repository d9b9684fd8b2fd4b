// A message that came in, with what the network around it says. Views into the packet: valid while it is.
#pragma once

#include <cstdint>

#include "dataplane/lease/hash.h"
#include "dataplane/wire/frame.h"
#include "dataplane/wire/message.h"

namespace tandem6::lease {

struct Request {
  const wire::ReceivedMessage* received = nullptr;
  uint16_t port = 0;                         ///< index of the client port it came in by
  Ipv6Address source;                        ///< of the datagram
  Bytes client_duid;                         ///< empty when the message has no Client Identifier
  uint64_t duid_hash = 0;                    ///< of client_duid
  Ipv6Address destination{};                 ///< of the datagram
  const wire::FrameHeader* frame = nullptr;  ///< that the datagram came in; null: nobody knows
  uint64_t table_hash = 0;                   ///< Shard::table_hash() of client_duid; 0: nobody has computed it yet

  /// Finds the Client Identifier (RFC 8415 §21.2) in the parsed message and hashes it. False when there is one that is
  /// no DUID: the message is to be dropped.
  bool identify_client();
  unsigned shard() const { return shard_of(duid_hash); }
};

}  // namespace tandem6::lease
