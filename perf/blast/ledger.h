// Who has which address and which prefix: an index over the clients' own records, open addressing, fixed size.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "perf/blast/client.h"

namespace tandem6::blast {

class Ledger {
 public:
  /// For so many clients with an address and a prefix each.
  explicit Ledger(std::span<const Client> clients);

  enum class Kind : uint8_t { kAddress, kPrefix };

  /// Enters what the client's record has. The other client whose record has the same, if there is one: it is no longer
  /// in the ledger then.
  std::optional<uint32_t> enter(uint32_t client, Kind kind);
  /// Before a client's record changes: takes it out, if it is in.
  void remove(uint32_t client, Kind kind);

 private:
  static constexpr uint32_t kEmpty = 0;

  static uint32_t entry(uint32_t client, Kind kind) { return (client << 1 | (kind == Kind::kPrefix ? 1U : 0U)) + 1; }
  static uint32_t client_of(uint32_t entry) { return (entry - 1) >> 1; }
  static Kind kind_of(uint32_t entry) { return ((entry - 1) & 1) != 0 ? Kind::kPrefix : Kind::kAddress; }
  size_t home_of(uint32_t entry) const;
  bool same(uint32_t a, uint32_t b) const;

  std::span<const Client> clients_;
  std::vector<uint32_t> slots_;
  size_t mask_;
};

/// How many pairs of neighbours among the bound clients' unexpired leases overlap without being equal: a prefix inside
/// another one, an address inside another client's prefix. Sorts all of them: for the end of a run.
uint64_t count_overlaps(std::span<const Client> clients, Nanoseconds now);

}  // namespace tandem6::blast
