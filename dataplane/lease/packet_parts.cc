#include "dataplane/lease/packet_parts.h"

namespace tandem6::lease {
namespace {

std::optional<Bytes> data_of(Bytes area, uint16_t code) {
  const auto option = wire::find_option(area, static_cast<wire::OptionCode>(code));
  if (!option) return std::nullopt;
  return option->data;
}

}  // namespace

const wire::RelayView* PacketParts::relay(int8_t number) const {
  const auto relays = received_.relays();
  const auto count = static_cast<int>(relays.size());
  const int place = number < 0 ? count + number : number;
  return place < 0 || place >= count ? nullptr : &relays[static_cast<size_t>(place)];
}

std::optional<Bytes> PacketParts::option(const term::OptionPath& path) const {
  Bytes area;
  switch (path.area) {
    case term::OptionPath::Area::kMessage:
      area = received_.message.options;
      break;
    case term::OptionPath::Area::kRelay:
      if (const wire::RelayView* from = relay(path.relay)) area = from->options;
      break;
    case term::OptionPath::Area::kVendorOptions:
      if (const auto found = vendor(wire::OptionCode::kVendorOptions, path.enterprise)) area = found->data;
      break;
  }
  const auto data = data_of(area, path.code);
  if (!data || !path.inside) return data;
  if (data->size() < path.inside->skip) return std::nullopt;
  return data_of(data->subspan(path.inside->skip), path.inside->code);
}

std::optional<wire::VendorView> PacketParts::vendor(wire::OptionCode option, uint32_t enterprise) const {
  wire::OptionWalker walker(received_.message.options);
  while (const auto found = walker.next()) {
    if (!found->is(option)) continue;
    const auto vendor = wire::VendorView::parse(found->data);
    if (vendor && (enterprise == term::kAnyEnterprise || vendor->enterprise == enterprise)) return vendor;
  }
  return std::nullopt;
}

Bytes PacketParts::vendor_class_data(uint32_t enterprise, uint32_t index) const {
  const auto found = vendor(wire::OptionCode::kVendorClass, enterprise);
  if (!found) return {};
  wire::ClassDataWalker items(found->data);
  while (const auto item = items.next()) {
    if (index-- == 0) return *item;
  }
  return {};
}

Bytes PacketParts::relay_address(const term::RelayAddress& address) const {
  const wire::RelayView* from = relay(address.relay);
  if (from == nullptr) return {};
  return address.which == term::RelayAddress::Which::kPeer ? from->peer_address.octets : from->link_address.octets;
}

size_t PacketParts::datagram_size() const {
  const auto relays = received_.relays();
  if (!relays.empty()) return wire::RelayView::kHeaderSize + relays.front().options.size();
  return wire::MessageView::kHeaderSize + received_.message.options.size();
}

}  // namespace tandem6::lease
