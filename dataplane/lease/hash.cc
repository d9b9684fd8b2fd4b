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

/// SipHash reads little-endian numbers on every machine.
uint64_t little_endian(uint64_t word) {
  return std::endian::native == std::endian::big ? __builtin_bswap64(word) : word;
}

/// The bytes behind the last full word of `data`.
uint64_t load_rest(Bytes data) {
  const size_t left = data.size() % 8;
  const std::byte* const at = data.data() + data.size() - left;
  if (left == 0) return 0;
  if (data.size() >= 8) return little_endian(wire::load_last(at, left));
  uint64_t word = 0;
  std::memcpy(&word, at, left);
  return little_endian(word);
}

}  // namespace

uint64_t duid_hash(Bytes duid) { return XXH3_64bits(duid.data(), duid.size()); }

uint64_t keyed_hash(HashKey key, Bytes data) {
  SipState state(key);
  const std::byte* const end = data.data() + data.size() / 8 * 8;
  for (const std::byte* at = data.data(); at != end; at += 8) state.absorb(little_endian(wire::load_word(at)));
  state.absorb(static_cast<uint64_t>(data.size()) << 56 | load_rest(data));
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
