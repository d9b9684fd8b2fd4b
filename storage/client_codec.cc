#include "storage/client_codec.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>

#include "dataplane/lease/client_data.h"
#include "dataplane/lease/hash.h"
#include "dataplane/wire/duid.h"

namespace tandem6::storage {
namespace {

constexpr size_t kClientChecksumSize = 4;

uint32_t client_checksum(std::string_view key, std::string_view data) {
  std::string covered(key);
  covered += data;
  return static_cast<uint32_t>(XXH3_64bits(covered.data(), covered.size()));
}

tl::unexpected<Error> damaged_client(std::string_view key, std::string_view what) {
  const auto duid = Duid::from_bytes(wire::bytes_of(key.substr(std::min<size_t>(1, key.size()))));
  return tl::unexpected(Error{fmt::format("what is kept of client {} is damaged: {}",
                                          duid ? duid->to_string() : "with a key that is none", what)});
}

}  // namespace

std::string encode_client_key(Bytes duid) {
  std::string key(1, static_cast<char>(lease::shard_of(lease::duid_hash(duid))));
  key += wire::text_of(duid);
  return key;
}

std::string encode_client_value(std::string_view key, Bytes client_data) {
  std::string value(wire::text_of(client_data));
  std::array<std::byte, kClientChecksumSize> sum;
  wire::store_be32(sum.data(), client_checksum(key, value));
  value += wire::text_of(sum);
  return value;
}

tl::expected<ClientEntry, Error> decode_client(std::string_view key, std::string_view value) {
  if (key.empty() || !is_duid(wire::bytes_of(key.substr(1)))) return damaged_client(key, "its key is no DUID");
  if (value.size() <= kClientChecksumSize) return damaged_client(key, fmt::format("it has {} bytes", value.size()));
  const std::string_view data = value.substr(0, value.size() - kClientChecksumSize);
  const Bytes sum = wire::bytes_of(value.substr(data.size()));
  if (wire::load_be32(sum.data()) != client_checksum(key, data)) return damaged_client(key, "its checksum is wrong");
  const auto version = static_cast<unsigned char>(data[0]);
  if (version > lease::kClientDataVersion) {
    return tl::unexpected(Error{
        fmt::format("what is kept of client {} was written by a newer tandem6: version {}, and "
                    "this one reads {}",
                    Duid::from_bytes(wire::bytes_of(key.substr(1)))->to_string(), version, lease::kClientDataVersion)});
  }
  if (!lease::ClientDataView::parse(wire::bytes_of(data))) return damaged_client(key, "its items do not fit");
  return ClientEntry{wire::bytes_of(key.substr(1)), wire::bytes_of(data)};
}

}  // namespace tandem6::storage
