#include "tools/tandem6ctl/text.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace tandem6::ctl {

std::string duration_text(uint64_t seconds) {
  if (seconds < 60) return fmt::format("{} s", seconds);
  const uint64_t days = seconds / 86400;
  const std::string clock = fmt::format("{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
  return days == 0 ? clock : fmt::format("{} d {}", days, clock);
}

std::string size_text(uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  auto size = static_cast<double>(bytes);
  size_t unit = 0;
  for (; size >= 1024 && unit + 1 < kUnits.size(); ++unit) size /= 1024;
  return fmt::format("{:.1f} {}", size, kUnits[unit]);
}

std::string microseconds_text(uint64_t microseconds) {
  const auto value = static_cast<double>(microseconds);
  return microseconds < 1'000'000 ? fmt::format("{:.1f} ms", value / 1e3) : fmt::format("{:.1f} s", value / 1e6);
}

std::string shortened(std::string_view text, size_t width) {
  return text.size() <= width ? std::string(text) : fmt::format("{}…", text.substr(0, width - 1));
}

std::string wrapped(std::string_view text, size_t width, size_t indent) {
  std::string out;
  size_t room = width;
  while (text.size() > room) {
    size_t end = text.rfind(' ', room);
    if (end == std::string_view::npos || end == 0) end = std::min(text.find(' ', room), text.size());
    out += text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (text.empty()) return out;
    out += '\n' + std::string(indent, ' ');
    room = width - indent;
  }
  return out += text;
}

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
  for (Column& column : columns_) column.width = std::max(column.width, column.title.size());
}

void Table::add(std::vector<std::string> row) {
  for (size_t i = 0; i < row.size(); ++i) columns_[i].width = std::max(columns_[i].width, row[i].size());
  rows_.push_back(std::move(row));
}

void Table::print() {
  if (!titles_printed_) {
    std::vector<std::string> titles;
    for (const Column& column : columns_) titles.push_back(column.title);
    print_row(titles);
    titles_printed_ = true;
  }
  for (const auto& row : rows_) print_row(row);
  rows_.clear();
}

void Table::print_row(const std::vector<std::string>& row) const {
  std::string line;
  for (size_t i = 0; i < row.size(); ++i) {
    line += columns_[i].align == Align::kLeft ? fmt::format("{:<{}}  ", row[i], columns_[i].width)
                                              : fmt::format("{:>{}}  ", row[i], columns_[i].width);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  fmt::print("{}\n", line);
}

}  // namespace tandem6::ctl
