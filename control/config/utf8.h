// Is a text what it claims to be?
#pragma once

#include <string_view>

namespace tandem6::control {

/// UTF-8 (RFC 3629) without control characters: can be shown to a person.
bool is_utf8_text(std::string_view text);

}  // namespace tandem6::control
