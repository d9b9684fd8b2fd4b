#include "dataplane/wire/option.h"

namespace tandem6::wire {

bool well_formed(Bytes area) {
  OptionWalker walker(area);
  while (walker.next()) {
  }
  return !walker.malformed();
}

std::optional<OptionView> find_option(Bytes area, OptionCode code) {
  OptionWalker walker(area);
  while (const std::optional<OptionView> option = walker.next()) {
    if (option->is(code)) return option;
  }
  return std::nullopt;
}

std::optional<IaView> IaView::parse(Bytes data) {
  constexpr size_t kFixed = 12;
  if (data.size() < kFixed || !well_formed(data.subspan(kFixed))) return std::nullopt;
  return IaView{.iaid = load_be32(data.data()),
                .t1 = {load_be32(data.data() + 4)},
                .t2 = {load_be32(data.data() + 8)},
                .options = data.subspan(kFixed)};
}

std::optional<IaTaView> IaTaView::parse(Bytes data) {
  constexpr size_t kFixed = 4;
  if (data.size() < kFixed || !well_formed(data.subspan(kFixed))) return std::nullopt;
  return IaTaView{.iaid = load_be32(data.data()), .options = data.subspan(kFixed)};
}

std::optional<IaAddressView> IaAddressView::parse(Bytes data) {
  constexpr size_t kFixed = 24;
  if (data.size() < kFixed || !well_formed(data.subspan(kFixed))) return std::nullopt;
  return IaAddressView{.address = Ipv6Address::load(data.data()),
                       .preferred = {load_be32(data.data() + 16)},
                       .valid = {load_be32(data.data() + 20)},
                       .options = data.subspan(kFixed)};
}

std::optional<IaPrefixView> IaPrefixView::parse(Bytes data) {
  constexpr size_t kFixed = 25;
  constexpr uint8_t kMaxPrefixLength = 128;
  if (data.size() < kFixed || !well_formed(data.subspan(kFixed))) return std::nullopt;
  const uint8_t length = std::to_integer<uint8_t>(data[8]);
  if (length > kMaxPrefixLength) return std::nullopt;
  return IaPrefixView{.preferred = {load_be32(data.data())},
                      .valid = {load_be32(data.data() + 4)},
                      .length = length,
                      .prefix = Ipv6Address::load(data.data() + 9),
                      .options = data.subspan(kFixed)};
}

std::optional<OptionRequestView> OptionRequestView::parse(Bytes data) {
  if (data.size() % 2 != 0) return std::nullopt;
  return OptionRequestView(data);
}

bool OptionRequestView::contains(OptionCode code) const {
  for (size_t i = 0; i < size(); ++i) {
    if ((*this)[i] == static_cast<uint16_t>(code)) return true;
  }
  return false;
}

std::optional<StatusView> StatusView::parse(Bytes data) {
  constexpr size_t kFixed = 2;
  if (data.size() < kFixed) return std::nullopt;
  const Bytes message = data.subspan(kFixed);
  return StatusView{.code = static_cast<StatusCode>(load_be16(data.data())),
                    .message = {reinterpret_cast<const char*>(message.data()), message.size()}};
}

std::optional<AuthenticationView> AuthenticationView::parse(Bytes data) {
  constexpr size_t kFixed = 11;
  if (data.size() < kFixed) return std::nullopt;
  return AuthenticationView{.protocol = std::to_integer<uint8_t>(data[0]),
                            .algorithm = std::to_integer<uint8_t>(data[1]),
                            .replay_detection_method = std::to_integer<uint8_t>(data[2]),
                            .replay_detection = load_be64(data.data() + 3),
                            .information = data.subspan(kFixed)};
}

std::optional<VendorView> VendorView::parse(Bytes data) {
  constexpr size_t kFixed = 4;
  if (data.size() < kFixed) return std::nullopt;
  return VendorView{.enterprise = load_be32(data.data()), .data = data.subspan(kFixed)};
}

std::optional<LinkLayerAddressView> LinkLayerAddressView::parse(Bytes data) {
  constexpr size_t kFixed = 2;
  if (data.size() <= kFixed) return std::nullopt;
  return LinkLayerAddressView{.hardware_type = load_be16(data.data()), .address = data.subspan(kFixed)};
}

std::optional<VendorView> parse_remote_id(Bytes data) {
  const auto view = VendorView::parse(data);
  return view && !view->data.empty() ? view : std::nullopt;
}

std::optional<ClientFqdnView> ClientFqdnView::parse(Bytes data) {
  if (data.empty()) return std::nullopt;
  const auto name = DomainName::from_bytes(data.subspan(1));
  if (!name) return std::nullopt;
  const auto flag = [&](unsigned bit) { return (data[0] & std::byte{1} << bit) != std::byte{0}; };
  return ClientFqdnView{.server_updates = flag(0), .overridden = flag(1), .no_updates = flag(2), .name = *name};
}

std::optional<Bytes> ClassDataWalker::next() {
  constexpr size_t kLengthSize = 2;
  if (rest_.size() < kLengthSize) {
    malformed_ = malformed_ || !rest_.empty();
    return std::nullopt;
  }
  const size_t length = load_be16(rest_.data());
  if (rest_.size() - kLengthSize < length) {
    malformed_ = true;
    return std::nullopt;
  }
  const Bytes item = rest_.subspan(kLengthSize, length);
  rest_ = rest_.subspan(kLengthSize + length);
  return item;
}

std::optional<uint8_t> parse_octet(Bytes data) {
  if (data.size() != 1) return std::nullopt;
  return std::to_integer<uint8_t>(data[0]);
}

std::optional<uint16_t> parse_elapsed_time(Bytes data) {
  if (data.size() != 2) return std::nullopt;
  return load_be16(data.data());
}

std::optional<uint16_t> parse_port(Bytes data) {
  if (data.size() != 2) return std::nullopt;
  return load_be16(data.data());
}

std::optional<Ipv6Address> parse_address(Bytes data) {
  if (data.size() != 16) return std::nullopt;
  return Ipv6Address::load(data.data());
}

std::optional<Seconds> parse_seconds(Bytes data) {
  if (data.size() != 4) return std::nullopt;
  return Seconds{load_be32(data.data())};
}

}  // namespace tandem6::wire
