// A configuration's text as a tree that remembers where everything stands. JSON as Kea reads it: comments with `//`,
// `#` and
// `/* */`, commas before a closing bracket, numbers such as `.5`. Plain values, used by the management thread only.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace tandem6::control {

/// One value of the text. Children point to their parent, so a Node does not move once it is in a tree.
struct Node {
  enum class Shape : uint8_t { kScalar, kList, kObject };

  Shape shape = Shape::kScalar;
  const Node* parent = nullptr;
  std::string key;        ///< when the parent is an object
  size_t index = 0;       ///< when the parent is a list
  size_t offset = 0;      ///< of the value's first character
  size_t key_offset = 0;  ///< of the key's opening quote; the value's when it has no key
  nlohmann::json scalar;
  std::vector<std::unique_ptr<Node>> children;

  bool is_object() const { return shape == Shape::kObject; }
  bool is_list() const { return shape == Shape::kList; }
  bool is_string() const { return scalar.is_string(); }
  bool is_boolean() const { return scalar.is_boolean(); }
  bool is_integer() const { return scalar.is_number_integer(); }
  bool is_number() const { return scalar.is_number(); }
  bool is_null() const { return shape == Shape::kScalar && scalar.is_null(); }
  /// The text of a string node.
  const std::string& text() const { return scalar.get_ref<const std::string&>(); }

  /// The child with this key; null when there is none.
  const Node* find(std::string_view wanted) const;
  /// "Dhcp6.subnet6[2].pools"; empty for the root.
  std::string path() const;
  nlohmann::json to_json() const;
};

/// Where an offset is for a person: both from 1, columns in characters, not octets.
struct Place {
  int line = 1;
  int column = 1;
};

class Places {
 public:
  explicit Places(const std::string& text);
  Place at(size_t offset) const;

 private:
  std::string text_;
  std::vector<size_t> line_starts_;
};

struct JsonError {
  size_t offset = 0;
  std::string text;
};

struct JsonText {
  std::unique_ptr<Node> root;      ///< null when there is an error
  std::optional<JsonError> error;  ///< the first one
};

/// Nesting beyond this is refused: nothing that we read needs it.
inline constexpr size_t kMaxDepth = 64;

JsonText read_json_text(const std::string& text);

}  // namespace tandem6::control
