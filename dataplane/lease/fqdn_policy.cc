#include "dataplane/lease/fqdn_policy.h"

#include <algorithm>
#include <array>

namespace tandem6::lease {

using wire::DomainName;

std::bitset<256> FqdnPolicy::usual_invalid() {
  std::bitset<256> invalid;
  invalid.set();
  const auto allow = [&](unsigned char from, unsigned char to) {
    for (unsigned c = from; c <= to; ++c) invalid.reset(c);
  };
  allow('a', 'z');
  allow('A', 'Z');
  allow('0', '9');
  allow('.', '.');
  allow('-', '-');
  return invalid;
}

std::optional<DomainName> FqdnPolicy::name_for(const DomainName& client_name, std::string_view reserved,
                                               const std::optional<Ipv6Address>& address) const {
  if (!reserved.empty()) {
    const auto name = DomainName::parse(reserved);
    return name ? qualified(*name) : std::nullopt;
  }
  if (!replaces_client_name && !client_name.empty()) {
    const auto name = cleaned(client_name);
    if (!name) return std::nullopt;
    if (!name->empty()) return qualified(*name);
  }
  return address ? generated(*address) : std::nullopt;
}

std::optional<DomainName> FqdnPolicy::qualified(DomainName name) const {
  if (name.complete()) return name;
  const bool whole = suffix.empty() || name.ends_with(suffix);
  if (!(whole ? name.complete_with_root() : name.append(suffix))) return std::nullopt;
  return name;
}

// Label by label, so that no octet can divide one. A label of which nothing is left is left out.
std::optional<DomainName> FqdnPolicy::cleaned(const DomainName& name) const {
  DomainName clean;
  bool fits = true;
  name.each_label([&](Bytes label) {
    std::array<std::byte, DomainName::kMaxLabel> octets{};
    size_t size = 0;
    const auto put = [&](Bytes more) {
      fits = fits && more.size() <= octets.size() - size;
      if (!fits) return;
      std::ranges::copy(more, octets.begin() + static_cast<std::ptrdiff_t>(size));
      size += more.size();
    };
    for (size_t i = 0; i < label.size(); ++i) {
      const bool bad = invalid.test(static_cast<size_t>(label[i]));
      put(bad ? wire::bytes_of(replacement) : label.subspan(i, 1));
    }
    if (size != 0) fits = fits && clean.add_label(Bytes(octets).first(size));
  });
  if (name.complete() && !clean.empty()) fits = fits && clean.complete_with_root();
  return fits ? std::optional(clean) : std::nullopt;
}

// "myhost-2001-db8--7": as Kea makes it.
std::optional<DomainName> FqdnPolicy::generated(const Ipv6Address& address) const {
  std::array<char, Ipv6Address::kMaxText> address_text{};
  std::array<char, DomainName::kMaxSize> text{};
  const std::string_view colons = address.write_text(address_text);
  if (generated_prefix.size() + 1 + colons.size() > text.size()) return std::nullopt;
  auto end = std::ranges::copy(generated_prefix, text.begin()).out;
  *end++ = '-';
  end = std::ranges::replace_copy(colons, end, ':', '-').out;
  const auto name = DomainName::parse({text.data(), static_cast<size_t>(end - text.begin())});
  return name ? qualified(*name) : std::nullopt;
}

}  // namespace tandem6::lease
