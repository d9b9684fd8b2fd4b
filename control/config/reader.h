// Reading values out of the tree: first check_keys() says what is wrong with keys and kinds of values everywhere, then
// the functions below take values and say only what is wrong with the values themselves.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/json_text.h"
#include "control/config/key_tables.h"
#include "control/config/remarks.h"

namespace tandem6::control {

/// Compares the tree with the tables: unknown keys, values of the wrong kind, what is refused and what is ignored.
void check_keys(const Node& object, const KeyTable& keys, Remarks& remarks);

/// The one of `known` that `word` most probably means; empty when it resembles none.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& known);
/// ": did you mean \"…\"?", or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& known);

// The value of a key; nothing when the key is not there or its value is of another kind (check_keys() has said so).
const Node* string_at(const Node& object, std::string_view key);
const Node* object_at(const Node& object, std::string_view key);
std::optional<bool> boolean_at(const Node& object, std::string_view key);
std::optional<double> number_at(const Node& object, std::string_view key);
/// As above; a number outside of the range is an error.
std::optional<uint64_t> integer_at(const Node& object, std::string_view key, uint64_t min, uint64_t max,
                                   Remarks& remarks);
std::optional<uint64_t> integer_of(const Node& value, uint64_t min, uint64_t max, Remarks& remarks);

/// The objects of a list; those that are none are left out.
std::vector<const Node*> objects_at(const Node& object, std::string_view key);
std::vector<const Node*> strings_at(const Node& object, std::string_view key);

/// The place of `value` in `choices`; another word is an error that names the choices. Case does not matter.
std::optional<size_t> choice_of(const Node& value, const std::vector<std::string_view>& choices, Remarks& remarks);

/// Says that `object` lacks the key.
void require_key(const Node& object, std::string_view key, Remarks& remarks);

}  // namespace tandem6::control
