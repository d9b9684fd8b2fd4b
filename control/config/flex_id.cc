#include "control/config/flex_id.h"

#include <fmt/format.h>

#include "control/config/class_expression_text.h"
#include "control/config/hooks.h"
#include "control/config/reader.h"

namespace tandem6::control {
namespace {

using enum Treatment;
using enum ValueKind;

}  // namespace

const KeyTable& flex_id_keys() {
  static const KeyTable keys{
      "Dhcp6.hooks-libraries[].parameters",
      {
          {"identifier-expression", kString, kSupported, "what a reservation's `flex-id` is compared with"},
          {"replace-client-id", kBoolean, kRefused,
           "not supported: leases belong to the DUID that the client sent, which it must find again in every answer",
           is_false},
          {"ignore-iaid", kBoolean, kRefused, "not supported: a client's IAs are told apart by their IAIDs", is_false},
          {"comment", kString},
      }};
  return keys;
}

std::optional<lease::ClassExpression> read_flex_id(const Node& dhcp6, const Vocabulary& vocabulary, Remarks& remarks) {
  const Node* hook = find_hook(dhcp6, "flex_id");
  if (hook == nullptr) return std::nullopt;
  const Node* parameters = object_at(*hook, "parameters");
  const Node* text = parameters != nullptr ? string_at(*parameters, "identifier-expression") : nullptr;
  if (parameters != nullptr) check_keys(*parameters, flex_id_keys(), remarks);
  if (text == nullptr) {
    remarks.error(*hook,
                  "\"parameters\" with an \"identifier-expression\" is missing: no client would have an identifier");
    return std::nullopt;
  }
  const MemberLookup members = [&](std::string_view name) -> tl::expected<lease::ClassId, std::string> {
    const auto id = vocabulary.class_is_known(name) ? vocabulary.class_id(name) : std::nullopt;
    if (!id) return tl::unexpected(fmt::format("there is no client class \"{}\"", name));
    return *id;
  };
  auto expression = parse_class_value(text->text(), members, vocabulary.options);
  if (expression) return std::move(*expression);
  remarks.error(*text, expression.error().message);
  return std::nullopt;
}

}  // namespace tandem6::control
