#include "perf/blast/population.h"

#include <algorithm>

#include "dataplane/wire/builder.h"
#include "dataplane/wire/link_local.h"
#include "perf/blast/split_mix.h"

namespace tandem6::blast {
namespace {

constexpr uint32_t kEnterprise = 32473;  // for documentation: RFC 5612

// "b6", "a5" and the like: locally administered unicast addresses (IEEE 802), the number in the last four octets.
MacAddress mac_with(uint8_t kind, uint8_t seed, uint32_t number) {
  MacAddress mac{std::byte{kind}, std::byte{seed}};
  wire::store_be32(mac.data() + 2, number);
  return mac;
}
constexpr uint8_t kClientMac = 0xb6;
constexpr uint8_t kStationMac = 0xa6;

void write_hex(std::byte* to, uint32_t value) {
  for (int shift = 28; shift >= 0; shift -= 4) *to++ = static_cast<std::byte>("0123456789abcdef"[value >> shift & 15]);
}

}  // namespace

Population::Population(Profile profile) : profile_(std::move(profile)), duid_start_{} {
  wire::Writer start(duid_start_);
  start.u16(1);                                          // DUID-LLT
  start.u16(1);                                          // Ethernet
  start.u32(static_cast<uint32_t>(mix(profile_.seed)));  // the "time" tells seeds apart
  const MacAddress first = mac_of(0);
  start.bytes(std::span(first).first(2));
  const uint32_t stations = relayed() ? profile_.relays : std::max(1U, profile_.link_locals);
  stations_.reserve(stations);
  for (uint32_t i = 0; i < stations; ++i) {
    const MacAddress mac = mac_with(kStationMac, static_cast<uint8_t>(profile_.seed), profile_.first_client + i);
    const bool own = relayed() && profile_.relay_source;
    stations_.push_back(
        {mac, own ? Ipv6Address::from_number(profile_.relay_source->number() + i) : link_local_of(mac)});
  }
}

std::optional<uint32_t> Population::station_with(const MacAddress& mac) const {
  const MacAddress& first = stations_.front().mac;
  if (mac[0] != first[0] || mac[1] != first[1]) return std::nullopt;
  const uint32_t index = wire::load_be32(mac.data() + 2) - profile_.first_client;
  if (index >= stations_.size()) return std::nullopt;
  return index;
}

MacAddress Population::mac_of(uint32_t client) const {
  return mac_with(kClientMac, static_cast<uint8_t>(profile_.seed), profile_.first_client + client);
}

std::array<std::byte, Population::kDuidSize> Population::duid(uint32_t client) const {
  std::array<std::byte, kDuidSize> duid;
  std::ranges::copy(duid_start_, duid.begin());
  wire::store_be32(duid.data() + duid_start_.size(), profile_.first_client + client);
  return duid;
}

std::optional<uint32_t> Population::client_with(Bytes duid) const {
  if (duid.size() != kDuidSize || !wire::same_bytes(duid.first(duid_start_.size()), duid_start_)) return std::nullopt;
  const uint32_t client = wire::load_be32(duid.data() + duid_start_.size()) - profile_.first_client;
  if (client >= profile_.clients) return std::nullopt;
  return client;
}

// RFC 8415 §12: IAIDs are unique within a client, for IA_NA and IA_PD apart. Different ones show a server that mixes
// them.
uint32_t Population::iaid(uint32_t client, bool prefix) const {
  return static_cast<uint32_t>(mix(profile_.seed + client)) | (prefix ? 1U : 0U);
}

uint32_t Population::transaction_id(uint32_t client, uint32_t sequence) const {
  const uint64_t start = mix((profile_.seed << 32) + profile_.first_client + client);
  return static_cast<uint32_t>(start + sequence) & 0xffffff;
}

Ipv6Address Population::link_local(uint32_t client) const { return link_local_of(mac_of(client)); }

Ipv6Address Population::link_address(uint32_t client) const {
  if (!profile_.link_address_step) return profile_.link_address;
  const U128 step = static_cast<U128>(station_of(client)) << (128 - *profile_.link_address_step);
  return Ipv6Address::from_number(profile_.link_address.number() + step);
}

std::array<std::byte, Population::kInterfaceIdSize> Population::interface_id(uint32_t client) const {
  std::array<std::byte, kInterfaceIdSize> id;
  write_hex(id.data(), station_of(client));
  id[8] = std::byte{'/'};
  write_hex(id.data() + 9, client / static_cast<uint32_t>(stations_.size()));
  return id;
}

std::array<std::byte, Population::kRemoteIdSize> Population::remote_id(uint32_t client) const {
  std::array<std::byte, kRemoteIdSize> id;
  wire::store_be32(id.data(), kEnterprise);
  write_hex(id.data() + 4, profile_.first_client + client);
  return id;
}

}  // namespace tandem6::blast
