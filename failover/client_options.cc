#include "failover/client_options.h"

#include <string>

#include "failover/option_fields.h"

namespace tandem6::failover {
namespace {

using lease::ClientTag;
using wire::OptionCode;

void put_kept(wire::Writer& out, OptionCode code, const std::optional<Bytes>& data) {
  if (data) out.option(code, *data);
}

/// OPTION_F_RECONFIGURE_DATA (§5.5.13): a time, and a key that is nobody's business here.
std::optional<Bytes> parse_reconfigure_data(Bytes data) {
  constexpr size_t kTime = 4;
  if (data.size() < kTime) return std::nullopt;
  return data;
}

/// OPTION_F_DNS_REMOVAL_INFO (§5.5.3): options that only who removes names needs to understand.
std::optional<Bytes> parse_dns_removal_info(Bytes data) {
  if (!wire::well_formed(data)) return std::nullopt;
  return data;
}

}  // namespace

void put_client_options(wire::Writer& out, const lease::ClientDataView& client) {
  put_kept(out, OptionCode::kReconfigureData, client.find(ClientTag::kReconfigureData));
  lease::put_relay_data(out, client);
}

void put_lease_options(wire::Writer& out, const lease::ClientDataView& client) {
  const auto kept = client.hostname();
  const auto name = kept ? wire::DomainName::parse_escaped(kept->name) : std::nullopt;
  if (name) {
    wire::put_client_fqdn(out, {.server_updates = kept->forward,
                                .overridden = false,
                                .no_updates = !kept->forward && !kept->reverse,
                                .name = *name});
  }
  put_kept(out, OptionCode::kDnsRemovalInfo, client.find(ClientTag::kDnsRemovalInfo));
}

bool ClientOptions::take_from_client(const wire::OptionView& option) {
  switch (static_cast<OptionCode>(option.code)) {
    case OptionCode::kReconfigureData:
      return take_first(reconfigure_data_, parse_reconfigure_data(option.data));
    case OptionCode::kLqRelayData:
      return take_first(relay_data_, lease::RelayDataView::parse(option.data));
    default:
      return true;
  }
}

bool ClientOptions::take_from_lease(const wire::OptionView& option) {
  switch (static_cast<OptionCode>(option.code)) {
    case OptionCode::kClientFqdn:
      return take_first(fqdn_, wire::ClientFqdnView::parse(option.data));
    case OptionCode::kDnsRemovalInfo:
      return take_first(dns_removal_info_, parse_dns_removal_info(option.data));
    default:
      return true;
  }
}

std::vector<std::byte> ClientOptions::client_data() const {
  lease::ClientDataBuilder data;
  if (relay_data_) data.relays(relay_data_->all(), relay_data_->source);
  if (reconfigure_data_) data.reconfigure_data(*reconfigure_data_);
  // The root, or no name at all, names nobody.
  if (fqdn_ && fqdn_->name.bytes().size() > 1) {
    const std::string name = fqdn_->name.to_string();
    const bool updates = !fqdn_->no_updates;
    data.hostname({.forward = updates && fqdn_->server_updates, .reverse = updates, .name = name});
  }
  if (dns_removal_info_) data.dns_removal_info(*dns_removal_info_);
  const Bytes bytes = data.bytes();
  return {bytes.begin(), bytes.end()};
}

}  // namespace tandem6::failover
