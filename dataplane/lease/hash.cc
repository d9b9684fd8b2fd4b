#include "dataplane/lease/hash.h"

#include <array>
#include <bit>
#include <cassert>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "dataplane/wire/duid.h"

namespace tandem6::lease {
namespace {

/// SipHash's state (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012).
struct SipState {
  uint64_t v0;
  uint64_t v1;
  uint64_t v2;
  uint64_t v3;

  explicit SipState(HashKey key)
      : v0(key.low ^ 0x736f6d6570736575),
        v1(key.high ^ 0x646f72616e646f6d),
        v2(key.low ^ 0x6c7967656e657261),
        v3(key.high ^ 0x7465646279746573) {}

  void round() {
    v0 += v1;
    v2 += v3;
    v1 = std::rotl(v1, 13) ^ v0;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 = std::rotl(v0, 32);
    v2 += v1;
    v0 += v3;
    v1 = std::rotl(v1, 17) ^ v2;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 = std::rotl(v2, 32);
  }
  void absorb(uint64_t word) {
    v3 ^= word;
    round();
    v0 ^= word;
  }
};

/// Up to eight bytes as a little-endian number, as SipHash reads them on every machine.
uint64_t load_le(Bytes bytes) {
  uint64_t word = 0;
  std::memcpy(&word, bytes.data(), bytes.size());
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

}  // namespace

uint64_t duid_hash(Bytes duid) { return XXH3_64bits(duid.data(), duid.size()); }

uint64_t keyed_hash(HashKey key, Bytes data) {
  SipState state(key);
  Bytes rest = data;
  for (; rest.size() >= 8; rest = rest.subspan(8)) state.absorb(load_le(rest.first(8)));
  uint64_t last = static_cast<uint64_t>(data.size()) << 56;
  if (!rest.empty()) last |= load_le(rest);
  state.absorb(last);
  state.v2 ^= 0xff;
  for (int i = 0; i < 3; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

uint64_t search_hash(HashKey key, Bytes duid, uint32_t iaid, uint32_t attempt) {
  assert(duid.size() <= Duid::kMaxSize);
  std::array<std::byte, Duid::kMaxSize + 8> input;
  std::memcpy(input.data(), duid.data(), duid.size());
  wire::store_be32(input.data() + duid.size(), iaid);
  wire::store_be32(input.data() + duid.size() + 4, attempt);
  return keyed_hash(key, Bytes(input).first(duid.size() + 8));
}

}  // namespace tandem6::lease
