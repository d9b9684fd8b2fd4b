// An expression of a client class (Kea's `test` and `template-test`), compiled: its terms in two vectors, conditions
// and values, that name each other by their places. Evaluated without allocation, in time that the configuration
// bounds. control/config/class_expression_text.h makes one from text.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "dataplane/lease/class_set.h"
#include "dataplane/lease/request.h"

namespace tandem6::lease {

/// What an expression can look at.
struct ClassContext {
  const Request& request;
  const ClassSet& classes;                  ///< that the client is in so far
  std::span<const std::string> port_names;  ///< by Request::port
};

/// Room for the texts that one evaluation makes.
class ExpressionScratch {
 public:
  static constexpr size_t kSize = 4096;
  ExpressionScratch() {}
  MutableBytes free() { return MutableBytes(room_).subspan(used_); }
  /// The first `size` octets of free().
  Bytes take(size_t size) {
    const Bytes taken = free().first(size);
    used_ += size;
    return taken;
  }

 private:
  size_t used_ = 0;
  std::array<std::byte, kSize> room_;  // only the first used_ are written
};

/// Places of terms. Terms come after those that they use.
struct ValueRef {
  uint32_t place = 0;
};
struct ConditionRef {
  uint32_t place = 0;
};

namespace term {

/// Every enterprise number: `vendor[*]`.
inline constexpr uint32_t kAnyEnterprise = 0;

/// An option of the client's message, of a relay's, or one inside a Vendor-specific Information option; the first one
/// with this code.
struct OptionPath {
  enum class Area : uint8_t { kMessage, kRelay, kVendorOptions };
  struct Inside {
    uint16_t skip;  ///< octets of the outer option before the options in it
    uint16_t code;
  };
  Area area = Area::kMessage;
  int8_t relay = 0;  ///< from 0, the one nearest to the server; from -1, the one nearest to the client
  uint32_t enterprise = kAnyEnterprise;
  uint16_t code = 0;
  std::optional<Inside> inside = {};
};

// Conditions.
struct Equal {
  ValueRef left;
  ValueRef right;
};
struct Not {
  ConditionRef of;
};
struct All {
  std::vector<ConditionRef> of;
};
struct Any {
  std::vector<ConditionRef> of;
};
struct Member {
  ClassId id;
};
struct OptionExists {
  OptionPath path;
};
/// Of option 16 or 17.
struct VendorExists {
  wire::OptionCode option;
  uint32_t enterprise;
};

// Values. What is not there is empty.
struct Literal {
  std::vector<std::byte> octets;
};
struct OptionData {
  OptionPath path;
};
struct RelayAddress {
  enum class Which : uint8_t { kPeer, kLink };
  Which which;
  int8_t relay;
};
struct PacketField {
  enum class Which : uint8_t { kMessageType, kTransactionId, kInterface, kSource, kDestination, kLength };
  Which which;
};
struct VendorEnterprise {
  wire::OptionCode option;
};
struct VendorClassData {
  uint32_t enterprise;
  uint32_t index;
};
struct Substring {
  ValueRef of;
  int32_t start;                  ///< negative: from the end
  std::optional<int32_t> length;  ///< nothing: to the end; negative: what lies before `start`
};
struct Concatenation {
  static constexpr size_t kMaxParts = 16;
  std::vector<ValueRef> of;
};
struct IfElse {
  ConditionRef condition;
  ValueRef then;
  ValueRef otherwise;
};
struct HexText {
  ValueRef of;
  ValueRef separator;
};
struct Recased {
  ValueRef of;
  bool upper;
};
struct Split {
  ValueRef of;
  ValueRef delimiters;
  int32_t field;  ///< from 1
};
struct AddressText {
  ValueRef of;
};
struct NumberText {
  ValueRef of;
  uint8_t octets;  ///< 1, 2 or 4
  bool is_signed;
};

using Condition = std::variant<Equal, Not, All, Any, Member, OptionExists, VendorExists>;
using Value = std::variant<Literal, OptionData, RelayAddress, PacketField, VendorEnterprise, VendorClassData, Substring,
                           Concatenation, IfElse, HexText, Recased, Split, AddressText, NumberText>;

}  // namespace term

/// Immutable once it is part of a ClassTable.
class ClassExpression {
 public:
  /// The last one that is added is the expression: a condition for holds(), a value for value().
  ConditionRef add(term::Condition condition);
  ValueRef add(term::Value value);
  size_t size() const { return conditions_.size() + values_.size(); }
  /// The classes that it asks about.
  const ClassSet& members() const { return members_; }

  const term::Condition& at(ConditionRef ref) const { return conditions_[ref.place]; }
  const term::Value& at(ValueRef ref) const { return values_[ref.place]; }

  /// Nothing when it cannot be said: a text would be longer than an ExpressionScratch, or data is no number or address
  /// although the expression takes it for one.
  std::optional<bool> holds(const ClassContext& context) const;
  /// As above. Points into the packet, `scratch` or this.
  std::optional<Bytes> value(const ClassContext& context, ExpressionScratch& scratch) const;

 private:
  std::vector<term::Condition> conditions_;
  std::vector<term::Value> values_;
  ClassSet members_;
};

}  // namespace tandem6::lease
