#include "dataplane/wire/domain_name.h"

#include <algorithm>

namespace tandem6::wire {
namespace {

std::byte lower(std::byte octet) {
  const bool upper = octet >= std::byte{'A'} && octet <= std::byte{'Z'};
  return upper ? octet | std::byte{0x20} : octet;
}

bool is_plain(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/// The octet that "\ddd" stands for at the beginning of `text`.
std::optional<std::byte> escaped_octet(std::string_view text) {
  constexpr size_t kSize = 4;
  unsigned value = 0;
  if (text.size() < kSize) return std::nullopt;
  for (const char digit : text.substr(1, kSize - 1)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = 10 * value + static_cast<unsigned>(digit - '0');
  }
  if (value > 0xff) return std::nullopt;
  return static_cast<std::byte>(value);
}

/// The next octet of a label, taken off `text`.
std::optional<std::byte> take_octet(std::string_view& text) {
  if (text.front() != '\\') {
    const auto octet = static_cast<std::byte>(text.front());
    text.remove_prefix(1);
    return octet;
  }
  const auto octet = escaped_octet(text);
  if (octet) text.remove_prefix(4);
  return octet;
}

}  // namespace

std::optional<DomainName> DomainName::from_bytes(Bytes bytes) {
  DomainName name;
  while (!bytes.empty()) {
    const auto length = static_cast<size_t>(bytes[0]);
    if (length > kMaxLabel || length >= bytes.size()) return std::nullopt;
    if (!name.add_label(bytes.subspan(1, length))) return std::nullopt;
    bytes = bytes.subspan(1 + length);
  }
  return name;
}

std::optional<DomainName> DomainName::parse(std::string_view text) {
  DomainName name;
  while (!text.empty()) {
    const size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    if (label.empty() || !name.add_label(bytes_of(label))) return std::nullopt;
    if (dot == std::string_view::npos) return name;
    text.remove_prefix(dot + 1);
    if (text.empty() && !name.complete_with_root()) return std::nullopt;
  }
  return name;
}

std::optional<DomainName> DomainName::parse_escaped(std::string_view text) {
  DomainName name;
  while (!text.empty()) {
    std::array<std::byte, kMaxLabel> label;
    size_t size = 0;
    while (!text.empty() && text.front() != '.') {
      const auto octet = take_octet(text);
      if (!octet || size == kMaxLabel) return std::nullopt;
      label[size++] = *octet;
    }
    if (size == 0 || !name.add_label({label.data(), size})) return std::nullopt;
    if (text.empty()) return name;
    text.remove_prefix(1);
    if (text.empty() && !name.complete_with_root()) return std::nullopt;
  }
  return name;
}

bool DomainName::add_label(Bytes label) {
  // Room for the root is kept free, so that every name can be completed.
  const size_t limit = label.empty() ? kMaxSize : kMaxSize - 1;
  if (complete_ || label.size() > kMaxLabel || size_ + 1 + label.size() > limit) return false;
  octets_[size_] = static_cast<std::byte>(label.size());
  std::ranges::copy(label, octets_.begin() + size_ + 1);
  size_ = static_cast<uint8_t>(size_ + 1 + label.size());
  complete_ = label.empty();
  return true;
}

bool DomainName::append(const DomainName& suffix) {
  DomainName whole = *this;
  bool fits = true;
  suffix.each_label([&](Bytes label) { fits = fits && whole.add_label(label); });
  if (suffix.complete()) fits = fits && whole.complete_with_root();
  if (fits) *this = whole;
  return fits;
}

bool DomainName::ends_with(const DomainName& other) const {
  const size_t own = size_ - (complete_ ? 1U : 0U);
  const size_t wanted = other.size_ - (other.complete_ ? 1U : 0U);
  if (wanted > own) return false;
  // It must begin where a label of ours begins.
  bool at_label = own == wanted;
  size_t at = 0;
  each_label([&](Bytes label) {
    at += 1 + label.size();
    at_label = at_label || at == own - wanted;
  });
  return at_label &&
         std::ranges::equal(bytes().subspan(own - wanted, wanted), other.bytes().first(wanted), {}, lower, lower);
}

std::string_view DomainName::write_text(std::span<char, kMaxText> out) const {
  auto end = out.begin();
  each_label([&](Bytes label) {
    if (end != out.begin()) *end++ = '.';
    for (const std::byte octet : label) {
      const auto c = static_cast<unsigned char>(octet);
      if (is_plain(c)) {
        *end++ = static_cast<char>(c);
        continue;
      }
      *end++ = '\\';
      for (const unsigned digit : {c / 100U, c / 10U % 10U, c % 10U}) *end++ = static_cast<char>('0' + digit);
    }
  });
  if (complete_) *end++ = '.';
  return {out.data(), static_cast<size_t>(end - out.begin())};
}

std::string DomainName::to_string() const {
  std::array<char, kMaxText> text;
  return std::string(write_text(text));
}

}  // namespace tandem6::wire
