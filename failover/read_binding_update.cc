// BNDUPD and BNDREPLY, read (RFC 8156 §7.4 to §7.7).
#include <algorithm>

#include "failover/binding_update.h"
#include "failover/client_options.h"
#include "failover/option_fields.h"

namespace tandem6::failover {
namespace {

using lease::BindingStatus;
using lease::LeaseType;
using wire::FailoverMessageView;
using wire::MessageType;
using wire::OptionCode;
using wire::OptionView;
using wire::OptionWalker;
using wire::StatusCode;

/// OPTION_F_BINDING_STATUS (§5.5.1): 0 is reserved.
std::optional<BindingStatus> parse_binding_status(Bytes data) {
  const auto octet = wire::parse_octet(data);
  if (!octet) return std::nullopt;
  const BindingStatus status{*octet};
  if (status < BindingStatus::kActive || status > BindingStatus::kReset) return std::nullopt;
  return status;
}

/// OPTION_CLT_TIME (RFC 5007 §4.1.2.3): an age. Times are compared modulo 2^32 (§3): half of that ago is the future.
std::optional<Seconds> parse_age(Bytes data) {
  const auto age = parse_u32(data);
  if (!age || *age >= 1U << 31) return std::nullopt;
  return Seconds{*age};
}

std::optional<StatusCode> parse_verdict(Bytes data) {
  const auto status = wire::StatusView::parse(data);
  if (!status) return std::nullopt;
  return status->code;
}

/// The options of one lease that partners have between them, as far as they are there.
struct LeaseOptions {
  std::optional<BindingStatus> status;
  std::optional<AbsoluteTime> start_of_state;
  std::optional<AbsoluteTime> state_expiration;
  std::optional<Seconds> client_age;
  std::optional<AbsoluteTime> partner_lifetime;
  std::optional<AbsoluteTime> partner_lifetime_sent;
  std::optional<AbsoluteTime> partner_raw_contact;
  std::optional<AbsoluteTime> expiration;
  std::optional<StatusCode> verdict;

  bool take(const OptionView& option);
};

/// False when it is malformed. Options that are not of these are passed over.
bool LeaseOptions::take(const OptionView& option) {
  const Bytes data = option.data;
  switch (static_cast<OptionCode>(option.code)) {
    case OptionCode::kBindingStatus:
      return take_first(status, parse_binding_status(data));
    case OptionCode::kStartTimeOfState:
      return take_first(start_of_state, parse_time(data));
    case OptionCode::kStateExpirationTime:
      return take_first(state_expiration, parse_time(data));
    case OptionCode::kClientTime:
      return take_first(client_age, parse_age(data));
    case OptionCode::kPartnerLifetime:
      return take_first(partner_lifetime, parse_time(data));
    case OptionCode::kPartnerLifetimeSent:
      return take_first(partner_lifetime_sent, parse_time(data));
    case OptionCode::kPartnerRawCltTime:
      return take_first(partner_raw_contact, parse_time(data));
    case OptionCode::kExpirationTime:
      return take_first(expiration, parse_time(data));
    case OptionCode::kStatusCode:
      return take_first(verdict, parse_verdict(data));
    default:
      return true;
  }
}

/// An IAADDR or IAPREFIX: which lease, its lifetimes, and its options.
struct LeaseOption {
  LeaseUpdate lease;
  Bytes options;
};

std::optional<LeaseOption> parse_address(Bytes data) {
  const auto view = wire::IaAddressView::parse(data);
  if (!view) return std::nullopt;
  LeaseOption read;
  read.lease.key = {LeaseType::kAddress, 128, view->address};
  read.lease.preferred = view->preferred;
  read.lease.valid = view->valid;
  read.options = view->options;
  return read;
}

/// Bits beyond its length make it no prefix's name.
std::optional<LeaseOption> parse_prefix(Bytes data) {
  const auto view = wire::IaPrefixView::parse(data);
  if (!view) return std::nullopt;
  if (view->length < 128 && (view->prefix.number() << view->length) != 0) return std::nullopt;
  LeaseOption read;
  read.lease.key = {LeaseType::kPrefix, view->length, view->prefix};
  read.lease.preferred = view->preferred;
  read.lease.valid = view->valid;
  read.options = view->options;
  return read;
}

/// An IA_NA or IA_PD, whichever `option` is, as the leases in it. Nothing when it is another option or malformed.
struct Ia {
  wire::IaView view;
  OptionCode lease_code;

  static bool is_one(const OptionView& option) { return option.is(OptionCode::kIaNa) || option.is(OptionCode::kIaPd); }
  static std::optional<Ia> parse(const OptionView& option) {
    const auto view = wire::IaView::parse(option.data);
    if (!is_one(option) || !view) return std::nullopt;
    return Ia{*view, option.is(OptionCode::kIaNa) ? OptionCode::kIaAddress : OptionCode::kIaPrefix};
  }

