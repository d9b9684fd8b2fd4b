#include "control/leasequery/bulk_query.h"

#include <algorithm>
#include <array>
#include <utility>

#include "control/leasequery/lookup.h"
#include "dataplane/lease/client_data.h"
#include "dataplane/wire/require.h"
#include "dataplane/wire/stream.h"

namespace tandem6::control {
namespace {

using lease::LeaseRecord;
using wire::MessageType;
using wire::OptionCode;
using wire::QueryType;
using wire::StatusCode;

// Places of a shard's slab that one errand looks at, and leases that it brings: some ten microseconds of a worker.
constexpr uint32_t kPlacesAtOnce = 256;
constexpr size_t kLeasesAtOnce = 512;
// Of the clients that the disk keeps something of, how many are looked at in one piece.
constexpr size_t kClientsAtOnce = 256;
// One client's message: sixty-four leases, what relays said, and identifiers.
constexpr size_t kMaxMessage = 8192;

/// What one errand through a shard brings back.
struct Walked {
  uint32_t next = lease::kNoIndex;
  std::vector<LeaseRecord> leases;  // those of one client together
};

bool is_told(const LinkSubnets& link, const lease::Lease& lease) {
  return lease.status == lease::BindingStatus::kActive && link.has(lease.subnet_id);
}

/// All leases of the client on the link, when `lease` is the first of them in its list: so each client is met once.
void take_client(lease::Shard& shard, const lease::Lease& lease, const LinkSubnets& link, Walked& walked) {
  if (!is_told(link, lease)) return;
  bool first = true;
  for (const lease::Lease* it = shard.first_of(lease.client); it != nullptr; it = shard.next_of(*it)) {
    if (!is_told(link, *it)) continue;
    if (first && it != &lease) return;
    first = false;
    if (walked.leases.size() < walked.leases.capacity()) walked.leases.push_back(shard.record_of(*it));
  }
}

tl::expected<Walked, Error> walk(Server& server, unsigned number, uint32_t from, const LinkSubnets& link) {
  Walked walked;
  walked.leases.reserve(kLeasesAtOnce + lease::kMaxLeasesPerClient);  // the worker does not allocate
  const lease::Errand errand = [&](const lease::ErrandPlace& place) {
    lease::Shard& shard = place.leases.shard(number);
    walked.next = from;
    for (uint32_t i = 0; i < kPlacesAtOnce && walked.next != lease::kNoIndex; ++i) {
      if (walked.leases.size() >= kLeasesAtOnce) return;
      walked.next = shard.walk(walked.next, 1, [&](const lease::Lease& it) { take_client(shard, it, link, walked); });
    }
  };
  if (!server.run_at_owner(number, errand)) return tl::unexpected(Error{"the workers do not run"});
  return walked;
}

}  // namespace

BulkQuery::BulkQuery(Server& server, Bytes message) : server_(server), message_(message.begin(), message.end()) {
  const auto view = wire::MessageView::parse(message_);
  if (!view || view->type != MessageType::kLeasequery) {
    dropped_ = lease::DropReason::kUnknownType;
    return;
  }
  const auto read = lease::read_question(*view, server.snapshot().server_duid().bytes(), lease::QueryTransport::kTcp);
  dropped_ = read.dropped;
  question_ = read.question;
}

bool BulkQuery::step(std::vector<std::byte>& out) {
  const auto more = std::exchange(begun_, true) ? search() : begin();
  bool goes_on = more.value_or(false);
  if (!more) question_.status = StatusCode::kQueryTerminated;
  for (const Found& leases : std::exchange(found_, {})) {
    if (tell(leases, out)) continue;
    question_.status = StatusCode::kQueryTerminated;
    goes_on = false;
    break;
  }
  if (!goes_on) finish(out);
  return goes_on;
}

tl::expected<bool, Error> BulkQuery::begin() {
  if (question_.status != StatusCode::kSuccess) return false;
  if (question_.type == QueryType::kByAddress || question_.type == QueryType::kByClientId) {
    auto links = find_links(server_, question_);
    if (!links) return tl::unexpected(links.error());
    for (LinkLeases& link : *links) found_.push_back(std::move(link.leases));
    return false;
  }
  if (question_.link_address.is_unspecified()) return true;
  link_ = LinkSubnets::at(server_.snapshot(), question_.link_address);
  if (!link_) question_.status = StatusCode::kNotConfigured;
  return link_.has_value();
}

tl::expected<bool, Error> BulkQuery::search() {
  return question_.type == QueryType::kByLinkAddress ? search_leases() : search_kept();
}

tl::expected<bool, Error> BulkQuery::search_leases() {
  const auto walked = walk(server_, shard_, place_, *link_);
  if (!walked) return tl::unexpected(walked.error());
  place_ = walked->next;
  if (place_ == lease::kNoIndex) {
    place_ = 0;
    ++shard_;
  }
  for (const LeaseRecord& lease : walked->leases) {
    if (found_.empty() || found_.back().front().duid != lease.duid) found_.emplace_back();
    found_.back().push_back(lease);
  }
  return shard_ != lease::kShardCount;
}

tl::expected<bool, Error> BulkQuery::search_kept() {
  std::vector<Duid> clients;
  const auto last = server_.store().page_clients(after_, kClientsAtOnce, [&](Bytes duid, Bytes client_data) {
    if (is_asked_for(client_data)) clients.push_back(Duid::from_bytes(duid).value_or(Duid{}));
  });
  if (!last) return tl::unexpected(last.error());
  after_ = *last;
  for (const Duid& client : clients) {
    auto leases = leases_of(server_, client.bytes());
    if (!leases) return tl::unexpected(leases.error());
    found_.push_back(std::move(*leases));
  }
  return after_.has_value();
}

bool BulkQuery::is_asked_for(Bytes client_data) const {
  const auto client = lease::ClientDataView::parse(client_data);
  if (!client) return false;
  const OptionCode code = question_.type == QueryType::kByRelayId ? OptionCode::kRelayId : OptionCode::kRemoteId;
  const lease::KeptRelays relays = client->relays();
  return std::ranges::any_of(relays, [&](const lease::KeptRelay& relay) {
    const auto option = wire::find_option(relay.options, code);
    return option && wire::same_bytes(option->data, question_.identifier);
  });
}

tl::expected<void, Error> BulkQuery::tell(const Found& leases, std::vector<std::byte>& out) {
  for (LinkLeases& link : by_link(server_.snapshot(), leases, link_, server_.now())) {
    const auto client = told_client(server_, question_, std::move(link.leases));
    if (!client) return tl::unexpected(client.error());
    append(out, replied_ ? MessageType::kLeasequeryData : MessageType::kLeasequeryReply, &*client);
  }
  return {};
}

void BulkQuery::append(std::vector<std::byte>& out, MessageType type, const ToldClient* client) {
  std::array<std::byte, kMaxMessage> space;
  wire::Writer message(space);
  if (type == MessageType::kLeasequeryReply) {
    lease::begin_query_reply(message, question_, server_.snapshot().server_duid().bytes());
    replied_ = true;
  } else {
    message.message_header(type, question_.transaction_id);
  }
  if (client != nullptr) lease::put_client_data(message, question_, client->bindings(), server_.now());
  if (type == MessageType::kLeasequeryDone && question_.status != StatusCode::kSuccess) {
    wire::put_status(message, question_.status, "query terminated, ask again");
  }
  require(!message.overflow(), "the longest client's message fits");
  const auto head = wire::stream_head(message.size());
  out.insert(out.end(), head.begin(), head.end());
  out.insert(out.end(), message.written().begin(), message.written().end());
}

// RFC 5460 §5.2.2: LEASEQUERY-DONE only behind a LEASEQUERY-REPLY with data; else the reply is all.
void BulkQuery::finish(std::vector<std::byte>& out) {
  append(out, replied_ ? MessageType::kLeasequeryDone : MessageType::kLeasequeryReply, nullptr);
}

}  // namespace tandem6::control
