// The servers that have answered, by their DUIDs: few, so that a client need not hold a whole DUID. Fixed size.
#pragma once

#include <array>
#include <optional>

#include "dataplane/wire/duid.h"

namespace tandem6::blast {

class ServerTable {
 public:
  static constexpr size_t kMax = 16;

  /// The number of the server with this DUID; nothing when it is no DUID or one server too many.
  std::optional<uint8_t> number(Bytes duid) {
    for (size_t i = 0; i < size_; ++i) {
      if (wire::same_bytes(servers_[i].bytes(), duid)) return static_cast<uint8_t>(i);
    }
    const std::optional<Duid> added = Duid::from_bytes(duid);
    if (size_ == kMax || !added) return std::nullopt;
    servers_[size_] = *added;
    return static_cast<uint8_t>(size_++);
  }
  const Duid& operator[](uint8_t number) const { return servers_[number]; }
  size_t size() const { return size_; }

 private:
  std::array<Duid, kMax> servers_;
  size_t size_ = 0;
};

}  // namespace tandem6::blast
