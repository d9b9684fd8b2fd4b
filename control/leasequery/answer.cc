#include "control/leasequery/answer.h"

#include <algorithm>
#include <utility>

#include "control/leasequery/links.h"
#include "control/leasequery/lookup.h"

namespace tandem6::control {
namespace {

using lease::DropReason;
using lease::LeaseRecord;
using lease::Question;
using wire::OptionCode;
using wire::StatusCode;

lease::Answer dropped(DropReason reason) { return {.dropped = reason, .size = 0, .type = {}, .after_commit = false}; }

/// Is this address one that a client of ours could have?
bool is_of_some_link(const lease::Snapshot& snapshot, const Ipv6Address& address) {
  return std::ranges::any_of(snapshot.subnets(), [&](const lease::Subnet& subnet) {
    return subnet.prefix.contains(address) || std::ranges::any_of(subnet.prefix_pools, [&](const lease::Pool& pool) {
             return pool.first <= address && address <= pool.last;
           });
  });
}

}  // namespace

tl::expected<std::vector<LinkLeases>, Error> find_links(Server& server, Question& question) {
  const lease::Snapshot& snapshot = server.snapshot();
  std::optional<LinkSubnets> link;
  if (!question.link_address.is_unspecified()) {
    link = LinkSubnets::at(snapshot, question.link_address);
    if (!link) {
      question.status = StatusCode::kNotConfigured;
      return std::vector<LinkLeases>{};
    }
  }
  Duid client;
  if (question.type == wire::QueryType::kByAddress) {
    const auto lease = lease_at(server, question.address);
    if (!lease) return tl::unexpected(lease.error());
    if (!*lease && !link && !is_of_some_link(snapshot, question.address)) question.status = StatusCode::kNotConfigured;
    if (!*lease || (*lease)->status != lease::BindingStatus::kActive) return std::vector<LinkLeases>{};
    const lease::Subnet* subnet = snapshot.by_id((*lease)->subnet_id);
    if (subnet == nullptr || (link && !link->has(subnet->id))) return std::vector<LinkLeases>{};
    link = LinkSubnets(snapshot, *subnet);
    client = (*lease)->duid;
  } else {
    client = Duid::from_bytes(question.identifier).value_or(Duid{});
  }
  const auto leases = leases_of(server, client.bytes());
  if (!leases) return tl::unexpected(leases.error());
  return by_link(snapshot, *leases, link, server.now());
}

namespace {

tl::expected<void, Error> put_answer(Server& server, Question& question, wire::Writer& out) {
  const Bytes server_duid = server.snapshot().server_duid().bytes();
  std::vector<LinkLeases> links;
  if (question.status == StatusCode::kSuccess) {
    auto found = find_links(server, question);
    if (!found) return tl::unexpected(found.error());
    links = std::move(*found);
  }
  lease::begin_query_reply(out, question, server_duid);
  if (links.size() == 1) {
    const auto client = told_client(server, question, std::move(links.front().leases));
    if (!client) return tl::unexpected(client.error());
    lease::put_client_data(out, question, client->bindings(), server.now());
  } else if (links.size() > 1) {
    // RFC 5007 §4.4.1: the list of links, and no data.
    const auto list = out.begin(OptionCode::kLqClientLink);
    for (const LinkLeases& link : links) out.address(link.link.address());
    out.end(list);
  }
  return {};
}

}  // namespace

tl::expected<ToldClient, Error> told_client(Server& server, const Question& question, std::vector<LeaseRecord> leases) {
  ToldClient client{.leases = std::move(leases), .client_data = {}};
  if (!question.asks_for(OptionCode::kLqRelayData)) return client;
  auto kept = server.store().find_client(client.leases.front().duid.bytes());
  if (!kept) return tl::unexpected(kept.error());
  client.client_data = std::move(*kept);
  return client;
}

lease::Answer answer_leasequery(Server& server, const wire::MessageView& message, MutableBytes out) {
  auto [reason, question] =
      lease::read_question(message, server.snapshot().server_duid().bytes(), lease::QueryTransport::kUdp);
  if (reason != DropReason::kNone) return dropped(reason);
  wire::Writer writer(out);
  // Workers that do not run, or a disk that cannot be read: the requester asks again (§4.3.2).
  if (!put_answer(server, question, writer)) return dropped(DropReason::kNoBinding);
  if (writer.overflow()) return dropped(DropReason::kReplyTooBig);
  return {.dropped = DropReason::kNone,
          .size = writer.size(),
          .type = wire::MessageType::kLeasequeryReply,
          .after_commit = false};
}

}  // namespace tandem6::control
