// `client-classes`: their names, which every scope may use, and what they are. Management thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/configuration.h"
#include "control/config/json_text.h"
#include "control/config/remarks.h"
#include "control/config/vocabulary.h"
#include "dataplane/lease/class_table.h"

namespace tandem6::control {

/// The numbers of the client classes that a configuration defines, and of others that it mentions: built-in ones, and
/// names that a reservation gives to its client and a guard asks for.
class ClassNames {
 public:
  /// Numbers those under "client-classes" of `dhcp6`, in order. `dhcp6` must outlive this.
  ClassNames(const Node& dhcp6, Remarks& remarks);

  /// The class's number; one that was not mentioned before gets one. Nothing when there is no room for more.
  std::optional<lease::ClassId> find_or_reference(std::string_view name);
  /// Is it defined or built in?
  bool is_known(std::string_view name) const;

  const std::vector<std::string>& names() const { return names_; }
  /// Where the first classes are defined, by number.
  const std::vector<const Node*>& definitions() const { return definitions_; }
  /// More names than a ClassSet has room for; the configuration is wrong then.
  bool too_many() const { return too_many_; }

 private:
  std::vector<std::string> names_;  // by number
  std::vector<const Node*> definitions_;
  bool too_many_ = false;
};

/// Names that Kea knows without a definition: ALL, KNOWN, VENDOR_CLASS_…
bool is_built_in_class(std::string_view name);

/// The classes that are defined, by number.
std::vector<lease::ClientClass> read_classes(ClassNames& names, const Vocabulary& vocabulary, Remarks& remarks);

/// When everything is read, and all names are known.
lease::ClassTable make_class_table(const Node& dhcp6, std::vector<lease::ClientClass> defined, const ClassNames& names,
                                   const std::vector<PortConfig>& ports, Remarks& remarks);

}  // namespace tandem6::control
