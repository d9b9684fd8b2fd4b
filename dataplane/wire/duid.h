// DUIDs (RFC 8415 §11): opaque identifiers of clients and servers.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "dataplane/wire/bytes.h"
#include "dataplane/wire/time.h"

namespace tandem6 {

using MacAddress = std::array<std::byte, 6>;

/// A DUID held by value: a 2-octet type and 1 to 128 octets (RFC 8415 §11.1), never anything else.
class Duid {
 public:
  static constexpr size_t kMinSize = 3;
  static constexpr size_t kMaxSize = 130;

  /// An empty one, which equals no client's.
  Duid() = default;
  /// Nothing when the length is not a DUID's.
  static std::optional<Duid> from_bytes(Bytes bytes);
  /// "00:01:00:01:…" or "000100…", as Kea's files and tools write it.
  static std::optional<Duid> parse(std::string_view text);
  /// DUID-LLT (§11.2) over Ethernet, hardware type 1.
  static Duid make_llt(const MacAddress& mac, AbsoluteTime time);
  /// DUID-EN (§11.3).
  static std::optional<Duid> make_en(uint32_t enterprise, Bytes identifier);
  /// DUID-LL (§11.4) over Ethernet.
  static Duid make_ll(const MacAddress& mac);

  Bytes bytes() const { return {octets_.data(), size_}; }
  bool empty() const { return size_ == 0; }
  /// "00:01:00:01:…".
  std::string to_string() const;

  friend bool operator==(const Duid& a, const Duid& b) { return wire::same_bytes(a.bytes(), b.bytes()); }

 private:
  std::array<std::byte, kMaxSize> octets_;  // only the first size_ are ever read
  uint8_t size_ = 0;
};

/// The form of RFC 8415 §11.1: long enough for a type and an identifier, and not too long.
inline bool is_duid(Bytes bytes) { return bytes.size() >= Duid::kMinSize && bytes.size() <= Duid::kMaxSize; }

}  // namespace tandem6
