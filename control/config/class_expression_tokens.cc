#include "control/config/class_expression_tokens.h"

#include <algorithm>

#include "control/config/characters.h"

namespace tandem6::control {
namespace {

using Kind = ExpressionToken::Kind;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_in_word(char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; }

template <typename Wanted>
size_t count_while(std::string_view text, Wanted wanted) {
  return static_cast<size_t>(std::ranges::find_if_not(text, wanted) - text.begin());
}

}  // namespace

ExpressionToken ExpressionLexer::take(Kind kind, size_t size) {
  const ExpressionToken token{kind, text_.substr(at_, size), at_ + 1};
  at_ += size;
  return token;
}

ExpressionToken ExpressionLexer::string() {
  const size_t end = text_.find('\'', at_ + 1);
  if (end == std::string_view::npos) return {Kind::kWrong, "this text has no closing quote", at_ + 1};
  const ExpressionToken token{Kind::kString, text_.substr(at_ + 1, end - at_ - 1), at_ + 1};
  at_ = end + 1;
  return token;
}

ExpressionToken ExpressionLexer::hex() {
  const size_t size = count_while(text_.substr(at_ + 2), is_hex);
  if (size == 0) return {Kind::kWrong, "hexadecimal digits are wanted after 0x", at_ + 1};
  const ExpressionToken token{Kind::kHex, text_.substr(at_ + 2, size), at_ + 1};
  at_ += 2 + size;
  return token;
}

size_t ExpressionLexer::address_size() const {
  const std::string_view rest = text_.substr(at_);
  const size_t v6 = count_while(rest, [](char c) { return is_hex(c) || c == ':' || c == '.'; });
  if (rest.substr(0, v6).find(':') != std::string_view::npos) return v6;
  const size_t v4 = count_while(rest, [](char c) { return is_digit(c) || c == '.'; });
  return is_digit(rest[0]) && rest.substr(0, v4).find('.') != std::string_view::npos ? v4 : 0;
}

ExpressionToken ExpressionLexer::next() {
  at_ += count_while(text_.substr(at_), is_space);
  const std::string_view rest = text_.substr(at_);
  if (rest.empty()) return take(Kind::kEnd, 0);
  if (rest[0] == '\'') return string();
  if (rest.starts_with("0x") || rest.starts_with("0X")) return hex();
  if (const size_t size = address_size()) return take(Kind::kAddress, size);
  const size_t sign = rest[0] == '-' ? 1 : 0;
  if (const size_t digits = count_while(rest.substr(sign), is_digit)) return take(Kind::kInteger, sign + digits);
  if (is_letter(rest[0])) return take(Kind::kWord, count_while(rest, is_in_word));
  if (rest.starts_with("==")) return take(Kind::kSign, 2);
  if (rest[0] == '=') return {Kind::kWrong, "values are compared with ==", at_ + 1};
  if (std::string_view("()[].,+*").find(rest[0]) != std::string_view::npos) return take(Kind::kSign, 1);
  return {Kind::kWrong, "this character has no meaning here", at_ + 1};
}

}  // namespace tandem6::control
