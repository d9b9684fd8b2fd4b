#include "dataplane/lease/reconfigure.h"

#include <algorithm>

#include "dataplane/lease/hmac.h"

namespace tandem6::lease {
namespace {

using wire::OptionCode;

// §20.4.1: RKAP, HMAC-MD5, a monotonically increasing counter.
constexpr uint8_t kProtocol = 3;
constexpr uint8_t kAlgorithm = 1;
constexpr uint8_t kReplayMethod = 0;

enum class Kind : uint8_t { kKey = 1, kDigest = 2 };

void put_authentication(wire::Writer& out, Kind kind, Bytes value, uint64_t replay) {
  const auto open = out.begin(OptionCode::kAuthentication);
  out.u8(kProtocol);
  out.u8(kAlgorithm);
  out.u8(kReplayMethod);
  out.u64(replay);
  out.u8(static_cast<uint8_t>(kind));
  out.bytes(value);
  out.end(open);
}

}  // namespace

ReconfigureKey reconfigure_key(HashKey secret, Bytes client_duid) {
  // The secret has other uses: what is derived here is for this one only.
  constexpr std::string_view kPurpose = "reconfigure";
  std::array<std::byte, 16 + kPurpose.size()> key{};
  wire::Writer out(key);
  out.u64(secret.high);
  out.u64(secret.low);
  out.bytes(wire::bytes_of(kPurpose));
  const auto digest = hmac_sha256(key, client_duid);
  ReconfigureKey result{};
  std::ranges::copy_n(digest.begin(), result.size(), result.begin());
  return result;
}

void put_reconfigure_key(wire::Writer& out, const ReconfigureKey& key, uint64_t replay) {
  put_authentication(out, Kind::kKey, key, replay);
}

size_t build_reconfigure(const ReconfigureOrder& order, const ReconfigureKey& key, MutableBytes out) {
  wire::Writer writer(out);
  writer.message_header(wire::MessageType::kReconfigure, 0);
  writer.option(OptionCode::kServerId, order.server_duid);
  writer.option(OptionCode::kClientId, order.client_duid);
  const auto answer_with = static_cast<std::byte>(order.answer_with);
  writer.option(OptionCode::kReconfigureMessage, Bytes(&answer_with, 1));
  // Last, so that the digest is at the end: it is computed over a message that has zeros there (§20.4.2).
  constexpr std::array<std::byte, 16> kZeros{};
  put_authentication(writer, Kind::kDigest, kZeros, order.replay);
  if (writer.overflow()) return 0;
  const auto digest = hmac_md5(key, writer.written());
  std::ranges::copy(digest, out.begin() + static_cast<std::ptrdiff_t>(writer.size() - digest.size()));
  return writer.size();
}

}  // namespace tandem6::lease
