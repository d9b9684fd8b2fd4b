// BNDUPD and BNDREPLY (RFC 8156 §7.4, §7.6): what partners tell each other of leases, as values, and the messages
// written and read.
#pragma once

#include <optional>
#include <vector>

#include <tl/expected.hpp>

#include "dataplane/lease/record.h"
#include "dataplane/wire/builder.h"
#include "dataplane/wire/failover_message.h"

namespace tandem6::failover {

/// What is said of one lease. Moments are absolute.
struct LeaseUpdate {
  lease::LeaseKey key;
  uint32_t iaid = 0;
  Seconds t1;  ///< as sent to the client
  Seconds t2;
  Seconds preferred;
  Seconds valid;
  lease::BindingStatus status = lease::BindingStatus::kActive;
  AbsoluteTime start_of_state;
  std::optional<AbsoluteTime> state_expiration;     ///< when the status is one that ends by itself
  std::optional<AbsoluteTime> client_contact;       ///< OPTION_CLT_TIME, made absolute by the base time
  std::optional<AbsoluteTime> partner_lifetime;     ///< in a BNDREPLY: OPTION_F_PARTNER_LIFETIME_SENT
  std::optional<AbsoluteTime> partner_raw_contact;  ///< OPTION_F_PARTNER_RAW_CLT_TIME
  std::optional<AbsoluteTime> expiration;           ///< OPTION_F_EXPIRATION_TIME
  wire::StatusCode verdict = wire::StatusCode::kSuccess;  ///< in a BNDREPLY
  friend bool operator==(const LeaseUpdate&, const LeaseUpdate&) = default;
};

/// One BNDUPD or BNDREPLY.
struct BindingUpdate {
  /// Whose leases they are: an OPTION_CLIENT_DATA. Nothing: one OPTION_IAPREFIX that belongs to no client, a delegable
  /// prefix whose status is FREE or FREE-BACKUP.
  std::optional<Duid> client;
  AbsoluteTime base_time;  ///< OPTION_LQ_BASE_TIME
  std::vector<LeaseUpdate> leases;
  /// What is kept of the client besides (lease/client_data.h): relay data, FQDN, reconfigure key, DNS removal
  /// information. Empty: nothing. In a BNDUPD only.
  std::vector<std::byte> client_data;
  wire::StatusCode verdict = wire::StatusCode::kSuccess;  ///< in a BNDREPLY: on all of it
  friend bool operator==(const BindingUpdate&, const BindingUpdate&) = default;
};

/// BNDUPD, with its header.
void put_binding_update(wire::Writer& out, uint32_t transaction_id, AbsoluteTime sent_time, const BindingUpdate& update);
/// BNDREPLY to an update: its client and leases with their verdicts, and what §7.6 wants repeated. `message` goes into
/// the Status Code of what is rejected.
void put_binding_reply(wire::Writer& out, uint32_t transaction_id, AbsoluteTime sent_time, const BindingUpdate& update);

/// The error is the status that the BNDREPLY refuses it with (§7.5.3); `update` then still names what could be read.
struct ReadUpdate {
  BindingUpdate update;
  wire::StatusCode fault = wire::StatusCode::kSuccess;
};
ReadUpdate read_binding_update(const wire::FailoverMessageView& message);
/// Nothing when it is malformed. Rejections of an IA as a whole are given to each of its leases.
std::optional<BindingUpdate> read_binding_reply(const wire::FailoverMessageView& message);

}  // namespace tandem6::failover
