// Confirm (RFC 8415 §18.3.3): are the client's addresses right for the link that it is on? Bindings play no part.
#include "dataplane/lease/handlers.h"

namespace tandem6::lease {
namespace {

struct Verdict {
  bool any = false;
  bool all_on_link = true;
};

// "All of the addresses": of all IAs, also behind kMaxIasPerMessage, since nothing is changed for them.
Verdict judge(const Exchange& exchange) {
  Verdict verdict;
  wire::OptionWalker walker(exchange.request.received->message.options);
  while (const auto option = walker.next()) {
    if (!option->is(wire::OptionCode::kIaNa)) continue;
    const auto ia = wire::IaView::parse(option->data);
    if (!ia) continue;
    each_listed(LeaseType::kAddress, ia->options, [&](const LeaseKey& key) {
      verdict.any = true;
      verdict.all_on_link = verdict.all_on_link && exchange.on_link(key);
    });
  }
  return verdict;
}

}  // namespace

Answer answer_confirm(Exchange& exchange) {
  if (exchange.link == nullptr) return dropped(DropReason::kNoSubnet);
  const Verdict verdict = judge(exchange);
  if (!verdict.any) return dropped(DropReason::kNothingAsked);
  exchange.reply.begin(wire::MessageType::kReply);
  exchange.reply.status(verdict.all_on_link ? wire::StatusCode::kSuccess : wire::StatusCode::kNotOnLink);
  return exchange.reply.finish(false);
}

}  // namespace tandem6::lease
