// Collects what there is to say about a configuration while it is read. Management thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "control/config/configuration.h"
#include "control/config/json_text.h"

namespace tandem6::control {

class Remarks {
 public:
  explicit Remarks(const Places& places) : places_(places) {}

  /// About the value of `node`.
  void error(const Node& node, std::string text) { add(true, node, node.offset, std::move(text)); }
  void warning(const Node& node, std::string text) { add(false, node, node.offset, std::move(text)); }
  /// About the key itself: that it is there at all.
  void error_at_key(const Node& node, std::string text) { add(true, node, node.key_offset, std::move(text)); }
  void warning_at_key(const Node& node, std::string text) { add(false, node, node.key_offset, std::move(text)); }

  bool has_errors() const { return errors_ > 0; }
  /// "line 12", to name another place in a text.
  std::string line_of(const Node& node) const;
  /// All of them, in order of the file.
  std::vector<Remark> take();

 private:
  void add(bool is_error, const Node& node, size_t offset, std::string text);

  const Places& places_;
  std::multimap<size_t, Remark> remarks_;  // by offset
  size_t errors_ = 0;
};

}  // namespace tandem6::control
