// Fuzzes what requesters send and what is kept of clients: a TCP stream of LEASEQUERYs, each answered about one client.
// The input is the size of the client data (2), the client data, and the stream.
#include <algorithm>
#include <array>

#include "dataplane/lease/client_data.h"
#include "dataplane/lease/leasequery.h"
#include "dataplane/wire/message.h"
#include "dataplane/wire/option.h"
#include "dataplane/wire/require.h"
#include "dataplane/wire/stream.h"

using namespace tandem6;

namespace {

constexpr std::array<std::byte, 10> kServerDuid{std::byte{0}, std::byte{3}, std::byte{0}, std::byte{1}, std::byte{2}};

lease::LeaseRecord record() {
  lease::LeaseRecord record;
  record.valid = Seconds{4000};
  record.last_contact = AbsoluteTime{800'000'000};
  record.duid = Duid::from_bytes(kServerDuid).value();
  return record;
}

void check_answer(const lease::Question& question, Bytes client_data) {
  std::array<std::byte, 65'536> space;
  wire::Writer out(space);
  const std::array leases{record()};
  lease::begin_query_reply(out, question, kServerDuid);
  lease::put_client_data(out, question, {leases, client_data}, AbsoluteTime{800'000'100});
  require(!out.overflow() || client_data.size() > 30'000, "an answer fits");
  if (out.overflow()) return;
  const auto message = wire::MessageView::parse(out.written());
  require(message.has_value() && message->transaction_id == question.transaction_id, "an answer is a message");
  const auto client = wire::find_option(message->options, wire::OptionCode::kClientData);
  require(client.has_value() && wire::well_formed(client->data), "with a client in it");
  const auto relays = wire::find_option(client->data, wire::OptionCode::kLqRelayData);
  if (!relays) return;
  require(relays->data.size() > 16, "relay data has an address");
  require(static_cast<wire::MessageType>(relays->data[16]) == wire::MessageType::kRelayForward, "and a Relay-forward");
}

void answer(Bytes bytes, Bytes client_data) {
  const auto message = wire::MessageView::parse(bytes);
  if (!message) return;
  for (const auto transport : {lease::QueryTransport::kUdp, lease::QueryTransport::kTcp}) {
    const auto read = lease::read_question(*message, kServerDuid, transport);
    if (read.dropped == lease::DropReason::kNone) check_answer(read.question, client_data);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes rest = std::as_bytes(std::span(data, size));
  if (rest.size() < 2) return 0;
  const size_t kept = std::min<size_t>(wire::load_be16(rest.data()), rest.size() - 2);
  const Bytes client_data = rest.subspan(2, kept);
  rest = rest.subspan(2 + kept);
  wire::StreamDecoder decoder(4096);
  while (!rest.empty() && !decoder.is_broken()) {
    const MutableBytes space = decoder.space();
    require(!space.empty(), "there is space until a message is whole");
    const size_t count = std::min(space.size(), rest.size());
    std::ranges::copy(rest.first(count), space.begin());
    decoder.filled(count);
    rest = rest.subspan(count);
    while (const auto message = decoder.next()) answer(*message, client_data);
  }
  return 0;
}
