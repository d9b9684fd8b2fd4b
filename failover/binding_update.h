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
  lease::LeaseKey key = {};
  uint32_t iaid = 0;
  Seconds t1 = {};  ///< as sent to the client
  Seconds t2 = {};
  Seconds preferred = {};
  Seconds valid = {};
  lease::BindingStatus status = lease::BindingStatus::kActive;
  AbsoluteTime start_of_state = {};
  /// When the status is one that ends by itself. Without it a BNDUPD has neither partner_lifetime nor expiration
  /// (§7.4).
  std::optional<AbsoluteTime> state_expiration = std::nullopt;
  std::optional<AbsoluteTime> client_contact = std::nullopt;       ///< OPTION_CLT_TIME, made absolute by the base time
  std::optional<AbsoluteTime> partner_lifetime = std::nullopt;     ///< in a BNDREPLY: OPTION_F_PARTNER_LIFETIME_SENT
  std::optional<AbsoluteTime> partner_raw_contact = std::nullopt;  ///< OPTION_F_PARTNER_RAW_CLT_TIME
  std::optional<AbsoluteTime> expiration = std::nullopt;           ///< OPTION_F_EXPIRATION_TIME
  wire::StatusCode verdict = wire::StatusCode::kSuccess;           ///< in a BNDREPLY
  friend bool operator==(const LeaseUpdate&, const LeaseUpdate&) = default;
};

/// One BNDUPD or BNDREPLY.
struct BindingUpdate {
  /// Whose leases they are: an OPTION_CLIENT_DATA. Nothing: one OPTION_IAPREFIX that belongs to no client, a delegable
  /// prefix whose status is FREE or FREE-BACKUP. An empty DUID: an OPTION_CLIENT_DATA that did not say whose (only of
  /// what was read with a fault, so that its BNDREPLY has the same form).
  std::optional<Duid> client = std::nullopt;
  AbsoluteTime base_time = {};  ///< OPTION_LQ_BASE_TIME
  std::vector<LeaseUpdate> leases = {};
  /// What is kept of the client besides (lease/client_data.h): relay data, FQDN, reconfigure key, DNS removal
  /// information. Empty: nothing. In a BNDUPD only.
  std::vector<std::byte> client_data = {};
  wire::StatusCode verdict = wire::StatusCode::kSuccess;  ///< in a BNDREPLY: on all of it
  /// The data of a received OPTION_VSS, which the BNDREPLY has again (§7.6). We have no VPNs: not in a BNDUPD of ours.
  std::vector<std::byte> vss = {};
  friend bool operator==(const BindingUpdate&, const BindingUpdate&) = default;
};

/// BNDUPD, with its header. Leases of one IA go into one option, with T1 and T2 of the first of them.
void put_binding_update(wire::Writer& out, uint32_t transaction_id, AbsoluteTime sent_time,
                        const BindingUpdate& update);
/// BNDREPLY to an update: its client and leases with their verdicts, and what §7.6 wants repeated. The Status Code of
/// what is rejected has the name of its verdict as its message.
void put_binding_reply(wire::Writer& out, uint32_t transaction_id, AbsoluteTime sent_time, const BindingUpdate& update);

/// `fault` is the status that the BNDREPLY refuses all of it with; `update` then still names what could be read:
/// MissingBindingInformation when something that must be there (§7.4) is not or is malformed (§7.5.3),
/// ConfigurationConflict for one in a VPN (§7.5.4). IA_TA is passed over: we serve none, so that no lease of ours can
/// be in one, and what has nothing else misses an IA.
struct ReadUpdate {
  BindingUpdate update;
  wire::StatusCode fault = wire::StatusCode::kSuccess;
};
ReadUpdate read_binding_update(const wire::FailoverMessageView& message);
/// Nothing when it is malformed, or accepts something without naming it as §7.6 wants. A rejection of an IA as a whole
/// is given to each of its leases; one of a prefix lease of no client is its verdict and the whole one's.
std::optional<BindingUpdate> read_binding_reply(const wire::FailoverMessageView& message);

}  // namespace tandem6::failover
