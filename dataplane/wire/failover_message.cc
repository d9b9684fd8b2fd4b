#include "dataplane/wire/failover_message.h"

#include "dataplane/wire/option.h"

namespace tandem6::wire {

std::optional<FailoverMessageView> FailoverMessageView::parse(Bytes message) {
  if (message.size() < kHeaderSize || !well_formed(message.subspan(kHeaderSize))) return std::nullopt;
  const uint32_t first_word = load_be32(message.data());
  return FailoverMessageView{.type = static_cast<MessageType>(first_word >> 24),
                             .transaction_id = first_word & 0xffffff,
                             .sent_time = {load_be32(message.data() + kSentTimeAt)},
                             .options = message.subspan(kHeaderSize)};
}

void put_failover_header(Writer& out, MessageType type, uint32_t transaction_id, AbsoluteTime sent_time) {
  out.message_header(type, transaction_id);
  out.u32(sent_time.since_2000);
}

}  // namespace tandem6::wire
