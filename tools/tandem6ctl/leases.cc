// tandem6ctl leases: a walk through the lease database, page by page, so that a large one neither fills the memory nor
// keeps the server from other commands.
#include <algorithm>
#include <ctime>

#include <fmt/format.h>

#include "control/local_time.h"
#include "tools/tandem6ctl/actions.h"
#include "tools/tandem6ctl/text.h"

namespace tandem6::ctl {
namespace {

using nlohmann::json;

constexpr uint64_t kPage = 1000;
constexpr uint64_t kInfinite = 0xffffffff;  // RFC 8415 §7.7

// DUIDs are compared however they were typed: "00:01:AB" is "0001ab".
std::string bare_duid(const std::string& text) {
  std::string bare;
  for (const char c : text) {
    if (c != ':' && c != '-') bare += static_cast<char>(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c);
  }
  return bare;
}

std::string name_of(const json& lease) {
  const std::string address = lease.value("ip-address", "");
  return lease.value("type", "") == "IA_PD" ? fmt::format("{}/{}", address, lease.value("prefix-len", 0)) : address;
}

bool wanted(const json& lease, const LeaseFilter& filter) {
  if (filter.subnet && lease.value("subnet-id", 0U) != *filter.subnet) return false;
  return filter.duid.empty() || bare_duid(lease.value("duid", "")) == bare_duid(filter.duid);
}

// Takes the leases that are wanted; prints them after each page.
class Printer {
 public:
  explicit Printer(bool as_json) : as_json_(as_json) {}

  void add(const json& lease) {
    if (as_json_) {
      fmt::print("{}{}", count_ == 0 ? R"({"arguments":{"leases":[)" : ",", lease.dump());
    } else {
      table_.add(row(lease));
    }
    ++count_;
  }
  void end_page() {
    if (!as_json_ && count_ > 0) table_.print();
  }
  // What --json shows is the answer that one page with all of it would have been.
  void end() const {
    if (!as_json_) return;
    if (count_ == 0) fmt::print(R"({{"arguments":{{"leases":[)");
    fmt::print("],\"count\":{}}},\"result\":{}}}\n", count_, count_ == 0 ? 3 : 0);
  }
  uint64_t count() const { return count_; }

 private:
  std::vector<std::string> row(const json& lease) const {
    const uint64_t valid = lease.value("valid-lft", uint64_t{0});
    const int64_t end = lease.value("cltt", int64_t{0}) + static_cast<int64_t>(valid);
    std::string remaining = "for ever";
    if (valid != kInfinite) remaining = end > now_ ? duration_text(static_cast<uint64_t>(end - now_)) : "ended";
    if (lease.value("state", 0) == 1) remaining += ", declined";
    return {name_of(lease),
            lease.value("type", ""),
            lease.value("duid", ""),
            std::to_string(lease.value("iaid", 0U)),
            std::to_string(lease.value("subnet-id", 0U)),
            valid == kInfinite ? "-" : control::local_time(end),
            remaining};
  }

  bool as_json_;
  uint64_t count_ = 0;
  int64_t now_ = std::time(nullptr);
  Table table_{{{"ADDRESS/PREFIX", Table::Align::kLeft, 20},
                {"TYPE"},
                {"CLIENT DUID", Table::Align::kLeft, 29},
                {"IAID", Table::Align::kRight, 10},
                {"SUBNET", Table::Align::kRight},
                {"VALID UNTIL", Table::Align::kLeft, 25},
                {"REMAINING"}}};
};

}  // namespace

ExitCode show_leases(const Common& common, const LeaseFilter& filter) {
  Printer printer(common.json);
  const bool filtered = filter.subnet || !filter.duid.empty();
  const uint64_t page = filter.all || filtered ? kPage : std::min(filter.limit + 1, kPage);
  std::string from = "start";
  bool more = false;
  while (!more) {
    const auto answer = ask(common.socket, "lease6-get-page", {{"from", from}, {"limit", page}});
    if (!answer || answer->exit_code() == ExitCode::kRefused) {
      fmt::print(stderr, "tandem6ctl: {}\n", answer ? answer->message() : answer.error().message);
      return answer ? ExitCode::kRefused : ExitCode::kUnreachable;
    }
    const json& arguments = answer->arguments();
    const json leases = arguments.value("leases", json::array());
    for (const json& lease : leases) {
      if (!wanted(lease, filter)) continue;
      more = !filter.all && printer.count() == filter.limit;
      if (more) break;
      printer.add(lease);
    }
    printer.end_page();
    if (leases.size() < page) break;
    from = name_of(leases.back());
  }
  printer.end();
  if (more && !common.json) fmt::print("there are more; --all shows them, --limit N that many\n");
  if (printer.count() > 0) return ExitCode::kSuccess;
  if (!common.json) fmt::print(stderr, "tandem6ctl: no such leases\n");
  return ExitCode::kEmpty;
}

ExitCode delete_lease(const Common& common, const std::string& unit, bool confirmed) {
  const json arguments = {{"ip-address", unit}};
  if (confirmed) return show_text(common, "lease6-del", arguments);
  const auto answer = answer_or_say(common, "lease6-get", arguments);
  if (!answer) return answer.error();
  Printer printer(common.json);
  printer.add(answer->arguments());
  printer.end_page();
  printer.end();
  fmt::print(stderr,
             "tandem6ctl: nothing was done; with --confirm this lease ends, and its client loses it when it renews\n");
  return ExitCode::kRefused;
}

}  // namespace tandem6::ctl
