#include "failover/net/start_tls.h"

#include <fmt/format.h>

#include "dataplane/wire/builder.h"
#include "dataplane/wire/message.h"
#include "dataplane/wire/option.h"

namespace tandem6::failover {
namespace {

constexpr size_t kHeaderSize = wire::MessageView::kHeaderSize;

std::vector<std::byte> header(wire::MessageType type, uint32_t transaction_id) {
  std::vector<std::byte> message(kHeaderSize);
  wire::Writer(message).message_header(type, transaction_id);
  return message;
}

std::string status_text(const wire::StatusView& status) {
  const std::string message(status.message);
  if (status.code != wire::StatusCode::kTlsConnectionRefused) {
    return fmt::format("the partner answers STARTTLS with status {} {:?}", static_cast<unsigned>(status.code), message);
  }
  return fmt::format("the partner refuses TLS ({:?}): configure it there too, or at neither of the two", message);
}

}  // namespace

wire::MessageType type_of(Bytes message) { return static_cast<wire::MessageType>(message[0]); }
uint32_t transaction_id_of(Bytes message) { return wire::load_be32(message.data()) & 0xffffff; }

std::vector<std::byte> start_tls(uint32_t transaction_id) {
  return header(wire::MessageType::kStartTls, transaction_id);
}

std::vector<std::byte> start_tls_accepted(uint32_t transaction_id) {
  return header(wire::MessageType::kReply, transaction_id);
}

std::vector<std::byte> start_tls_refused(uint32_t transaction_id) {
  std::vector<std::byte> message(128);
  wire::Writer out(message);
  out.message_header(wire::MessageType::kReply, transaction_id);
  wire::put_status(out, wire::StatusCode::kTlsConnectionRefused, "no TLS is configured for this partner");
  message.resize(out.size());
  return message;
}

std::optional<std::string> refusal_in(Bytes message, uint32_t transaction_id) {
  if (type_of(message) != wire::MessageType::kReply) {
    return fmt::format("the partner answers STARTTLS with a message of type {}, not with REPLY",
                       static_cast<unsigned>(type_of(message)));
  }
  if (transaction_id_of(message) != transaction_id) return "the partner's REPLY is not to our STARTTLS";
  const Bytes options = message.subspan(kHeaderSize);
  if (!wire::well_formed(options)) return "the partner's REPLY to STARTTLS is malformed";
  const auto option = wire::find_option(options, wire::OptionCode::kStatusCode);
  if (!option) return std::nullopt;
  const auto status = wire::StatusView::parse(option->data);
  if (!status) return "the partner's REPLY to STARTTLS is malformed";
  return status_text(*status);
}

}  // namespace tandem6::failover
