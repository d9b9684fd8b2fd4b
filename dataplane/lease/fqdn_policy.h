// Client FQDN (RFC 4704): which name a client has, by the rules of Kea's `ddns-…` keys. Part of a Subnet; pure.
#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>

#include "dataplane/wire/domain_name.h"
#include "dataplane/wire/ipv6.h"

namespace tandem6::lease {

struct FqdnPolicy {
  /// Whatever a client calls itself, its name is made of its address (`ddns-replace-client-name`).
  bool replaces_client_name = false;
  wire::DomainName suffix;                     ///< of names that are not complete; complete, or empty
  std::string generated_prefix = "myhost";     ///< of names that are made of addresses
  std::bitset<256> invalid = usual_invalid();  ///< octets that a client's labels may not have (`hostname-char-set`)
  std::string replacement;                     ///< for each of them; empty: they are left out

  /// The complete name of a client that calls itself `client_name` (empty: would like to be given one) and whose first
  /// address is `address`. What is reserved for it goes first. Nothing when there is nothing to make a name of, or
  /// none that fits.
  std::optional<wire::DomainName> name_for(const wire::DomainName& client_name, std::string_view reserved,
                                           const std::optional<Ipv6Address>& address) const;

  /// All but letters, digits, '.' and '-'.
  static std::bitset<256> usual_invalid();

 private:
  std::optional<wire::DomainName> qualified(wire::DomainName name) const;
  std::optional<wire::DomainName> cleaned(const wire::DomainName& name) const;
  std::optional<wire::DomainName> generated(const Ipv6Address& address) const;
};

}  // namespace tandem6::lease
