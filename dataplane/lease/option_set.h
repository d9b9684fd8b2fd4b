// The options that a scope of the configuration sends, encoded once when the configuration is read.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "dataplane/lease/class_set.h"
#include "dataplane/wire/builder.h"
#include "dataplane/wire/option.h"

namespace tandem6::lease {

/// Immutable once it is part of a Snapshot.
class OptionSet {
 public:
  /// Adds an option, or replaces the one with this code.
  void set(uint16_t code, Bytes data, bool always_send);
  /// Takes over what `outer` has and this scope has not: the narrower scope wins.
  void inherit(const OptionSet& outer);
  bool empty() const { return entries_.empty(); }

  /// Writes, in order of code, the options that `requested` lists (RFC 8415 §21.7) and those that are always sent.
  void write(wire::Writer& out, const std::optional<wire::OptionRequestView>& requested) const;
  static void write(wire::Writer& out, const std::optional<wire::OptionRequestView>& requested, const ClassSet& classes,
                    std::span<const OptionSet* const> chain);

 private:
  struct Entry {
    uint16_t code;
    bool always_send;
    std::vector<std::byte> data;
  };
  std::vector<Entry> entries_;  // by code
};

}  // namespace tandem6::lease
