#include "storage/record_codec.h"

#include <string>

#include "fixtures.h"

namespace tandem6::storage::record_codec_test {
namespace {

struct Encoded {
  std::string key;
  std::string value;
};

Encoded encoded(const lease::LeaseRecord& record) {
  std::array<char, kMaxValueSize> value;
  const size_t size = encode_value(record, value);
  const EncodedKey key = encode_key(record.key);
  return {std::string(key.data(), key.size()), std::string(value.data(), size)};
}

/// Every field another, so that none can take another's place.
constexpr lease::PartnerTimes kTimes{.acked_partner_lifetime = {0x10111213},
                                     .partner_lifetime = {0x20212223},
                                     .expiration_time = {0x30313233},
                                     .client_contact = {0x40414243},
                                     .partner_raw_contact = {0x50515253},
                                     .start_of_state = {0xf0f1f2f3},
                                     .version = 0x60616263,
                                     .unacked = true};

lease::LeaseRecord shared(lease::LeaseRecord record) {
  record.partner = kTimes;
  return record;
}

lease::LeaseRecord with_duid_size(size_t size) {
  auto record = address_lease(5);
  const std::vector<std::byte> octets(size, std::byte{0xa5});
  record.duid = size == 0 ? Duid() : *Duid::from_bytes(octets);
  return record;
}

TEST_CASE("a record comes back as it was: every field, every type and status") {
  for (uint8_t status = 1; status <= 8; ++status) {
    for (auto record : {address_lease(0x123456789), prefix_lease(77)}) {
      record.status = static_cast<lease::BindingStatus>(status);
      record.iaid = 0xfedcba98;
      record.subnet_id = 0x01020304;
      record.preferred = Seconds{0x11223344};
      record.valid = kInfinity;
      record.last_contact = AbsoluteTime{0xf0f1f2f3};
      const auto [key, value] = encoded(record);
      const auto back = decode(key, value);
      REQUIRE(back);
      CHECK(*back == record);
    }
  }
}

TEST_CASE("RFC 8415 11.1: the shortest and the longest DUID fit, and so does none at all") {
  for (const size_t size : {size_t{0}, Duid::kMinSize, Duid::kMaxSize}) {
    const auto record = with_duid_size(size);
    const auto [key, value] = encoded(record);
    const auto back = decode(key, value);
    REQUIRE(back);
    CHECK(*back == record);
  }
}

TEST_CASE("RFC 8156 7.3: the times beside a partner come back as they were, each in its place") {
  for (const auto& alone : {address_lease(6), prefix_lease(6), with_duid_size(0), with_duid_size(Duid::kMaxSize)}) {
    for (const bool unacked : {false, true}) {
      auto record = shared(alone);
      record.partner->unacked = unacked;
      const auto [key, value] = encoded(record);
      const auto back = decode(key, value);
      REQUIRE(back);
      CHECK(*back == record);
    }
  }
}

TEST_CASE("RFC 8156 4.2.2.1: that an update was on its way is not kept: after a restart nobody knows") {
  auto record = shared(address_lease(6));
  record.partner->sent = true;
  const auto [key, value] = encoded(record);
  const auto back = decode(key, value);
  REQUIRE(back);
  CHECK_FALSE(back->partner->sent);
}

TEST_CASE("the encoding of version 2 stays what it is on users' disks") {
  const auto [key, value] = encoded(shared(prefix_lease(1)));
  const auto alone = encoded(prefix_lease(1));
  CHECK(key == alone.key);
  CHECK(value.substr(0, value.size() - 4) ==
        "\x02" + alone.value.substr(1, 21) +
            std::string("\x10\x11\x12\x13 !\"#0123@ABCPQRS\xf0\xf1\xf2\xf3`abc\x01", 29) + alone.value.substr(22, 14));
}

TEST_CASE("the encoding of version 1 stays what it is on users' disks") {
  const auto [key, value] = encoded(prefix_lease(1));
  CHECK(key == std::string("\x02\x20\x01\x0d\xb9\0\0\x01\0\0\0\0\0\0\0\0\0\x38", 18));
  CHECK(value.substr(0, value.size() - 4) ==
        std::string("\x01\x01\0\0\0\x01\0\0\0\x07\0\0\x0b\xb8\0\0\x0f\xa0\x2f\xaf\x08\0"
                    "\0\x01\0\0\0\0\0\0\0\0\0\0\0\x01",
                    36));
}

TEST_CASE("keys sort by type and address") {
  CHECK(encoded(address_lease(900)).key < encoded(prefix_lease(0)).key);
  CHECK(encoded(prefix_lease(1)).key < encoded(prefix_lease(2)).key);
}

TEST_CASE("a value that was cut short, or has more, is refused") {
  for (const size_t number : {0, 1, 2, 3, 4, 5}) {
    const auto alone = with_duid_size(std::array{size_t{0}, size_t{14}, Duid::kMaxSize}.at(number % 3));
    const auto [key, value] = encoded(number < 3 ? alone : shared(alone));
    for (size_t size = 0; size < value.size(); ++size) {
      // Copied to the heap, so that the address sanitizer sees a read behind the end.
      const std::vector<char> cut(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(size));
      CHECK_FALSE(decode(key, {cut.data(), cut.size()}));
    }
    CHECK_FALSE(decode(key, value + 'x'));
    CHECK_FALSE(decode(key, value + std::string(1000, 'x')));
    for (size_t size = 0; size < key.size(); ++size) CHECK_FALSE(decode(key.substr(0, size), value));
    CHECK_FALSE(decode(key + 'x', value));
  }
}

TEST_CASE("a single flipped bit anywhere in key or value is found") {
  for (const auto& record : {address_lease(99), shared(address_lease(99))}) {
    const auto [key, value] = encoded(record);
    for (size_t bit = 0; bit < (key.size() + value.size()) * 8; ++bit) {
      auto damaged_key = key;
      auto damaged_value = value;
      char& octet = bit / 8 < key.size() ? damaged_key[bit / 8] : damaged_value[bit / 8 - key.size()];
      octet = static_cast<char>(octet ^ 1 << bit % 8);
      CHECK_FALSE(decode(damaged_key, damaged_value));
    }
  }
}

TEST_CASE("a value whose version says the other layout is refused: neither is read as the other") {
  for (const auto& record : {address_lease(99), shared(address_lease(99)), shared(with_duid_size(Duid::kMaxSize))}) {
    auto [key, value] = encoded(record);
    value[0] = value[0] == 1 ? '\2' : '\1';
    CHECK_FALSE(decode(key, value));
  }
}

TEST_CASE("a whole value under another lease's key is found") {
  CHECK_FALSE(decode(encoded(address_lease(1)).key, encoded(address_lease(2)).value));
}

TEST_CASE("a record of a newer tandem6 is refused by name") {
  auto [key, value] = encoded(address_lease(3));
  value[0] = static_cast<char>(kRecordVersion + 1);
  const auto refused = decode(key, value);
  REQUIRE_FALSE(refused);
  CHECK(has(refused.error().message, "written by a newer tandem6: record version 3"));
  CHECK(has(refused.error().message, address_key(3).address.to_string()));
}

TEST_CASE("a record with a right checksum over wrong fields is refused") {
  auto record = address_lease(4);
  record.key.prefix_length = 64;
  auto [key, value] = encoded(record);
  CHECK(has(decode(key, value).error().message, "neither an address nor a prefix"));
  record = address_lease(4);
  record.status = static_cast<lease::BindingStatus>(9);
  std::tie(key, value) = std::tuple(encoded(record).key, encoded(record).value);
  CHECK(has(decode(key, value).error().message, "no such binding status"));
}

}  // namespace
}  // namespace tandem6::storage::record_codec_test
