// Why a packet got no answer. Every drop is counted under one of these; control shows them by these names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tandem6::lease {

enum class DropReason : uint8_t {
  kNone,
  // the frame
  kNotDhcp,      ///< not IPv6 UDP to port 547
  kTruncated,    ///< a length points behind the end of the frame
  kFragment,     ///< an IPv6 fragment whose datagram did not become whole
  kBadChecksum,  ///< UDP checksum wrong or missing
  kNotForUs,     ///< unicast to an address that is not ours
  // the datagram
  kMalformed,      ///< message or options do not parse
  kTooManyRelays,  ///< nested deeper than HOP_COUNT_LIMIT
  kBadDuid,        ///< Client Identifier that is no DUID
  kUnknownType,    ///< a message type that servers do not answer (RFC 7283)
  // RFC 8415 §16: the message breaks a rule of its type
  kNoClientId,
  kNoServerId,
  kUnexpectedServerId,
  kOtherServer,       ///< Server Identifier of another server: for them, not for us
  kUnexpectedOption,  ///< an option that this message must not have, e.g. an IA in an Information-request
  kNothingAsked,      ///< nothing in it that an answer could be about, e.g. a Confirm without addresses
  // the server
  kClassDrop,      ///< the client is in the class DROP
  kNotResponsive,  ///< the failover partner answers this, or nobody may at the moment (RFC 8156 §8)
  kNoSubnet,       ///< the client's link is not in the configuration and the RFC wants silence then
  kNoBinding,      ///< the RFC wants silence about bindings we do not know
  kReplyTooBig,    ///< the answer does not fit into a packet
  kLogFull,        ///< the disk is behind: shed (architecture.md §6)
  kStale,          ///< the disk was so slow that the answer's lifetimes would be a lie; the client asks again
  kShed,           ///< packets come faster than they can be answered: those of new clients give way
  kRateLimited,    ///< this client or relay sends more than it may
  kRingFull,       ///< the owning worker is behind
  kNoBuffer,       ///< no packet buffer, or the transmit queue is full
  kKernelBusy,     ///< not DHCPv6, and the exception path had no room: more than the kernel is asked to read
  kCount,
};
inline constexpr size_t kDropReasonCount = static_cast<size_t>(DropReason::kCount);

/// "bad-checksum", …
std::string_view to_string(DropReason reason);

}  // namespace tandem6::lease