  std::optional<LeaseOption> parse_lease(Bytes data) const {
    auto read = lease_code == OptionCode::kIaAddress ? parse_address(data) : parse_prefix(data);
    if (!read) return std::nullopt;
    read->lease.iaid = view.iaid;
    read->lease.t1 = view.t1;
    read->lease.t2 = view.t2;
    return read;
  }
};

/// The OPTION_CLIENT_DATA or OPTION_IAPREFIX that a message must have one of (§7.5.3).
struct Content {
  std::optional<OptionView> option;  ///< the first
  bool is_alone = true;

  static Content of(const FailoverMessageView& message) {
    Content content;
    OptionWalker walker(message.options);
    while (const auto option = walker.next()) {
      if (!option->is(OptionCode::kClientData) && !option->is(OptionCode::kIaPrefix)) continue;
      content.is_alone = !content.option;
      if (!content.option) content.option = option;
    }
    return content;
  }
};

/// The client that an OPTION_CLIENT_DATA is of; an empty DUID when it does not say, or says what is none.
Duid client_in(Bytes client_data) {
  const auto option = wire::find_option(client_data, OptionCode::kClientId);
  return option ? Duid::from_bytes(option->data).value_or(Duid()) : Duid();
}

std::vector<std::byte> copy_of(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

/// Reads a BNDUPD: everything that can be read, and whether it was all in order.
class UpdateReader {
 public:
  ReadUpdate read(const FailoverMessageView& message);

 private:
  void take_client_data(Bytes data);
  void take_ia(const OptionView& option);
  void take_lease_of_client(const LeaseOption& read);
  void take_prefix_lease(Bytes data);
  void take_surroundings(Bytes options);
  void add(LeaseUpdate lease, const LeaseOptions& options);
  void expect(bool holds) { is_complete_ = is_complete_ && holds; }

  BindingUpdate update_;
  ClientOptions client_;
  bool is_complete_ = true;
  bool has_vss_ = false;
};

ReadUpdate UpdateReader::read(const FailoverMessageView& message) {
  const Content content = Content::of(message);
  expect(message.type == MessageType::kBndUpd && content.option && content.is_alone);
  if (content.option && content.option->is(OptionCode::kClientData)) take_client_data(content.option->data);
  if (content.option && content.option->is(OptionCode::kIaPrefix)) take_prefix_lease(content.option->data);
  ReadUpdate read{.update = std::move(update_), .fault = StatusCode::kSuccess};
  if (!is_complete_) read.fault = StatusCode::kMissingBindingInformation;
  if (has_vss_) read.fault = StatusCode::kConfigurationConflict;
  return read;
}

/// OPTION_LQ_BASE_TIME, which must be there, and OPTION_VSS. Before anything else: ages are relative to the base time.
void UpdateReader::take_surroundings(Bytes options) {
  const auto base = wire::find_option(options, OptionCode::kLqBaseTime);
  const auto time = base ? parse_time(base->data) : std::nullopt;
  update_.base_time = time.value_or(AbsoluteTime{});
  expect(time.has_value());
  if (const auto vss = wire::find_option(options, OptionCode::kVss)) {
    has_vss_ = true;
    update_.vss = copy_of(vss->data);
  }
}

void UpdateReader::take_client_data(Bytes data) {
  take_surroundings(data);
  update_.client = client_in(data);
  expect(!update_.client->empty());
  OptionWalker walker(data);
  while (const auto option = walker.next()) {
    if (Ia::is_one(*option)) {
      take_ia(*option);
    } else {
      expect(client_.take_from_client(*option));
    }
  }
  // "At least one of an OPTION_IA_NA, OPTION_IA_TA, or OPTION_IA_PD must appear."
  expect(!walker.malformed() && !update_.leases.empty());
  update_.client_data = client_.client_data();
}

void UpdateReader::take_ia(const OptionView& option) {
  const auto ia = Ia::parse(option);
  expect(ia.has_value());
  if (!ia) return;
  bool has_lease = false;
  OptionWalker walker(ia->view.options);
  while (const auto inner = walker.next()) {
    if (!inner->is(ia->lease_code)) continue;
    const auto lease = ia->parse_lease(inner->data);
    expect(lease.has_value());
    if (lease) take_lease_of_client(*lease);
    has_lease = true;
  }
  // "OPTION_IAADDR for an IPv6 address or an OPTION_IAPREFIX for an IPv6 prefix MUST appear."
  expect(has_lease);
}

void UpdateReader::take_lease_of_client(const LeaseOption& read) {
  LeaseOptions options;
  OptionWalker walker(read.options);
  while (const auto option = walker.next()) expect(options.take(*option) && client_.take_from_lease(*option));
  // A lifetime without an end has no timeout; whether another status has one is the partner's business (§7.2).
  const bool is_timed = options.status == BindingStatus::kActive && !read.lease.valid.infinite();
  expect(!is_timed || (options.state_expiration && options.partner_lifetime));
  add(read.lease, options);
}

void UpdateReader::take_prefix_lease(Bytes data) {
  const auto read = parse_prefix(data);
  expect(read.has_value());
  if (!read) return;
  take_surroundings(read->options);
  LeaseOptions options;
  OptionWalker walker(read->options);
  while (const auto option = walker.next()) expect(options.take(*option));
  // §7.2: with ACTIVE "client identification data MUST appear".
  expect(options.status != BindingStatus::kActive);
  add(read->lease, options);
}

void UpdateReader::add(LeaseUpdate lease, const LeaseOptions& options) {
  expect(options.status && options.start_of_state);
  lease.status = options.status.value_or(lease.status);
  lease.start_of_state = options.start_of_state.value_or(AbsoluteTime{});
  lease.state_expiration = options.state_expiration;
  lease.partner_lifetime = options.partner_lifetime;
  lease.partner_raw_contact = options.partner_raw_contact;
  lease.expiration = options.expiration;
  if (options.client_age) {
    lease.client_contact = AbsoluteTime{update_.base_time.since_2000 - options.client_age->count};
  }
  update_.leases.push_back(lease);
}

/// The error in a Status Code among `options`. §7.7: "a success code has no bearing". False when it is malformed.
bool take_error(Bytes options, StatusCode& verdict) {
  const auto option = wire::find_option(options, OptionCode::kStatusCode);
  if (!option) return true;
  const auto status = parse_verdict(option->data);
  if (status && *status != StatusCode::kSuccess) verdict = *status;
  return status.has_value();
}

/// Reads a BNDREPLY. Each function returns false when the message is malformed.
class ReplyReader {
 public:
  bool read(const FailoverMessageView& message);
  BindingUpdate take() { return std::move(update_); }

 private:
  bool take_client_data(Bytes data);
  bool take_ia(const OptionView& option);
  bool take_prefix_lease(Bytes data);
  bool add(const LeaseOption& read, StatusCode verdict);
  bool is_rejected() const { return update_.verdict != StatusCode::kSuccess; }

  BindingUpdate update_;
};

bool ReplyReader::read(const FailoverMessageView& message) {
  const Content content = Content::of(message);
  if (message.type != MessageType::kBndReply || !content.option || !content.is_alone) return false;
  // No place that §7.6 has for one. But an error must not be taken for an ack.
  if (!take_error(message.options, update_.verdict)) return false;
  if (content.option->is(OptionCode::kIaPrefix)) return take_prefix_lease(content.option->data);
  return take_client_data(content.option->data);
}

// What is rejected as a whole may have been so for not naming anything.
bool ReplyReader::take_client_data(Bytes data) {
  if (!take_error(data, update_.verdict)) return false;
  update_.client = client_in(data);
  OptionWalker walker(data);
  while (const auto option = walker.next()) {
    if (Ia::is_one(*option) && !take_ia(*option)) return false;
    if (option->is(OptionCode::kVss)) update_.vss = copy_of(option->data);
  }
  if (walker.malformed()) return false;
  return is_rejected() || (!update_.client->empty() && !update_.leases.empty());
}

bool ReplyReader::take_ia(const OptionView& option) {
  const auto ia = Ia::parse(option);
  StatusCode verdict = StatusCode::kSuccess;
  if (!ia || !take_error(ia->view.options, verdict)) return false;
  OptionWalker walker(ia->view.options);
  while (const auto inner = walker.next()) {
    if (!inner->is(ia->lease_code)) continue;
    const auto lease = ia->parse_lease(inner->data);
    if (!lease || !add(*lease, verdict)) return false;
  }
  return true;
}

bool ReplyReader::take_prefix_lease(Bytes data) {
  const auto read = parse_prefix(data);
  if (!read || !take_error(read->options, update_.verdict)) return false;
  if (const auto vss = wire::find_option(read->options, OptionCode::kVss)) update_.vss = copy_of(vss->data);
  return add(*read, update_.verdict);
}

/// `verdict` is on what the lease is in. Only a rejected lease may lack its status: §7.7 has nothing to do for it.
bool ReplyReader::add(const LeaseOption& read, StatusCode verdict) {
  LeaseOptions options;
  OptionWalker walker(read.options);
  while (const auto option = walker.next()) {
    if (!options.take(*option)) return false;
  }
  LeaseUpdate lease = read.lease;
  const StatusCode own = options.verdict.value_or(StatusCode::kSuccess);
  lease.verdict = own != StatusCode::kSuccess ? own : verdict;
  const bool is_accepted = lease.verdict == StatusCode::kSuccess && !is_rejected();
  if (is_accepted && !options.status) return false;
  lease.status = options.status.value_or(lease.status);
  lease.state_expiration = options.state_expiration;
  lease.partner_lifetime = options.partner_lifetime_sent;
  update_.leases.push_back(lease);
  return true;
}

}  // namespace

ReadUpdate read_binding_update(const FailoverMessageView& message) { return UpdateReader().read(message); }

std::optional<BindingUpdate> read_binding_reply(const FailoverMessageView& message) {
  ReplyReader reader;
  if (!reader.read(message)) return std::nullopt;
  return reader.take();
}

}  // namespace tandem6::failover
