#include "control/config/class_expression_text.h"

#include <arpa/inet.h>

#include <charconv>
#include <limits>
#include <optional>
#include <variant>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/config/class_expression_tokens.h"
#include "control/config/option_names.h"
#include "control/config/option_text.h"
#include "control/config/reader.h"

namespace tandem6::control {
namespace {

namespace term = lease::term;
using lease::ConditionRef;
using lease::ValueRef;
using Token = ExpressionToken;
using Kind = ExpressionToken::Kind;

constexpr int kMaxNesting = 32;
constexpr size_t kMaxTerms = 1000;

/// What a part of the text is. Kea's language keeps the two apart as well.
struct Operand {
  std::variant<ValueRef, ConditionRef> ref;
  size_t column;
};
using Parsed = std::optional<Operand>;

enum class Shown : uint8_t { kHex, kText, kExists };

/// The octets of options in front of the options inside them (RFC 8415 §21, RFC 5007 §4.1.2, RFC 7598 §4, RFC 5908).
std::optional<uint16_t> octets_before_inner_options(uint16_t code) {
  switch (code) {
    case 3:   // IA_NA
    case 25:  // IA_PD
      return 12;
    case 4:   // IA_TA
    case 17:  // Vendor-specific Information
      return 4;
    case 5:  // IAADDR
      return 24;
    case 26:  // IAPREFIX
      return 25;
    case 44:  // OPTION_LQ_QUERY
      return 17;
    case 45:  // OPTION_CLIENT_DATA
    case 56:  // OPTION_NTP_SERVER
    case 94:  // OPTION_S46_CONT_MAPE
    case 95:  // OPTION_S46_CONT_MAPT
    case 96:  // OPTION_S46_CONT_LW
      return 0;
    default:
      return std::nullopt;
  }
}

std::vector<std::byte> big_endian(uint32_t number, size_t octets) {
  std::vector<std::byte> out;
  for (size_t i = octets; i-- > 0;) out.push_back(static_cast<std::byte>(number >> (8 * i)));
  return out;
}

/// The octets of a field; nothing when they are not always as many.
std::optional<unsigned> fixed_size(OptionField field) {
  switch (field) {
    case OptionField::kBoolean:
    case OptionField::kUint8:
    case OptionField::kInt8:
      return 1;
    case OptionField::kUint16:
    case OptionField::kInt16:
      return 2;
    case OptionField::kUint32:
    case OptionField::kInt32:
    case OptionField::kIpv4Address:
      return 4;
    case OptionField::kIpv6Address:
      return 16;
    default:
      return std::nullopt;
  }
}

std::optional<int64_t> to_number(std::string_view digits) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

/// Recursive descent. A function that returns nothing has left the reason in error_.
class Parser {
 public:
  Parser(std::string_view text, const MemberLookup& members, const OptionDefinitions& options)
      : lexer_(text), members_(members), options_(options) {
    token_ = lexer_.next();
    ahead_ = lexer_.next();
  }

  tl::expected<lease::ClassExpression, Error> parse(bool condition) {
    const Parsed root = disjunction();
    if (root && token_.kind != Kind::kEnd) wanted("an operator (==, +, and, or) or the end is wanted");
    if (root && error_.empty()) condition ? void(as_condition(*root)) : void(as_value(*root));
    if (!error_.empty()) return tl::unexpected(Error{error_});
    return std::move(expression_);
  }

 private:
  using Handler = Parsed (Parser::*)();
  struct Function {
    std::string_view name;
    Handler read;
  };
  static const std::vector<Function>& functions();

  // --- operators, from the loosest to the tightest
  Parsed disjunction() {
    return chain("or", &Parser::conjunction, [](auto of) { return term::Any{std::move(of)}; });
  }
  Parsed conjunction() {
    return chain("and", &Parser::negation, [](auto of) { return term::All{std::move(of)}; });
  }
  Parsed negation();
  Parsed comparison();
  Parsed sum();
  Parsed primary();

