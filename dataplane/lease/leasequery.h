// LEASEQUERY (RFC 5007, RFC 5460): the question, read, and the messages of its answer, written. What the answer tells
// is found elsewhere: this knows no leases.
#pragma once

#include <optional>
#include <span>

#include "dataplane/lease/engine.h"
#include "dataplane/lease/record.h"
#include "dataplane/wire/builder.h"
#include "dataplane/wire/leasequery.h"
#include "dataplane/wire/message.h"

namespace tandem6::lease {

/// Which query types there are: bulk queries are asked over TCP only (RFC 5460 §4).
enum class QueryTransport : uint8_t { kUdp, kTcp };

/// A LEASEQUERY message that is to be answered. Views into the message.
struct Question {
  uint32_t transaction_id = 0;
  Bytes requester;                                       ///< its Client Identifier
  wire::StatusCode status = wire::StatusCode::kSuccess;  ///< otherwise what is wrong with the query: the whole answer
  wire::QueryType type{};
  Ipv6Address link_address;                          ///< unspecified: of any link
  Ipv6Address address;                               ///< of a query by address
  Bytes identifier;                                  ///< the client's DUID, the relay's DUID or the Remote-ID
  std::optional<wire::OptionRequestView> requested;  ///< what to tell of each client

  bool asks_for(wire::OptionCode code) const { return requested && requested->contains(code); }
};

struct ReadQuestion {
  DropReason dropped = DropReason::kNone;  ///< not kNone: it is to be discarded (RFC 5007 §4.2.1)
  Question question;
};
ReadQuestion read_question(const wire::MessageView& message, Bytes server_duid, QueryTransport transport);

/// What is told of one client on one link: active leases, all of the same client.
struct ClientBindings {
  std::span<const LeaseRecord> leases;
  Bytes client_data;  ///< client_data.h; empty: nothing is kept
};

/// The head of a LEASEQUERY-REPLY (RFC 5007 §4.4.1): identifiers, and the question's status when that is no success.
void begin_query_reply(wire::Writer& out, const Question& question, Bytes server_duid);
/// OPTION_CLIENT_DATA (§4.4.2). Lifetimes are what is left of them at `now`.
void put_client_data(wire::Writer& out, const Question& question, const ClientBindings& client, AbsoluteTime now);

/// The answer to somebody who may not ask, or asks through a relay: NotAllowed, or nothing to what is no question.
Answer refuse_leasequery(const Request& request, Bytes server_duid, MutableBytes out);

}  // namespace tandem6::lease
