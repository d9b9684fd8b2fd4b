#include "control/config/json_text.h"

#include <algorithm>
#include <iterator>
#include <unordered_set>

#include <fmt/format.h>

#include "control/config/characters.h"

namespace tandem6::control {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool starts_with_at(std::string_view text, size_t offset, std::string_view what) {
  return text.substr(offset, what.size()) == what;
}

/// Turns Kea's JSON into strict JSON of the same length: every offset stays what it was.
class Strictener {
 public:
  explicit Strictener(const std::string& text) : text_(text) {}

  std::optional<JsonError> run() {
    while (at_ < text_.size() && !error_) step();
    return error_;
  }
  const std::string& text() const { return text_; }
  /// Offsets of numbers that begin with their point, in order.
  const std::vector<size_t>& leading_points() const { return leading_points_; }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '"') return skip_string();
    if (c == '#' || starts_with_at(text_, at_, "//")) return blank_line();
    if (starts_with_at(text_, at_, "/*")) return blank_block();
    if (starts_with_at(text_, at_, "<?")) {
      error_ = JsonError{at_, "<?include …?> is not supported: put the file's text here"};
      return;
    }
    if (c == ']' || c == '}') blank_comma_before();
    if (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]) && (at_ == 0 || !is_digit(text_[at_ - 1])))
      leading_points_.push_back(at_);
    if (!is_blank(c)) {
      before_last_ = last_;
      last_ = at_;
    }
    ++at_;
  }

  void skip_string() {
    before_last_ = last_;
    last_ = at_++;
    // A line's end ends it too: the parser will complain there.
    while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\n') at_ += text_[at_] == '\\' ? 2 : 1;
    at_ = std::min(at_ + 1, text_.size());
  }

  void blank_line() {
    while (at_ < text_.size() && text_[at_] != '\n') text_[at_++] = ' ';
  }

  void blank_block() {
    const size_t end = text_.find("*/", at_ + 2);
    if (end == std::string::npos) {
      error_ = JsonError{at_, "this comment has no end: */ is missing"};
      return;
    }
    for (; at_ < end + 2; ++at_)
      if (!is_blank(text_[at_])) text_[at_] = ' ';
  }

  /// `[1, 2, ]`, but not `[,]`.
  void blank_comma_before() {
    if (last_ == kNone || text_[last_] != ',' || before_last_ == kNone) return;
    const char before = text_[before_last_];
    if (before != '[' && before != '{' && before != ',' && before != ':') text_[last_] = ' ';
  }

  static constexpr size_t kNone = static_cast<size_t>(-1);
  std::string text_;
  size_t at_ = 0;
  size_t last_ = kNone;         // the last token's beginning
  size_t before_last_ = kNone;  // and that of the one before
  std::vector<size_t> leading_points_;
  std::optional<JsonError> error_;
};

/// How far the parser has read. It reads through iterators that all share one of these.
struct Reading {
  std::string_view text;
  const std::vector<size_t>& leading_points;
  size_t offset = 0;
  size_t zeros = 0;  // given before a leading point, without a place in the text
  bool zero_is_next() const { return zeros < leading_points.size() && leading_points[zeros] == offset; }
};

class ReadingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  explicit ReadingIterator(Reading* reading) : reading_(reading) {}
  char operator*() const { return reading_->zero_is_next() ? '0' : reading_->text[reading_->offset]; }
  ReadingIterator& operator++() {
    if (reading_->zero_is_next())
      ++reading_->zeros;
    else
      ++reading_->offset;
    return *this;
  }
  /// Only ever compared with the end, which has no Reading.
  bool operator!=(const ReadingIterator&) const { return reading_->offset < reading_->text.size(); }
  bool operator==(const ReadingIterator& other) const { return !(*this != other); }

 private:
  Reading* reading_;
};

/// Takes the parser's events (the SAX interface of nlohmann-json) and grows the tree.
class TreeBuilder {
 public:
  explicit TreeBuilder(Reading* reading) : reading_(reading) {}

  bool null() { return scalar(nullptr); }
  bool boolean(bool value) { return scalar(value); }
  bool number_integer(nlohmann::json::number_integer_t value) { return scalar(value); }
  bool number_unsigned(nlohmann::json::number_unsigned_t value) { return scalar(value); }
  bool number_float(nlohmann::json::number_float_t value, const std::string&) { return scalar(value); }
  bool string(std::string& value) { return scalar(std::move(value)); }
  bool binary(nlohmann::json::binary_t&) { return false; }  // no such thing in text

