#include "dataplane/lease/client_message.h"

namespace tandem6::lease {
namespace {

Ipv6Address without_host_bits(const Ipv6Address& address, uint8_t length) {
  if (length == 0) return {};
  return Ipv6Address::from_number(address.number() & (~U128{0} << (128 - length)));
}

}  // namespace

ListedLease listed_lease(LeaseType type, const wire::OptionView& option) {
  if (type == LeaseType::kAddress) {
    if (!option.is(wire::OptionCode::kIaAddress)) return {};
    const auto view = wire::IaAddressView::parse(option.data);
    if (!view) return {.malformed = true, .key = {}, .wish = {}};
    return {.malformed = false, .key = LeaseKey{type, 128, view->address}, .wish = {view->preferred, view->valid}};
  }
  if (!option.is(wire::OptionCode::kIaPrefix)) return {};
  const auto view = wire::IaPrefixView::parse(option.data);
  if (!view) return {.malformed = true, .key = {}, .wish = {}};
  return {.malformed = false,
          .key = LeaseKey{type, view->length, without_host_bits(view->prefix, view->length)},
          .wish = {view->preferred, view->valid}};
}

bool ClientMessage::add_ia(LeaseType type, Bytes data) {
  const auto ia = wire::IaView::parse(data);
  if (!ia) return false;
  if (!each_listed(type, ia->options, [](const LeaseKey&) {})) return false;
  if (lists(type, ia->iaid)) return true;
  if (ias.full()) {
    ++excess_ias;
  } else {
    ias.push({type, ia->iaid, ia->options});
  }
  return true;
}

bool ClientMessage::scan(Bytes options) {
  wire::OptionWalker walker(options);
  while (const auto option = walker.next()) {
    switch (static_cast<wire::OptionCode>(option->code)) {
      case wire::OptionCode::kServerId:
        if (!server_id) server_id = option->data;
        break;
      case wire::OptionCode::kOptionRequest:
        if (requested) break;
        requested = wire::OptionRequestView::parse(option->data);
        if (!requested) return false;
        break;
      case wire::OptionCode::kClientFqdn:
        if (!fqdn) fqdn = wire::ClientFqdnView::parse(option->data);
        break;
      case wire::OptionCode::kRapidCommit:
        rapid_commit = true;
        break;
      case wire::OptionCode::kReconfigureAccept:
        reconfigure_accept = true;
        break;
      case wire::OptionCode::kIaNa:
        if (!add_ia(LeaseType::kAddress, option->data)) return false;
        break;
      case wire::OptionCode::kIaPd:
        if (!add_ia(LeaseType::kPrefix, option->data)) return false;
        break;
      case wire::OptionCode::kIaTa:
        if (temporary_ias < kMaxIasPerMessage && wire::IaTaView::parse(option->data)) ++temporary_ias;
        break;
      default:
        break;
    }
  }
  return !walker.malformed();
}

}  // namespace tandem6::lease
