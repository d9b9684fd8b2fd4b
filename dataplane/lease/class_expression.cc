#include "dataplane/lease/class_expression.h"

#include <algorithm>
#include <bitset>
#include <charconv>

#include "dataplane/lease/fixed_list.h"
#include "dataplane/lease/packet_parts.h"

namespace tandem6::lease {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// The field with this number, from 1; empty when there are not so many.
Bytes field_of(Bytes text, Bytes delimiters, int32_t number) {
  std::bitset<256> divides;
  for (const std::byte octet : delimiters) divides.set(std::to_integer<size_t>(octet));
  for (int32_t field = 1;; ++field) {
    const auto end =
        std::ranges::find_if(text, [&](std::byte octet) { return divides[std::to_integer<size_t>(octet)]; });
    const auto length = static_cast<size_t>(end - text.begin());
    if (field == number) return text.first(length);
    if (length == text.size()) return {};
    text = text.subspan(length + 1);
  }
}

/// As Kea's manual has it ("Substring").
Bytes substring_of(Bytes text, int64_t start, std::optional<int32_t> wanted) {
  const auto size = static_cast<int64_t>(text.size());
  if (start < 0) start += size;
  if (start < 0 || start >= size) return {};
  int64_t length = wanted ? *wanted : size - start;
  if (length < 0) {
    length = std::min(-length, start);
    start -= length;
  }
  length = std::min(length, size - start);
  return text.subspan(static_cast<size_t>(start), static_cast<size_t>(length));
}

/// One evaluation. What cannot be said makes it fail as a whole: its result does not count then.
class Evaluation {
 public:
  Evaluation(const ClassExpression& expression, const ClassContext& context, ExpressionScratch& scratch)
      : expression_(expression), context_(context), parts_(context), scratch_(scratch) {}

  bool failed() const { return failed_; }
  bool holds(ConditionRef ref) {
    return std::visit([this](const auto& condition) { return test(condition); }, expression_.at(ref));
  }
  Bytes value(ValueRef ref) {
    return std::visit([this](const auto& value) { return compute(value); }, expression_.at(ref));
  }

 private:
  bool test(const term::Equal& equal) {
    // Two statements, so that both sides' texts are made in order.
    const Bytes left = value(equal.left);
    return wire::same_bytes(left, value(equal.right));
  }
  bool test(const term::Not& negated) { return !holds(negated.of); }
  bool test(const term::All& all) {
    return std::ranges::all_of(all.of, [this](ConditionRef ref) { return holds(ref); });
  }
  bool test(const term::Any& any) {
    return std::ranges::any_of(any.of, [this](ConditionRef ref) { return holds(ref); });
  }
  bool test(const term::Member& member) { return context_.classes.contains(member.id); }
  bool test(const term::OptionExists& exists) { return parts_.option(exists.path).has_value(); }
  bool test(const term::VendorExists& exists) { return parts_.vendor(exists.option, exists.enterprise).has_value(); }

  Bytes compute(const term::Literal& literal) { return literal.octets; }
  Bytes compute(const term::OptionData& data) { return parts_.option(data.path).value_or(Bytes{}); }
  Bytes compute(const term::RelayAddress& address) { return parts_.relay_address(address); }
  Bytes compute(const term::PacketField& field);
  Bytes compute(const term::VendorEnterprise& vendor) {
    const auto found = parts_.vendor(vendor.option, term::kAnyEnterprise);
    return found ? number(found->enterprise) : Bytes{};
  }
  Bytes compute(const term::VendorClassData& data) { return parts_.vendor_class_data(data.enterprise, data.index); }
  Bytes compute(const term::Substring& part) { return substring_of(value(part.of), part.start, part.length); }
  Bytes compute(const term::Concatenation& joined);
  Bytes compute(const term::IfElse& choice) { return value(holds(choice.condition) ? choice.then : choice.otherwise); }
  Bytes compute(const term::HexText& hex);
  Bytes compute(const term::Recased& recased);
  Bytes compute(const term::Split& split) {
    const Bytes text = value(split.of);
    return field_of(text, value(split.delimiters), split.field);
  }
  Bytes compute(const term::AddressText& address);
  Bytes compute(const term::NumberText& number);

  /// Kea's numbers are four octets (manual: "Integers in an expression").
  Bytes number(uint32_t number) {
    if (!has_room(4)) return {};
    wire::store_be32(scratch_.free().data(), number);
    return scratch_.take(4);
  }
  Bytes text(std::string_view text) {
    if (!has_room(text.size())) return {};
    const Bytes bytes = wire::bytes_of(text);
    std::ranges::copy(bytes, scratch_.free().begin());
    return scratch_.take(bytes.size());
  }
  bool has_room(size_t size) {
    if (scratch_.free().size() >= size) return true;
    return fail();
  }
  bool fail() {
    failed_ = true;
    return false;
  }

