// Domain names in the wire form of RFC 1035 §3.1, uncompressed (RFC 8415 §10), whole or only their first labels.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dataplane/wire/bytes.h"

namespace tandem6::wire {

/// Held by value; allocates nothing.
class DomainName {
 public:
  static constexpr size_t kMaxSize = 255;  ///< RFC 1035 §2.3.4, with the root's label
  static constexpr size_t kMaxLabel = 63;

  /// The name of no labels, which is not complete.
  DomainName() = default;
  /// Nothing when a label is too long, compressed or cut short, when the name is too long, or goes on behind its end.
  static std::optional<DomainName> from_bytes(Bytes bytes);
  /// "host.example.org." is complete, "host" and "" are not. A dot always divides labels.
  static std::optional<DomainName> parse(std::string_view text);

  /// The other way round from to_string(): "\ddd" is one octet, whatever it is, and no end of a label.
  static std::optional<DomainName> parse_escaped(std::string_view text);

  /// False, and nothing is changed, when the label does not fit or the name is complete. An empty label completes it.
  bool add_label(Bytes label);
  bool complete_with_root() { return add_label({}); }
  /// All labels of `suffix`. False, and nothing is changed, when they do not fit.
  bool append(const DomainName& suffix);

  Bytes bytes() const { return {octets_.data(), size_}; }
  bool empty() const { return size_ == 0; }
  /// Ends with the root: there is nothing to add.
  bool complete() const { return complete_; }
  /// Are the last labels, the root aside, those of `other`? Case does not matter (RFC 1035 §2.3.3).
  bool ends_with(const DomainName& other) const;
  /// No text of a name is longer.
  static constexpr size_t kMaxText = 4 * kMaxSize;
  /// "host.example.org.", or "host" when it is not complete. Octets that are no letters, digits, '-' or '_' as "\ddd"
  /// (RFC 1035 §5.1). A view of `out`.
  std::string_view write_text(std::span<char, kMaxText> out) const;
  std::string to_string() const;

  /// Calls `see(Bytes label)` for each label but the root's, in order.
  template <typename See>
  void each_label(See&& see) const {
    for (size_t at = 0; at < size_ && octets_[at] != std::byte{0};) {
      const auto length = static_cast<size_t>(octets_[at]);
      see(bytes().subspan(at + 1, length));
      at += 1 + length;
    }
  }

  friend bool operator==(const DomainName& a, const DomainName& b) { return same_bytes(a.bytes(), b.bytes()); }

 private:
  std::array<std::byte, kMaxSize> octets_{};
  uint8_t size_ = 0;
  bool complete_ = false;
};

}  // namespace tandem6::wire
