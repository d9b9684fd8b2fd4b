#include "dataplane/lease/link_layer_address.h"

#include <algorithm>

#include "dataplane/wire/option.h"

namespace tandem6::lease {
namespace {

using wire::OptionCode;

constexpr uint16_t kEthernet = 1;

std::optional<LinkLayerAddress> make(uint16_t hardware_type, Bytes octets) {
  if (octets.empty() || octets.size() > LinkLayerAddress::kMaxSize) return std::nullopt;
  LinkLayerAddress address{.hardware_type = hardware_type, .size = static_cast<uint8_t>(octets.size()), .octets = {}};
  std::ranges::copy(octets, address.octets.begin());
  return address;
}

/// An option of the relay next to the client.
std::optional<Bytes> first_relay_option(const Request& request, OptionCode code) {
  const auto relays = request.received->relays();
  if (relays.empty()) return std::nullopt;
  const auto option = wire::find_option(relays.back().options, code);
  return option ? std::optional(option->data) : std::nullopt;
}

std::optional<LinkLayerAddress> from_option(const Request& request) {
  const auto data = first_relay_option(request, OptionCode::kClientLinkLayerAddress);
  const auto view = data ? wire::LinkLayerAddressView::parse(*data) : std::nullopt;
  return view ? make(view->hardware_type, view->address) : std::nullopt;
}

std::optional<LinkLayerAddress> from_duid(Bytes duid) {
  constexpr uint16_t kLinkLayerTime = 1;
  constexpr uint16_t kLinkLayer = 3;
  constexpr size_t kBeforeTime = 4;  // the DUID's type and the hardware type
  constexpr size_t kTime = 4;
  if (duid.size() <= kBeforeTime) return std::nullopt;
  const uint16_t type = wire::load_be16(duid.data());
  const uint16_t hardware_type = wire::load_be16(duid.data() + 2);
  if (type == kLinkLayer) return make(hardware_type, duid.subspan(kBeforeTime));
  if (type != kLinkLayerTime || duid.size() <= kBeforeTime + kTime) return std::nullopt;
  return make(hardware_type, duid.subspan(kBeforeTime + kTime));
}

std::optional<LinkLayerAddress> from_link_local(const Request& request) {
  const auto relays = request.received->relays();
  const Ipv6Address& client = relays.empty() ? request.source : relays.back().peer_address;
  const auto& from = client.octets;
  // An interface identifier that is made of a MAC address has ff:fe in the middle, and says "universal, individual".
  const bool eui64 =
      from[11] == std::byte{0xff} && from[12] == std::byte{0xfe} && (from[8] & std::byte{0x03}) == std::byte{0x02};
  if (!client.is_link_local() || !eui64) return std::nullopt;
  return make(kEthernet, std::array{from[8] ^ std::byte{0x02}, from[9], from[10], from[13], from[14], from[15]});
}

std::optional<LinkLayerAddress> from_remote_id(const Request& request) {
  const auto data = first_relay_option(request, OptionCode::kRemoteId);
  const auto view = data ? wire::parse_remote_id(*data) : std::nullopt;
  return view ? make(kEthernet, view->data) : std::nullopt;
}

/// An option inside CableLabs' Vendor-specific Information.
std::optional<LinkLayerAddress> from_docsis(Bytes options, uint16_t wanted) {
  constexpr uint32_t kCableLabs = 4491;
  wire::OptionWalker walker(options);
  while (const auto option = walker.next()) {
    if (!option->is(OptionCode::kVendorOptions)) continue;
    const auto vendor = wire::VendorView::parse(option->data);
    if (!vendor || vendor->enterprise != kCableLabs) continue;
    if (const auto found = wire::find_option(vendor->data, static_cast<OptionCode>(wanted)))
      return make(kEthernet, found->data);
  }
  return std::nullopt;
}

std::optional<LinkLayerAddress> from(MacSource source, const Request& request) {
  constexpr uint16_t kCableModemAddress = 1026;
  constexpr uint16_t kDeviceId = 36;
  const auto relays = request.received->relays();
  switch (source) {
    case MacSource::kClientLinkLayerOption:
      return from_option(request);
    case MacSource::kDuid:
      return from_duid(request.client_duid);
    case MacSource::kLinkLocal:
      return from_link_local(request);
    case MacSource::kRemoteId:
      return from_remote_id(request);
    case MacSource::kDocsisCmts:
      return relays.empty() ? std::nullopt : from_docsis(relays.back().options, kCableModemAddress);
    case MacSource::kDocsisModem:
      return from_docsis(request.received->message.options, kDeviceId);
  }
  return std::nullopt;
}

}  // namespace

MacSources all_mac_sources() {
  MacSources sources;
  for (size_t i = 0; i < kMacSourceCount; ++i) sources.push(static_cast<MacSource>(i));
  return sources;
}

std::optional<LinkLayerAddress> link_layer_address(const Request& request, const MacSources& sources) {
  for (const MacSource source : sources) {
    if (const auto address = from(source, request)) return address;
  }
  return std::nullopt;
}

}  // namespace tandem6::lease
