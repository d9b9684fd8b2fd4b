// Fuzzes the reading of Kea's lease files: any line is a row or is refused with a reason. A lease that was read is
// read the same way again from what would be exported of it. The input is a file: the first line names the columns.
#include <string_view>

#include "dataplane/wire/require.h"
#include "tools/tandem6-import/kea_lease.h"

using namespace tandem6;
using namespace tandem6::import;

namespace {

std::string_view take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

void check_row(const Columns& columns, std::string_view line) {
  const auto lease = read_lease(columns, line);
  if (!lease) return require(!lease.error().message.empty(), "a refusal has a reason");
  if (lease->kind != RowKind::kLease) return;
  const auto again = read_lease(Columns(written_header()), write_lease(*lease));
  require(again.has_value(), "what was read can be read again");
  require(again->record == lease->record && again->hostname == lease->hostname, "and is the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  const Columns columns(take_line(text));
  const bool is_lease_file = check_columns(columns).has_value();
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    require(unescape(escape(line)) == line, "escaping loses nothing");
    if (is_lease_file) check_row(columns, line);
  }
  return 0;
}
