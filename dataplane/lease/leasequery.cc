#include "dataplane/lease/leasequery.h"

#include <algorithm>
#include <string_view>

#include "dataplane/lease/client_data.h"
#include "dataplane/lease/relay_data.h"
#include "dataplane/lease/reply.h"
#include "dataplane/wire/duid.h"

namespace tandem6::lease {
namespace {

using wire::OptionCode;
using wire::QueryType;
using wire::StatusCode;

std::string_view status_text(StatusCode status) {
  switch (status) {
    case StatusCode::kUnknownQueryType:
      return "unknown query-type";
    case StatusCode::kMalformedQuery:
      return "malformed query";
    case StatusCode::kNotConfigured:
      return "no such link here";
    case StatusCode::kNotAllowed:
      return "not allowed to ask";
    case StatusCode::kQueryTerminated:
      return "query terminated, ask again";
    default:
      return "";
  }
}

bool is_known(QueryType type, QueryTransport transport) {
  switch (type) {
    case QueryType::kByAddress:
    case QueryType::kByClientId:
      return true;
    case QueryType::kByRelayId:
    case QueryType::kByLinkAddress:
    case QueryType::kByRemoteId:
      return transport == QueryTransport::kTcp;
  }
  return false;
}

std::optional<Bytes> option_in(Bytes area, OptionCode code) {
  const auto option = wire::find_option(area, code);
  if (!option) return std::nullopt;
  return option->data;
}

/// The identifier that a query of this type must have.
std::optional<Bytes> identifier_of(QueryType type, Bytes options) {
  constexpr size_t kEnterprise = 4;
  switch (type) {
    case QueryType::kByClientId:
    case QueryType::kByRelayId: {
      const auto duid =
          option_in(options, type == QueryType::kByClientId ? OptionCode::kClientId : OptionCode::kRelayId);
      return duid && is_duid(*duid) ? duid : std::nullopt;
    }
    case QueryType::kByRemoteId: {
      const auto remote = option_in(options, OptionCode::kRemoteId);
      return remote && remote->size() >= kEnterprise ? remote : std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

/// Takes what the query's type needs. False when it is not there (RFC 5007 §4.1.2.1, RFC 5460 §5.3).
bool read_query(const wire::QueryView& query, Question& question) {
  if (const auto request = option_in(query.options, OptionCode::kOptionRequest)) {
    question.requested = wire::OptionRequestView::parse(*request);
    if (!question.requested) return false;
  }
  if (query.type == QueryType::kByLinkAddress) return !query.link_address.is_unspecified();
  if (query.type == QueryType::kByAddress) {
    const auto option = option_in(query.options, OptionCode::kIaAddress);
    const auto address = option ? wire::IaAddressView::parse(*option) : std::nullopt;
    if (address) question.address = address->address;
    return address.has_value();
  }
  const auto identifier = identifier_of(query.type, query.options);
  question.identifier = identifier.value_or(Bytes{});
  return identifier.has_value();
}

Seconds left_of(Seconds lifetime, AbsoluteTime since, AbsoluteTime now) {
  if (lifetime.infinite()) return lifetime;
  const Seconds age = now - since;
  return age < lifetime ? Seconds{lifetime.count - age.count} : Seconds{0};
}

}  // namespace

ReadQuestion read_question(const wire::MessageView& message, Bytes server_duid, QueryTransport transport) {
  ReadQuestion read;
  Question& question = read.question;
  question.transaction_id = message.transaction_id;
  const auto requester = option_in(message.options, OptionCode::kClientId);
  const auto server = option_in(message.options, OptionCode::kServerId);
  const auto query_option = option_in(message.options, OptionCode::kLqQuery);
  if (!requester) return {DropReason::kNoClientId, {}};
  if (!is_duid(*requester)) return {DropReason::kBadDuid, {}};
  if (server && !wire::same_bytes(*server, server_duid)) return {DropReason::kOtherServer, {}};
  if (!query_option) return {DropReason::kNothingAsked, {}};
  question.requester = *requester;
  const auto query = wire::QueryView::parse(*query_option);
  if (!query) {
    question.status = StatusCode::kMalformedQuery;
    return read;
  }
  question.type = query->type;
  question.link_address = query->link_address;
  if (!is_known(query->type, transport)) {
    question.status = StatusCode::kUnknownQueryType;
  } else if (!read_query(*query, question)) {
    question.status = StatusCode::kMalformedQuery;
  }
  return read;
}

void begin_query_reply(wire::Writer& out, const Question& question, Bytes server_duid) {
  out.message_header(wire::MessageType::kLeasequeryReply, question.transaction_id);
  out.option(OptionCode::kClientId, question.requester);
  out.option(OptionCode::kServerId, server_duid);
  if (question.status != StatusCode::kSuccess) wire::put_status(out, question.status, status_text(question.status));
}

void put_client_data(wire::Writer& out, const Question& question, const ClientBindings& client, AbsoluteTime now) {
  const auto data = out.begin(OptionCode::kClientData);
  out.option(OptionCode::kClientId, client.leases.front().duid.bytes());
  AbsoluteTime last = client.leases.front().last_contact;
  for (const LeaseRecord& lease : client.leases) {
    last = std::max(last, lease.last_contact);
    const Seconds valid = left_of(lease.valid, lease.last_contact, now);
    const Seconds preferred = std::min(left_of(lease.preferred, lease.last_contact, now), valid);
    if (lease.key.type == LeaseType::kAddress) {
      wire::put_ia_address(out, lease.key.address, preferred, valid);
    } else {
      wire::put_ia_prefix(out, {lease.key.address, lease.key.prefix_length}, preferred, valid);
    }
  }
  const auto time = out.begin(OptionCode::kClientTime);
  out.u32((now - last).count);
  out.end(time);
  const auto kept = ClientDataView::parse(client.client_data);
  if (kept && question.asks_for(OptionCode::kLqRelayData)) put_relay_data(out, *kept);
  out.end(data);
}

Answer refuse_leasequery(const Request& request, Bytes server_duid, MutableBytes out) {
  auto [reason, question] = read_question(request.received->message, server_duid, QueryTransport::kUdp);
  if (reason != DropReason::kNone) return dropped(reason);
  question.status = StatusCode::kNotAllowed;
  wire::Writer writer(out);
  wire::RelayReplies relays(writer, request.received->relays());
  begin_query_reply(writer, question, server_duid);
  relays.close(writer);
  if (writer.overflow()) return dropped(DropReason::kReplyTooBig);
  return {.dropped = DropReason::kNone,
          .size = writer.size(),
          .type = wire::MessageType::kLeasequeryReply,
          .after_commit = false};
}

}  // namespace tandem6::lease
