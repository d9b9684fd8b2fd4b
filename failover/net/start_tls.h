// STARTTLS and the REPLY to it (RFC 7653 §6.2.2, §8.2, §9.1): how partners agree on TLS over a fresh connection.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dataplane/wire/bytes.h"
#include "dataplane/wire/codes.h"

namespace tandem6::failover {

/// The header that every message between partners begins with. The message has at least four octets.
wire::MessageType type_of(Bytes message);
uint32_t transaction_id_of(Bytes message);

/// Without options, as §6.2.2 wants it.
std::vector<std::byte> start_tls(uint32_t transaction_id);
/// Without a status: TLS may begin (§9.1).
std::vector<std::byte> start_tls_accepted(uint32_t transaction_id);
/// With TLSConnectionRefused.
std::vector<std::byte> start_tls_refused(uint32_t transaction_id);

/// Why `message` does not let TLS begin after our STARTTLS of this transaction; nothing: it does.
std::optional<std::string> refusal_in(Bytes message, uint32_t transaction_id);

}  // namespace tandem6::failover
