// Fuzzes what a failover partner sends: any bytes, read as each of its messages. What was read is written, and read
// again, and must be the same. The input is one message; or, when its first octet is 0, what is stored of an endpoint.
#include <array>
#include <string>

#include "dataplane/lease/client_data.h"
#include "dataplane/wire/require.h"
#include "dataplane/wire/utf8.h"
#include "failover/binding_update.h"
#include "failover/configuration_digest.h"
#include "failover/messages.h"
#include "failover/state.h"

using namespace tandem6;
using namespace tandem6::failover;
using wire::FailoverMessageView;
using wire::MessageType;
using wire::StatusCode;

namespace {

/// What is written of something that was read, and where it lies.
class Copy {
 public:
  template <typename Write>
  explicit Copy(Write write) {
    wire::Writer out(space_);
    write(out);
    overflow_ = out.overflow();
    size_ = out.size();
  }
  /// Only what many leases tell of one client can outgrow the message that told it once.
  bool overflow() const { return overflow_; }
  FailoverMessageView view() const {
    const auto view = FailoverMessageView::parse({space_.data(), size_});
    require(view.has_value(), "what is written is a message");
    return *view;
  }

 private:
  std::array<std::byte, 65'535> space_;
  size_t size_ = 0;
  bool overflow_ = false;
};

void check_connect(const FailoverMessageView& message) {
  const auto connect = read_connect(message);
  if (!connect) return;
  require(connect->relationship.size() <= kMaxRelationshipName, "a name is bounded");
  require(connect->status != StatusCode::kSuccess || (connect->mclt.count != 0 && connect->keepalive.count != 0),
          "who connects has an MCLT and a keepalive time");
  const Copy copy(
      [&](wire::Writer& out) { put_connect(out, message.type, message.transaction_id, message.sent_time, *connect); });
  require(read_connect(copy.view()) == connect, "CONNECT reads as it was written");
}

void check_state(const FailoverMessageView& message) {
  const auto state = read_state(message);
  if (!state) return;
  require(to_string(state->state) != "unknown", "a state that is read has a name");
  const Copy copy([&](wire::Writer& out) { put_state(out, message.transaction_id, message.sent_time, *state); });
  require(read_state(copy.view()) == state, "STATE reads as it was written");
}

void check_contact(const FailoverMessageView& message) {
  const auto digest = read_contact(message);
  if (!digest) return;
  const Copy copy([&](wire::Writer& out) { put_contact(out, message.transaction_id, message.sent_time, *digest); });
  require(read_contact(copy.view()) == digest, "CONTACT reads as it was written");
}

void check_disconnect(const FailoverMessageView& message) {
  const Disconnect disconnect = read_disconnect(message);
  require(wire::utf8_prefix(disconnect.text) == disconnect.text.size(), "a text that is read is UTF-8");
  const Copy copy(
      [&](wire::Writer& out) { put_disconnect(out, message.transaction_id, message.sent_time, disconnect); });
  const Disconnect again = read_disconnect(copy.view());
  require(again.status == disconnect.status && again.text == disconnect.text, "DISCONNECT reads as it was written");
}

/// What a reply to the update must name of it.
void check_reply_to(const FailoverMessageView& message, ReadUpdate read) {
  read.update.verdict = read.fault;
  const Copy reply(
      [&](wire::Writer& out) { put_binding_reply(out, message.transaction_id, message.sent_time, read.update); });
  if (reply.overflow()) return;  // it has a status for each lease, also for those that came with nothing
  const auto replied = read_binding_reply(reply.view());
  require(replied.has_value(), "every update has a reply that reads");
  require(replied->verdict == read.fault, "which rejects what has a fault");
  require(replied->client.has_value() == (read.update.client || read.update.leases.empty()), "in the same form");
  require(replied->leases.size() == read.update.leases.size(), "and names each lease");
}

// The options that §7.4 has no place for in a message of ours, and IAs that come in two pieces, are gone after one
// copy: from then on nothing changes any more.
void check_update(const FailoverMessageView& message) {
  const ReadUpdate read = read_binding_update(message);
  require(read.update.client_data.empty() || lease::ClientDataView::parse(read.update.client_data),
          "what is to be stored of a client can be read again");
  check_reply_to(message, read);
  if (read.fault != StatusCode::kSuccess) return;
  const auto copy_of = [&](const BindingUpdate& update) {
    return Copy([&](wire::Writer& out) { put_binding_update(out, message.transaction_id, message.sent_time, update); });
  };
  const Copy first = copy_of(read.update);
  if (first.overflow()) return;
  const ReadUpdate again = read_binding_update(first.view());
  require(again.fault == StatusCode::kSuccess, "what was accepted is accepted from us");
  require(again.update.client == read.update.client && again.update.base_time == read.update.base_time,
          "of its client");
  require(again.update.client_data == read.update.client_data, "with all that is known of it");
  require(again.update.leases.size() == read.update.leases.size(), "and all leases");
  const Copy second = copy_of(again.update);
  require(read_binding_update(second.view()).update == again.update, "BNDUPD reads as it was written");
}

void check_reply(const FailoverMessageView& message) {
  const auto reply = read_binding_reply(message);
  if (!reply) return;
  const auto copy_of = [&](const BindingUpdate& update) {
    return Copy([&](wire::Writer& out) { put_binding_reply(out, message.transaction_id, message.sent_time, update); });
  };
  const Copy first = copy_of(*reply);
  if (first.overflow()) return;  // the names of the statuses, where there were none
  const auto again = read_binding_reply(first.view());
  require(again.has_value() && again->verdict == reply->verdict, "a verdict is one when it is repeated");
  require(again->leases.size() == reply->leases.size(), "on as many leases");
  const Copy second = copy_of(*again);
  require(read_binding_reply(second.view()) == again, "BNDREPLY reads as it was written");
}

void check_stored(Bytes stored) {
  const auto state = decode_stable_state(stored);
  if (state) require(wire::same_bytes(encode(*state), stored), "a stored state is written as it was read");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes input = std::as_bytes(std::span(data, size));
  if (!input.empty() && input[0] == std::byte{0}) check_stored(input.subspan(1));
  auto message = FailoverMessageView::parse(input);
  if (!message) return 0;
  check_disconnect(*message);
  check_contact(*message);
  for (const MessageType type : {MessageType::kConnect, MessageType::kConnectReply, MessageType::kState,
                                 MessageType::kBndUpd, MessageType::kBndReply}) {
    message->type = type;
    check_connect(*message);
    check_state(*message);
    check_update(*message);
    check_reply(*message);
  }
  return 0;
}
