// What a relationship tells about itself, for commands, metrics and people. A copy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/lease/failover_scope.h"
#include "dataplane/lease/record.h"
#include "dataplane/wire/ipv6.h"
#include "failover/state.h"

namespace tandem6::failover {

struct BlockCounts {
  std::string pool;       ///< as the configuration writes it
  uint32_t ours = 0;      ///< delegable prefixes that are free and ours
  uint32_t partners = 0;  ///< free and the partner's
  uint32_t leased = 0;
};

struct RelationshipStatus {
  std::string name;
  lease::FailoverRole role = lease::FailoverRole::kPrimary;
  Ipv6Address partner_address;
  State state = State::kStartup;
  AbsoluteTime since;
  State partner = State::kNone;  ///< as last heard
  AbsoluteTime partner_since;
  bool communicating = false;  ///< communications are "OK" (§6.1)
  bool secure = false;         ///< by TLS
  AbsoluteTime last_heard;     ///< 0: never
  int64_t skew_seconds = 0;    ///< the partner's clock minus ours, as last measured
  Seconds mclt;
  Seconds keepalive;
  std::string last_disconnect;      ///< why the last connection ended; empty: there is one, or there was none
  AbsoluteTime last_disconnect_at;  ///< 0: likewise
  std::string connect_failure;      ///< why there is no connection; empty: there is one, or nothing went wrong yet

  uint64_t updates_sent = 0;      ///< BNDUPDs
  uint64_t updates_acked = 0;     ///< by BNDREPLY without a rejection
  uint64_t updates_rejected = 0;  ///< by the partner
  uint64_t updates_received = 0;
  uint64_t updates_refused = 0;   ///< by us
  uint64_t unacked = 0;           ///< BNDUPDs that no BNDREPLY came to yet
  uint64_t backlog = 0;           ///< leases that the partner does not know as they are by now, also while it is away
  uint32_t lag_milliseconds = 0;  ///< from sending to the ack, of the last one; or how long the oldest waits for it
  uint64_t messages_sent = 0;
  uint64_t messages_received = 0;
  uint64_t malformed = 0;        ///< messages that did not parse, or had no business here
  bool resynchronizing = false;  ///< an UPDREQ or UPDREQALL is being answered, by either side
  uint64_t conflicts = 0;        ///< leases that two clients had, one of whom has lost it (§7.5.4)
  std::vector<BlockCounts> prefixes;
  /// In what the partner's configuration is another than ours (configuration_digest.h). Empty: in nothing that it
  /// tells.
  std::vector<std::string> differences;
  /// Lately refused by the partner, whose configuration has no place for it.
  std::optional<lease::LeaseKey> refused_lease;
  bool has_communicated = false;       ///< with the partner, ever
  AbsoluteTime recover_wait_until;     ///< in RECOVER-WAIT: it ends then; 0: not in it
  AbsoluteTime partner_prefixes_from;  ///< in PARTNER-DOWN: the partner's may be used from then on; 0: not in it
  int64_t certificate_until = 0;  ///< Unix time: when this server's own ends, which AbsoluteTime may not reach; 0: none
};

/// What an operator can tell an endpoint.
enum class OperatorCommand : uint8_t {
  kPartnerDown,  ///< the partner is down: PARTNER-DOWN (§8.4)
  kResync,       ///< have everything from the partner again: UPDREQALL
};

}  // namespace tandem6::failover
