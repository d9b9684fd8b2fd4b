// HMAC (RFC 2104), for the keys and the proofs of Reconfigure. Pure; allocates nothing.
#pragma once

#include <array>

#include "dataplane/wire/bytes.h"

namespace tandem6::lease {

/// `key` has at most 64 octets. MD5 is what RFC 8415 §20.4 demands; nothing else here uses it.
std::array<std::byte, 16> hmac_md5(Bytes key, Bytes data);
std::array<std::byte, 32> hmac_sha256(Bytes key, Bytes data);

}  // namespace tandem6::lease