  // --- what begins with a word
  Parsed function();
  Parsed option();
  Parsed relay();
  Parsed vendor() { return vendor(wire::OptionCode::kVendorOptions); }
  Parsed vendor_class() { return vendor(wire::OptionCode::kVendorClass); }
  Parsed vendor(wire::OptionCode code);
  Parsed vendor_class_data(uint32_t enterprise, size_t column);
  Parsed packet();
  Parsed message();
  Parsed member();
  Parsed known() { return known(false); }
  Parsed unknown() { return known(true); }
  Parsed known(bool negated);
  Parsed substring();
  Parsed concat();
  Parsed if_else();
  Parsed hex_text();
  Parsed lower() { return recased(false); }
  Parsed upper() { return recased(true); }
  Parsed recased(bool upper);
  Parsed split();
  Parsed address_text();
  template <uint8_t kOctets, bool kSigned>
  Parsed number_text();
  Parsed only_dhcp4();
  Parsed match();

  // --- parts
  template <typename Make>
  Parsed chain(std::string_view word, Handler part, Make make);
  Parsed option_at(term::OptionPath path, size_t column);
  std::optional<term::OptionPath::Inside> inside(uint16_t outer, std::string_view space);
  std::optional<uint16_t> octets_before_options(uint16_t outer, size_t column);
  Parsed shown(const term::OptionPath& path, const OptionDefinition* definition, size_t column);
  std::optional<uint16_t> option_code(std::string_view space);
  std::optional<Shown> shown_as();
  std::optional<uint32_t> enterprise();
  std::optional<std::string_view> after_dot(const std::vector<std::string_view>& choices);
  std::optional<ValueRef> literal();
  std::optional<ValueRef> narrow_literal(uint8_t octets, bool is_signed);
  std::optional<int64_t> integer(int64_t min, int64_t max, std::string_view what);
  std::optional<ValueRef> value_argument();
  std::optional<ValueRef> as_value(const Operand& operand);
  std::optional<ConditionRef> as_condition(const Operand& operand);

  Parsed made(term::Value value, size_t column) {
    return check_size(Operand{expression_.add(std::move(value)), column});
  }
  Parsed made(term::Condition condition, size_t column) {
    return check_size(Operand{expression_.add(std::move(condition)), column});
  }
  Parsed check_size(const Operand& operand) {
    if (expression_.size() <= kMaxTerms) return operand;
    return fail(operand.column, "the expression is too long: use several classes and member()");
  }

  // --- tokens
  void advance() {
    token_ = ahead_;
    ahead_ = lexer_.next();
  }
  bool accept(std::string_view sign) {
    if (!token_.is_sign(sign)) return false;
    advance();
    return true;
  }
  bool expect(std::string_view sign) {
    if (accept(sign)) return true;
    wanted(fmt::format("\"{}\" is wanted", sign));
    return false;
  }
  std::nullopt_t fail(size_t column, std::string_view text) {
    if (error_.empty()) error_ = fmt::format("column {}: {}", column, text);
    return std::nullopt;
  }
  /// At the token that comes next.
  std::nullopt_t wanted(std::string_view what) {
    if (token_.kind == Kind::kWrong) return fail(token_.column, token_.text);
    if (token_.kind == Kind::kEnd) return fail(token_.column, fmt::format("{}, here is the end", what));
    return fail(token_.column, fmt::format("{}, here is \"{}\"", what, token_.text));
  }

