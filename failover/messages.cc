#include "failover/messages.h"

#include <algorithm>

#include "dataplane/wire/utf8.h"
#include "failover/option_fields.h"

namespace tandem6::failover {
namespace {

using wire::FailoverMessageView;
using wire::MessageType;
using wire::OptionCode;
using wire::StatusCode;

/// OPTION_F_CONNECT_FLAGS (§5.5.2).
constexpr uint16_t kFixedPdLength = 1U << 0;
/// OPTION_F_SERVER_FLAGS (§5.5.15).
constexpr uint8_t kCommunicatedFlag = 1U << 0, kStartupFlag = 1U << 1, kAckStartupFlag = 1U << 2;

void put_version(wire::Writer& out, const ProtocolVersion& version) {
  const auto open = out.begin(OptionCode::kProtocolVersion);
  out.u16(version.major);
  out.u16(version.minor);
  out.end(open);
}

std::optional<ProtocolVersion> parse_version(Bytes data) {
  const auto both = parse_u32(data);
  if (!both) return std::nullopt;
  return ProtocolVersion{.major = static_cast<uint16_t>(*both >> 16), .minor = static_cast<uint16_t>(*both)};
}

/// An interval that is not 0.
std::optional<Seconds> parse_interval(Bytes data) {
  const auto value = parse_u32(data);
  if (!value || *value == 0) return std::nullopt;
  return Seconds{*value};
}

/// OPTION_F_MCLT. Times are compared modulo 2^32 (§3): what lies half of that ahead could not be told from the past.
std::optional<Seconds> parse_mclt(Bytes data) {
  constexpr Seconds kTooLong{1U << 31};
  const auto mclt = parse_interval(data);
  return mclt && *mclt < kTooLong ? mclt : std::nullopt;
}

/// OPTION_F_RELATIONSHIP_NAME (§5.5.14).
std::optional<std::string> parse_name(Bytes data) {
  const std::string_view name = wire::text_of(data);
  if (name.size() > kMaxRelationshipName || wire::utf8_prefix(name) != name.size()) return std::nullopt;
  return std::string(name);
}

struct Status {
  StatusCode code;
  std::string text;
};
/// The text is for people to read: as much of it as is text, within bounds.
std::optional<Status> parse_status(Bytes data) {
  const auto view = wire::StatusView::parse(data);
  if (!view) return std::nullopt;
  const std::string_view text = view->message.substr(0, kMaxStatusText);
  return Status{view->code, std::string(text.substr(0, wire::utf8_prefix(text)))};
}

/// Options are singletons (RFC 8415 §21): of two, the first counts.
class Options {
 public:
  explicit Options(Bytes area) : area_(area) {}

  /// The option as `parse` reads it. Nothing when it is not there or malformed; malformed() remembers the latter.
  template <typename Parse>
  auto read(OptionCode code, Parse parse) -> decltype(parse(Bytes{})) {
    const auto option = wire::find_option(area_, code);
    if (!option) return std::nullopt;
    auto value = parse(option->data);
    malformed_ = malformed_ || !value;
    return value;
  }
  bool malformed() const { return malformed_; }

