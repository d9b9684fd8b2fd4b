#include "dataplane/lease/option_blocks.h"

#include <algorithm>
#include <bit>

namespace tandem6::lease {

bool OptionBlocks::Key::is(const Key& other) const {
  uint64_t differs = 0;
  for (size_t i = 0; i < words.size(); ++i) differs |= words[i] ^ other.words[i];
  return differs == 0;
}

uint64_t OptionBlocks::Key::hash() const {
  uint64_t hash = 0;
  for (const uint64_t word : words) hash = std::rotl(hash, 9) ^ word;
  return (hash * 0x9e3779b97f4a7c15) >> 32;
}

// Nothing when the options depend on more: on the client's classes or vendor options, on codes that no bit stands for.
std::optional<OptionBlocks::Key> OptionBlocks::key_of(const OptionWish& wish, const OptionChain& chain,
                                                      uint64_t configuration) {
  if (chain.size() > kScopes || !wish.kind) return std::nullopt;
  Key key;
  const size_t codes = wish.requested ? wish.requested->size() : 0;
  for (size_t i = 0; i < codes; ++i) {
    const uint16_t code = (*wish.requested)[i];
    if (code >= 64 * Key::kCodeWords) return std::nullopt;
    key.words[code / 64] |= uint64_t{1} << code % 64;
  }
  uint64_t* at = &key.words[Key::kCodeWords];
  for (const OptionSet* scope : chain) {
    if (scope->depends_on_client()) return std::nullopt;
    *at++ = reinterpret_cast<uintptr_t>(scope);
  }
  key.words.back() =
      configuration << 16 | static_cast<uint64_t>(wish.kind->answer) << 8 | static_cast<uint64_t>(wish.kind->asked);
  return key;
}

void OptionBlocks::write(wire::Writer& out, const OptionWish& wish, const OptionChain& chain, uint64_t configuration) {
  const std::optional<Key> key = key_of(wish, chain, configuration);
  if (!key) return write_options(out, wish, {chain.begin(), chain.size()});
  Block& block = (*blocks_)[key->hash() % kBlocks];
  if (block.key.is(*key)) return out.bytes(Bytes(block.bytes).first(block.size));

  const size_t before = out.size();
  write_options(out, wish, {chain.begin(), chain.size()});
  if (out.overflow() || out.size() - before > kMaxBytes) return;
  const Bytes written = out.written().subspan(before);
  block.key = *key;
  block.size = static_cast<uint16_t>(written.size());
  std::ranges::copy(written, block.bytes.begin());
}

}  // namespace tandem6::lease
