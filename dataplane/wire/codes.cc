#include "dataplane/wire/codes.h"

namespace tandem6::wire {

std::string_view to_string(MessageType type) {
  switch (type) {
    case MessageType::kSolicit:
      return "SOLICIT";
    case MessageType::kAdvertise:
      return "ADVERTISE";
    case MessageType::kRequest:
      return "REQUEST";
    case MessageType::kConfirm:
      return "CONFIRM";
    case MessageType::kRenew:
      return "RENEW";
    case MessageType::kRebind:
      return "REBIND";
    case MessageType::kReply:
      return "REPLY";
    case MessageType::kRelease:
      return "RELEASE";
    case MessageType::kDecline:
      return "DECLINE";
    case MessageType::kReconfigure:
      return "RECONFIGURE";
    case MessageType::kInformationRequest:
      return "INFORMATION-REQUEST";
    case MessageType::kRelayForward:
      return "RELAY-FORW";
    case MessageType::kRelayReply:
      return "RELAY-REPL";
    case MessageType::kLeasequery:
      return "LEASEQUERY";
    case MessageType::kLeasequeryReply:
      return "LEASEQUERY-REPLY";
    case MessageType::kLeasequeryDone:
      return "LEASEQUERY-DONE";
    case MessageType::kLeasequeryData:
      return "LEASEQUERY-DATA";
  }
  return "unknown";
}

}  // namespace tandem6::wire
