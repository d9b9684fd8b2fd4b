#include "failover/binding_update.h"

#include <algorithm>

#include "failover/client_options.h"
#include "failover/option_fields.h"

namespace tandem6::failover {
namespace {

using lease::LeaseType;
using wire::MessageType;
using wire::OptionCode;
using wire::StatusCode;
using OpenOption = wire::Writer::OpenOption;
using Kept = std::optional<lease::ClientDataView>;

/// Is it told in an OPTION_IAPREFIX that stands for itself? The other form is OPTION_CLIENT_DATA.
bool is_prefix_lease(const BindingUpdate& update) {
  return !update.client && update.leases.size() == 1 && update.leases.front().key.type == LeaseType::kPrefix;
}

bool in_same_ia(const LeaseUpdate& a, const LeaseUpdate& b) { return a.key.type == b.key.type && a.iaid == b.iaid; }

OpenOption begin_lease(wire::Writer& out, const LeaseUpdate& lease) {
  if (lease.key.type == LeaseType::kAddress) {
    return wire::begin_ia_address(out, lease.key.address, lease.preferred, lease.valid);
  }
  return wire::begin_ia_prefix(out, {lease.key.address, lease.key.prefix_length}, lease.preferred, lease.valid);
}

/// IA_NA and IA_PD: each with all of its leases, in the order of the first of each.
template <typename PutLease>
void put_ias(wire::Writer& out, const std::vector<LeaseUpdate>& leases, PutLease put_lease) {
  for (auto first = leases.begin(); first != leases.end(); ++first) {
    const auto is_of_it = [&](const LeaseUpdate& lease) { return in_same_ia(lease, *first); };
    if (std::any_of(leases.begin(), first, is_of_it)) continue;
    const OptionCode code = first->key.type == LeaseType::kAddress ? OptionCode::kIaNa : OptionCode::kIaPd;
    const OpenOption ia = wire::begin_ia(out, code, first->iaid, first->t1, first->t2);
    std::for_each(first, leases.end(), [&](const LeaseUpdate& lease) {
      if (is_of_it(lease)) put_lease(lease);
    });
    out.end(ia);
  }
}

void put_binding_status(wire::Writer& out, const LeaseUpdate& lease) {
  put_u8(out, OptionCode::kBindingStatus, static_cast<uint8_t>(lease.status));
}

/// What §7.4 marks (*): "MUST appear only if the value in the OPTION_F_BINDING_STATUS is associated with a timeout",
/// and that is what a state-expiration-time says (§7.2).
void put_if_timed(wire::Writer& out, const LeaseUpdate& lease, OptionCode code,
                  const std::optional<AbsoluteTime>& time) {
  if (lease.state_expiration) put_time(out, code, time);
}

void put_client_contact(wire::Writer& out, AbsoluteTime base_time, const LeaseUpdate& lease) {
  if (lease.client_contact) put_u32(out, OptionCode::kClientTime, (base_time - *lease.client_contact).count);
}

void put_lease_of_client(wire::Writer& out, const BindingUpdate& update, const LeaseUpdate& lease, const Kept& kept) {
  const OpenOption open = begin_lease(out, lease);
  put_binding_status(out, lease);
  put_time(out, OptionCode::kStartTimeOfState, lease.start_of_state);
  put_if_timed(out, lease, OptionCode::kStateExpirationTime, lease.state_expiration);
  put_client_contact(out, update.base_time, lease);
  put_if_timed(out, lease, OptionCode::kPartnerLifetime, lease.partner_lifetime);
  put_time(out, OptionCode::kPartnerRawCltTime, lease.partner_raw_contact);
  put_if_timed(out, lease, OptionCode::kExpirationTime, lease.expiration);
  if (kept) put_lease_options(out, *kept);
  out.end(open);
}

void put_client_data(wire::Writer& out, const BindingUpdate& update) {
  const Kept kept = lease::ClientDataView::parse(update.client_data);
  const OpenOption data = out.begin(OptionCode::kClientData);
  if (update.client) out.option(OptionCode::kClientId, update.client->bytes());
  put_time(out, OptionCode::kLqBaseTime, update.base_time);
  if (kept) put_client_options(out, *kept);
  put_ias(out, update.leases, [&](const LeaseUpdate& lease) { put_lease_of_client(out, update, lease, kept); });
  out.end(data);
}

void put_prefix_lease(wire::Writer& out, const BindingUpdate& update) {
  const LeaseUpdate& lease = update.leases.front();
  const OpenOption open = begin_lease(out, lease);
  put_time(out, OptionCode::kLqBaseTime, update.base_time);
  put_binding_status(out, lease);
  put_time(out, OptionCode::kStartTimeOfState, lease.start_of_state);
  put_if_timed(out, lease, OptionCode::kStateExpirationTime, lease.state_expiration);
  put_if_timed(out, lease, OptionCode::kPartnerLifetime, lease.partner_lifetime);
  put_if_timed(out, lease, OptionCode::kExpirationTime, lease.expiration);
  out.end(open);
}

/// §7.6: "The lack of an OPTION_STATUS_CODE option is an indication of success."
void put_verdict(wire::Writer& out, StatusCode verdict) {
  if (verdict != StatusCode::kSuccess) wire::put_status(out, verdict, wire::to_string(verdict));
}

void put_vss(wire::Writer& out, const BindingUpdate& update) {
  if (!update.vss.empty()) out.option(OptionCode::kVss, update.vss);
}

/// What §7.6 wants repeated of a lease: as it came, whatever it is.
void put_repeated(wire::Writer& out, const LeaseUpdate& lease) {
  put_binding_status(out, lease);
  put_time(out, OptionCode::kStateExpirationTime, lease.state_expiration);
  put_time(out, OptionCode::kPartnerLifetimeSent, lease.partner_lifetime);
}

void put_reply_to_client_data(wire::Writer& out, const BindingUpdate& update) {
  const OpenOption data = out.begin(OptionCode::kClientData);
  if (update.client && !update.client->empty()) out.option(OptionCode::kClientId, update.client->bytes());
  put_vss(out, update);
  put_verdict(out, update.verdict);
  put_ias(out, update.leases, [&](const LeaseUpdate& lease) {
    const OpenOption open = begin_lease(out, lease);
    put_verdict(out, lease.verdict);
    put_repeated(out, lease);
    out.end(open);
  });
  out.end(data);
}

void put_reply_to_prefix_lease(wire::Writer& out, const BindingUpdate& update) {
  const LeaseUpdate& lease = update.leases.front();
  const OpenOption open = begin_lease(out, lease);
  put_vss(out, update);
  // The outermost option is the lease's own: there is one verdict.
  put_verdict(out, update.verdict != StatusCode::kSuccess ? update.verdict : lease.verdict);
  put_repeated(out, lease);
  out.end(open);
}

}  // namespace

void put_binding_update(wire::Writer& out, uint32_t transaction_id, AbsoluteTime sent_time,
                        const BindingUpdate& update) {
  wire::put_failover_header(out, MessageType::kBndUpd, transaction_id, sent_time);
  if (is_prefix_lease(update)) {
    put_prefix_lease(out, update);
  } else {
    put_client_data(out, update);
  }
}

void put_binding_reply(wire::Writer& out, uint32_t transaction_id, AbsoluteTime sent_time,
                       const BindingUpdate& update) {
  wire::put_failover_header(out, MessageType::kBndReply, transaction_id, sent_time);
  if (is_prefix_lease(update)) {
    put_reply_to_prefix_lease(out, update);
  } else {
    put_reply_to_client_data(out, update);
  }
}

}  // namespace tandem6::failover
