#include "control/config/class_guard.h"

#include <fmt/format.h>

#include "control/config/reader.h"

namespace tandem6::control {

lease::ClassSet read_class_guard(const Node& scope, const Vocabulary& vocabulary, Remarks& remarks) {
  lease::ClassSet guard;
  std::vector<const Node*> names = strings_at(scope, "client-classes");
  const Node* old_name = string_at(scope, "client-class");
  // Kea writes an empty name for "no class".
  if (old_name != nullptr && !old_name->text().empty()) names.push_back(old_name);
  for (const Node* name : names) {
    const auto id = vocabulary.class_id ? vocabulary.class_id(name->text()) : std::nullopt;
    if (id)
      guard.add(*id);
    else
      remarks.error(*name, fmt::format("there is no client class \"{}\"", name->text()));
  }
  return guard;
}

}  // namespace tandem6::control
