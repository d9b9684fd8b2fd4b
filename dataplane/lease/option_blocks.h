// What write_options() wrote for clients like this one before: most of a network's clients ask for the same few sets of
// options, and get the same bytes. Kept ready for each pair of scopes and set.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "dataplane/lease/option_chain.h"
#include "dataplane/lease/option_choice.h"

namespace tandem6::lease {

/// One worker's own. Holds a fixed number of blocks; one that is asked for again takes the place of another.
class OptionBlocks {
 public:
  OptionBlocks() : blocks_(std::make_unique<std::array<Block, kBlocks>>()) {}

  /// Does what write_options() does. `configuration` is the serial number of the snapshot that the scopes are of.
  void write(wire::Writer& out, const OptionWish& wish, const OptionChain& chain, uint64_t configuration);

 private:
  static constexpr size_t kBlocks = 128;  // 64 KiB
  static constexpr size_t kScopes = 4;
  static constexpr size_t kMaxBytes = 416;

  /// All that the choice depends on, when no option of the scopes looks at the client itself: bits of the requested
  /// codes, the scopes, and configuration and kind of answer. All zero: an empty block, as no configuration has 0.
  struct Key {
    static constexpr size_t kCodeWords = 4;
    std::array<uint64_t, kCodeWords + kScopes + 1> words{};
    bool is(const Key& other) const;
    uint64_t hash() const;
  };
  struct Block {
    Key key;
    uint16_t size = 0;
    std::array<std::byte, kMaxBytes> bytes;
  };

  static std::optional<Key> key_of(const OptionWish& wish, const OptionChain& chain, uint64_t configuration);

  std::unique_ptr<std::array<Block, kBlocks>> blocks_;
};

}  // namespace tandem6::lease
