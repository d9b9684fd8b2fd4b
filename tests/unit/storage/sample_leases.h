// Leases made from a number, each number another client, another address, another prefix.
#pragma once

#include <array>
#include <vector>

#include "dataplane/lease/client_data.h"
#include "dataplane/lease/record.h"

namespace tandem6::storage {

inline lease::LeaseKey address_key(uint64_t number) {
  const U128 subnet = static_cast<U128>(0x20010db800000000 + number % 3) << 64;
  return {.address = Ipv6Address::from_number(subnet + number * 0x9e3779b97f4a7c15)};
}

inline lease::LeaseKey prefix_key(uint64_t number) {
  return {.type = lease::LeaseType::kPrefix,
          .prefix_length = 56,
          .address = Ipv6Address::from_number(static_cast<U128>(0x20010db900000000 + (number << 8)) << 64)};
}

inline Duid duid_of(uint64_t number) {
  std::array<std::byte, 14> octets{std::byte{0}, std::byte{1}};
  wire::store_be64(octets.data() + 6, number);
  return *Duid::from_bytes(octets);
}

inline lease::LeaseRecord record_of(const lease::LeaseKey& key, uint64_t number) {
  return {.key = key,
          .status = lease::BindingStatus::kActive,
          .iaid = static_cast<uint32_t>(number),
          .subnet_id = 7,
          .preferred = Seconds{3000},
          .valid = Seconds{4000},
          .last_contact = AbsoluteTime{800000000},
          .duid = duid_of(number)};
}

/// Client data of that size, as lease/client_data.h has it: a host name and nothing else.
inline std::vector<std::byte> client_data(size_t size) {
  std::vector<std::byte> data(size, std::byte{'a'});
  data[0] = std::byte{lease::kClientDataVersion};
  data[1] = std::byte{static_cast<uint8_t>(lease::ClientTag::kHostname)};
  wire::store_be16(&data[2], static_cast<uint16_t>(size - 4));
  return data;
}

inline lease::LeaseRecord address_lease(uint64_t number) { return record_of(address_key(number), number); }
inline lease::LeaseRecord prefix_lease(uint64_t number) { return record_of(prefix_key(number), number); }

}  // namespace tandem6::storage
