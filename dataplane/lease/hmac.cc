#include "dataplane/lease/hmac.h"

#include <mbedtls/md5.h>
#include <mbedtls/sha256.h>

#include <algorithm>

#include "dataplane/wire/require.h"

namespace tandem6::lease {
namespace {

constexpr size_t kBlock = 64;  // of both hashes
using Block = std::array<std::byte, kBlock>;

// What mbedTLS calls octets.
const unsigned char* octets(Bytes bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
template <size_t N>
unsigned char* octets(std::array<std::byte, N>& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

struct Md5 {
  std::array<std::byte, 16> operator()(Bytes first, Bytes second) const {
    std::array<std::byte, 16> digest{};
    mbedtls_md5_context context;
    mbedtls_md5_init(&context);
    const bool done = mbedtls_md5_starts_ret(&context) == 0 &&
                      mbedtls_md5_update_ret(&context, octets(first), first.size()) == 0 &&
                      mbedtls_md5_update_ret(&context, octets(second), second.size()) == 0 &&
                      mbedtls_md5_finish_ret(&context, octets(digest)) == 0;
    mbedtls_md5_free(&context);
    require(done, "MD5 is computed in software and cannot fail");
    return digest;
  }
};

struct Sha256 {
  std::array<std::byte, 32> operator()(Bytes first, Bytes second) const {
    std::array<std::byte, 32> digest{};
    mbedtls_sha256_context context;
    mbedtls_sha256_init(&context);
    const bool done = mbedtls_sha256_starts_ret(&context, 0) == 0 &&
                      mbedtls_sha256_update_ret(&context, octets(first), first.size()) == 0 &&
                      mbedtls_sha256_update_ret(&context, octets(second), second.size()) == 0 &&
                      mbedtls_sha256_finish_ret(&context, octets(digest)) == 0;
    mbedtls_sha256_free(&context);
    require(done, "SHA-256 is computed in software and cannot fail");
    return digest;
  }
};

// RFC 2104 §2: H(K xor opad, H(K xor ipad, text)). mbedTLS has it too, but allocates for it.
template <typename Hash>
auto hmac(const Hash& hash, Bytes key, Bytes data) {
  require(key.size() <= kBlock, "keys are not longer than a block");
  const auto padded = [&](std::byte pad) {
    Block block{};
    std::ranges::copy(key, block.begin());
    for (std::byte& octet : block) octet ^= pad;
    return block;
  };
  const auto inner = hash(padded(std::byte{0x36}), data);
  return hash(padded(std::byte{0x5c}), inner);
}

}  // namespace

std::array<std::byte, 16> hmac_md5(Bytes key, Bytes data) { return hmac(Md5{}, key, data); }
std::array<std::byte, 32> hmac_sha256(Bytes key, Bytes data) { return hmac(Sha256{}, key, data); }

}  // namespace tandem6::lease
