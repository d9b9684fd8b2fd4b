#include "dataplane/wire/checksum.h"

#include <doctest/doctest.h>

#include <random>

#include "tests/support/packet.h"

namespace tandem6::checksum_test {

using namespace tandem6::testing;
using wire::ChecksumSum;

namespace {

/// What ChecksumSum makes of it, as a number that people write.
uint16_t sum_of(Bytes bytes) {
  ChecksumSum sum;
  sum.add(bytes);
  std::byte field[2];
  ChecksumSum::store_field(field, sum.folded());
  return wire::load_be16(field);
}

}  // namespace

TEST_CASE("RFC 1071 3: the worked example") { CHECK(sum_of(hex("00 01 f2 03 f4 f5 f6 f7")) == 0xddf2); }

TEST_CASE("RFC 1071: every length up to 200 and every carry agrees with a sum of two octets at a time") {
  std::mt19937 random(1071);  // NOLINT: the same bytes in every run
  for (size_t size = 0; size <= 200; ++size) {
    Octets bytes(size);
    for (std::byte& octet : bytes) octet = static_cast<std::byte>(random());
    CAPTURE(size);
    CHECK(sum_of(bytes) == internet_sum(bytes));
    const Octets ones(size, std::byte{0xff});
    CHECK(sum_of(ones) == internet_sum(ones));
  }
}

TEST_CASE("RFC 1071 2: a sum may be taken in parts of even length") {
  const Octets bytes = hex("ff fe 80 00 00 00 00 01 12 34 ff ff ff ff ff ff ff ff 99 88 77 66 55");
  for (size_t cut = 0; cut <= bytes.size(); cut += 2) {
    ChecksumSum sum;
    sum.add(Bytes(bytes).first(cut));
    sum.add(Bytes(bytes).subspan(cut));
    ChecksumSum whole;
    whole.add(bytes);
    CAPTURE(cut);
    CHECK(sum.folded() == whole.folded());
    CHECK(sum.checksum() == static_cast<uint16_t>(~whole.folded()));
  }
}

TEST_CASE("RFC 1071: the carries of the largest datagram are not lost") {
  const Octets ones(65535, std::byte{0xff});
  CHECK(sum_of(ones) == internet_sum(ones));
}

}  // namespace tandem6::checksum_test
