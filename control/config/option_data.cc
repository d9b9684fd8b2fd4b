#include "control/config/option_data.h"

#include <map>
#include <utility>

#include <fmt/format.h>

#include "control/config/class_guard.h"
#include "control/config/option_names.h"
#include "control/config/option_text.h"
#include "control/config/reader.h"
#include "dataplane/wire/bytes.h"
#include "dataplane/wire/option.h"

namespace tandem6::control {
namespace {

constexpr uint16_t kVendorClass = 16;
constexpr uint16_t kVendorOptions = 17;
constexpr uint16_t kNtpServer = 56;
constexpr uint16_t kDnr = 144;

/// Which option an entry is about.
struct Identity {
  std::string space;
  uint16_t code = 0;
  const OptionDefinition* definition = nullptr;  // null: an option that we know nothing about

  bool is_dhcp6() const { return space == kDhcp6Space; }
  bool has_enterprise() const { return is_dhcp6() && (code == kVendorClass || code == kVendorOptions); }
  /// "option 250", "option 250 of the space "isc"".
  std::string show() const {
    if (definition != nullptr) return fmt::format("option {}", definition->name);
    return is_dhcp6() ? fmt::format("option {}", code) : fmt::format("option {} of the space \"{}\"", code, space);
  }
};

std::string space_of(const Node& entry) {
  const Node* space = string_at(entry, "space");
  return canonical_space(space != nullptr ? space->text() : kDhcp6Space);
}

/// Nothing when the entry does not say which option it is about, or says two things.
std::optional<Identity> identify(const Node& entry, const OptionDefinitions& definitions, Remarks& remarks) {
  Identity identity{.space = space_of(entry)};
  const Node* name = string_at(entry, "name");
  const bool has_code = entry.find("code") != nullptr;
  const auto code = integer_at(entry, "code", identity.is_dhcp6() ? 1 : 0, 0xffff, remarks);
  if (has_code && !code) return std::nullopt;
  if (name == nullptr && !code) {
    remarks.error(entry, "an option needs a \"name\" or a \"code\"");
    return std::nullopt;
  }
  identity.code = static_cast<uint16_t>(code.value_or(0));
  identity.definition = code ? definitions.by_code(identity.space, identity.code) : nullptr;
  if (name == nullptr) return identity;

  const OptionDefinition* by_name = definitions.by_name(identity.space, name->text());
  if (by_name != nullptr && code && by_name->code != *code) {
    remarks.error(*name, fmt::format("\"{}\" is option {}, not {}", name->text(), by_name->code, *code));
    return std::nullopt;
  }
  if (by_name == nullptr && identity.definition != nullptr) {
    remarks.error(*name, fmt::format("option {} is called \"{}\"", *code, identity.definition->name));
    return std::nullopt;
  }
  if (by_name == nullptr && !code) {
    remarks.error(*name, "unknown option" + did_you_mean(name->text(), definitions.names_in(identity.space)));
    return std::nullopt;
  }
  // A name of the user's own for an option that nobody knows is good enough with a code.
  if (by_name != nullptr) identity.code = by_name->code;
  identity.definition = by_name;
  return identity;
}

bool may_configure(const Node& entry, const Identity& identity, Remarks& remarks) {
  if (identity.definition == nullptr) return true;
  switch (identity.definition->owner) {
    case OptionOwner::kServer:
      remarks.error(entry, fmt::format("the server makes the option {} itself", identity.definition->name));
      return false;
    case OptionOwner::kNobody:
      remarks.warning(entry, fmt::format("ignored: the option {} is not configured: {}", identity.definition->name,
                                         identity.definition->note));
      return false;
    case OptionOwner::kConfiguration:
      break;
  }
  return true;
}

std::optional<std::vector<std::byte>> read_as_text(const Node& entry, const Identity& identity, Remarks& remarks) {
  const Node* data = string_at(entry, "data");
  const Node& place = data != nullptr ? *data : entry;
  if (identity.definition == nullptr) {
    remarks.error(place, fmt::format("how {} is written as text is not known: define it in \"option-def\", or give "
                                     "hexadecimal data and \"csv-format\": false",
                                     identity.show()));
    return std::nullopt;
  }
  auto encoded = encode_option(*identity.definition, data != nullptr ? data->text() : "");
  if (!encoded) {
    remarks.error(place, encoded.error().message);
    return std::nullopt;
  }
  if (encoded->surplus != 0)
    remarks.warning(place,
                    fmt::format("the option {} has {} values: the {} behind them left out", identity.definition->name,
                                identity.definition->fields.size(), encoded->surplus == 1 ? "one is" : "others are"));
  return std::move(encoded->data);
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

// RFC 8415 §21.24, §21.25: clients ignore another value.
bool is_in_bounds(const Node& entry, const Identity& identity, const std::vector<std::byte>& data, Remarks& remarks) {
  const bool is_max_rt = identity.is_dhcp6() && (identity.code == 82 || identity.code == 83);
  const auto seconds = is_max_rt ? wire::parse_seconds(data) : std::nullopt;
  if (!is_max_rt || (seconds && seconds->count >= 60 && seconds->count <= 86400)) return true;
  const Node* node = entry.find("data");
  remarks.error(node != nullptr ? *node : entry,
                "a number of seconds from 60 to 86400 is wanted: clients ignore others");
  return false;
}

std::optional<std::vector<std::byte>> read_data(const Node& entry, const Identity& identity, Remarks& remarks) {
  // What is never sent needs no value.
  const bool never = boolean_at(entry, "never-send").value_or(false);
  if (never && entry.find("data") == nullptr) return std::vector<std::byte>(identity.has_enterprise() ? 4 : 0);
  const bool as_text = boolean_at(entry, "csv-format").value_or(identity.definition != nullptr);
  auto data = as_text ? read_as_text(entry, identity, remarks) : read_as_octets(entry, remarks);
  if (data && identity.has_enterprise() && data->size() < 4) {
    const Node* node = entry.find("data");
    remarks.error(node != nullptr ? *node : entry,
                  fmt::format("{} begins with an enterprise number of 4 octets", identity.show()));
    return std::nullopt;
  }
  if (data && !is_in_bounds(entry, identity, *data, remarks)) return std::nullopt;
  return data;
}

class OptionReader {
 public:
  OptionReader(const Vocabulary& vocabulary, Remarks& remarks) : vocabulary_(vocabulary), remarks_(remarks) {}

  void read(const Node& entry) {
    const auto identity = identify(entry, vocabulary_.options, remarks_);
    if (!identity || !may_configure(entry, *identity, remarks_)) return;
    auto data = read_data(entry, *identity, remarks_);
    const lease::ClassSet guard = read_class_guard(entry, vocabulary_, remarks_);
    const auto space = find_space(entry, *identity);
    if (!data || !space) return;

    lease::ConfiguredOption option;
    option.space = *space;
    option.code = identity->code;
    option.data = std::move(*data);
    option.always_send = boolean_at(entry, "always-send").value_or(false);
    option.never_send = boolean_at(entry, "never-send").value_or(false);
    option.repeats = !identity->is_dhcp6() || identity->code == kDnr;
    option.one_inside = identity->is_dhcp6() && identity->code == kNtpServer;
    if (identity->definition != nullptr && !identity->definition->holds.empty())
      option.holds = vocabulary_.options.space(identity->definition->holds);
    option.guard = guard;
    if (can_be_chosen(entry, *identity, option)) options_.add(option);
  }
  lease::OptionSet take() { return std::move(options_); }

 private:
  /// Says so when nothing will ever be sent of the space.
  std::optional<lease::OptionSpace> find_space(const Node& entry, const Identity& identity) {
    const auto space = vocabulary_.options.space(identity.space);
    if (space) {
      const bool asked_for = identity.is_dhcp6() || enterprise_of_space(identity.space);
      for (const char* flag : {"always-send", "never-send"})
        if (!asked_for && boolean_at(entry, flag).value_or(false))
          remarks_.warning(*entry.find(flag), "ignored: an option in a container is sent with the container");
      return space;
    }
    const Node& place = *entry.find("space");
    remarks_.warning(place, fmt::format("never sent: no option contains those of the space \"{}\"{}", identity.space,
                                        did_you_mean(identity.space, vocabulary_.options.spaces_in_options())));
    return std::nullopt;
  }

  /// Of several with one code, the first that a client may have is sent (as in Kea): is it ever this one?
  bool can_be_chosen(const Node& entry, const Identity& identity, const lease::ConfiguredOption& option) {
    if (option.repeats || option.never_send) return true;
    const uint32_t enterprise = identity.has_enterprise() ? wire::load_be32(option.data.data()) : 0;
    const std::pair key(identity.code, enterprise);
    const auto first = for_all_.find(key);
    if (first == for_all_.end()) {
      if (option.guard.empty()) for_all_.emplace(key, &entry);
      return true;
    }
    remarks_.warning(entry, fmt::format("never sent: all clients have the {} of {} before this", identity.show(),
                                        remarks_.line_of(*first->second)));
    return false;
  }

  const Vocabulary& vocabulary_;
  Remarks& remarks_;
  lease::OptionSet options_;
  std::map<std::pair<uint16_t, uint32_t>, const Node*> for_all_;  // by code and enterprise
};

}  // namespace

lease::OptionSet read_option_data(const Node& scope, const Vocabulary& vocabulary, Remarks& remarks) {
  OptionReader reader(vocabulary, remarks);
  for (const Node* entry : objects_at(scope, "option-data")) reader.read(*entry);
  return reader.take();
}

}  // namespace tandem6::control
