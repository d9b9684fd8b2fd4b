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

// May the client be sent Reconfigure? It says so when it begins (RFC 8415 §18.2.1, §18.2.2); in a Renew or Rebind,
// which need not say it again, silence changes nothing.
bool accepts_reconfigure(const Exchange& exchange) {
  if (!exchange.snapshot.reconfigure() || exchange.request.frame == nullptr) return false;
  if (exchange.message.reconfigure_accept) return true;
  const MessageType type = exchange.request.received->message.type;
  if (type != MessageType::kRenew && type != MessageType::kRebind) return false;
  const uint32_t client = exchange.client();
  return client != kNoIndex && exchange.group.shard(exchange.request.shard()).note_of(client).accepts_reconfigure;
}

// The way to it, and, for a failover partner, its key (RFC 8156 §5.5.13).
void put_reconfigure(const Exchange& exchange, ClientDataBuilder& data) {
  const Request& request = exchange.request;
  data.return_path({.port = request.port,
                    .udp_port = request.received->reply_port(request.frame->source_port),
                    .mac = request.frame->source_mac,
                    .vlan = request.frame->vlan,
                    .address = request.source});
  if (exchange.link == nullptr || exchange.link->subnets.front()->failover == nullptr) return;
  data.reconfigure_data(reconfigure_data(reconfigure_key(exchange.snapshot.reconfigure_secret(), request.client_duid)));
}

// What is kept of a client is what its last message said that is answered with leases. One that gives leases up does
// not name the client (RFC 4704 §5), which may have others still.
void remember_client(const Exchange& exchange) {
  const MessageType type = exchange.request.received->message.type;
  if (type == MessageType::kRelease || type == MessageType::kDecline) return;
  const auto relays = exchange.request.received->relays();
  const bool reconfigurable = accepts_reconfigure(exchange);
  const bool wants_relays = reconfigurable || (exchange.link != nullptr && exchange.link->keeps_relays());
  const bool keeps_relays = !relays.empty() && wants_relays;
  if (!keeps_relays && !reconfigurable && !exchange.client_name())
    return exchange.group.learn(exchange.request, exchange.client(), {}, exchange.snapshot, exchange.now);
  ClientDataBuilder data;
  const bool whole = !keeps_relays || data.relays(relays, exchange.request.source);
  // Through relays of which something is missing there is no way back.
  if (reconfigurable && whole) put_reconfigure(exchange, data);
  put_name(exchange.client_name(), data);
  exchange.group.learn(exchange.request, exchange.client(), data.bytes(), exchange.snapshot, exchange.now);
}

/// In DROP when the client's classes say that it gets no answer. The steps are Kea's (manual, "Classification Steps").
ClientPlace place_of(const Request& request, const Snapshot& snapshot) {
  const ClassTable& table = snapshot.classes();
  ClientPlace place;
  place.failed_expressions = table.classify_first(request, place.classes);
  if (table.is_dropped(place.classes)) return place;
  place.link = snapshot.select(request, place.classes);
  place.host = find_host({request, place.classes, table.port_names()}, place.link, snapshot, place.failed_expressions);
  if (table.empty()) return place;
  table.add_known(place.host != nullptr, place.classes);
  if (place.host != nullptr) place.classes.add(place.host->classes);
  place.failed_expressions += table.classify_after_hosts(request, place.classes);
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
  if (!group.awaited().empty()) group.awaited().heard(request.duid_hash, type);

  const ClientPlace place = place_of(request, snapshot);
  if (place.failed_expressions != 0) group.counters().failed_expressions.add(place.failed_expressions);
  if (snapshot.classes().is_dropped(place.classes)) return dropped(DropReason::kClassDrop);

  Reply reply(out, request, snapshot);
  if (may_change_leases(type) && !reply.has_room_for(message)) return dropped(DropReason::kReplyTooBig);
  Exchange exchange(request, group, snapshot, now, message, place, reply);
  if (is_silent(exchange)) return dropped(DropReason::kNotResponsive);
  const UpdateFeed::Hold hold(group.feed());
  const Answer answer = dispatch(type, exchange);
  if (answer.after_commit) remember_client(exchange);
  return answer;
}

}  // namespace tandem6::lease
