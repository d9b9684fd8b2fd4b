#include "control/config/class_guard.h"

#include <fmt/format.h>

#include "control/config/reader.h"

namespace tandem6::control {
namespace {

/// As in Kea, the class need not be defined: a reservation puts its client into classes of any name.
std::optional<lease::ClassId> class_called(const Node& name, const Vocabulary& vocabulary, Remarks& remarks) {
  if (!vocabulary.class_is_known(name.text()))
    remarks.warning(name, fmt::format("no client class \"{}\" is defined: only a reservation can put a client into it",
                                      name.text()));
  return vocabulary.class_id(name.text());
}

}  // namespace

lease::ClassSet read_class_guard(const Node& scope, const Vocabulary& vocabulary, Remarks& remarks) {
  lease::ClassSet guard;
  std::vector<const Node*> names = strings_at(scope, "client-classes");
  const Node* old_name = string_at(scope, "client-class");
  // Kea writes an empty name for "no class".
  if (old_name != nullptr && !old_name->text().empty()) names.push_back(old_name);
  for (const Node* name : names)
    if (const auto id = class_called(*name, vocabulary, remarks)) guard.add(*id);
  return guard;
}

std::vector<lease::ClassId> read_additional_classes(const Node& scope, const Vocabulary& vocabulary, Remarks& remarks) {
  std::vector<lease::ClassId> classes;
  for (const char* key : {"evaluate-additional-classes", "require-client-classes"})
    for (const Node* name : strings_at(scope, key))
      if (const auto id = class_called(*name, vocabulary, remarks)) classes.push_back(*id);
  return classes;
}

}  // namespace tandem6::control
