#include "storage/record_codec.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <span>

#include "dataplane/wire/bytes.h"

namespace tandem6::storage {
namespace {

// The value, all integers big-endian: version 1, status 1, IAID 4, subnet 4, preferred 4, valid 4, last contact 4; in
// version 2, which leases in a failover relationship have, the times of RFC 8156 §7.3, version and mark of what the
// partner is told; DUID (whatever is left), checksum 4. The version comes first in every version, so that an older
// tandem6 can name a newer one.
constexpr uint8_t kAlone = 1;
constexpr uint8_t kShared = 2;
static_assert(kShared == kRecordVersion);
constexpr size_t kVersionAt = 0;
constexpr size_t kStatusAt = 1;
constexpr size_t kIaidAt = 2;
constexpr size_t kSubnetAt = 6;
constexpr size_t kPreferredAt = 10;
constexpr size_t kValidAt = 14;
constexpr size_t kLastContactAt = 18;
constexpr size_t kDuidAt = 22;
constexpr size_t kTimesAt = kDuidAt;  // of version 2
constexpr size_t kTimesSize = 7 * 4 + 1;
constexpr size_t kChecksumSize = 4;
constexpr size_t kMinValueSize = kDuidAt + kChecksumSize;
static_assert(kTimesAt + kTimesSize + Duid::kMaxSize + kChecksumSize <= kMaxValueSize);
constexpr std::byte kUnacked{1};

constexpr size_t kAddressAt = 1;
constexpr size_t kLengthAt = 17;

Bytes bytes_in(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }

uint32_t checksum(std::string_view key, std::string_view body) {
  std::array<char, kKeySize + kMaxValueSize> covered;
  std::copy(key.begin(), key.end(), covered.begin());
  std::copy(body.begin(), body.end(), covered.begin() + key.size());
  return static_cast<uint32_t>(XXH3_64bits(covered.data(), key.size() + body.size()));
}

/// The lease's name for an error message, also when the key itself is damaged.
std::string name_of(std::string_view key) {
  if (key.size() != kKeySize) return fmt::format("a lease whose key has {} bytes instead of {}", key.size(), kKeySize);
  const Bytes bytes = bytes_in(key);
  return fmt::format("lease {}/{}", Ipv6Address::load(bytes.data() + kAddressAt).to_string(),
                     std::to_integer<unsigned>(bytes[kLengthAt]));
}

tl::unexpected<Error> damaged(std::string_view key, std::string_view what) {
  return tl::unexpected(Error{fmt::format("{} is damaged: {}", name_of(key), what)});
}

bool is_lease_key(const lease::LeaseKey& key) {
  if (key.type == lease::LeaseType::kAddress) return key.prefix_length == 128;
  return key.type == lease::LeaseType::kPrefix && key.prefix_length <= 128;
}

void put_times(const lease::PartnerTimes& times, std::span<std::byte> out) {
  const std::array<uint32_t, 7> words = {times.acked_partner_lifetime.since_2000,
                                         times.partner_lifetime.since_2000,
                                         times.expiration_time.since_2000,
                                         times.client_contact.since_2000,
                                         times.partner_raw_contact.since_2000,
                                         times.start_of_state.since_2000,
                                         times.version};
  for (size_t i = 0; i < words.size(); ++i) wire::store_be32(&out[4 * i], words[i]);
  out[4 * words.size()] = times.unacked ? kUnacked : std::byte{0};
}

lease::PartnerTimes take_times(Bytes in) {
  const auto time = [&](size_t i) { return AbsoluteTime{wire::load_be32(&in[4 * i])}; };
  return {.acked_partner_lifetime = time(0),
          .partner_lifetime = time(1),
          .expiration_time = time(2),
          .client_contact = time(3),
          .partner_raw_contact = time(4),
          .start_of_state = time(5),
          .version = wire::load_be32(&in[24]),
          .unacked = in[28] == kUnacked};
}

bool is_status(lease::BindingStatus status) {
  return status >= lease::BindingStatus::kActive && status <= lease::BindingStatus::kReset;
}

}  // namespace

EncodedKey encode_key(const lease::LeaseKey& key) {
  EncodedKey encoded;
  const auto out = std::as_writable_bytes(std::span(encoded));
  out[0] = static_cast<std::byte>(key.type);
  std::copy(key.address.octets.begin(), key.address.octets.end(), out.begin() + kAddressAt);
  out[kLengthAt] = std::byte{key.prefix_length};
  return encoded;
}

size_t encode_value(const lease::LeaseRecord& record, std::array<char, kMaxValueSize>& value) {
  const auto out = std::as_writable_bytes(std::span(value));
  out[kVersionAt] = std::byte{record.partner ? kShared : kAlone};
  out[kStatusAt] = static_cast<std::byte>(record.status);
  wire::store_be32(&out[kIaidAt], record.iaid);
  wire::store_be32(&out[kSubnetAt], record.subnet_id);
  wire::store_be32(&out[kPreferredAt], record.preferred.count);
  wire::store_be32(&out[kValidAt], record.valid.count);
  wire::store_be32(&out[kLastContactAt], record.last_contact.since_2000);
  if (record.partner) put_times(*record.partner, out.subspan(kTimesAt, kTimesSize));
  const size_t duid_at = kDuidAt + (record.partner ? kTimesSize : 0);
  const Bytes duid = record.duid.bytes();
  std::copy(duid.begin(), duid.end(), out.begin() + static_cast<std::ptrdiff_t>(duid_at));
  const size_t body = duid_at + duid.size();
  const EncodedKey key = encode_key(record.key);
  wire::store_be32(&out[body], checksum({key.data(), key.size()}, {value.data(), body}));
  return body + kChecksumSize;
}

Bytes peek_duid(std::string_view value) {
  if (value.empty()) return {};
  const size_t at = kDuidAt + (static_cast<uint8_t>(value[kVersionAt]) == kShared ? kTimesSize : 0);
  if (value.size() < at + kChecksumSize) return {};
  return bytes_in(value.substr(at, value.size() - at - kChecksumSize));
}

tl::expected<lease::LeaseRecord, Error> decode(std::string_view key, std::string_view value) {
  if (key.size() != kKeySize) return damaged(key, "its key has a wrong length");
  if (value.empty()) return damaged(key, "it is empty");
  const Bytes in = bytes_in(value);
  const auto version = std::to_integer<unsigned>(in[kVersionAt]);
  if (version > kRecordVersion)
    return tl::unexpected(
        Error{fmt::format("{} was written by a newer tandem6: record version {}, and this one reads {}", name_of(key),
                          version, kRecordVersion)});
  if (version != kAlone && version != kShared)
    return damaged(key, fmt::format("there is no record version {}", version));
  const size_t times_size = version == kShared ? kTimesSize : 0;
  const size_t least = kMinValueSize + times_size;
  if (value.size() < least || value.size() > least + Duid::kMaxSize)
    return damaged(key, fmt::format("its value has {} bytes", value.size()));
  const size_t body = value.size() - kChecksumSize;
  if (wire::load_be32(&in[body]) != checksum(key, value.substr(0, body))) return damaged(key, "its checksum is wrong");

  const Bytes key_in = bytes_in(key);
  lease::LeaseRecord record;
  record.key.type = static_cast<lease::LeaseType>(key_in[0]);
  record.key.address = Ipv6Address::load(&key_in[kAddressAt]);
  record.key.prefix_length = std::to_integer<uint8_t>(key_in[kLengthAt]);
  record.status = static_cast<lease::BindingStatus>(in[kStatusAt]);
  record.iaid = wire::load_be32(&in[kIaidAt]);
  record.subnet_id = wire::load_be32(&in[kSubnetAt]);
  record.preferred = Seconds{wire::load_be32(&in[kPreferredAt])};
  record.valid = Seconds{wire::load_be32(&in[kValidAt])};
  record.last_contact = AbsoluteTime{wire::load_be32(&in[kLastContactAt])};
  if (!is_lease_key(record.key)) return damaged(key, "it is neither an address nor a prefix");
  if (!is_status(record.status)) return damaged(key, "there is no such binding status");
  if (version == kShared) record.partner = take_times(in.subspan(kTimesAt, kTimesSize));
  const size_t duid_at = kDuidAt + times_size;
  // An abandoned lease may belong to nobody.
  if (body > duid_at) {
    const auto duid = Duid::from_bytes(in.subspan(duid_at, body - duid_at));
    if (!duid) return damaged(key, "its DUID has a wrong length");
    record.duid = *duid;
  }
  return record;
}

}  // namespace tandem6::storage
