// Messages between failover partners for tests: written into octets, and read from octets that were put together by
// the figures of RFC 8156.
#pragma once

#include <doctest/doctest.h>

#include <array>

#include "dataplane/wire/failover_message.h"
#include "tests/support/packet.h"

namespace tandem6::failover {

using testing::Octets;

/// What `write` writes.
template <typename Write>
Octets written(Write write) {
  std::array<std::byte, 8192> space;
  wire::Writer out(space);
  write(out);
  REQUIRE_FALSE(out.overflow());
  return Octets(out.written());
}

/// The message must outlive it.
inline wire::FailoverMessageView view_of(const Octets& message) {
  const auto view = wire::FailoverMessageView::parse(message);
  REQUIRE(view);
  return *view;
}

/// A message of `type` with the header that every test here has: transaction-id 0x123456, sent-time 0x2faf0801.
inline Octets failover_message(uint8_t type, std::initializer_list<Octets> options) {
  return testing::u8(type) + testing::hex("123456 2faf0801") + testing::join(options);
}
inline constexpr uint32_t kTransaction = 0x123456;
inline constexpr AbsoluteTime kSent{0x2faf0801};

}  // namespace tandem6::failover
