#include "dataplane/lease/engine.h"

#include <array>
#include <optional>

#include "dataplane/lease/handlers.h"
#include "dataplane/lease/leasequery.h"
#include "dataplane/lease/validate.h"

namespace tandem6::lease {
namespace {

using wire::MessageType;

Answer dispatch(MessageType type, Exchange& exchange) {
  switch (type) {
    case MessageType::kSolicit:
      return answer_solicit(exchange);
    case MessageType::kRequest:
      return answer_request(exchange);
    case MessageType::kConfirm:
      return answer_confirm(exchange);
    case MessageType::kRenew:
      return answer_renew(exchange);
    case MessageType::kRebind:
      return answer_rebind(exchange);
    case MessageType::kInformationRequest:
      return answer_information_request(exchange);
    case MessageType::kRelease:
      return answer_release(exchange);
    case MessageType::kDecline:
      return answer_decline(exchange);
    default:
      return dropped(DropReason::kUnknownType);
  }
}

// DNS updates are not made yet, so none is said to have been. The root is nobody's name.
void put_name(const std::optional<wire::DomainName>& name, ClientDataBuilder& data) {
  if (!name || name->bytes().size() <= 1) return;
  std::array<char, wire::DomainName::kMaxText> text;
  data.hostname({.forward = false, .reverse = false, .name = name->write_text(text)});
}

// What is kept of a client is what its last message said that is answered with leases. One that gives leases up does
// not name the client (RFC 4704 §5), which may have others still.
void remember_client(const Exchange& exchange) {
  const MessageType type = exchange.request.received->message.type;
  if (type == MessageType::kRelease || type == MessageType::kDecline) return;
  const auto relays = exchange.request.received->relays();
  const bool keeps_relays = !relays.empty() && exchange.link != nullptr && exchange.link->keeps_relays();
  if (!keeps_relays && !exchange.client_name())
    return exchange.group.learn(exchange.request.client_duid, {}, exchange.snapshot);
  ClientDataBuilder data;
  if (keeps_relays) data.relays(relays, exchange.request.source);
  put_name(exchange.client_name(), data);
  exchange.group.learn(exchange.request.client_duid, data.bytes(), exchange.snapshot);
}

/// Nothing when the client's classes say that it gets no answer. The steps are Kea's (manual, "Classification Steps").
std::optional<ClientPlace> place_of(const Request& request, const Snapshot& snapshot) {
  const ClassTable& table = snapshot.classes();
  ClientPlace place;
  table.classify_first(request, place.classes);
  if (table.is_dropped(place.classes)) return std::nullopt;
  place.link = snapshot.select(request, place.classes);
  place.host = find_host(request, place.link, snapshot);
  if (table.empty()) return place;
  table.add_known(place.host != nullptr, place.classes);
  if (place.host != nullptr) place.classes.add(place.host->classes);
  table.classify_after_hosts(request, place.classes);
  if (table.is_dropped(place.classes)) return std::nullopt;
  return place;
}

// RFC 8156 §3: a renew responsive server answers what carries its own Server Identifier. That it is ours was checked.
bool is_silent(const Exchange& exchange) {
  switch (exchange.failover.responsiveness) {
    case Responsiveness::kResponsive:
      return false;
    case Responsiveness::kRenewResponsive:
      return !exchange.message.server_id.has_value();
    case Responsiveness::kKnownRenewals:
      return exchange.request.received->message.type != MessageType::kRenew;
    case Responsiveness::kUnresponsive:
      break;
  }
  return true;
}

}  // namespace

bool may_change_leases(MessageType type) {
  switch (type) {
    case MessageType::kSolicit:  // with Rapid Commit
    case MessageType::kRequest:
    case MessageType::kRenew:
    case MessageType::kRebind:
    case MessageType::kRelease:
    case MessageType::kDecline:
      return true;
    default:
      return false;
  }
}

Answer answer(const Request& request, ShardGroup& group, const Snapshot& snapshot, AbsoluteTime now, MutableBytes out) {
  const MessageType type = request.received->message.type;
  if (type == MessageType::kLeasequery) return refuse_leasequery(request, snapshot.server_duid().bytes(), out);
  if (!is_for_servers(type)) return dropped(DropReason::kUnknownType);

  ClientMessage message;
  if (!message.scan(request.received->message.options)) return dropped(DropReason::kMalformed);
  const DropReason broken = validate(type, request.client_duid, message, snapshot.server_duid().bytes());
  if (broken != DropReason::kNone) return dropped(broken);

  const std::optional<ClientPlace> place = place_of(request, snapshot);
  if (!place) return dropped(DropReason::kClassDrop);

  Reply reply(out, request, snapshot);
  if (may_change_leases(type) && !reply.has_room_for(message)) return dropped(DropReason::kReplyTooBig);
  Exchange exchange(request, group, snapshot, now, message, *place, reply);
  if (is_silent(exchange)) return dropped(DropReason::kNotResponsive);
  const Answer answer = dispatch(type, exchange);
  if (answer.after_commit) remember_client(exchange);
  return answer;
}

}  // namespace tandem6::lease
