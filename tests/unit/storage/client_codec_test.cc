// How what is kept of a client lies on the disk.
#include "storage/client_codec.h"

#include "dataplane/lease/hash.h"
#include "fixtures.h"

namespace tandem6::storage::client_codec_test {
namespace {

TEST_CASE("a client's key is its shard and its DUID, its value the data and a checksum") {
  const auto data = client_data(20);
  const std::string key = encode_client_key(duid_of(7).bytes());
  CHECK(static_cast<unsigned char>(key[0]) == lease::shard_of(lease::duid_hash(duid_of(7).bytes())));
  CHECK(wire::same_bytes(wire::bytes_of(key.substr(1)), duid_of(7).bytes()));
  const std::string value = encode_client_value(key, data);
  CHECK(value.size() == data.size() + 4);
  const auto entry = decode_client(key, value);
  REQUIRE(entry);
  CHECK(wire::same_bytes(entry->duid, duid_of(7).bytes()));
  CHECK(wire::same_bytes(entry->data, data));
}

TEST_CASE("a client's value that is damaged, cut short or another client's is refused by name") {
  const std::string key = encode_client_key(duid_of(7).bytes());
  const std::string value = encode_client_value(key, client_data(20));
  for (size_t size = 0; size < value.size(); ++size) CHECK_FALSE(decode_client(key, value.substr(0, size)));
  for (size_t at = 0; at < value.size(); ++at) {
    std::string flipped = value;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    CHECK_FALSE(decode_client(key, flipped));
  }
  const auto others = decode_client(encode_client_key(duid_of(8).bytes()), value);
  REQUIRE_FALSE(others);
  CHECK(has(others.error().message, duid_of(8).to_string()));
  CHECK(has(others.error().message, "checksum"));
  CHECK_FALSE(decode_client("", value));
  CHECK_FALSE(decode_client("x", value));
}

TEST_CASE("client data of a newer tandem6 is refused by its version") {
  const std::string key = encode_client_key(duid_of(7).bytes());
  auto data = client_data(20);
  data[0] = std::byte{9};
  const auto newer = decode_client(key, encode_client_value(key, data));
  REQUIRE_FALSE(newer);
  CHECK(has(newer.error().message, "newer tandem6: version 9"));
}

}  // namespace
}  // namespace tandem6::storage::client_codec_test