  bool start_object(size_t) { return open(Node::Shape::kObject); }
  bool start_array(size_t) { return open(Node::Shape::kList); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    key_offset_ = token_start();
    finish_token();
    if (!open_.back().keys.insert(name).second) {
      error_ = JsonError{key_offset_, fmt::format("\"{}\" is here twice", name)};
      return false;
    }
    key_ = std::move(name);
    return true;
  }

  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception& why) {
    // Only colons and commas lie between the last event and the token that does not fit.
    const size_t end = std::min(position - std::min(position, reading_->zeros), reading_->text.size());
    size_t at = token_end_;
    while (at < end && (is_blank(reading_->text[at]) || (is_punctuation(reading_->text[at]) && at + 1 < end))) ++at;
    error_ = JsonError{at, plain(why.what())};
    return false;
  }

  std::unique_ptr<Node> take_root() { return std::move(root_); }
  const std::optional<JsonError>& error() const { return error_; }

 private:
  struct Open {
    Node* node;
    std::unordered_set<std::string> keys;
  };

  static bool is_punctuation(char c) { return c == ',' || c == ':'; }

  /// "[json.exception…] parse error at line 1, column 2: TEXT; last read: '…'; expected …" without what the place says.
  static std::string plain(std::string text) {
    text.erase(0, text.find("] ") + 2);
    if (text.starts_with("parse error at")) text.erase(0, text.find(": ") + 2);
    const size_t last_read = text.find("; last read: ");
    if (last_read == std::string::npos) return text;
    const size_t expected = text.rfind("; expected ");
    return text.substr(0, last_read) +
           (expected > last_read && expected != std::string::npos ? text.substr(expected) : "");
  }

  size_t token_start() const {
    size_t at = token_end_;
    while (at < reading_->text.size() && (is_blank(reading_->text[at]) || is_punctuation(reading_->text[at]))) ++at;
    return at;
  }
  // After a number the parser is one character further, on a blank or a punctuation mark: token_start() does not mind.
  void finish_token() { token_end_ = reading_->offset; }

  Node* add(Node::Shape shape) {
    auto node = std::make_unique<Node>();
    node->shape = shape;
    node->offset = node->key_offset = token_start();
    finish_token();
    Node* added = node.get();
    if (open_.empty()) {
      root_ = std::move(node);
      return added;
    }
    Node* parent = open_.back().node;
    node->parent = parent;
    if (parent->is_object()) {
      node->key = std::move(key_);
      node->key_offset = key_offset_;
    } else {
      node->index = parent->children.size();
    }
    parent->children.push_back(std::move(node));
    return added;
  }

  template <typename Value>
  bool scalar(Value&& value) {
    add(Node::Shape::kScalar)->scalar = std::forward<Value>(value);
    return true;
  }

  bool open(Node::Shape shape) {
    Node* node = add(shape);
    if (open_.size() >= kMaxDepth) {
      error_ = JsonError{node->offset, fmt::format("nested more than {} deep", kMaxDepth)};
      return false;
    }
    open_.push_back({node, {}});
    return true;
  }

  bool close() {
    open_.pop_back();
    finish_token();
    return true;
  }

  Reading* reading_;
  std::unique_ptr<Node> root_;
  std::vector<Open> open_;
  std::string key_;
  size_t key_offset_ = 0;
  size_t token_end_ = 0;
  std::optional<JsonError> error_;
};

}  // namespace

const Node* Node::find(std::string_view wanted) const {
  for (const auto& child : children)
    if (child->key == wanted) return child.get();
  return nullptr;
}

std::string Node::path() const {
  if (parent == nullptr) return {};
  std::string outer = parent->path();
  if (parent->is_list()) return fmt::format("{}[{}]", outer, index);
  return outer.empty() ? key : outer + "." + key;
}

nlohmann::json Node::to_json() const {
  if (shape == Shape::kScalar) return scalar;
  nlohmann::json result = is_list() ? nlohmann::json::array() : nlohmann::json::object();
  for (const auto& child : children) {
    if (is_list())
      result.push_back(child->to_json());
    else
      result[child->key] = child->to_json();
  }
  return result;
}

Places::Places(const std::string& text) : text_(text), line_starts_{0} {
  for (size_t i = 0; i < text_.size(); ++i)
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
}

Place Places::at(size_t offset) const {
  offset = std::min(offset, text_.size());
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const size_t start = *std::prev(next);
  // UTF-8 continuation octets are no characters of their own.
  const auto characters = std::count_if(text_.begin() + static_cast<std::ptrdiff_t>(start),
                                        text_.begin() + static_cast<std::ptrdiff_t>(offset),
                                        [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
  return {static_cast<int>(next - line_starts_.begin()), static_cast<int>(characters) + 1};
}

JsonText read_json_text(const std::string& text) {
  Strictener strict(text);
  if (auto error = strict.run()) return {nullptr, std::move(error)};
  Reading reading{strict.text(), strict.leading_points()};
  TreeBuilder builder(&reading);
  const bool complete = nlohmann::json::sax_parse(ReadingIterator(&reading), ReadingIterator(nullptr), &builder);
  if (builder.error()) return {nullptr, builder.error()};
  if (!complete) return {nullptr, JsonError{reading.offset, "this cannot be read"}};
  return {builder.take_root(), std::nullopt};
}

}  // namespace tandem6::control