  ExpressionLexer lexer_;
  const MemberLookup& members_;
  const OptionDefinitions& options_;
  Token token_;
  Token ahead_;
  int nesting_ = 0;
  lease::ClassExpression expression_;
  std::string error_;
};

std::optional<ValueRef> Parser::as_value(const Operand& operand) {
  if (const auto* value = std::get_if<ValueRef>(&operand.ref)) return *value;
  return fail(operand.column, "a value is wanted here, this is a condition");
}

std::optional<ConditionRef> Parser::as_condition(const Operand& operand) {
  if (const auto* condition = std::get_if<ConditionRef>(&operand.ref)) return *condition;
  return fail(operand.column, "a condition is wanted here, this is a value: compare it with ==");
}

// --- operators

template <typename Make>
Parsed Parser::chain(std::string_view word, Handler part, Make make) {
  const Parsed first = (this->*part)();
  if (!first || !token_.is_word(word)) return first;
  std::vector<ConditionRef> parts;
  std::optional<ConditionRef> condition = as_condition(*first);
  while (condition) {
    parts.push_back(*condition);
    if (!token_.is_word(word)) return made(make(std::move(parts)), first->column);
    advance();
    const Parsed next = (this->*part)();
    condition = next ? as_condition(*next) : std::nullopt;
  }
  return std::nullopt;
}

Parsed Parser::negation() {
  if (!token_.is_word("not")) return comparison();
  const size_t column = token_.column;
  if (++nesting_ > kMaxNesting) return fail(column, "the expression is nested too deep");
  advance();
  const Parsed operand = negation();
  --nesting_;
  const auto condition = operand ? as_condition(*operand) : std::nullopt;
  if (!condition) return std::nullopt;
  return made(term::Not{*condition}, column);
}

Parsed Parser::comparison() {
  const Parsed left = sum();
  if (!left || !token_.is_sign("==")) return left;
  advance();
  const auto left_value = as_value(*left);
  const Parsed right = left_value ? sum() : std::nullopt;
  const auto right_value = right ? as_value(*right) : std::nullopt;
  if (!right_value) return std::nullopt;
  return made(term::Equal{*left_value, *right_value}, left->column);
}

Parsed Parser::sum() {
  const Parsed first = primary();
  if (!first || !token_.is_sign("+")) return first;
  std::vector<ValueRef> parts;
  std::optional<ValueRef> value = as_value(*first);
  while (value) {
    parts.push_back(*value);
    const bool more = token_.is_sign("+");
    if (!more || parts.size() == term::Concatenation::kMaxParts) {
      const Parsed whole = made(term::Concatenation{std::move(parts)}, first->column);
      if (!more || !whole) return whole;
      parts = {std::get<ValueRef>(whole->ref)};
    }
    advance();
    const Parsed next = primary();
    value = next ? as_value(*next) : std::nullopt;
  }
  return std::nullopt;
}

Parsed Parser::primary() {
  const size_t column = token_.column;
  switch (token_.kind) {
    case Kind::kString:
    case Kind::kHex:
    case Kind::kInteger:
    case Kind::kAddress: {
      const auto value = literal();
      if (!value) return std::nullopt;
      return Operand{*value, column};
    }
    case Kind::kWord:
      return function();
    case Kind::kSign:
      if (token_.is_sign("(")) break;
      [[fallthrough]];
    default:
      return wanted("a value or a condition is wanted");
  }
  if (++nesting_ > kMaxNesting) return fail(column, "the expression is nested too deep");
  advance();
  const Parsed inner = disjunction();
  --nesting_;
  if (!inner || !expect(")")) return std::nullopt;
  return inner;
}

std::optional<ValueRef> Parser::literal() {
  const Token token = token_;
  std::vector<std::byte> octets;
  if (token.kind == Kind::kString) {
    const Bytes bytes = wire::bytes_of(token.text);
    octets.assign(bytes.begin(), bytes.end());
  } else if (token.kind == Kind::kHex) {
    octets = *parse_octets((token.text.size() % 2 == 0 ? "" : "0") + std::string(token.text));
  } else if (token.kind == Kind::kInteger) {
    // Four octets, as all of Kea's numbers.
    const auto number = to_number(token.text);
    if (!number || *number < std::numeric_limits<int32_t>::min() || *number > std::numeric_limits<uint32_t>::max())
      return fail(token.column, fmt::format("{} does not fit into 32 bits", token.text));
    octets = big_endian(static_cast<uint32_t>(*number), 4);
  } else if (const auto v6 = Ipv6Address::parse(token.text)) {
    octets.assign(v6->octets.begin(), v6->octets.end());
  } else {
    octets.resize(4);
    if (inet_pton(AF_INET, std::string(token.text).c_str(), octets.data()) != 1)
      return fail(token.column, fmt::format("\"{}\" is no address", token.text));
  }
  advance();
  return expression_.add(term::Literal{std::move(octets)});
}

// --- what begins with a word

const std::vector<Parser::Function>& Parser::functions() {
  static const std::vector<Function> all = {
      {"option", &Parser::option},
      {"relay6", &Parser::relay},
      {"vendor", &Parser::vendor},
      {"vendor-class", &Parser::vendor_class},
      {"pkt", &Parser::packet},
      {"pkt6", &Parser::message},
      {"member", &Parser::member},
      {"known", &Parser::known},
      {"unknown", &Parser::unknown},
      {"substring", &Parser::substring},
      {"concat", &Parser::concat},
      {"ifelse", &Parser::if_else},
      {"hexstring", &Parser::hex_text},
      {"lcase", &Parser::lower},
      {"ucase", &Parser::upper},
      {"split", &Parser::split},
      {"addrtotext", &Parser::address_text},
      {"int8totext", &Parser::number_text<1, true>},
      {"int16totext", &Parser::number_text<2, true>},
      {"int32totext", &Parser::number_text<4, true>},
      {"uint8totext", &Parser::number_text<1, false>},
      {"uint16totext", &Parser::number_text<2, false>},
      {"uint32totext", &Parser::number_text<4, false>},
      {"match", &Parser::match},
      {"pkt4", &Parser::only_dhcp4},
      {"relay4", &Parser::only_dhcp4},
  };
  return all;
}

Parsed Parser::function() {
  for (const Function& function : functions()) {
    if (!token_.is_word(function.name)) continue;
    if (++nesting_ > kMaxNesting) return fail(token_.column, "the expression is nested too deep");
    const Parsed result = (this->*function.read)();
    --nesting_;
    return result;
  }
  std::vector<std::string_view> names;
  for (const Function& function : functions()) names.push_back(function.name);
  return fail(token_.column, fmt::format("\"{}\" is unknown{}", token_.text, did_you_mean(token_.text, names)));
}

Parsed Parser::only_dhcp4() {
  return fail(token_.column, fmt::format("{} is about DHCPv4 messages, which do not come here", token_.text));
}

Parsed Parser::match() {
  return fail(token_.column,
              "not supported: match(), because a regular expression can take unbounded time for a packet; use "
              "substring(), split() and ==");
}

std::optional<int64_t> Parser::integer(int64_t min, int64_t max, std::string_view what) {
  const auto number = token_.kind == Kind::kInteger ? to_number(token_.text) : std::nullopt;
  if (!number || *number < min || *number > max) return wanted(fmt::format("{} is wanted ({} to {})", what, min, max));
  advance();
  return number;
}

std::optional<ValueRef> Parser::value_argument() {
  const Parsed operand = disjunction();
  if (!operand) return std::nullopt;
  return as_value(*operand);
}

std::optional<std::string_view> Parser::after_dot(const std::vector<std::string_view>& choices) {
  if (!expect(".")) return std::nullopt;
  for (const std::string_view choice : choices) {
    if (!token_.is_word(choice)) continue;
    advance();
    return choice;
  }
  return wanted(fmt::format("{} is wanted", fmt::join(choices, " or ")));
}

// By code, or by name if it is known whose options these are: `space` is not empty.
std::optional<uint16_t> Parser::option_code(std::string_view space) {
  const bool may_be_name = !space.empty();
  if (!expect("[")) return std::nullopt;
  std::optional<int64_t> code;
  if (may_be_name && token_.kind == Kind::kWord) {
    const OptionDefinition* definition = options_.by_name(space, token_.text);
    if (definition == nullptr)
      return fail(token_.column, fmt::format("there is no option \"{}\"{}{}", token_.text,
                                             space == kDhcp6Space ? "" : fmt::format(" in the space \"{}\"", space),
                                             did_you_mean(token_.text, options_.names_in(space))));
    code = definition->code;
    advance();
  } else {
    code = integer(0, 0xffff, may_be_name ? "an option's code or name" : "an option's code");
  }
  if (!code || !expect("]")) return std::nullopt;
  return static_cast<uint16_t>(*code);
}

std::optional<Shown> Parser::shown_as() {
  const auto word = after_dot({"hex", "text", "exists"});
  if (!word) return std::nullopt;
  if (*word == "hex") return Shown::kHex;
  return *word == "text" ? Shown::kText : Shown::kExists;
}

Parsed Parser::shown(const term::OptionPath& path, const OptionDefinition* definition, size_t column) {
  const size_t place = ahead_.column;
  const auto how = shown_as();
  if (!how) return std::nullopt;
  if (*how == Shown::kExists) return made(term::OptionExists{path}, column);
  const bool is_text = definition != nullptr && !definition->array && definition->fields.size() == 1 &&
                       definition->fields[0] == OptionField::kString;
  if (*how == Shown::kText && !is_text)
    return fail(place,
                "not supported: this option's data is no text, so how it is shown would be a matter of taste; "
                "use .hex");
  return made(term::OptionData{path}, column);
}

// Of an option of the configuration's own: what its fields take.
std::optional<uint16_t> Parser::octets_before_options(uint16_t outer, size_t column) {
  if (const auto skip = octets_before_inner_options(outer)) return skip;
  const OptionDefinition* definition = options_.by_code(kDhcp6Space, outer);
  if (definition == nullptr || definition->holds.empty())
    return fail(column, fmt::format("option {} has no options inside", outer));
  unsigned octets = 0;
  for (const OptionField field : definition->fields) {
    const auto size = fixed_size(field);
    if (!size || definition->array)
      return fail(column, fmt::format("not supported: what is in front of the options inside option {} is now longer, "
                                      "now shorter",
                                      outer));
    octets += *size;
  }
  return static_cast<uint16_t>(octets);
}

std::optional<term::OptionPath::Inside> Parser::inside(uint16_t outer, std::string_view space) {
  const auto skip = octets_before_options(outer, token_.column);
  if (!skip) return std::nullopt;
  advance();
  const auto code = option_code(space);
  if (!code) return std::nullopt;
  return term::OptionPath::Inside{*skip, *code};
}

/// Whose codes the options inside this one have; empty: it depends on the enterprise.
std::string_view space_inside(const OptionDefinition* outer, uint16_t code) {
  if (code == static_cast<uint16_t>(wire::OptionCode::kVendorOptions)) return {};
  return outer != nullptr && !outer->holds.empty() ? std::string_view(outer->holds) : kDhcp6Space;
}

/// `[code]` and what follows it.
Parsed Parser::option_at(term::OptionPath path, size_t column) {
  const bool of_vendor = path.area == term::OptionPath::Area::kVendorOptions;
  const std::string vendors = path.enterprise == term::kAnyEnterprise ? "" : fmt::format("vendor-{}", path.enterprise);
  const std::string_view space = of_vendor ? std::string_view(vendors) : kDhcp6Space;
  const auto code = option_code(space);
  if (!code) return std::nullopt;
  path.code = *code;
  const OptionDefinition* definition = options_.by_code(space, *code);
  if (path.area == term::OptionPath::Area::kMessage && token_.is_sign(".") && ahead_.is_word("option")) {
    advance();
    const std::string_view inner = space_inside(definition, *code);
    path.inside = inside(*code, inner);
    if (!path.inside) return std::nullopt;
    definition = options_.by_code(inner, path.inside->code);
  }
  return shown(path, definition, column);
}

Parsed Parser::option() {
  const size_t column = token_.column;
  advance();
  return option_at({}, column);
}

Parsed Parser::relay() {
  const size_t column = token_.column;
  advance();
  if (!expect("[")) return std::nullopt;
  const auto number = integer(-32, 31, "a relay's number");
  if (!number || !expect("]")) return std::nullopt;
  const auto relay = static_cast<int8_t>(*number);
  const auto part = after_dot({"option", "peeraddr", "linkaddr"});
  if (!part) return std::nullopt;
  using Which = term::RelayAddress::Which;
  if (*part != "option")
    return made(term::RelayAddress{*part == "peeraddr" ? Which::kPeer : Which::kLink, relay}, column);
  return option_at({.area = term::OptionPath::Area::kRelay, .relay = relay}, column);
}

std::optional<uint32_t> Parser::enterprise() {
  if (!expect("[")) return std::nullopt;
  std::optional<int64_t> number = term::kAnyEnterprise;
  if (!accept("*")) number = integer(0, 0xffffffff, "an enterprise number or *");
  if (!number || !expect("]")) return std::nullopt;
  return static_cast<uint32_t>(*number);
}

Parsed Parser::vendor(wire::OptionCode code) {
  const size_t column = token_.column;
  const bool is_class = code == wire::OptionCode::kVendorClass;
  advance();
  if (token_.is_sign(".")) {
    if (!after_dot({"enterprise"})) return std::nullopt;
    return made(term::VendorEnterprise{code}, column);
  }
  const auto number = enterprise();
  if (!number) return std::nullopt;
  const auto part = after_dot({"exists", is_class ? "data" : "option"});
  if (!part) return std::nullopt;
  if (*part == "exists") return made(term::VendorExists{code, *number}, column);
  if (is_class) return vendor_class_data(*number, column);
  return option_at({.area = term::OptionPath::Area::kVendorOptions, .enterprise = *number}, column);
}

Parsed Parser::vendor_class_data(uint32_t enterprise, size_t column) {
  int64_t index = 0;
  if (accept("[")) {
    const auto number = integer(0, 0xffff, "the number of a data field");
    if (!number || !expect("]")) return std::nullopt;
    index = *number;
  }
  return made(term::VendorClassData{enterprise, static_cast<uint32_t>(index)}, column);
}

Parsed Parser::packet() {
  using Which = term::PacketField::Which;
  const size_t column = token_.column;
  advance();
  const auto part = after_dot({"iface", "src", "dst", "len"});
  if (!part) return std::nullopt;
  Which which = Which::kLength;
  if (*part == "iface") which = Which::kInterface;
  if (*part == "src") which = Which::kSource;
  if (*part == "dst") which = Which::kDestination;
  return made(term::PacketField{which}, column);
}

Parsed Parser::message() {
  using Which = term::PacketField::Which;
  const size_t column = token_.column;
  advance();
  const auto part = after_dot({"msgtype", "transid"});
  if (!part) return std::nullopt;
  return made(term::PacketField{*part == "msgtype" ? Which::kMessageType : Which::kTransactionId}, column);
}

Parsed Parser::member() {
  const size_t column = token_.column;
  advance();
  if (!expect("(")) return std::nullopt;
  if (token_.kind != Kind::kString) return wanted("a class's name in single quotes is wanted");
  const auto id = members_(token_.text);
  if (!id) return fail(token_.column, id.error());
  advance();
  if (!expect(")")) return std::nullopt;
  return made(term::Member{*id}, column);
}

Parsed Parser::known(bool negated) {
  const size_t column = token_.column;
  advance();
  const auto id = members_("KNOWN");
  if (!id) return fail(column, id.error());
  const Parsed member = made(term::Member{*id}, column);
  if (!member || !negated) return member;
  return made(term::Not{std::get<ConditionRef>(member->ref)}, column);
}

Parsed Parser::substring() {
  const size_t column = token_.column;
  advance();
  if (!expect("(")) return std::nullopt;
  const auto of = value_argument();
  if (!of || !expect(",")) return std::nullopt;
  constexpr int64_t kMost = 0xffff;
  const auto start = integer(-kMost, kMost, "where the part starts");
  if (!start || !expect(",")) return std::nullopt;
  std::optional<int32_t> length;
  if (token_.is_word("all")) {
    advance();
  } else {
    const auto number = integer(-kMost, kMost, "a length or \"all\"");
    if (!number) return std::nullopt;
    length = static_cast<int32_t>(*number);
  }
  if (!expect(")")) return std::nullopt;
  return made(term::Substring{*of, static_cast<int32_t>(*start), length}, column);
}

Parsed Parser::concat() {
  const size_t column = token_.column;
  advance();
  if (!expect("(")) return std::nullopt;
  const auto left = value_argument();
  if (!left || !expect(",")) return std::nullopt;
  const auto right = value_argument();
  if (!right || !expect(")")) return std::nullopt;
  return made(term::Concatenation{{*left, *right}}, column);
}

Parsed Parser::if_else() {
  const size_t column = token_.column;
  advance();
  if (!expect("(")) return std::nullopt;
  const Parsed operand = disjunction();
  const auto condition = operand ? as_condition(*operand) : std::nullopt;
  if (!condition || !expect(",")) return std::nullopt;
  const auto then = value_argument();
  if (!then || !expect(",")) return std::nullopt;
  const auto otherwise = value_argument();
  if (!otherwise || !expect(")")) return std::nullopt;
  return made(term::IfElse{*condition, *then, *otherwise}, column);
}

Parsed Parser::hex_text() {
  const size_t column = token_.column;
  advance();
  if (!expect("(")) return std::nullopt;
  const auto of = value_argument();
  if (!of || !expect(",")) return std::nullopt;
  const auto separator = value_argument();
  if (!separator || !expect(")")) return std::nullopt;
  return made(term::HexText{*of, *separator}, column);
}

Parsed Parser::recased(bool upper) {
  const size_t column = token_.column;
  advance();
  if (!expect("(")) return std::nullopt;
  const auto of = value_argument();
  if (!of || !expect(")")) return std::nullopt;
  return made(term::Recased{*of, upper}, column);
}

Parsed Parser::split() {
  const size_t column = token_.column;
  advance();
  if (!expect("(")) return std::nullopt;
  const auto of = value_argument();
  if (!of || !expect(",")) return std::nullopt;
  const auto delimiters = value_argument();
  if (!delimiters || !expect(",")) return std::nullopt;
  const auto field = integer(std::numeric_limits<int32_t>::min(), std::numeric_limits<int32_t>::max(),
                             "the number of a field, from 1,");
  if (!field || !expect(")")) return std::nullopt;
  return made(term::Split{*of, *delimiters, static_cast<int32_t>(*field)}, column);
}

Parsed Parser::address_text() {
  const size_t column = token_.column;
  advance();
  if (!expect("(")) return std::nullopt;
  const auto of = value_argument();
  if (!of || !expect(")")) return std::nullopt;
  return made(term::AddressText{*of}, column);
}

/// A number that is written down is four octets everywhere else. Kea's manual shows `int8totext(-1)`.
std::optional<ValueRef> Parser::narrow_literal(uint8_t octets, bool is_signed) {
  const unsigned width = 8U * octets;
  const int64_t min = is_signed ? -(int64_t{1} << (width - 1)) : 0;
  const int64_t max = (int64_t{1} << (is_signed ? width - 1 : width)) - 1;
  const auto number = integer(min, max, "a number");
  if (!number) return std::nullopt;
  return expression_.add(term::Literal{big_endian(static_cast<uint32_t>(*number), octets)});
}

template <uint8_t kOctets, bool kSigned>
Parsed Parser::number_text() {
  const size_t column = token_.column;
  advance();
  if (!expect("(")) return std::nullopt;
  const bool is_literal = token_.kind == Kind::kInteger && ahead_.is_sign(")");
  const auto of = is_literal ? narrow_literal(kOctets, kSigned) : value_argument();
  if (!of || !expect(")")) return std::nullopt;
  return made(term::NumberText{*of, kOctets, kSigned}, column);
}

}  // namespace

tl::expected<lease::ClassExpression, Error> parse_class_condition(std::string_view text, const MemberLookup& members,
                                                                  const OptionDefinitions& options) {
  return Parser(text, members, options).parse(true);
}

tl::expected<lease::ClassExpression, Error> parse_class_value(std::string_view text, const MemberLookup& members,
                                                              const OptionDefinitions& options) {
  return Parser(text, members, options).parse(false);
}

}  // namespace tandem6::control
