#include "dataplane/lease/validate.h"

#include <array>

#include "dataplane/wire/bytes.h"

namespace tandem6::lease {
namespace {

using wire::MessageType;

enum class ServerId : uint8_t { kForbidden, kMustBeOurs, kOursIfThere };
enum class ClientId : uint8_t { kRequired, kOptional };
enum class Ias : uint8_t { kAllowed, kForbidden };

struct Rules {
  MessageType type;
  ServerId server_id;
  ClientId client_id;
  Ias ias;
};

constexpr std::array kRules = {
    Rules{MessageType::kSolicit, ServerId::kForbidden, ClientId::kRequired, Ias::kAllowed},                // §16.2
    Rules{MessageType::kRequest, ServerId::kMustBeOurs, ClientId::kRequired, Ias::kAllowed},               // §16.4
    Rules{MessageType::kConfirm, ServerId::kForbidden, ClientId::kRequired, Ias::kAllowed},                // §16.5
    Rules{MessageType::kRenew, ServerId::kMustBeOurs, ClientId::kRequired, Ias::kAllowed},                 // §16.6
    Rules{MessageType::kRebind, ServerId::kForbidden, ClientId::kRequired, Ias::kAllowed},                 // §16.7
    Rules{MessageType::kDecline, ServerId::kMustBeOurs, ClientId::kRequired, Ias::kAllowed},               // §16.8
    Rules{MessageType::kRelease, ServerId::kMustBeOurs, ClientId::kRequired, Ias::kAllowed},               // §16.9
    Rules{MessageType::kInformationRequest, ServerId::kOursIfThere, ClientId::kOptional, Ias::kForbidden}  // §16.12
};

const Rules* rules_of(MessageType type) {
  for (const Rules& rules : kRules) {
    if (rules.type == type) return &rules;
  }
  return nullptr;
}

DropReason check_server_id(ServerId rule, const std::optional<Bytes>& server_id, Bytes ours) {
  if (!server_id) return rule == ServerId::kMustBeOurs ? DropReason::kNoServerId : DropReason::kNone;
  if (rule == ServerId::kForbidden) return DropReason::kUnexpectedServerId;
  return wire::same_bytes(*server_id, ours) ? DropReason::kNone : DropReason::kOtherServer;
}

}  // namespace

bool is_for_servers(MessageType type) { return rules_of(type) != nullptr; }

DropReason validate(MessageType type, Bytes client_duid, const ClientMessage& message, Bytes server_duid) {
  const Rules& rules = *rules_of(type);
  if (rules.client_id == ClientId::kRequired && client_duid.empty()) return DropReason::kNoClientId;
  const DropReason server_id = check_server_id(rules.server_id, message.server_id, server_duid);
  if (server_id != DropReason::kNone) return server_id;
  if (rules.ias == Ias::kForbidden && !message.ias.empty()) return DropReason::kUnexpectedOption;
  return DropReason::kNone;
}

}  // namespace tandem6::lease
