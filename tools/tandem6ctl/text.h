// Figures and tables for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tandem6::ctl {

/// "45 s", "01:02:03", "3 d 04:05:06".
std::string duration_text(uint64_t seconds);
/// "512 B", "1.5 KiB", "180.0 MiB".
std::string size_text(uint64_t bytes);
/// "0.3 ms", "2.5 s".
std::string microseconds_text(uint64_t microseconds);
/// At most `width` characters, the end replaced by "…" when it is longer. For ASCII.
std::string shortened(std::string_view text, size_t width);
/// Breaks at blanks into lines of at most `width`; those after the first are indented.
std::string wrapped(std::string_view text, size_t width = 80, size_t indent = 2);

/// Aligned columns. Rows may be printed in portions: widths only grow.
class Table {
 public:
  enum class Align : uint8_t { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
    size_t width = 0;  ///< at least; grows with what it shows
  };
  explicit Table(std::vector<Column> columns);
  void add(std::vector<std::string> row);
  /// Writes the rows since the last time to stdout; before the first, the titles.
  void print();

 private:
  void print_row(const std::vector<std::string>& row) const;
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
  bool titles_printed_ = false;
};

}  // namespace tandem6::ctl
