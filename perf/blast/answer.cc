#include "perf/blast/answer.h"

#include <algorithm>

namespace tandem6::blast {
namespace {

using wire::OptionCode;
using wire::StatusCode;

// §19.3: a Relay-reply has hop-count, link-address, peer-address and Interface-Id of its Relay-forward.
bool matches(const Population& population, uint32_t client, const wire::RelayView& relay) {
  if (relay.hop_count != 0 || relay.link_address != population.link_address(client)) return false;
  if (relay.peer_address != population.link_local(client)) return false;
  if (!population.profile().interface_id) return !relay.interface_id;
  return relay.interface_id && wire::same_bytes(*relay.interface_id, population.interface_id(client));
}

StatusCode status_in(Bytes options, FaultSet& faults) {
  const auto option = wire::find_option(options, OptionCode::kStatusCode);
  if (!option) return StatusCode::kSuccess;
  const auto status = wire::StatusView::parse(option->data);
  if (!status) faults.add(Fault::kMalformed);
  return status ? status->code : StatusCode::kUnspecFail;
}

Fault refusal(StatusCode status) {
  switch (status) {
    case StatusCode::kNoAddrsAvail:
      return Fault::kNoAddrsAvail;
    case StatusCode::kNoPrefixAvail:
      return Fault::kNoPrefixAvail;
    case StatusCode::kNoBinding:
      return Fault::kNoBinding;
    default:
      return Fault::kIaRefused;
  }
}

// Does the answer to this question give leases? RELEASE has only statuses, INFORMATION-REQUEST no IA at all.
bool gives_leases(Question question) {
  return question != Question::kRelease && question != Question::kInformationRequest;
}
bool extends_leases(Question question) { return question == Question::kRenew || question == Question::kRebind; }

class Checker {
 public:
  Checker(const Population& population, uint32_t number, const Client& client, Given& given)
      : population_(population), number_(number), client_(client), given_(given) {}

  FaultSet check(Bytes options) {
    given_ = Given{};
    given_.valid = Seconds::kInfinite;
    wire::OptionWalker walker(options);
    while (const auto option = walker.next()) look_at(*option);
    if (status_in(options, faults_) != StatusCode::kSuccess) faults_.add(Fault::kStatusFailed);
    if (given_.server.empty()) faults_.add(Fault::kNoServerId);
    check_what_is_missing(options);
    return faults_;
  }

 private:
  void look_at(const wire::OptionView& option) {
    if (option.is(OptionCode::kServerId)) given_.server = option.data;
    if (option.is(OptionCode::kIaNa)) look_at_ia(option.data, false);
    if (option.is(OptionCode::kIaPd)) look_at_ia(option.data, true);
  }

  void look_at_ia(Bytes data, bool prefix) {
    const Profile& profile = population_.profile();
    const auto ia = wire::IaView::parse(data);
    if (!ia) return faults_.add(Fault::kMalformed);
    const bool asked =
        client_.question != Question::kInformationRequest && (prefix ? profile.prefixes : profile.addresses);
    if (!asked || ia->iaid != population_.iaid(number_, prefix)) return faults_.add(Fault::kIaUnexpected);
    (prefix ? saw_prefix_ia_ : saw_address_ia_) = true;
    const StatusCode status = status_in(ia->options, faults_);
    if (status != StatusCode::kSuccess) return faults_.add(refusal(status));
    if (!gives_leases(client_.question)) return;
    if (ia->t2.count != 0 && ia->t1 > ia->t2) faults_.add(Fault::kBadLifetimes);
    prefix ? look_at_prefixes(ia->options) : look_at_addresses(ia->options);
  }

  void look_at_addresses(Bytes options) {
    wire::OptionWalker walker(options);
    while (const auto option = walker.next()) {
      if (!option->is(OptionCode::kIaAddress)) continue;
      const auto lease = wire::IaAddressView::parse(option->data);
      if (!lease) return faults_.add(Fault::kMalformed);
      if (!take_lifetimes(lease->preferred, lease->valid)) continue;
      const bool own = client_.bound && client_.has_address && lease->address == client_.address;
      if (given_.has_address && !own) continue;  // of several, the one that it has, or else the first
      given_.address = lease->address;
      given_.has_address = true;
    }
    if (walker.malformed()) faults_.add(Fault::kMalformed);
    if (!given_.has_address) return faults_.add(Fault::kLeaseMissing);
    const bool same = client_.has_address && given_.address == client_.address;
    if (extends_leases(client_.question) && !same) faults_.add(Fault::kLeaseChanged);
  }