  const ClassExpression& expression_;
  const ClassContext& context_;
  PacketParts parts_;
  ExpressionScratch& scratch_;
  bool failed_ = false;
};

Bytes Evaluation::compute(const term::PacketField& field) {
  using Which = term::PacketField::Which;
  const Request& request = context_.request;
  switch (field.which) {
    case Which::kMessageType:
      return number(static_cast<uint32_t>(request.received->message.type));
    case Which::kTransactionId:
      return number(request.received->message.transaction_id);
    case Which::kInterface:
      if (request.port >= context_.port_names.size()) return {};
      return wire::bytes_of(context_.port_names[request.port]);
    case Which::kSource:
      return request.source.octets;
    case Which::kDestination:
      return request.destination.octets;
    case Which::kLength:
      return number(static_cast<uint32_t>(parts_.datagram_size()));
  }
  return {};
}

Bytes Evaluation::compute(const term::Concatenation& joined) {
  // All parts before the first is copied: they may leave texts of their own in the scratch.
  FixedList<Bytes, term::Concatenation::kMaxParts> parts;
  size_t size = 0;
  for (const ValueRef ref : joined.of) {
    parts.push(value(ref));
    size += parts.end()[-1].size();
  }
  if (!has_room(size)) return {};
  auto out = scratch_.free().begin();
  for (const Bytes part : parts) out = std::ranges::copy(part, out).out;
  return scratch_.take(size);
}

Bytes Evaluation::compute(const term::HexText& hex) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const Bytes octets = value(hex.of);
  const Bytes separator = value(hex.separator);
  if (octets.empty()) return {};
  const size_t size = octets.size() * 2 + (octets.size() - 1) * separator.size();
  if (!has_room(size)) return {};
  auto out = scratch_.free().begin();
  for (size_t i = 0; i < octets.size(); ++i) {
    if (i != 0) out = std::ranges::copy(separator, out).out;
    *out++ = static_cast<std::byte>(kDigits[std::to_integer<size_t>(octets[i] >> 4)]);
    *out++ = static_cast<std::byte>(kDigits[std::to_integer<size_t>(octets[i] & std::byte{0xf})]);
  }
  return scratch_.take(size);
}

Bytes Evaluation::compute(const term::Recased& recased) {
  const Bytes octets = value(recased.of);
  if (!has_room(octets.size())) return {};
  std::ranges::transform(octets, scratch_.free().begin(), [&](std::byte octet) {
    const auto c = static_cast<char>(octet);
    return static_cast<std::byte>(recased.upper ? upper(c) : lower(c));
  });
  return scratch_.take(octets.size());
}

Bytes Evaluation::compute(const term::AddressText& address) {
  const Bytes octets = value(address.of);
  if (octets.empty()) return {};
  if (octets.size() == 16) {
    std::array<char, Ipv6Address::kMaxText> room;
    return text(Ipv6Address::load(octets.data()).write_text(room));
  }
  if (octets.size() != 4) return fail(), Bytes{};
  std::array<char, 16> digits;
  char* end = digits.data();
  for (size_t i = 0; i < 4; ++i) {
    if (i != 0) *end++ = '.';
    end = std::to_chars(end, digits.data() + digits.size(), std::to_integer<unsigned>(octets[i])).ptr;
  }
  return text({digits.data(), end});
}

Bytes Evaluation::compute(const term::NumberText& number) {
  const Bytes octets = value(number.of);
  if (octets.empty()) return {};
  if (octets.size() != number.octets) return fail(), Bytes{};
  uint32_t bits = 0;
  for (const std::byte octet : octets) bits = bits << 8 | std::to_integer<uint32_t>(octet);
  int64_t shown = bits;
  const unsigned width = 8U * number.octets;
  if (number.is_signed && (bits >> (width - 1) & 1) != 0) shown -= int64_t{1} << width;
  std::array<char, 12> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), shown).ptr;
  return text({digits.data(), end});
}

}  // namespace

ConditionRef ClassExpression::add(term::Condition condition) {
  if (const auto* member = std::get_if<term::Member>(&condition)) members_.add(member->id);
  conditions_.push_back(std::move(condition));
  return {static_cast<uint32_t>(conditions_.size() - 1)};
}

ValueRef ClassExpression::add(term::Value value) {
  values_.push_back(std::move(value));
  return {static_cast<uint32_t>(values_.size() - 1)};
}

std::optional<bool> ClassExpression::holds(const ClassContext& context) const {
  ExpressionScratch scratch;
  Evaluation evaluation(*this, context, scratch);
  const bool result = evaluation.holds({static_cast<uint32_t>(conditions_.size() - 1)});
  if (evaluation.failed()) return std::nullopt;
  return result;
}

std::optional<Bytes> ClassExpression::value(const ClassContext& context, ExpressionScratch& scratch) const {
  Evaluation evaluation(*this, context, scratch);
  const Bytes result = evaluation.value({static_cast<uint32_t>(values_.size() - 1)});
  if (evaluation.failed()) return std::nullopt;
  return result;
}

}  // namespace tandem6::lease
