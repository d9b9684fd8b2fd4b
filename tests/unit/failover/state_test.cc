// The states of an endpoint (RFC 8156 §8) and what of it is stored (§8.2).
#include "failover/state.h"

#include <doctest/doctest.h>

#include "dataplane/lease/hash.h"
#include "tests/support/packet.h"

namespace tandem6::failover::state_test {
namespace {

using namespace tandem6::testing;

const StableState kStored{.state = State::kPartnerDown,
                          .previous = State::kCommunicationsInterrupted,
                          .since = {0x01020304},
                          .partner = State::kRecoverWait,
                          .partner_since = {0x11121314},
                          .last_heard = {0x21222324},
                          .last_operating = {0x31323334},
                          .partner_down_since = {0x41424344},
                          .mclt = {3600},
                          .has_communicated = true};
constexpr const char* kBody = "01 04 03 07 01  01020304 11121314 21222324 31323334 41424344 00000e10";

/// With the checksum that it must have.
Octets sealed(const Octets& body) { return body + u32(static_cast<uint32_t>(lease::duid_hash(body))); }
Octets with_octet(size_t at, uint8_t value) {
  Octets body = hex(kBody);
  body[at] = std::byte{value};
  return sealed(body);
}

TEST_CASE("RFC 8156 5.5.16: states have the RFC's numbers and names") {
  const std::string_view names[] = {
      "NONE",    "STARTUP",      "NORMAL",       "COMMUNICATIONS-INTERRUPTED", "PARTNER-DOWN",  "POTENTIAL-CONFLICT",
      "RECOVER", "RECOVER-WAIT", "RECOVER-DONE", "RESOLUTION-INTERRUPTED",     "CONFLICT-DONE", "unknown"};
  for (size_t state = 0; state < std::size(names); ++state) {
    CHECK(to_string(static_cast<State>(state)) == names[state]);
  }
}

TEST_CASE("RFC 8156 8.2: the form of version 1 stays what it is on users' disks") {
  const Octets stored = sealed(hex(kBody));
  CHECK(to_hex(encode(kStored)) == to_hex(stored));
  CHECK(decode_stable_state(stored) == kStored);
}

TEST_CASE("RFC 8156 8.2: an endpoint finds itself in each state that it works in, and never in STARTUP") {
  for (uint8_t state = 2; state <= 10; ++state) {
    StableState one;
    one.state = State{state};
    one.mclt = {60};
    CHECK(decode_stable_state(encode(one)) == one);
  }
  CHECK_FALSE(decode_stable_state(with_octet(1, 0)));
  CHECK_FALSE(decode_stable_state(with_octet(1, 1)));
}

TEST_CASE("RFC 8156 8.2: a stored state that is cut, longer, damaged or of another version is not believed") {
  const Octets stored = sealed(hex(kBody));
  for (size_t size = 0; size < stored.size(); ++size) CHECK_FALSE(decode_stable_state(Bytes(stored).first(size)));
  CHECK_FALSE(decode_stable_state(stored + u8(0)));
  for (size_t bit = 0; bit < 8 * stored.size(); ++bit) {
    Octets damaged = stored;
    damaged[bit / 8] ^= std::byte{1} << (bit % 8);
    CHECK_FALSE(decode_stable_state(damaged));
  }
  CHECK(decode_stable_state(with_octet(1, 4)) == kStored);  // sealed as it should be, so that these say something:
  CHECK_FALSE(decode_stable_state(with_octet(0, 0)));
  CHECK_FALSE(decode_stable_state(with_octet(0, 2)));
  CHECK_FALSE(decode_stable_state(with_octet(1, 11)));
  CHECK_FALSE(decode_stable_state(with_octet(2, 11)));
  CHECK_FALSE(decode_stable_state(with_octet(3, 11)));
  CHECK_FALSE(decode_stable_state(with_octet(4, 2)));
}

}  // namespace
}  // namespace tandem6::failover::state_test
