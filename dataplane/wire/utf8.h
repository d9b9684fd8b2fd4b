// UTF-8 (RFC 3629), for texts that others send and people read.
#pragma once

#include <cstddef>
#include <string_view>

namespace tandem6::wire {

/// How many octets of `text` are whole characters in UTF-8, up to the first that is none. NUL is taken for none: DHCPv6
/// texts are not null-terminated (RFC 8415 §21.13, RFC 8156 §5.5.14), and what lies behind one would not be seen.
size_t utf8_prefix(std::string_view text);

}  // namespace tandem6::wire
