#include "dataplane/lease/class_table.h"

#include <algorithm>

#include "dataplane/lease/packet_parts.h"
#include "dataplane/wire/require.h"

namespace tandem6::lease {
namespace {

constexpr std::string_view kVendorClassPrefix = "VENDOR_CLASS_";

std::string spawned_prefix(const ClientClass& parent) { return "SPAWN_" + parent.name + "_"; }

/// As octets, which is how packets bring it.
bool less(std::string_view a, Bytes b) { return std::ranges::lexicographical_compare(wire::bytes_of(a), b); }

}  // namespace

void ClassTable::ByValue::add(std::string_view value, ClassId id) {
  const auto at =
      std::ranges::find_if(entries_, [&](const auto& entry) { return !less(entry.first, wire::bytes_of(value)); });
  entries_.emplace(at, value, id);
}

void ClassTable::ByValue::join(Bytes value, ClassSet& classes) const {
  const auto at = std::lower_bound(entries_.begin(), entries_.end(), value,
                                   [](const auto& entry, Bytes wanted) { return less(entry.first, wanted); });
  if (at != entries_.end() && wire::same_bytes(wire::bytes_of(at->first), value)) classes.add(at->second);
}

ClassTable::ClassTable(std::vector<ClientClass> classes, std::vector<std::string> port_names)
    : classes_(std::move(classes)), port_names_(std::move(port_names)), spawned_(classes_.size()) {
  require(classes_.size() <= kMaxClasses, "a ClassSet has room for the classes");
  all_ = find("ALL");
  known_ = find("KNOWN");
  unknown_ = find("UNKNOWN");
  drop_ = find("DROP");
  for (size_t id = 0; id < classes_.size(); ++id) {
    const std::string_view name = classes_[id].name;
    if (name.starts_with(kVendorClassPrefix))
      vendor_classes_.add(name.substr(kVendorClassPrefix.size()), static_cast<ClassId>(id));
    if (classes_[id].membership == ClientClass::Membership::kTemplate) find_spawned(static_cast<ClassId>(id));
  }
  sort_into_phases();
  order_by_precedence();
}

std::optional<ClassId> ClassTable::find(std::string_view name) const {
  const auto found = std::ranges::find(classes_, name, &ClientClass::name);
  if (found == classes_.end()) return std::nullopt;
  return static_cast<ClassId>(found - classes_.begin());
}

void ClassTable::find_spawned(ClassId id) {
  const std::string prefix = spawned_prefix(classes_[id]);
  for (size_t other = 0; other < classes_.size(); ++other) {
    const std::string_view name = classes_[other].name;
    if (name.starts_with(prefix)) spawned_[id].add(name.substr(prefix.size()), static_cast<ClassId>(other));
  }
}

void ClassTable::sort_into_phases() {
  ClassSet late;  // KNOWN, UNKNOWN and what depends on them
  if (known_) late.add(*known_);
  if (unknown_) late.add(*unknown_);
  for (size_t place = 0; place < classes_.size(); ++place) {
    const auto id = static_cast<ClassId>(place);
    const ClientClass& current = classes_[place];
    if (current.membership == ClientClass::Membership::kGiven || current.only_additional) continue;
    const bool is_late = current.expression.members().intersects(late);
    (is_late ? after_hosts_ : first_).push_back(id);
    if (!is_late) continue;
    late.add(id);
    // What a template of the second phase spawns is not known before.
    for (size_t other = 0; other < classes_.size(); ++other) {
      if (current.membership == ClientClass::Membership::kTemplate &&
          classes_[other].name.starts_with(spawned_prefix(current)))
        late.add(static_cast<ClassId>(other));
    }
  }
}

void ClassTable::order_by_precedence() {
  std::vector<bool> placed(classes_.size());
  const auto place = [&](ClassId id) {
    const ClientClass& current = classes_[id];
    const bool says_something = !current.options.empty() || current.valid || current.preferred;
    if (says_something && !placed[id]) precedence_.push_back(id);
    placed[id] = true;
  };
  const auto place_with_spawned = [&](ClassId id) {
    // What a template spawns is in front of the template (manual, "Template Classes").
    for (size_t other = 0; other < classes_.size(); ++other) {
      if (classes_[id].membership == ClientClass::Membership::kTemplate &&
          classes_[other].name.starts_with(spawned_prefix(classes_[id])))
        place(static_cast<ClassId>(other));
    }
    place(id);
  };
  if (all_) place(*all_);
  for (size_t id = 0; id < classes_.size(); ++id) {
    if (classes_[id].name.starts_with(kVendorClassPrefix)) place(static_cast<ClassId>(id));
  }
  for (const ClassId id : first_) place_with_spawned(id);
  if (known_) place(*known_);
  if (unknown_) place(*unknown_);
  // Classes that only a reservation gives come with it.
  for (size_t id = 0; id < classes_.size(); ++id) {
    if (classes_[id].membership == ClientClass::Membership::kGiven && !classes_[id].only_additional)
      place(static_cast<ClassId>(id));
  }
  for (const ClassId id : after_hosts_) place_with_spawned(id);
  for (size_t id = 0; id < classes_.size(); ++id) place_with_spawned(static_cast<ClassId>(id));
}

unsigned ClassTable::classify_first(const Request& request, ClassSet& classes) const {
  if (empty()) return 0;
  if (all_) classes.add(*all_);
  if (!vendor_classes_.empty()) {
    const PacketParts parts({request, classes, port_names_});
    // The first data field only; the enterprise number does not matter (manual, "Built-in Client Classes").
    if (parts.vendor(wire::OptionCode::kVendorClass, term::kAnyEnterprise))
      vendor_classes_.join(parts.vendor_class_data(term::kAnyEnterprise, 0), classes);
  }
  return evaluate_all(first_, request, classes);
}

void ClassTable::add_known(bool has_reservation, ClassSet& classes) const {
  const std::optional<ClassId>& joined = has_reservation ? known_ : unknown_;
  if (joined) classes.add(*joined);
}

unsigned ClassTable::classify_after_hosts(const Request& request, ClassSet& classes) const {
  return evaluate_all(after_hosts_, request, classes);
}

unsigned ClassTable::evaluate_additional(std::span<const ClassId> list, const Request& request,
                                         ClassSet& classes) const {
  unsigned failed = 0;
  for (const ClassId id : list) {
    if (classes_[id].membership != ClientClass::Membership::kGiven)
      failed += evaluate(id, request, classes) ? 1 : 0;
    else if (classes_[id].defined)
      classes.add(id);
  }
  return failed;
}

unsigned ClassTable::evaluate_all(const std::vector<ClassId>& list, const Request& request, ClassSet& classes) const {
  unsigned failed = 0;
  for (const ClassId id : list) {
    if (evaluate(id, request, classes)) ++failed;
  }
  return failed;
}

bool ClassTable::evaluate(ClassId id, const Request& request, ClassSet& classes) const {
  const ClassContext context{request, classes, port_names_};
  if (classes_[id].membership == ClientClass::Membership::kTemplate) return spawn(id, context, classes);
  const auto holds = classes_[id].expression.holds(context);
  if (holds && *holds) classes.add(id);
  return !holds;
}

bool ClassTable::spawn(ClassId id, const ClassContext& context, ClassSet& classes) const {
  ExpressionScratch scratch;
  const auto value = classes_[id].expression.value(context, scratch);
  if (!value) return true;
  if (value->empty()) return false;
  spawned_[id].join(*value, classes);
  classes.add(id);
  return false;
}

}  // namespace tandem6::lease
