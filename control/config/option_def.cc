#include "control/config/option_def.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "control/config/characters.h"
#include "control/config/option_field.h"
#include "control/config/reader.h"

namespace tandem6::control {
namespace {

struct NamedType {
  std::string_view name;
  OptionField field;
};

// Kea's names. "empty" and "record" are not types of a value; "internal" is of options that Kea defines itself.
constexpr NamedType kTypes[] = {
    {"binary", OptionField::kBinary},
    {"boolean", OptionField::kBoolean},
    {"uint8", OptionField::kUint8},
    {"uint16", OptionField::kUint16},
    {"uint32", OptionField::kUint32},
    {"int8", OptionField::kInt8},
    {"int16", OptionField::kInt16},
    {"int32", OptionField::kInt32},
    {"ipv4-address", OptionField::kIpv4Address},
    {"ipv6-address", OptionField::kIpv6Address},
    {"ipv6-prefix", OptionField::kIpv6Prefix},
    {"psid", OptionField::kPsid},
    {"string", OptionField::kString},
    {"fqdn", OptionField::kFqdn},
    {"tuple", OptionField::kTuple},
};

std::vector<std::string_view> type_names() {
  std::vector<std::string_view> names = {"empty", "record"};
  for (const NamedType& type : kTypes) names.push_back(type.name);
  return names;
}

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c); }

