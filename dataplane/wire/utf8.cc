#include "dataplane/wire/utf8.h"

#include <algorithm>
#include <cstdint>

namespace tandem6::wire {
namespace {

/// RFC 3629 §4: the first octets of this range are followed by `more` octets; of them the first is from `low` to
/// `high`, which leaves out what has a shorter form, surrogates, and what is beyond U+10FFFF. Others are 80 to bf.
struct Sequence {
  uint8_t first, last;
  uint8_t more;
  uint8_t low, high;
};
constexpr Sequence kSequences[] = {
    {0x01, 0x7f, 0, 0x80, 0xbf}, {0xc2, 0xdf, 1, 0x80, 0xbf}, {0xe0, 0xe0, 2, 0xa0, 0xbf},
    {0xe1, 0xec, 2, 0x80, 0xbf}, {0xed, 0xed, 2, 0x80, 0x9f}, {0xee, 0xef, 2, 0x80, 0xbf},
    {0xf0, 0xf0, 3, 0x90, 0xbf}, {0xf1, 0xf3, 3, 0x80, 0xbf}, {0xf4, 0xf4, 3, 0x80, 0x8f},
};

/// The octets of the character that `text` begins with; 0 when it is none.
size_t character_size(std::string_view text) {
  const auto octet = [&](size_t at) { return static_cast<uint8_t>(text[at]); };
  const auto* sequence =
      std::ranges::find_if(kSequences, [&](const Sequence& s) { return octet(0) >= s.first && octet(0) <= s.last; });
  if (sequence == std::end(kSequences) || text.size() <= sequence->more) return 0;
  if (sequence->more > 0 && (octet(1) < sequence->low || octet(1) > sequence->high)) return 0;
  for (size_t at = 2; at <= sequence->more; ++at) {
    if ((octet(at) & 0xc0) != 0x80) return 0;
  }
  return 1U + sequence->more;
}

}  // namespace

size_t utf8_prefix(std::string_view text) {
  size_t size = 0;
  while (size < text.size()) {
    const size_t next = character_size(text.substr(size));
    if (next == 0) break;
    size += next;
  }
  return size;
}

}  // namespace tandem6::wire
