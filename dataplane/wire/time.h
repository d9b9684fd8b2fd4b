// The two kinds of time that DHCPv6 speaks of: durations, and moments. They never mix by accident.
#pragma once

#include <compare>
#include <cstdint>

namespace tandem6 {

/// A duration in whole seconds. 0xffffffff is infinity (RFC 8415 §7.7).
struct Seconds {
  uint32_t count = 0;

  static constexpr uint32_t kInfinite = 0xffffffff;
  constexpr bool infinite() const { return count == kInfinite; }
  friend constexpr auto operator<=>(Seconds, Seconds) = default;
};
inline constexpr Seconds kInfinity{Seconds::kInfinite};

/// A moment: seconds since 2000-01-01 00:00:00 UTC, modulo 2^32 (RFC 8156 §3; the epoch of DUID-LLT, RFC 8415 §11.2).
/// Compared modulo 2^32 as well: `a < b` says that b is at most 68 years ahead of a.
struct AbsoluteTime {
  uint32_t since_2000 = 0;

  static constexpr int64_t kUnixOffset = 946684800;  ///< 2000-01-01 in Unix time
  static constexpr AbsoluteTime from_unix(int64_t seconds) {
    return {static_cast<uint32_t>(static_cast<uint64_t>(seconds - kUnixOffset))};
  }
  /// Unix time, for people and for Kea's tools. Right until 2136.
  constexpr int64_t to_unix() const { return kUnixOffset + since_2000; }

  friend constexpr bool operator==(AbsoluteTime, AbsoluteTime) = default;
  friend constexpr bool operator<(AbsoluteTime a, AbsoluteTime b) {
    return static_cast<int32_t>(a.since_2000 - b.since_2000) < 0;
  }
  friend constexpr bool operator<=(AbsoluteTime a, AbsoluteTime b) { return !(b < a); }
  friend constexpr bool operator>(AbsoluteTime a, AbsoluteTime b) { return b < a; }
  friend constexpr bool operator>=(AbsoluteTime a, AbsoluteTime b) { return !(a < b); }
  friend constexpr AbsoluteTime operator+(AbsoluteTime t, Seconds d) { return {t.since_2000 + d.count}; }
  /// The time from b to a; zero when a is not after b.
  friend constexpr Seconds operator-(AbsoluteTime a, AbsoluteTime b) {
    return b < a ? Seconds{a.since_2000 - b.since_2000} : Seconds{0};
  }
};

}  // namespace tandem6
