// Fuzzes class expressions: any text is compiled or refused with a column, and what is compiled says something about
// any message, or that it cannot. The input is the text, a zero, and a datagram.
#include <algorithm>
#include <string>
#include <string_view>

#include "control/config/class_expression_text.h"
#include "dataplane/wire/require.h"

using namespace tandem6;

namespace {

tl::expected<lease::ClassId, std::string> member(std::string_view name) {
  if (name.empty()) return tl::unexpected(std::string("a class has a name"));
  return static_cast<lease::ClassId>(static_cast<unsigned char>(name.front()));
}

void check_refusal(std::string_view text, const Error& error) {
  require(error.message.starts_with("column "), "an error says where it is");
  const size_t column = std::stoul(error.message.substr(7));
  require(column >= 1 && column <= text.size() + 1, "the column is in the text");
}

void evaluate(std::string_view text, const lease::ClassContext& context) {
  static const control::OptionDefinitions options;
  const auto condition = control::parse_class_condition(text, member, options);
  if (condition) {
    require(condition->holds(context) == condition->holds(context), "the same message is judged the same again");
  } else {
    check_refusal(text, condition.error());
  }
  const auto value = control::parse_class_value(text, member, options);
  require(!condition || !value, "an expression is a condition or a value");
  if (!value) return check_refusal(text, value.error());
  lease::ExpressionScratch scratch;
  const auto octets = value->value(context, scratch);
  require(!octets || octets->size() <= 0xffff, "no value is longer than an option");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes input = std::as_bytes(std::span(data, size));
  const auto zero = std::ranges::find(input, std::byte{0});
  const auto length = static_cast<size_t>(zero - input.begin());
  std::string text;
  for (const std::byte octet : input.first(length)) text += static_cast<char>(octet);
  wire::ReceivedMessage received;
  if (length == size || received.parse(input.subspan(length + 1)) != wire::MessageFault::kNone) return 0;
  lease::Request request;
  request.received = &received;
  const lease::ClassSet classes;
  const std::string ports[] = {"eth0"};
  evaluate(text, {request, classes, ports});
  return 0;
}
