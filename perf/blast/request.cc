#include "perf/blast/request.h"

#include <algorithm>

namespace tandem6::blast {
namespace {

using wire::OptionCode;

// RFC 8415 §18.2: which messages name their server, and which say what the client has.
bool names_server(Question question) {
  return question == Question::kRequest || question == Question::kRenew || question == Question::kRelease;
}
bool asks_for_leases(Question question) { return question != Question::kInformationRequest; }
bool names_leases(Question question) { return names_server(question) || question == Question::kRebind; }

void write_ias(const Population& population, uint32_t number, const Client& client, wire::Writer& out) {
  const Profile& profile = population.profile();
  const bool with_leases = names_leases(client.question);
  if (profile.addresses) {
    const auto ia = wire::begin_ia(out, OptionCode::kIaNa, population.iaid(number, false), Seconds{0}, Seconds{0});
    if (with_leases && client.has_address) wire::put_ia_address(out, client.address, Seconds{0}, Seconds{0});
    out.end(ia);
  }
  if (profile.prefixes) {
    const auto ia = wire::begin_ia(out, OptionCode::kIaPd, population.iaid(number, true), Seconds{0}, Seconds{0});
    if (with_leases && client.has_prefix) {
      wire::put_ia_prefix(out, {client.prefix, client.prefix_length}, Seconds{0}, Seconds{0});
    }
    out.end(ia);
  }
}

// SOL_MAX_RT and INF_MAX_RT must be requested (§18.2.1, §18.2.6), which does not oblige a server to send them.
void write_option_request(const Profile& profile, Question question, wire::Writer& out) {
  if (question == Question::kRelease) return;
  const auto list = out.begin(OptionCode::kOptionRequest);
  for (const uint16_t code : profile.requested_options) out.u16(code);
  const bool information = question == Question::kInformationRequest;
  if (information) out.u16(static_cast<uint16_t>(OptionCode::kInformationRefreshTime));
  out.u16(static_cast<uint16_t>(information ? OptionCode::kInfMaxRt : OptionCode::kSolMaxRt));
  out.end(list);
}

// §21.9: zero in the first message of an exchange, hundredths of a second since that in those that repeat it.
void write_elapsed_time(const Client& client, Nanoseconds now, wire::Writer& out) {
  const auto elapsed = client.tries > 1 ? (now - client.asked) / std::chrono::milliseconds(10) : 0;
  const auto option = out.begin(OptionCode::kElapsedTime);
  out.u16(static_cast<uint16_t>(std::clamp<int64_t>(elapsed, 0, 0xffff)));
  out.end(option);
}

void write_message(const Population& population, const ServerTable& servers, uint32_t number, const Client& client,
                   Nanoseconds now, wire::Writer& out) {
  out.message_header(message_of(client.question), population.transaction_id(number, client.sequence));
  out.option(OptionCode::kClientId, population.duid(number));
  if (names_server(client.question)) out.option(OptionCode::kServerId, servers[client.server].bytes());
  if (asks_for_leases(client.question)) write_ias(population, number, client, out);
  if (client.question == Question::kRapidSolicit) out.option(OptionCode::kRapidCommit, {});
  write_option_request(population.profile(), client.question, out);
  write_elapsed_time(client, now, out);
}

}  // namespace

void write_request(const Population& population, const ServerTable& servers, uint32_t number, const Client& client,
                   Nanoseconds now, wire::Writer& out) {
  if (!population.relayed()) return write_message(population, servers, number, client, now, out);
  out.u8(static_cast<uint8_t>(wire::MessageType::kRelayForward));
  out.u8(0);
  out.address(population.link_address(number));
  out.address(population.link_local(number));
  if (population.profile().interface_id) out.option(OptionCode::kInterfaceId, population.interface_id(number));
  if (population.profile().remote_id) out.option(OptionCode::kRemoteId, population.remote_id(number));
  const auto relayed = out.begin(OptionCode::kRelayMessage);
  write_message(population, servers, number, client, now, out);
  out.end(relayed);
}

}  // namespace tandem6::blast
