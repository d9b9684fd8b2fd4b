#include "dataplane/lease/reconfigure.h"

#include <algorithm>
#include <optional>

#include "dataplane/lease/hmac.h"
#include "dataplane/wire/option.h"

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

FixedList<wire::RelayView, wire::ReceivedMessage::kMaxRelays> views_of(const KeptRelays& relays) {
  FixedList<wire::RelayView, wire::ReceivedMessage::kMaxRelays> views;
  for (const KeptRelay& relay : relays) {
    const auto data_of = [&](OptionCode code) -> std::optional<Bytes> {
      const auto option = wire::find_option(relay.options, code);
      return option ? std::optional(option->data) : std::nullopt;
    };
    views.push({.type = wire::MessageType::kRelayForward,
                .hop_count = relay.hop_count,
                .link_address = relay.link_address,
                .peer_address = relay.peer_address,
                .options = relay.options,
                .relayed = {},
                .interface_id = data_of(OptionCode::kInterfaceId),
                .source_port = data_of(OptionCode::kRelaySourcePort),
                .echo_request = data_of(OptionCode::kEchoRequest)});
  }
  return views;
}

}  // namespace

HashKey reconfigure_secret(std::string_view text) {
  const auto digest = hmac_sha256(wire::bytes_of("tandem6 reconfigure secret"), wire::bytes_of(text));
  return {.low = wire::load_be64(digest.data()), .high = wire::load_be64(digest.data() + sizeof(uint64_t))};
}

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
  const FixedList<wire::RelayView, wire::ReceivedMessage::kMaxRelays> views = views_of(order.relays);
  wire::RelayReplies relays(writer, {views.begin(), views.end()});
  const size_t message_at = writer.size();
  writer.message_header(wire::MessageType::kReconfigure, 0);
  writer.option(OptionCode::kServerId, order.server_duid);
  writer.option(OptionCode::kClientId, order.client_duid);
  const auto answer_with = static_cast<std::byte>(order.answer_with);
  writer.option(OptionCode::kReconfigureMessage, Bytes(&answer_with, 1));
  // Last, so that the digest is at the end: it is computed over a message that has zeros there (§20.4.2).
  constexpr std::array<std::byte, 16> kZeros{};
  put_authentication(writer, Kind::kDigest, kZeros, order.replay);
  if (writer.overflow()) return 0;
  const auto digest = hmac_md5(key, writer.written().subspan(message_at));
  std::ranges::copy(digest, out.begin() + static_cast<std::ptrdiff_t>(writer.size() - digest.size()));
  relays.close(writer);
  return writer.overflow() ? 0 : writer.size();
}

std::array<std::byte, kReconfigureDataSize> reconfigure_data(const ReconfigureKey& key) {
  std::array<std::byte, kReconfigureDataSize> data{};
  std::ranges::copy(key, data.begin() + sizeof(uint32_t));
  return data;
}

}  // namespace tandem6::lease
