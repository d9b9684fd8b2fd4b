// LEASEQUERY's own option (RFC 5007 §4.1.2.1, RFC 5460 §5.3) as it lies in a message.
#pragma once

#include <optional>

#include "dataplane/wire/bytes.h"
#include "dataplane/wire/ipv6.h"

namespace tandem6::wire {

/// RFC 5007 §4.1.2.1 and RFC 5460 §5.3.
enum class QueryType : uint8_t {
  kByAddress = 1,
  kByClientId = 2,
  kByRelayId = 3,
  kByLinkAddress = 4,
  kByRemoteId = 5,
};

/// OPTION_LQ_QUERY. All its options fit.
struct QueryView {
  QueryType type;            ///< may be a value that no RFC has given
  Ipv6Address link_address;  ///< unspecified: of any link
  Bytes options;
  static std::optional<QueryView> parse(Bytes data);
};

}  // namespace tandem6::wire