 private:
  Bytes area_;
  bool malformed_ = false;
};

/// What a CONNECT and a CONNECTREPLY that accepts must have (§6.1.1, §6.1.2). False when something of it is missing;
/// what is there is read anyway.
bool read_parameters(Options& options, Connect& connect) {
  const auto version = options.read(OptionCode::kProtocolVersion, parse_version);
  const auto mclt = options.read(OptionCode::kMclt, parse_mclt);
  const auto keepalive = options.read(OptionCode::kKeepaliveTime, parse_interval);
  // With 0 the partner could never send anything of its leases.
  const auto max_unacked = options.read(OptionCode::kMaxUnackedBndUpd, parse_interval);
  const auto flags = options.read(OptionCode::kConnectFlags, parse_u16);
  connect.version = version.value_or(ProtocolVersion{});
  connect.mclt = mclt.value_or(Seconds{});
  connect.keepalive = keepalive.value_or(Seconds{});
  connect.max_unacked = max_unacked.value_or(Seconds{}).count;
  connect.fixed_pd_length = !flags || (*flags & kFixedPdLength) != 0;
  return version && mclt && keepalive && max_unacked && flags;
}

std::optional<Connect> read_connect_request(Options options) {
  Connect connect;
  if (!read_parameters(options, connect)) return std::nullopt;
  connect.relationship = options.read(OptionCode::kRelationshipName, parse_name).value_or(std::string());
  if (options.malformed()) return std::nullopt;
  return connect;
}

// §6.1.2: what a Status Code with an error refuses has nothing else to say that counts.
std::optional<Connect> read_connect_reply(Options options) {
  Connect connect;
  const auto status = options.read(OptionCode::kStatusCode, parse_status);
  if (options.malformed()) return std::nullopt;
  if (status && status->code != StatusCode::kSuccess) {
    connect.status = status->code;
    connect.text = status->text;
    return connect;
  }
  if (!read_parameters(options, connect)) return std::nullopt;
  return connect;
}

uint8_t octet_of(const ServerFlags& flags) {
  return static_cast<uint8_t>((flags.communicated ? kCommunicatedFlag : 0) | (flags.startup ? kStartupFlag : 0) |
                              (flags.ack_startup ? kAckStartupFlag : 0));
}

std::optional<ServerFlags> parse_server_flags(Bytes data) {
  const auto octet = wire::parse_octet(data);
  if (!octet) return std::nullopt;
  return ServerFlags{.communicated = (*octet & kCommunicatedFlag) != 0,
                     .startup = (*octet & kStartupFlag) != 0,
                     .ack_startup = (*octet & kAckStartupFlag) != 0};
}

/// OPTION_F_SERVER_STATE (§5.5.16): "The STARTUP state is never sent".
std::optional<State> parse_state(Bytes data) {
  const auto octet = wire::parse_octet(data);
  if (!octet) return std::nullopt;
  const State state{*octet};
  if (state < State::kNormal || state > State::kConflictDone) return std::nullopt;
  return state;
}

}  // namespace

void put_connect(wire::Writer& out, MessageType type, uint32_t transaction_id, AbsoluteTime sent_time,
                 const Connect& connect) {
  wire::put_failover_header(out, type, transaction_id, sent_time);
  if (type == MessageType::kConnectReply && connect.status != StatusCode::kSuccess) {
    wire::put_status(out, connect.status, connect.text);
    return;
  }
  put_version(out, connect.version);
  put_u32(out, OptionCode::kMclt, connect.mclt.count);
  put_u32(out, OptionCode::kKeepaliveTime, connect.keepalive.count);
  put_u32(out, OptionCode::kMaxUnackedBndUpd, connect.max_unacked);
  if (type == MessageType::kConnect && !connect.relationship.empty()) {
    out.option(OptionCode::kRelationshipName, wire::bytes_of(connect.relationship));
  }
  put_u16(out, OptionCode::kConnectFlags, connect.fixed_pd_length ? kFixedPdLength : uint16_t{0});
}

void put_refusal(wire::Writer& out, uint32_t transaction_id, AbsoluteTime sent_time, StatusCode status,
                 std::string_view why) {
  Connect reply;
  reply.status = status;
  reply.text = why.substr(0, wire::utf8_prefix(why.substr(0, kMaxStatusText)));
  put_connect(out, MessageType::kConnectReply, transaction_id, sent_time, reply);
}

void put_state(wire::Writer& out, uint32_t transaction_id, AbsoluteTime sent_time, const StateMessage& state) {
  wire::put_failover_header(out, MessageType::kState, transaction_id, sent_time);
  put_u8(out, OptionCode::kServerState, static_cast<uint8_t>(state.state));
  put_u8(out, OptionCode::kServerFlags, octet_of(state.flags));
  put_time(out, OptionCode::kStartTimeOfState, state.since);
  // §6.3: "If this server isn't in PARTNER-DOWN state, do not include this option."
  if (state.state == State::kPartnerDown) put_time(out, OptionCode::kPartnerDownTime, state.partner_down_since);
}

void put_disconnect(wire::Writer& out, uint32_t transaction_id, AbsoluteTime sent_time, const Disconnect& disconnect) {
  wire::put_failover_header(out, MessageType::kDisconnect, transaction_id, sent_time);
  wire::put_status(out, disconnect.status, disconnect.text);
}

void put_bare(wire::Writer& out, MessageType type, uint32_t transaction_id, AbsoluteTime sent_time) {
  // RFC 7653 §6.2.2: no message of RFC 8156 but one of RFC 8415 §8, which has no sent-time.
  if (type == MessageType::kStartTls) {
    out.message_header(type, transaction_id);
  } else {
    wire::put_failover_header(out, type, transaction_id, sent_time);
  }
}

std::optional<Connect> read_connect(const FailoverMessageView& message) {
  switch (message.type) {
    case MessageType::kConnect:
      return read_connect_request(Options(message.options));
    case MessageType::kConnectReply:
      return read_connect_reply(Options(message.options));
    default:
      return std::nullopt;
  }
}

std::optional<StateMessage> read_state(const FailoverMessageView& message) {
  if (message.type != MessageType::kState) return std::nullopt;
  Options options(message.options);
  const auto state = options.read(OptionCode::kServerState, parse_state);
  const auto flags = options.read(OptionCode::kServerFlags, parse_server_flags);
  const auto since = options.read(OptionCode::kStartTimeOfState, parse_time);
  if (!state || !flags || !since) return std::nullopt;
  StateMessage read{.state = *state, .flags = *flags, .since = *since, .partner_down_since = std::nullopt};
  // §6.4: of no interest in another state.
  if (*state != State::kPartnerDown) return read;
  read.partner_down_since = options.read(OptionCode::kPartnerDownTime, parse_time);
  if (!read.partner_down_since) return std::nullopt;
  return read;
}

Disconnect read_disconnect(const FailoverMessageView& message) {
  const auto option = wire::find_option(message.options, OptionCode::kStatusCode);
  const auto status = option ? parse_status(option->data) : std::nullopt;
  if (!status) return {};
  return {.status = status->code, .text = status->text};
}

}  // namespace tandem6::failover