  void look_at_prefixes(Bytes options) {
    wire::OptionWalker walker(options);
    while (const auto option = walker.next()) {
      if (!option->is(OptionCode::kIaPrefix)) continue;
      const auto lease = wire::IaPrefixView::parse(option->data);
      if (!lease) return faults_.add(Fault::kMalformed);
      if (!take_lifetimes(lease->preferred, lease->valid)) continue;
      const bool own = client_.bound && client_.has_prefix && lease->prefix == client_.prefix;
      if (given_.has_prefix && !own) continue;
      given_.prefix = lease->prefix;
      given_.prefix_length = lease->length;
      given_.has_prefix = true;
    }
    if (walker.malformed()) faults_.add(Fault::kMalformed);
    if (!given_.has_prefix) return faults_.add(Fault::kLeaseMissing);
    const bool same =
        client_.has_prefix && given_.prefix == client_.prefix && given_.prefix_length == client_.prefix_length;
    if (extends_leases(client_.question) && !same) faults_.add(Fault::kLeaseChanged);
  }

  // Is it given? A valid lifetime of zero takes away (§18.2.10.1): fine beside another lease, a fault alone.
  bool take_lifetimes(Seconds preferred, Seconds valid) {
    if (preferred > valid) faults_.add(Fault::kBadLifetimes);
    if (valid.count == 0) return false;
    given_.valid = std::min(given_.valid, valid.count);
    return true;
  }

  void check_what_is_missing(Bytes options) {
    const Profile& profile = population_.profile();
    // §18.3.7: the REPLY to a RELEASE need not name an IA that was released well.
    if (gives_leases(client_.question)) {
      if (profile.addresses && !saw_address_ia_) faults_.add(Fault::kIaMissing);
      if (profile.prefixes && !saw_prefix_ia_) faults_.add(Fault::kIaMissing);
    }
    if (client_.question == Question::kRelease) return;
    // §18.3.1: a REPLY to a SOLICIT has the Rapid Commit option.
    const bool rapid = client_.question == Question::kRapidSolicit;
    if (rapid && !wire::find_option(options, OptionCode::kRapidCommit)) faults_.add(Fault::kOptionMissing);
    for (const uint16_t code : profile.requested_options) {
      if (!wire::find_option(options, static_cast<OptionCode>(code))) faults_.add(Fault::kOptionMissing);
    }
  }

  const Population& population_;
  uint32_t number_;
  const Client& client_;
  Given& given_;
  FaultSet faults_;
  bool saw_address_ia_ = false;
  bool saw_prefix_ia_ = false;
};

}  // namespace

std::optional<Fault> read_arrival(const Population& population, Bytes datagram, Arrival& out) {
  std::optional<wire::RelayView> relay;
  if (population.relayed()) {
    relay = wire::RelayView::parse(datagram);
    if (!relay) return Fault::kMalformed;
    if (relay->type != wire::MessageType::kRelayReply) return Fault::kWrongType;
    datagram = relay->relayed;
  }
  const auto message = wire::MessageView::parse(datagram);
  if (!message) return Fault::kMalformed;
  const auto client_id = wire::find_option(message->options, OptionCode::kClientId);
  const auto client = client_id ? population.client_with(client_id->data) : std::nullopt;
  if (!client) return Fault::kNoClientId;
  out.message = *message;
  out.client = *client;
  out.relay_mismatch = relay && !matches(population, *client, *relay);
  return std::nullopt;
}

FaultSet check_answer(const Population& population, const Arrival& arrival, const Client& client, Given& given) {
  FaultSet faults = Checker(population, arrival.client, client, given).check(arrival.message.options);
  if (arrival.relay_mismatch) faults.add(Fault::kRelayMismatch);
  return faults;
}

}  // namespace tandem6::blast
