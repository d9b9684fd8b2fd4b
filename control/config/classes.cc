#include "control/config/classes.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "control/config/class_expression_text.h"
#include "control/config/option_data.h"
#include "control/config/reader.h"
#include "control/config/timers.h"

namespace tandem6::control {
namespace {

using lease::ClassId;
using lease::ClientClass;

constexpr std::array<std::string_view, 5> kBuiltIn = {"ALL", "KNOWN", "UNKNOWN", "BOOTP", "SKIP_DDNS"};
constexpr std::array<std::string_view, 5> kBuiltInPrefixes = {"VENDOR_CLASS_", "HA_", "AFTER_", "EXTERNAL_", "SPAWN_"};

/// Reads the definitions in order, so that one can only ask about those in front of it.
class ClassReader {
 public:
  ClassReader(ClassNames& names, const Vocabulary& vocabulary, Remarks& remarks)
      : names_(names), vocabulary_(vocabulary), remarks_(remarks) {}

  void read(const Node& node) {
    ClientClass read;
    read.name = string_at(node, "name")->text();
    read.only_additional = boolean_at(node, "only-in-additional-list").value_or(false) ||
                           boolean_at(node, "only-if-required").value_or(false);
    read_expression(node, read);
    check_built_in(node, read);
    read.options = read_option_data(node, vocabulary_, remarks_);
    read_lifetimes(node, read);
    classes_.push_back(std::move(read));
  }
  std::vector<ClientClass> take() { return std::move(classes_); }

 private:
  void read_expression(const Node& node, ClientClass& read);
  void check_built_in(const Node& node, const ClientClass& read);
  void read_lifetimes(const Node& node, ClientClass& read);
  tl::expected<ClassId, std::string> member(std::string_view name, const ClientClass& asking);

  ClassNames& names_;
  const Vocabulary& vocabulary_;
  Remarks& remarks_;
  std::vector<ClientClass> classes_;
};

tl::expected<ClassId, std::string> ClassReader::member(std::string_view name, const ClientClass& asking) {
  const auto in_front = std::ranges::find(classes_, name, &ClientClass::name);
  if (in_front != classes_.end() && in_front->only_additional && !asking.only_additional)
    return tl::unexpected(fmt::format("the class \"{}\" is looked at only later, as an additional one", name));
  if (in_front == classes_.end() && !is_built_in_class(name)) {
    if (names_.is_known(name))
      return tl::unexpected(fmt::format("the class \"{}\" must be defined in front of this one", name));
    const std::vector<std::string_view> known(names_.names().begin(), names_.names().end());
    return tl::unexpected(fmt::format("there is no client class \"{}\"{}", name, did_you_mean(name, known)));
  }
  const auto id = names_.find_or_reference(name);
  if (!id) return tl::unexpected(std::string("there are too many client classes"));
  return *id;
}

void ClassReader::read_expression(const Node& node, ClientClass& read) {
  const Node* test = string_at(node, "test");
  const Node* template_test = string_at(node, "template-test");
  if (test != nullptr && template_test != nullptr) {
    remarks_.error(*template_test, "a class has either a test or a template-test");
    return;
  }
  if (test == nullptr && template_test == nullptr) return;
  const Node& text = test != nullptr ? *test : *template_test;
  const MemberLookup members = [&](std::string_view name) { return member(name, read); };
  auto parsed = test != nullptr ? parse_class_condition(text.text(), members, vocabulary_.options)
                                : parse_class_value(text.text(), members, vocabulary_.options);
  if (!parsed) {
    remarks_.error(text, parsed.error().message);
    return;
  }
  read.membership = test != nullptr ? ClientClass::Membership::kTest : ClientClass::Membership::kTemplate;
  read.expression = std::move(*parsed);
  read.expression_text = text.text();
}

void ClassReader::check_built_in(const Node& node, const ClientClass& read) {
  if (std::ranges::find(kBuiltIn, read.name) == kBuiltIn.end()) return;
  if (read.membership != ClientClass::Membership::kGiven || read.only_additional)
    remarks_.error(
        node, fmt::format("who is in the class {} is built in: it can have options and lifetimes, no test", read.name));
}

void ClassReader::read_lifetimes(const Node& node, ClientClass& read) {
  if (const auto valid = read_lifetime(node, "valid-lifetime", remarks_)) read.valid = valid->value;
  const auto preferred = read_lifetime(node, "preferred-lifetime", remarks_);
  if (!preferred) return;
  read.preferred = preferred->value;
  if (read.valid && read.preferred->usual > read.valid->usual)
    remarks_.error(*preferred->node, fmt::format("preferred-lifetime {} is longer than valid-lifetime {}",
                                                 read.preferred->usual.count, read.valid->usual.count));
}

}  // namespace

bool is_built_in_class(std::string_view name) {
  return std::ranges::find(kBuiltIn, name) != kBuiltIn.end() ||
         std::ranges::any_of(kBuiltInPrefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

ClassNames::ClassNames(const Node& dhcp6, Remarks& remarks) {
  for (const Node* node : objects_at(dhcp6, "client-classes")) {
    require_key(*node, "name", remarks);
    const Node* name = string_at(*node, "name");
    if (name == nullptr) continue;
    const auto first = std::ranges::find(names_, name->text());
    if (name->text().empty()) {
      remarks.error(*name, "a class needs a name");
    } else if (first != names_.end()) {
      const Node& defined = *definitions_[static_cast<size_t>(first - names_.begin())];
      remarks.error(*name,
                    fmt::format("the class \"{}\" is already there, in {}", name->text(), remarks.line_of(defined)));
    } else if (names_.size() == lease::kMaxClasses) {
      too_many_ = true;
    } else {
      names_.push_back(name->text());
      definitions_.push_back(node);
    }
  }
}

std::optional<ClassId> ClassNames::find_or_reference(std::string_view name) {
  const auto found = std::ranges::find(names_, name);
  if (found != names_.end()) return static_cast<ClassId>(found - names_.begin());
  if (names_.size() == lease::kMaxClasses) {
    too_many_ = true;
    return std::nullopt;
  }
  names_.emplace_back(name);
  return static_cast<ClassId>(names_.size() - 1);
}

bool ClassNames::is_known(std::string_view name) const {
  const auto defined = names_.begin() + static_cast<std::ptrdiff_t>(definitions_.size());
  return is_built_in_class(name) || std::find(names_.begin(), defined, name) != defined;
}

std::vector<ClientClass> read_classes(ClassNames& names, const Vocabulary& vocabulary, Remarks& remarks) {
  ClassReader reader(names, vocabulary, remarks);
  for (const Node* node : names.definitions()) reader.read(*node);
  return reader.take();
}

lease::ClassTable make_class_table(const Node& dhcp6, std::vector<ClientClass> defined, const ClassNames& names,
                                   const std::vector<PortConfig>& ports, Remarks& remarks) {
  if (names.too_many()) {
    const Node* classes = dhcp6.find("client-classes");
    remarks.error(
        classes != nullptr ? *classes : dhcp6,
        fmt::format("there are more than {} client classes, with those that are only mentioned", lease::kMaxClasses));
  }
  for (size_t id = defined.size(); id < names.names().size(); ++id) {
    ClientClass mentioned;
    mentioned.name = names.names()[id];
    mentioned.defined = false;
    defined.push_back(std::move(mentioned));
  }
  std::vector<std::string> port_names;
  for (const PortConfig& port : ports) port_names.push_back(port.name);
  return {std::move(defined), std::move(port_names)};
}

}  // namespace tandem6::control
