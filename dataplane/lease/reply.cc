#include "dataplane/lease/reply.h"

#include <algorithm>
#include <string_view>

#include "dataplane/lease/option_blocks.h"
#include "dataplane/lease/relay_supplied_options.h"

namespace tandem6::lease {
namespace {

using wire::OptionCode;
using wire::StatusCode;

constexpr size_t kOptionHeader = 4;
constexpr size_t kIaHeader = kOptionHeader + 12;
constexpr size_t kLeaseSize = kOptionHeader + 25;  // IAPREFIX, the longer one
constexpr size_t kStatusHeader = kOptionHeader + 2;

// Texts for a person who looks at the client (§21.13). None makes its option longer than a lease: has_room_for() counts
// on that.
constexpr std::string_view text_of(StatusCode code) {
  switch (code) {
    case StatusCode::kSuccess:
      return "success";
    case StatusCode::kNoAddrsAvail:
      return "no address available";
    case StatusCode::kNoBinding:
      return "no binding for this IA";
    case StatusCode::kNotOnLink:
      return "not on this link";
    case StatusCode::kNoPrefixAvail:
      return "no prefix available";
    default:
      return "not done, ask again";
  }
}
static_assert(kStatusHeader + text_of(StatusCode::kNoBinding).size() <= kLeaseSize);
static_assert(kStatusHeader + text_of(StatusCode::kNoAddrsAvail).size() <= kLeaseSize);
static_assert(kStatusHeader + text_of(StatusCode::kNoPrefixAvail).size() <= kLeaseSize);

OptionCode ia_code(LeaseType type) { return type == LeaseType::kAddress ? OptionCode::kIaNa : OptionCode::kIaPd; }

}  // namespace

Reply::Reply(MutableBytes out, const Request& request, const Snapshot& snapshot)
    : request_(request),
      snapshot_(snapshot),
      capacity_(out.size()),
      writer_(out),
      relays_(writer_, request.received->relays()) {}

bool Reply::has_room_for(const ClientMessage& message) const {
  const size_t identifiers = 2 * kOptionHeader + request_.client_duid.size() + snapshot_.server_duid().bytes().size();
  const size_t message_level = kOptionHeader + kLeaseSize;  // Rapid Commit and a status, at most
  const size_t ias = (message.ias.size() + message.excess_ias + message.temporary_ias) * (kIaHeader + kLeaseSize);
  return !writer_.overflow() &&
         capacity_ - writer_.size() >= wire::MessageView::kHeaderSize + identifiers + message_level + ias;
}

void Reply::begin(wire::MessageType type) {
  type_ = type;
  writer_.message_header(type, request_.received->message.transaction_id);
  options_at_ = writer_.size();
  if (!request_.client_duid.empty()) writer_.option(OptionCode::kClientId, request_.client_duid);
  writer_.option(OptionCode::kServerId, snapshot_.server_duid().bytes());
}

void Reply::status(StatusCode code) { wire::put_status(writer_, code, text_of(code)); }

void Reply::options(const OptionChain& chain, const ClientMessage& message, const ClassSet& classes,
                    OptionBlocks& blocks) {
  const wire::ReceivedMessage& received = *request_.received;
  if (!chain.empty()) {
    blocks.write(writer_,
                 {.requested = message.requested,
                  .classes = classes,
                  .options = received.message.options,
                  .kind = AnswerKind{.answer = type_, .asked = received.message.type}},
                 chain, snapshot_.serial());
  }
  write_relay_supplied_options(writer_, options_at_, received.relays(), snapshot_.relay_supplied());
}

void Reply::ia_status(LeaseType type, uint32_t iaid, StatusCode code) {
  const auto ia = wire::begin_ia(writer_, ia_code(type), iaid, Seconds{0}, Seconds{0});
  status(code);
  writer_.end(ia);
}

void Reply::ia_ta_status(uint32_t iaid, StatusCode code) {
  const auto ia = writer_.begin(OptionCode::kIaTa);
  writer_.u32(iaid);
  status(code);
  writer_.end(ia);
}

wire::Writer::OpenOption Reply::open_ia(const RequestedIa& ia) {
  const auto open = open_ended_ia(ia);
  if (!writer_.overflow()) renew_times_at_.push(writer_.size() - 2 * sizeof(uint32_t));
  return open;
}

wire::Writer::OpenOption Reply::open_ended_ia(const RequestedIa& ia) {
  return wire::begin_ia(writer_, ia_code(ia.type), ia.iaid, Seconds{0}, Seconds{0});
}

// 0, which leaves the choice to the client, is kept only when all say so.
void Reply::renew_within(const RenewTimes& times) {
  const auto earlier = [](Seconds a, Seconds b) {
    if (a.count == 0 || b.count == 0) return Seconds{a.count + b.count};
    return std::min(a, b);
  };
  const RenewTimes before = renew_times_.value_or(times);
  renew_times_ = {earlier(before.t1, times.t1), earlier(before.t2, times.t2)};
}

void Reply::lease(const LeaseKey& key, Seconds preferred, Seconds valid, Bytes pd_exclude) {
  // A client must discard a lease whose preferred lifetime is the longer one (§21.6, §21.22).
  const Seconds usable = std::min(preferred, valid);
  if (key.type == LeaseType::kAddress) {
    wire::put_ia_address(writer_, key.address, usable, valid);
  } else {
    const auto open = wire::begin_ia_prefix(writer_, Ipv6Prefix{key.address, key.prefix_length}, usable, valid);
    if (pd_exclude.empty()) return;
    writer_.option(OptionCode::kPdExclude, pd_exclude);
    writer_.end(open);
  }
}

Answer Reply::finish(bool after_commit) {
  const RenewTimes times = renew_times_.value_or(RenewTimes{});
  for (const size_t at : renew_times_at_) {
    writer_.overwrite_u32(at, times.t1.count);
    writer_.overwrite_u32(at + sizeof(uint32_t), times.t2.count);
  }
  relays_.close(writer_);
  if (writer_.overflow()) return dropped(DropReason::kReplyTooBig);
  return {.dropped = DropReason::kNone, .size = writer_.size(), .type = type_, .after_commit = after_commit};
}

}  // namespace tandem6::lease
