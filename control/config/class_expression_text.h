// `test` and `template-test`: from the text of the configuration to the compiled expression. The language is that of
// Kea's manual, "Using Expressions in Classification". Management thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "control/config/option_definitions.h"
#include "dataplane/lease/class_expression.h"
#include "dataplane/lease/class_set.h"
#include "dataplane/wire/error.h"

namespace tandem6::control {

/// The class that member('name') asks about, or why it cannot: a text such as "there is no class \"name\"".
using MemberLookup = std::function<tl::expected<lease::ClassId, std::string>(std::string_view name)>;

/// Errors say where: "column 12: …", counted from 1.
tl::expected<lease::ClassExpression, Error> parse_class_condition(std::string_view text, const MemberLookup& members,
                                                                  const OptionDefinitions& options);
tl::expected<lease::ClassExpression, Error> parse_class_value(std::string_view text, const MemberLookup& members,
                                                              const OptionDefinitions& options);

}  // namespace tandem6::control
