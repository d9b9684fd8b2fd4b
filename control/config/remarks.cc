#include "control/config/remarks.h"

#include <algorithm>

#include <fmt/format.h>

namespace tandem6::control {
namespace {

/// What a terminal may be shown: texts of the file can hold anything.
std::string printable(std::string text) {
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  return text;
}

}  // namespace

void Remarks::add(bool is_error, const Node& node, size_t offset, std::string text) {
  const Place place = places_.at(offset);
  remarks_.emplace(offset, Remark{is_error, node.path(), place.line, place.column, std::move(text)});
  errors_ += is_error ? 1 : 0;
}

std::string Remarks::line_of(const Node& node) const { return fmt::format("line {}", places_.at(node.offset).line); }

std::vector<Remark> Remarks::take() {
  std::vector<Remark> result;
  result.reserve(remarks_.size());
  for (auto& [offset, remark] : remarks_) result.push_back(std::move(remark));
  remarks_.clear();
  return result;
}

std::string Remark::to_string(const std::string& file) const {
  std::string result = file;
  if (line > 0) result += fmt::format(":{}:{}", line, column);
  result += is_error ? ": error: " : ": warning: ";
  // Nearly everything is below Dhcp6: naming it every time helps nobody.
  std::string_view shown = path;
  if (shown.starts_with("Dhcp6.")) shown.remove_prefix(6);
  if (!shown.empty()) result += fmt::format("{}: ", shown);
  return printable(result + text);
}

}  // namespace tandem6::control
