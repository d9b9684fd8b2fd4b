// The words and signs of a class expression. Internal to the reading of expressions. Management thread.
#pragma once

#include <cstdint>
#include <string_view>

namespace tandem6::control {

struct ExpressionToken {
  enum class Kind : uint8_t {
    kEnd,
    kWord,     ///< option, vendor-class, …
    kString,   ///< 'text': without the quotes
    kHex,      ///< 0x5a7d: only the digits
    kInteger,  ///< 12, -3
    kAddress,  ///< of IPv4 or IPv6; whether it is one has not been looked at
    kSign,     ///< ( ) [ ] . , + * ==
    kWrong,    ///< none of these; the text says what is wrong
  };
  Kind kind = Kind::kEnd;
  std::string_view text;  ///< of the expression, or a constant
  size_t column = 1;      ///< from 1

  bool is_sign(std::string_view sign) const { return kind == Kind::kSign && text == sign; }
  bool is_word(std::string_view word) const { return kind == Kind::kWord && text == word; }
};

/// Takes an expression apart, from its beginning. The text must outlive the tokens.
class ExpressionLexer {
 public:
  explicit ExpressionLexer(std::string_view text) : text_(text) {}
  ExpressionToken next();

 private:
  ExpressionToken take(ExpressionToken::Kind kind, size_t size);
  ExpressionToken string();
  ExpressionToken hex();
  /// How many of the next characters may belong to an address; 0 when they are none.
  size_t address_size() const;

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace tandem6::control
