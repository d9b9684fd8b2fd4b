#include "control/config/utf8.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tandem6::control {
namespace {

/// The octets of the character that begins like this; 0: none does.
size_t length_of(uint8_t first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

bool is_character(uint32_t code, size_t length) {
  constexpr std::array<uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};  // shorter forms exist for what is below
  const bool is_control = code < 0x20 || (code >= 0x7f && code < 0xa0);
  const bool is_surrogate = code >= 0xd800 && code < 0xe000;
  return !is_control && !is_surrogate && code >= kLeast[length] && code <= 0x10ffff;
}

}  // namespace

bool is_utf8_text(std::string_view text) {
  while (!text.empty()) {
    const auto first = static_cast<uint8_t>(text.front());
    const size_t length = length_of(first);
    if (length == 0 || length > text.size()) return false;
    uint32_t code = length == 1 ? first : first & (0x7fU >> length);
    for (size_t i = 1; i < length; ++i) {
      const auto next = static_cast<uint8_t>(text[i]);
      if ((next & 0xc0) != 0x80) return false;
      code = code << 6 | (next & 0x3f);
    }
    if (!is_character(code, length)) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace tandem6::control
