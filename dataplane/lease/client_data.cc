#include "dataplane/lease/client_data.h"

#include <algorithm>

#include "dataplane/lease/hash.h"
#include "dataplane/wire/option.h"

namespace tandem6::lease {
namespace {

using wire::OptionCode;

constexpr size_t kItemHeader = 3;
constexpr size_t kRelayFixed = 1 + 16 + 16;
constexpr size_t kReconfigureTime = 4;
constexpr size_t kPathFixed = 2 + 2 + 6 + 16;
constexpr size_t kVlanTag = 4;

/// Which of a relay's options are kept.
enum class Keep : uint8_t { kAll, kNaming, kAskedFor, kNone };

bool keeps(Keep keep, const wire::OptionView& option) {
  if (option.is(OptionCode::kRelayMessage)) return false;
  const bool asked_for = option.is(OptionCode::kRelayId) || option.is(OptionCode::kRemoteId);
  switch (keep) {
    case Keep::kAll:
      return true;
    case Keep::kNaming:
      return asked_for || option.is(OptionCode::kInterfaceId) || option.is(OptionCode::kSubscriberId);
    case Keep::kAskedFor:
      return asked_for;
    case Keep::kNone:
      return false;
  }
  return false;
}

template <typename See>
void each_kept(Keep keep, Bytes options, See&& see) {
  wire::OptionWalker walker(options);
  while (const auto option = walker.next()) {
    if (keeps(keep, *option)) see(*option);
  }
}

size_t kept_size(Keep keep, Bytes options) {
  constexpr size_t kOptionHeader = 4;
  size_t size = 0;
  each_kept(keep, options, [&](const wire::OptionView& option) { size += kOptionHeader + option.data.size(); });
  return size;
}

/// The first way to keep them all that fits.
Keep fitting(std::span<const wire::RelayView> relays) {
  for (const Keep keep : {Keep::kAll, Keep::kNaming, Keep::kAskedFor}) {
    size_t size = 0;
    for (const wire::RelayView& relay : relays) size += kItemHeader + kRelayFixed + kept_size(keep, relay.options);
    if (size <= kMaxRelayData) return keep;
  }
  return Keep::kNone;
}
static_assert(wire::ReceivedMessage::kMaxRelays * (kItemHeader + kRelayFixed) <= kMaxRelayData);

struct Item {
  ClientTag tag;
  Bytes value;
};

/// The next item, which is taken off `rest`; nothing at the end, or when it does not fit.
std::optional<Item> take_item(Bytes& rest) {
  if (rest.size() < kItemHeader) return std::nullopt;
  const size_t length = wire::load_be16(rest.data() + 1);
  if (rest.size() - kItemHeader < length) return std::nullopt;
  const Item item{static_cast<ClientTag>(rest[0]), rest.subspan(kItemHeader, length)};
  rest = rest.subspan(kItemHeader + length);
  return item;
}

bool is_sound(const Item& item) {
  switch (item.tag) {
    case ClientTag::kRelay:
      return item.value.size() >= kRelayFixed && wire::well_formed(item.value.subspan(kRelayFixed));
    case ClientTag::kHostname:
      return !item.value.empty();
    case ClientTag::kRelaySource:
      return item.value.size() == 16;
    case ClientTag::kReconfigureData:
      return item.value.size() >= kReconfigureTime;
    case ClientTag::kDnsRemovalInfo:
      return wire::well_formed(item.value);
    case ClientTag::kReturnPath:
      return item.value.size() >= kPathFixed && (item.value.size() - kPathFixed) % kVlanTag == 0 &&
             (item.value.size() - kPathFixed) / kVlanTag <= wire::VlanTags::kMax;
  }
  return true;
}

}  // namespace

std::optional<ClientDataView> ClientDataView::parse(Bytes data) {
  if (data.empty() || std::to_integer<uint8_t>(data[0]) != kClientDataVersion) return std::nullopt;
  const ClientDataView view(data.subspan(1));
  Bytes rest = view.items_;
  size_t relays = 0;
  while (const auto item = take_item(rest)) {
    relays += item->tag == ClientTag::kRelay ? 1 : 0;
    if (!is_sound(*item) || relays > wire::ReceivedMessage::kMaxRelays) return std::nullopt;
  }
  if (!rest.empty()) return std::nullopt;
  return view;
}

KeptRelays ClientDataView::relays() const {
  KeptRelays relays;
  Bytes rest = items_;
  while (const auto item = take_item(rest)) {
    if (item->tag != ClientTag::kRelay) continue;
    relays.push({.hop_count = std::to_integer<uint8_t>(item->value[0]),
                 .link_address = Ipv6Address::load(item->value.data() + 1),
                 .peer_address = Ipv6Address::load(item->value.data() + 17),
                 .options = item->value.subspan(kRelayFixed)});
  }
  return relays;
}

std::optional<Bytes> ClientDataView::find(ClientTag tag) const {
  Bytes rest = items_;
  while (const auto item = take_item(rest)) {
    if (item->tag == tag) return item->value;
  }
  return std::nullopt;
}

std::optional<Ipv6Address> ClientDataView::relay_source() const {
  const auto value = find(ClientTag::kRelaySource);
  if (!value) return std::nullopt;
  return Ipv6Address::load(value->data());
}

std::optional<KeptHostname> ClientDataView::hostname() const {
  const auto value = find(ClientTag::kHostname);
  if (!value) return std::nullopt;
  const auto flags = std::to_integer<unsigned>((*value)[0]);
  return KeptHostname{(flags & 1) != 0, (flags & 2) != 0, wire::text_of(value->subspan(1))};
}

std::optional<ReturnPath> ClientDataView::return_path() const {
  const auto value = find(ClientTag::kReturnPath);
  if (!value) return std::nullopt;
  ReturnPath path;
  path.port = wire::load_be16(value->data());
  path.udp_port = wire::load_be16(value->data() + 2);
  std::ranges::copy(value->subspan(4, path.mac.size()), path.mac.begin());
  path.address = Ipv6Address::load(value->data() + 10);
  for (Bytes rest = value->subspan(kPathFixed); !rest.empty(); rest = rest.subspan(kVlanTag))
    path.vlan.tags[path.vlan.count++] = {wire::load_be16(rest.data()), wire::load_be16(rest.data() + 2)};
  return path;
}

ClientDataBuilder::ClientDataBuilder() : out_(space_) { out_.u8(kClientDataVersion); }

bool ClientDataBuilder::relays(std::span<const wire::RelayView> relays, const Ipv6Address& source) {
  out_.u8(static_cast<uint8_t>(ClientTag::kRelaySource));
  out_.u16(static_cast<uint16_t>(source.octets.size()));
  out_.address(source);
  const Keep keep = fitting(relays);
  for (const wire::RelayView& relay : relays) {
    const size_t options = kept_size(keep, relay.options);
    if (out_.size() + kItemHeader + kRelayFixed + options > kMaxClientData) return false;
    out_.u8(static_cast<uint8_t>(ClientTag::kRelay));
    out_.u16(static_cast<uint16_t>(kRelayFixed + options));
    out_.u8(relay.hop_count);
    out_.address(relay.link_address);
    out_.address(relay.peer_address);
    each_kept(keep, relay.options, [&](const wire::OptionView& option) { out_.option(option.code, option.data); });
  }
  return keep == Keep::kAll;
}

void ClientDataBuilder::return_path(const ReturnPath& path) {
  std::array<std::byte, kPathFixed + wire::VlanTags::kMax * kVlanTag> space;
  wire::Writer value(space);
  value.u16(path.port);
  value.u16(path.udp_port);
  value.bytes(path.mac);
  value.address(path.address);
  for (const wire::VlanTags::Tag& tag : std::span(path.vlan.tags).first(path.vlan.count)) {
    value.u16(tag.protocol);
    value.u16(tag.control);
  }
  item(ClientTag::kReturnPath, value.written());
}

void ClientDataBuilder::hostname(const KeptHostname& hostname) {
  if (out_.size() + kItemHeader + 1 + hostname.name.size() > kMaxClientData) return;
  out_.u8(static_cast<uint8_t>(ClientTag::kHostname));
  out_.u16(static_cast<uint16_t>(1 + hostname.name.size()));
  out_.u8(static_cast<uint8_t>((hostname.forward ? 1 : 0) | (hostname.reverse ? 2 : 0)));
  out_.bytes(wire::bytes_of(hostname.name));
}

void ClientDataBuilder::all_but_hostname(const ClientDataView& before) {
  Bytes rest = before.items_;
  while (const auto kept = take_item(rest)) {
    if (kept->tag != ClientTag::kHostname) item(kept->tag, kept->value);
  }
}

void ClientDataBuilder::item(ClientTag tag, Bytes value) {
  if (out_.size() + kItemHeader + value.size() > kMaxClientData) return;
  out_.u8(static_cast<uint8_t>(tag));
  out_.u16(static_cast<uint16_t>(value.size()));
  out_.bytes(value);
}

Bytes ClientDataBuilder::bytes() const { return out_.size() == 1 ? Bytes{} : out_.written(); }

uint64_t digest_of(Bytes client_data) {
  if (client_data.empty()) return 0;
  const uint64_t hash = duid_hash(client_data);  // XXH3, whatever it is of
  return hash == 0 ? 1 : hash;
}

}  // namespace tandem6::lease
