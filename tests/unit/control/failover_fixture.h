// A relationship as a running server would tell of it.
#pragma once

#include "tests/unit/control/fixtures.h"

namespace tandem6::control {

/// A primary in NORMAL for an hour, over TLS, with everything in order.
inline failover::RelationshipStatus pair_in_normal(const FakeServer& server, const std::string& name = "pop-west") {
  const auto ago = [&](int64_t seconds) { return AbsoluteTime::from_unix(server.clock - seconds); };
  failover::RelationshipStatus status;
  status.name = name;
  status.partner_address = ip("2001:db8:ff::2");
  status.state = failover::State::kNormal;
  status.since = ago(3600);
  status.partner = failover::State::kNormal;
  status.partner_since = ago(3590);
  status.communicating = true;
  status.secure = true;
  status.certificate_until = server.clock + 90 * 86400;
  status.last_heard = ago(2);
  status.mclt = Seconds{1800};
  status.keepalive = Seconds{60};
  status.updates_sent = 120;
  status.updates_acked = 117;
  status.updates_rejected = 1;
  status.updates_received = 7;
  status.updates_refused = 3;
  status.unacked = 2;
  status.backlog = 5;
  status.lag_milliseconds = 4;
  status.messages_sent = 300;
  status.messages_received = 200;
  status.prefixes = {{"2001:db8:8000::/34", 100, 90, 66}};
  return status;
}

/// The same after the partner was lost five minutes ago.
inline failover::RelationshipStatus pair_apart(const FakeServer& server) {
  failover::RelationshipStatus status = pair_in_normal(server);
  status.state = failover::State::kCommunicationsInterrupted;
  status.since = AbsoluteTime::from_unix(server.clock - 300);
  status.last_heard = AbsoluteTime::from_unix(server.clock - 360);
  status.communicating = false;
  status.backlog = 1200;
  status.secure = false;
  status.last_disconnect = "no message for 60 s";
  status.last_disconnect_at = status.since;
  status.connect_failure = "nobody is there";
  return status;
}

}  // namespace tandem6::control