/// Kea: letters, digits, "-" and "_", these two not at the ends.
bool is_name(std::string_view text) {
  const auto fits = [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_'; };
  return !text.empty() && std::ranges::all_of(text, fits) && is_letter_or_digit(text.front()) &&
         is_letter_or_digit(text.back());
}

bool takes_the_rest(OptionField field) { return field == OptionField::kString || field == OptionField::kBinary; }

std::optional<OptionField> read_type(const Node& place, std::string_view name, Remarks& remarks) {
  const auto found = std::ranges::find(kTypes, name, &NamedType::name);
  if (found != std::end(kTypes)) return found->field;
  if (name == "internal")
    remarks.error(place, "options of the type \"internal\" cannot be defined: it stands for v6-dnr's own format");
  else if (name == "empty" || name == "record")
    remarks.error(place, fmt::format("a value in a record cannot be of the type \"{}\"", name));
  else
    remarks.error(place, fmt::format("unknown type \"{}\"{}", name, did_you_mean(name, type_names())));
  return std::nullopt;
}

class DefinitionReader {
 public:
  DefinitionReader(const Node& entry, OptionDefinitions& definitions, Remarks& remarks)
      : entry_(entry), definitions_(definitions), remarks_(remarks) {}

  /// The definition; nothing when something is wrong with it.
  std::optional<OptionDefinition> read() {
    for (const char* key : {"name", "code", "type"}) require_key(entry_, key, remarks_);
    // All of them, so that every mistake is said at once.
    const bool spaces = read_spaces();
    const bool identity = read_identity();
    const bool format = read_format();
    if (!spaces || !identity || !format || !is_new()) return std::nullopt;
    return std::move(definition_);
  }

 private:
  bool read_name(const char* key, std::string& into) {
    const Node* text = string_at(entry_, key);
    if (text == nullptr) return true;
    if (text->text().empty() && std::string_view(key) == "encapsulate") return true;
    if (!is_name(text->text())) {
      remarks_.error(*text, "a name has letters, digits, \"-\" and \"_\", these two not at its ends");
      return false;
    }
    into = text->text();
    return true;
  }

  bool read_spaces() {
    if (!read_name("space", definition_.space) || !read_name("encapsulate", definition_.holds)) return false;
    definition_.space = canonical_space(definition_.space);
    definition_.holds = canonical_space(definition_.holds);
    if (definition_.holds.empty()) return true;
    const Node& encapsulate = *entry_.find("encapsulate");
    if (definition_.holds == kDhcp6Space || enterprise_of_space(definition_.holds)) {
      remarks_.error(encapsulate,
                     fmt::format("an option cannot contain those of the space \"{}\"; give its own options a space",
                                 definition_.holds));
      return false;
    }
    return true;
  }

  bool read_identity() {
    if (!read_name("name", definition_.name)) return false;
    // Only DHCPv6 itself has reserved the code 0.
    const uint64_t first = definition_.space == kDhcp6Space ? 1 : 0;
    const auto code = integer_at(entry_, "code", first, 0xffff, remarks_);
    if (!code || definition_.name.empty()) return false;
    definition_.code = static_cast<uint16_t>(*code);
    return true;
  }

  bool read_format() {
    const Node* type = string_at(entry_, "type");
    if (type == nullptr) return false;
    definition_.array = boolean_at(entry_, "array").value_or(false);
    const Node* record = string_at(entry_, "record-types");
    const bool has_record = record != nullptr && !record->text().empty();
    if (type->text() == "record") return has_record ? read_record(*record) : lacks_record();
    if (has_record) {
      remarks_.error(*record, "\"record-types\" go with the type \"record\" only");
      return false;
    }
    if (type->text() != "empty") {
      const auto field = read_type(*type, type->text(), remarks_);
      if (!field) return false;
      definition_.fields = {*field};
    }
    return check_array();
  }

  bool lacks_record() {
    remarks_.error(entry_, "the type \"record\" needs \"record-types\", such as \"uint8, ipv6-address\"");
    return false;
  }

  bool read_record(const Node& record) {
    std::string_view rest = record.text();
    while (true) {
      const size_t comma = rest.find(',');
      const auto field = read_type(record, trim(rest.substr(0, comma)), remarks_);
      if (!field) return false;
      definition_.fields.push_back(*field);
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
    if (definition_.fields.size() < 2) {
      remarks_.error(record, "a record has at least two types; otherwise give the type alone");
      return false;
    }
    if (std::ranges::any_of(definition_.fields.begin(), definition_.fields.end() - 1, takes_the_rest)) {
      remarks_.error(record, "\"string\" and \"binary\" can only be the last of a record: their length is the rest");
      return false;
    }
    return check_array();
  }

  bool check_array() {
    if (!definition_.array) return true;
    const Node& array = *entry_.find("array");
    if (definition_.fields.empty() || takes_the_rest(definition_.fields.back())) {
      remarks_.error(array,
                     "there is no array of \"string\", \"binary\" or \"empty\": where one ends could not be told");
      return false;
    }
    if (definition_.holds.empty()) return true;
    remarks_.error(array, "an array cannot contain options: where it ends could not be told");
    return false;
  }

  bool is_new() {
    if (const auto* same = definitions_.by_code(definition_.space, definition_.code)) {
      remarks_.error(*entry_.find("code"), fmt::format("option {} of the space \"{}\" is \"{}\" already",
                                                       definition_.code, definition_.space, same->name));
      return false;
    }
    if (const auto* same = definitions_.by_name(definition_.space, definition_.name)) {
      remarks_.error(*entry_.find("name"), fmt::format("\"{}\" is option {} of the space \"{}\" already",
                                                       definition_.name, same->code, definition_.space));
      return false;
    }
    return true;
  }

  const Node& entry_;
  OptionDefinitions& definitions_;
  Remarks& remarks_;
  OptionDefinition definition_;
};

/// The spaces that one can get into from each, through containers.
class Nesting {
 public:
  void add(const OptionDefinition& definition) { inside_[definition.space].insert(definition.holds); }
  /// Can one get from `from` to `to`?
  bool leads(const std::string& from, const std::string& to) const {
    std::set<std::string> seen = {from};
    std::vector<std::string> next = {from};
    while (!next.empty()) {
      const std::string space = next.back();
      next.pop_back();
      if (space == to) return true;
      const auto found = inside_.find(space);
      if (found == inside_.end()) continue;
      for (const std::string& inner : found->second)
        if (seen.insert(inner).second) next.push_back(inner);
    }
    return false;
  }

 private:
  std::map<std::string, std::set<std::string>> inside_;
};

}  // namespace

void read_option_definitions(const Node& dhcp6, OptionDefinitions& definitions, Remarks& remarks) {
  Nesting nesting;
  for (const OptionDefinition& standard : standard_options())
    if (!standard.holds.empty()) nesting.add(standard);
  for (const Node* entry : objects_at(dhcp6, "option-def")) {
    auto definition = DefinitionReader(*entry, definitions, remarks).read();
    if (!definition) continue;
    if (!definition->holds.empty() && nesting.leads(definition->holds, definition->space)) {
      remarks.error(*entry->find("encapsulate"),
                    fmt::format("the space \"{}\" would be inside itself", definition->space));
      continue;
    }
    if (!definition->holds.empty()) nesting.add(*definition);
    definitions.add(std::move(*definition));
  }
}

}  // namespace tandem6::control
