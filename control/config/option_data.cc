#include "control/config/option_data.h"

#include <map>

#include <fmt/format.h>

#include "control/config/option_names.h"
#include "control/config/option_text.h"
#include "control/config/reader.h"

namespace tandem6::control {
namespace {

struct Identity {
  uint16_t code = 0;
  const OptionDefinition* definition = nullptr;  // null: an option that we know nothing about
};

/// Which option the entry is about. Nothing when it does not say so, or says two things.
std::optional<Identity> identify(const Node& entry, Remarks& remarks) {
  const Node* name = string_at(entry, "name");
  const bool has_code = entry.find("code") != nullptr;
  const auto code = integer_at(entry, "code", 1, 0xffff, remarks);
  if (has_code && !code) return std::nullopt;
  if (name == nullptr && !code) {
    remarks.error(entry, "an option needs a \"name\" or a \"code\"");
    return std::nullopt;
  }
  const OptionDefinition* by_code = code ? option_by_code(static_cast<uint16_t>(*code)) : nullptr;
  if (name == nullptr) return Identity{static_cast<uint16_t>(*code), by_code};

  const OptionDefinition* by_name = option_by_name(name->text());
  if (by_name != nullptr && code && by_name->code != *code) {
    remarks.error(*name, fmt::format("\"{}\" is option {}, not {}", name->text(), by_name->code, *code));
    return std::nullopt;
  }
  if (by_name != nullptr) return Identity{by_name->code, by_name};
  if (by_code != nullptr) {
    remarks.error(*name, fmt::format("option {} is called \"{}\"", *code, by_code->name));
    return std::nullopt;
  }
  // A name of the user's own for an option that nobody knows: good enough with a code.
  if (code) return Identity{static_cast<uint16_t>(*code), nullptr};
  remarks.error(*name, "unknown option" + did_you_mean(name->text(), option_names()));
  return std::nullopt;
}

bool may_configure(const Node& entry, const Identity& identity, Remarks& remarks) {
  if (identity.definition == nullptr) return true;
  switch (identity.definition->owner) {
    case OptionOwner::kServer:
      remarks.error(entry, fmt::format("the server makes the option {} itself", identity.definition->name));
      return false;
    case OptionOwner::kObsolete:
      remarks.error(entry, fmt::format("the option {} is obsolete since RFC 9915: clients always send to all servers",
                                       identity.definition->name));
      return false;
    case OptionOwner::kConfiguration:
    case OptionOwner::kNoText:
      break;
  }
  return true;
}

std::optional<std::vector<std::byte>> read_as_text(const Node& entry, const Identity& identity, Remarks& remarks) {
  const Node* data = string_at(entry, "data");
  const Node& place = data != nullptr ? *data : entry;
  if (identity.definition == nullptr) {
    remarks.error(
        place, fmt::format("how option {} is written as text is not known: give hexadecimal data and \"csv-format\": "
                           "false",
                           identity.code));
    return std::nullopt;
  }
  if (identity.definition->owner == OptionOwner::kNoText) {
    remarks.error(
        place, fmt::format("not supported yet: the option {} as text; give hexadecimal data and \"csv-format\": false",
                           identity.definition->name));
    return std::nullopt;
  }
  auto encoded = encode_option(*identity.definition, data != nullptr ? data->text() : "");
  if (encoded) return std::move(*encoded);
  remarks.error(place, encoded.error().message);
  return std::nullopt;
}

std::optional<std::vector<std::byte>> read_as_octets(const Node& entry, Remarks& remarks) {
  const Node* data = string_at(entry, "data");
  if (data == nullptr) return std::vector<std::byte>{};
  auto octets = parse_octets(data->text());
  if (octets && octets->size() <= 0xffff) return octets;
  remarks.error(
      *data, octets ? "the data is longer than an option can be"
                    : "hexadecimal digits are wanted, such as \"20010db8\" or \"20:01:0d:b8\", or text as \"'text'\"");
  return std::nullopt;
}

class OptionReader {
 public:
  explicit OptionReader(Remarks& remarks) : remarks_(remarks) {}

  void read(const Node& entry) {
    const Node* space = string_at(entry, "space");
    if (space != nullptr && space->text() != "dhcp6") {
      remarks_.error(*space,
                     fmt::format("not supported yet: options of the space \"{}\"; only \"dhcp6\" is", space->text()));
      return;
    }
    const auto identity = identify(entry, remarks_);
    if (!identity || !may_configure(entry, *identity, remarks_) || !first_of_its_code(entry, identity->code)) return;
    const bool as_text = boolean_at(entry, "csv-format").value_or(identity->definition != nullptr);
    const auto data = as_text ? read_as_text(entry, *identity, remarks_) : read_as_octets(entry, remarks_);
    if (data) options_.set(identity->code, *data, boolean_at(entry, "always-send").value_or(false));
  }
  lease::OptionSet take() { return std::move(options_); }

 private:
  bool first_of_its_code(const Node& entry, uint16_t code) {
    const auto [first, is_first] = seen_.emplace(code, &entry);
    if (!is_first)
      remarks_.error(entry, fmt::format("not supported yet: option {} is given twice here, first in {}", code,
                                        remarks_.line_of(*first->second)));
    return is_first;
  }

  Remarks& remarks_;
  lease::OptionSet options_;
  std::map<uint16_t, const Node*> seen_;
};

}  // namespace

lease::OptionSet read_option_data(const Node& scope, const Vocabulary&, Remarks& remarks) {
  OptionReader reader(remarks);
  for (const Node* entry : objects_at(scope, "option-data")) reader.read(*entry);
  return reader.take();
}

}  // namespace tandem6::control
