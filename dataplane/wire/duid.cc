#include "dataplane/wire/duid.h"

#include <algorithm>
#include <charconv>

#include "dataplane/wire/builder.h"

namespace tandem6 {
namespace {

/// RFC 8415 §11.1.
enum class DuidType : uint16_t { kLlt = 1, kEn = 2, kLl = 3 };
/// IANA's hardware type of Ethernet.
constexpr uint16_t kEthernet = 1;

std::optional<std::byte> parse_hex_octet(std::string_view digits) {
  uint8_t value = 0;
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc{} || stop != digits.data() + digits.size()) return std::nullopt;
  return std::byte{value};
}

/// Takes the next octet off `text`, with the colon after it: one or two digits between colons, or two without.
std::optional<std::byte> take_octet(std::string_view& text, bool colons) {
  const size_t digits = colons ? std::min(text.find(':'), text.size()) : 2;
  if (digits < 1 || digits > 2 || digits > text.size()) return std::nullopt;
  const std::optional<std::byte> octet = parse_hex_octet(text.substr(0, digits));
  text.remove_prefix(digits);
  if (!text.empty() && colons) {
    text.remove_prefix(1);
    if (text.empty()) return std::nullopt;  // a colon at the end
  }
  return octet;
}

template <class Write>
Duid build(Write write) {
  std::array<std::byte, Duid::kMaxSize> buffer;
  wire::Writer out(buffer);
  write(out);
  return Duid::from_bytes(out.written()).value_or(Duid());
}

}  // namespace

std::optional<Duid> Duid::from_bytes(Bytes bytes) {
  if (!is_duid(bytes)) return std::nullopt;
  std::optional<Duid> duid(std::in_place);
  std::memcpy(duid->octets_.data(), bytes.data(), bytes.size());
  duid->size_ = static_cast<uint8_t>(bytes.size());
  return duid;
}

std::optional<Duid> Duid::parse(std::string_view text) {
  const bool colons = text.find(':') != std::string_view::npos;
  std::array<std::byte, kMaxSize> octets;
  size_t size = 0;
  while (!text.empty()) {
    const std::optional<std::byte> octet = take_octet(text, colons);
    if (!octet || size == kMaxSize) return std::nullopt;
    octets[size++] = *octet;
  }
  return from_bytes({octets.data(), size});
}

Duid Duid::make_llt(const MacAddress& mac, AbsoluteTime time) {
  return build([&](wire::Writer& out) {
    out.u16(static_cast<uint16_t>(DuidType::kLlt));
    out.u16(kEthernet);
    out.u32(time.since_2000);
    out.bytes(mac);
  });
}

std::optional<Duid> Duid::make_en(uint32_t enterprise, Bytes identifier) {
  constexpr size_t kBeforeIdentifier = 6;
  if (identifier.empty() || identifier.size() > kMaxSize - kBeforeIdentifier) return std::nullopt;
  return build([&](wire::Writer& out) {
    out.u16(static_cast<uint16_t>(DuidType::kEn));
    out.u32(enterprise);
    out.bytes(identifier);
  });
}

Duid Duid::make_ll(const MacAddress& mac) {
  return build([&](wire::Writer& out) {
    out.u16(static_cast<uint16_t>(DuidType::kLl));
    out.u16(kEthernet);
    out.bytes(mac);
  });
}

std::string Duid::to_string() const {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(size_ * size_t{3});
  for (const std::byte octet : bytes()) {
    if (!text.empty()) text += ':';
    text += kDigits[std::to_integer<size_t>(octet >> 4)];
    text += kDigits[std::to_integer<size_t>(octet & std::byte{0xf})];
  }
  return text;
}

}  // namespace tandem6
