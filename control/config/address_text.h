// Addresses, prefixes and ranges as the configuration writes them; what is wrong is said as precisely as it can be.
#pragma once

#include <string_view>

#include <tl/expected.hpp>

#include "dataplane/wire/error.h"
#include "dataplane/wire/ipv6.h"

namespace tandem6::control {

tl::expected<Ipv6Address, Error> read_address(std::string_view text);
/// "2001:db8::/32".
tl::expected<Ipv6Prefix, Error> read_prefix(std::string_view text);
/// A prefix from its two halves; bits after the length are an error.
tl::expected<Ipv6Prefix, Error> make_prefix(const Ipv6Address& address, uint8_t length);

struct AddressRange {
  Ipv6Address first;
  Ipv6Address last;
};
/// "2001:db8::1 - 2001:db8::ff" or "2001:db8::/64".
tl::expected<AddressRange, Error> read_range(std::string_view text);

}  // namespace tandem6::control
