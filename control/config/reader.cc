#include "control/config/reader.h"

#include <algorithm>
#include <cctype>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace tandem6::control {
namespace {

constexpr size_t kLongestMisspelling = 64;  // longer words are not misspellings of ours

std::string_view name_of(ValueKind kind) {
  switch (kind) {
    case ValueKind::kBoolean:
      return "true or false";
    case ValueKind::kInteger:
      return "a whole number";
    case ValueKind::kNumber:
      return "a number";
    case ValueKind::kString:
      return "a string";
    case ValueKind::kStrings:
      return "a list of strings";
    case ValueKind::kIntegers:
      return "a list of whole numbers";
    case ValueKind::kObject:
      return "an object {…}";
    case ValueKind::kObjects:
      return "a list of objects [{…}]";
    case ValueKind::kAny:
      break;
  }
  return "any value";
}

std::string_view describe(const Node& value) {
  if (value.is_object()) return "an object";
  if (value.is_list()) return "a list";
  if (value.is_string()) return "a string";
  if (value.is_boolean()) return "a boolean";
  if (value.is_integer()) return "a whole number";
  if (value.is_number()) return "a number that is not whole or too large";
  return "null";
}

bool fits(const Node& value, ValueKind kind) {
  switch (kind) {
    case ValueKind::kBoolean:
      return value.is_boolean();
    case ValueKind::kInteger:
      return value.is_integer();
    case ValueKind::kNumber:
      return value.is_number();
    case ValueKind::kString:
      return value.is_string();
    case ValueKind::kObject:
      return value.is_object();
    case ValueKind::kStrings:
    case ValueKind::kIntegers:
    case ValueKind::kObjects:
      return value.is_list();
    case ValueKind::kAny:
      break;
  }
  return true;
}

/// What each value of a list must be.
ValueKind element_kind(ValueKind list) {
  switch (list) {
    case ValueKind::kStrings:
      return ValueKind::kString;
    case ValueKind::kIntegers:
      return ValueKind::kInteger;
    case ValueKind::kObjects:
      return ValueKind::kObject;
    default:
      return ValueKind::kAny;
  }
}

bool check_kind(const Node& value, ValueKind kind, Remarks& remarks) {
  if (fits(value, kind)) return true;
  remarks.error(value, fmt::format("{} is wanted, this is {}", name_of(kind), describe(value)));
  return false;
}

class KeyCheck {
 public:
  explicit KeyCheck(Remarks& remarks) : remarks_(remarks) {}

  /// `only_shape`: the object is in something that is refused, ignored or mapped as a whole; whether its keys are known
  /// is said all the same.
  void object(const Node& node, const KeyTable& keys, bool only_shape) {
    for (const auto& child : node.children) {
      const KeyRule* rule = keys.find(child->key);
      if (rule == nullptr)
        unknown(*child, keys);
      else
        known(*child, *rule, only_shape);
    }
  }

 private:
  void unknown(const Node& child, const KeyTable& keys) {
    std::vector<std::string_view> names;
    for (const KeyRule& rule : keys.rules) names.push_back(rule.name);
    remarks_.error_at_key(child, "unknown key" + did_you_mean(child.key, names));
  }

  void known(const Node& child, const KeyRule& rule, bool only_shape) {
    if (!check_kind(child, rule.kind, remarks_)) return;
    if (!only_shape) treat(child, rule);
    const bool inner_only_shape = only_shape || rule.treatment != Treatment::kSupported;
    if (rule.inside != nullptr && child.is_object()) object(child, rule.inside(), inner_only_shape);
    if (!child.is_list()) return;
    for (const auto& element : child.children)
      if (check_kind(*element, element_kind(rule.kind), remarks_) && rule.inside != nullptr && element->is_object())
        object(*element, rule.inside(), inner_only_shape);
  }

  void treat(const Node& child, const KeyRule& rule) {
    if (rule.harmless != nullptr && rule.harmless(child)) return;
    if (rule.treatment == Treatment::kRefused) remarks_.error_at_key(child, std::string(rule.note));
    if (rule.treatment == Treatment::kIgnored) remarks_.warning_at_key(child, fmt::format("ignored: {}", rule.note));
  }

  Remarks& remarks_;
};

/// Levenshtein's distance.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0]++;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

void check_keys(const Node& object, const KeyTable& keys, Remarks& remarks) {
  KeyCheck(remarks).object(object, keys, false);
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known) {
  if (word.size() > kLongestMisspelling) return {};
  std::string_view best;
  size_t best_distance = std::max<size_t>(2, word.size() / 3) + 1;
  for (std::string_view candidate : known) {
    const size_t d = distance(word, candidate);
    if (d >= best_distance) continue;
    best_distance = d;
    best = candidate;
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known) {
  const std::string_view best = nearest(word, known);
  return best.empty() ? std::string() : fmt::format(": did you mean \"{}\"?", best);
}

const Node* string_at(const Node& object, std::string_view key) {
  const Node* value = object.find(key);
  return value != nullptr && value->is_string() ? value : nullptr;
}

const Node* object_at(const Node& object, std::string_view key) {
  const Node* value = object.find(key);
  return value != nullptr && value->is_object() ? value : nullptr;
}

std::optional<bool> boolean_at(const Node& object, std::string_view key) {
  const Node* value = object.find(key);
  if (value == nullptr || !value->is_boolean()) return std::nullopt;
  return value->scalar.get<bool>();
}

std::optional<double> number_at(const Node& object, std::string_view key) {
  const Node* value = object.find(key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->scalar.get<double>();
}

std::optional<uint64_t> integer_at(const Node& object, std::string_view key, uint64_t min, uint64_t max,
                                   Remarks& remarks) {
  const Node* value = object.find(key);
  return value == nullptr ? std::nullopt : integer_of(*value, min, max, remarks);
}

std::optional<uint64_t> integer_of(const Node& value, uint64_t min, uint64_t max, Remarks& remarks) {
  if (!value.is_integer()) return std::nullopt;
  const bool negative = !value.scalar.is_number_unsigned() && value.scalar.get<int64_t>() < 0;
  const uint64_t number = negative ? 0 : value.scalar.get<uint64_t>();
  if (!negative && number >= min && number <= max) return number;
  remarks.error(value, fmt::format("{} is out of range: {} to {}", value.scalar.dump(), min, max));
  return std::nullopt;
}

std::vector<const Node*> objects_at(const Node& object, std::string_view key) {
  std::vector<const Node*> result;
  const Node* list = object.find(key);
  if (list == nullptr || !list->is_list()) return result;
  for (const auto& element : list->children)
    if (element->is_object()) result.push_back(element.get());
  return result;
}

std::vector<const Node*> strings_at(const Node& object, std::string_view key) {
  std::vector<const Node*> result;
  const Node* list = object.find(key);
  if (list == nullptr || !list->is_list()) return result;
  for (const auto& element : list->children)
    if (element->is_string()) result.push_back(element.get());
  return result;
}

std::optional<size_t> choice_of(const Node& value, const std::vector<std::string_view>& choices, Remarks& remarks) {
  const auto same_letter = [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); };
  for (size_t i = 0; i < choices.size(); ++i) {
    const std::string& text = value.text();
    if (std::ranges::equal(text, choices[i], same_letter)) return i;
  }
  remarks.error(value, fmt::format("\"{}\" is not one of \"{}\"", value.text(), fmt::join(choices, "\", \"")));
  return std::nullopt;
}

void require_key(const Node& object, std::string_view key, Remarks& remarks) {
  if (object.find(key) == nullptr) remarks.error(object, fmt::format("\"{}\" is missing here", key));
}

}  // namespace tandem6::control
