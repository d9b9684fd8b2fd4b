// The client's link-layer address ("hardware address"): a datagram does not carry it, so it is taken from where it is
// most probably right. Pure functions over a Request.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "dataplane/lease/fixed_list.h"
#include "dataplane/lease/request.h"

namespace tandem6::lease {

struct LinkLayerAddress {
  /// What Kea keeps of one; a longer one is none.
  static constexpr size_t kMaxSize = 20;

  uint16_t hardware_type = 0;  ///< IANA's; 1 is Ethernet
  uint8_t size = 0;
  std::array<std::byte, kMaxSize> octets{};

  Bytes bytes() const { return {octets.data(), size}; }
  friend bool operator==(const LinkLayerAddress&, const LinkLayerAddress&) = default;
};

/// Where to look, by the names of Kea's `mac-sources`. `raw` and `subscriber-id` are not among them: they give nothing
/// in Kea either.
enum class MacSource : uint8_t {
  kClientLinkLayerOption,  ///< RFC 6939, from the relay next to the client
  kDuid,                   ///< DUID-LLT and DUID-LL (RFC 8415 §11.2, §11.4)
  kLinkLocal,              ///< modified EUI-64 in the client's link-local address (RFC 4291 Appendix A)
  kRemoteId,               ///< RFC 4649, from the relay next to the client: what follows the enterprise number
  kDocsisCmts,             ///< CableLabs' option 1026 from the relay next to the client
  kDocsisModem,            ///< CableLabs' option 36 from the client
};
inline constexpr size_t kMacSourceCount = 6;

/// In the order in which they are tried.
using MacSources = FixedList<MacSource, kMacSourceCount>;
/// Kea's "any": all of them, in the order above.
MacSources all_mac_sources();

/// The first that a source has; nothing when none has one.
std::optional<LinkLayerAddress> link_layer_address(const Request& request,
                                                   const MacSources& sources = all_mac_sources());

}  // namespace tandem6::lease
