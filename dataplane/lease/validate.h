// Message validation (RFC 8415 §16). Internal to the engine.
#pragma once

#include "dataplane/lease/client_message.h"
#include "dataplane/lease/drop_reason.h"
#include "dataplane/wire/codes.h"

namespace tandem6::lease {

/// Is this a message that clients send to servers? All others are discarded (§16, RFC 7283).
bool is_for_servers(wire::MessageType type);

/// The rule of §16 that this message breaks; kNone when it is valid. `type` is_for_servers(). Unicast is not looked at:
/// RFC 9915 has done away with §18.4, and accepting it "causes no harm".
DropReason validate(wire::MessageType type, Bytes client_duid, const ClientMessage& message, Bytes server_duid);

}  // namespace tandem6::lease
