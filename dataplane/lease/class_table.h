// The client classes of a configuration (Kea's manual, "Client Classification"), and which of them a message is in.
// Immutable; part of a Snapshot, read by all workers.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "dataplane/lease/class_expression.h"
#include "dataplane/lease/class_set.h"
#include "dataplane/lease/lifetime_range.h"
#include "dataplane/lease/option_set.h"
#include "dataplane/lease/request.h"

namespace tandem6::lease {

struct ClientClass {
  /// What the expression is for.
  enum class Membership : uint8_t {
    kGiven,     ///< no expression: in it is who is put into it, by a reservation or a template's value
    kTest,      ///< who fulfils the condition
    kTemplate,  ///< who has a value that is not empty; then also in SPAWN_<name>_<value>
  };
  std::string name;
  Membership membership = Membership::kGiven;
  ClassExpression expression;
  std::string expression_text = {};  ///< as it is configured: partners compare it
  bool only_additional = false;      ///< looked at only by evaluate_additional()
  bool defined = true;               ///< false: only named somewhere; it has no options and no lifetimes
  OptionSet options;
  std::optional<LifetimeRange> valid;
  std::optional<LifetimeRange> preferred;
};

class ClassTable {
 public:
  ClassTable() = default;
  /// A class's place in `classes` is its ClassId: those that are defined, in the configuration's order, then those that
  /// are only named. At most kMaxClasses; expressions ask only about classes in front of them, or built-in ones.
  ClassTable(std::vector<ClientClass> classes, std::vector<std::string> port_names);

  bool empty() const { return classes_.empty(); }
  const std::vector<ClientClass>& classes() const { return classes_; }
  const ClientClass& operator[](ClassId id) const { return classes_[id]; }
  std::optional<ClassId> find(std::string_view name) const;
  /// By port index, as expressions see them.
  std::span<const std::string> port_names() const { return port_names_; }
  /// Classes that have options or lifetimes, in the order in which a message joins them: where two say something about
  /// the same thing, the first counts (manual, "Class Priority").
  std::span<const ClassId> precedence() const { return precedence_; }

  // A message's way: classify_first(); choose the subnet; find its reservation and add_known(), and add the
  // reservation's classes; classify_after_hosts(); choose pools; evaluate_additional(). is_dropped() after the first
  // and the third. Expressions that cannot be evaluated are not fulfilled; the number of them is returned.

  /// ALL, the vendor class, and the classes that do not depend on KNOWN or UNKNOWN.
  unsigned classify_first(const Request& request, ClassSet& classes) const;
  /// KNOWN or UNKNOWN.
  void add_known(bool has_reservation, ClassSet& classes) const;
  /// Classes that depend on KNOWN or UNKNOWN, by themselves or through other classes.
  unsigned classify_after_hosts(const Request& request, ClassSet& classes) const;
  /// The classes of an "evaluate-additional-classes", in order. Those without an expression are joined as they are
  /// if they are defined.
  unsigned evaluate_additional(std::span<const ClassId> list, const Request& request, ClassSet& classes) const;
  /// In the class DROP: the message gets no answer.
  bool is_dropped(const ClassSet& classes) const { return drop_ && classes.contains(*drop_); }

 private:
  /// Classes by the part of their name that packets bring.
  class ByValue {
   public:
    void add(std::string_view value, ClassId id);
    void join(Bytes value, ClassSet& classes) const;
    bool empty() const { return entries_.empty(); }

   private:
    std::vector<std::pair<std::string, ClassId>> entries_;  // by value
  };

  void sort_into_phases();
  void find_spawned(ClassId id);
  void order_by_precedence();
  /// Joins the class if its expression says so. True when it could not be evaluated.
  bool evaluate(ClassId id, const Request& request, ClassSet& classes) const;
  bool spawn(ClassId id, const ClassContext& context, ClassSet& classes) const;
  unsigned evaluate_all(const std::vector<ClassId>& list, const Request& request, ClassSet& classes) const;

  std::vector<ClientClass> classes_;
  std::vector<std::string> port_names_;
  std::vector<ClassId> first_;        // that have expressions, in order
  std::vector<ClassId> after_hosts_;  // likewise
  std::vector<ByValue> spawned_;      // by ClassId of the template
  ByValue vendor_classes_;
  std::vector<ClassId> precedence_;
  std::optional<ClassId> all_;
  std::optional<ClassId> known_;
  std::optional<ClassId> unknown_;
  std::optional<ClassId> drop_;
};

}  // namespace tandem6::lease
