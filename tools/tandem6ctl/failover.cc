// tandem6ctl failover: both servers of a pair side by side, what their states mean and what to do.
#include <algorithm>

#include <fmt/format.h>

#include "tools/tandem6ctl/actions.h"
#include "tools/tandem6ctl/fields.h"
#include "tools/tandem6ctl/text.h"

namespace tandem6::ctl {
namespace {

using nlohmann::json;

constexpr size_t kLabelWidth = 12;

std::string age(const json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_unsigned()) return "never";
  return duration_text(found->get<uint64_t>()) + " ago";
}

/// One fact, its label in a column of its own.
void print_fact(const char* label, const std::string& fact) {
  fmt::print("{}\n", wrapped(fmt::format("{:<{}}{}", label, kLabelWidth, fact), 80, kLabelWidth));
}

/// What is to come by itself, if anything is.
void print_time_left(const std::string& name, const char* what, const json& seconds) {
  if (!seconds.is_number_unsigned()) return;
  const auto left = seconds.get<uint64_t>();
  fmt::print("failover {}: {} {}\n", name, what, left == 0 ? "now" : "in " + duration_text(left));
}

void print_relation(const json& relationship) {
  const std::string name = text(relationship, "relationship");
  const json alarms = relationship.value("alarms", json::array());
  if (alarms.empty()) fmt::print("failover {}: all is well\n", name);
  for (const json& alarm : alarms)
    fmt::print("{}\n", wrapped(fmt::format("failover {}: PROBLEM: {}", name, alarm.get<std::string>())));
  print_time_left(name, "goes PARTNER-DOWN by itself", relationship.value("partner-down-in-seconds", json()));
  print_time_left(name, "RECOVER-WAIT ends", relationship.value("recover-wait-seconds-left", json()));
  print_time_left(name, "may use the partner's prefixes", relationship.value("partner-prefixes-seconds-left", json()));
}

void print_servers(const json& relationship) {
  const json local = relationship.value("local", json::object());
  const json partner = relationship.value("partner", json::object());
  Table table({{"", Table::Align::kLeft, kLabelWidth - 2}, {"THIS SERVER"}, {"PARTNER " + text(partner, "address")}});
  table.add({"role", text(local, "role"), text(partner, "role")});
  table.add({"state", text(local, "state"), text(partner, "state")});
  table.add({"since", age(local, "since-seconds"), age(partner, "since-seconds")});
  table.add({"last heard", "", age(partner, "last-heard-seconds")});
  table.print();
}

std::string skew_text(int64_t seconds) {
  if (seconds == 0) return "the clocks agree";
  return fmt::format("the partner's clock is {} s {}", seconds > 0 ? seconds : -seconds,
                     seconds > 0 ? "ahead" : "behind");
}

void print_connection(const json& relationship) {
  const bool is_up = relationship.value("communicating", false);
  const char* security = relationship.value("secure", false) ? "TLS" : "PLAIN TCP";
  print_fact("connection",
             is_up ? fmt::format("up, {}; {}", security, skew_text(relationship.value("skew-seconds", int64_t{0})))
                   : "DOWN: the partner is not heard");
  if (const std::string why = text(relationship, "connect-failure"); !why.empty()) print_fact("connecting", why);
  if (const std::string why = text(relationship, "last-disconnect"); !why.empty())
    print_fact("last ended", fmt::format("{}: {}", age(relationship, "last-disconnect-at-seconds"), why));
  if (const json until = relationship.value("certificate-until", json()); until.is_string())
    print_fact("certificate", fmt::format("this server's ends at {}", until.get<std::string>()));
  print_fact("limits", fmt::format("MCLT {} s, keepalive {} s", number(relationship, "mclt"),
                                   number(relationship, "keepalive-time")));
}

void print_updates(const json& relationship) {
  const json updates = relationship.value("updates", json::object());
  print_fact("updates out",
             fmt::format("{} sent, {} acked, {} refused by the partner; {} unacked, {} leases wait; lag {} ms",
                         number(updates, "sent"), number(updates, "acked"), number(updates, "rejected"),
                         number(updates, "unacked"), number(updates, "backlog"), number(updates, "lag-milliseconds")));
  print_fact("updates in",
             fmt::format("{} received, {} refused by us{}", number(updates, "received"), number(updates, "refused"),
                         relationship.value("resynchronizing", false) ? "; RESYNCHRONIZING" : ""));
  const json messages = relationship.value("messages", json::object());
  print_fact("messages", fmt::format("{} sent, {} received, {} malformed", number(messages, "sent"),
                                     number(messages, "received"), number(messages, "malformed")));
}

void print_prefixes(const json& relationship) {
  using enum Table::Align;
  const json pools = relationship.value("prefixes", json::array());
  if (pools.empty()) return;
  Table table({{"PREFIXES OF"}, {"FREE, OURS", kRight}, {"FREE, PARTNER'S", kRight}, {"LEASED", kRight}});
  for (const json& pool : pools)
    table.add({text(pool, "pool"), std::to_string(number(pool, "ours")), std::to_string(number(pool, "partners")),
               std::to_string(number(pool, "leased"))});
  fmt::print("\n");
  table.print();
}

void print_relationship(const json& relationship) {
  print_relation(relationship);
  print_servers(relationship);
  print_fact("means", text(relationship, "means"));
  print_fact("what to do", text(relationship, "advice"));
  fmt::print("\n");
  print_connection(relationship);
  print_updates(relationship);
  print_prefixes(relationship);
}

/// Both in NORMAL, and nothing that somebody must know.
bool is_in_step(const json& relationship) {
  const auto is_normal = [&](const char* server) {
    return text(relationship.value(server, json::object()), "state") == "NORMAL";
  };
  return is_normal("local") && is_normal("partner") && relationship.value("communicating", false) &&
         relationship.value("alarms", json::array()).empty();
}

json arguments_for(const std::string& relationship) {
  return relationship.empty() ? json::object() : json{{"relationship", relationship}};
}

}  // namespace

ExitCode show_failover(const Common& common, const std::string& relationship, bool check) {
  const auto answer = answer_or_say(common, "failover-status", arguments_for(relationship));
  if (!answer) return answer.error();
  const json relationships = answer->arguments().value("relationships", json::array());
  const bool is_well = std::ranges::all_of(relationships, is_in_step);
  const ExitCode exit = check && !is_well ? ExitCode::kProblem : ExitCode::kSuccess;
  if (common.json) {
    fmt::print("{}", answer->text);
    return exit;
  }
  bool is_first = true;
  for (const json& one : relationships) {
    if (!is_first) fmt::print("\n");
    is_first = false;
    print_relationship(one);
  }
  return exit;
}

ExitCode declare_partner_down(const Common& common, const std::string& relationship, bool confirmed) {
  json arguments = arguments_for(relationship);
  arguments["confirm"] = confirmed;
  return show_text(common, "failover-partner-down", arguments);
}

ExitCode resynchronize(const Common& common, const std::string& relationship) {
  return show_text(common, "failover-resync", arguments_for(relationship));
}

}  // namespace tandem6::ctl
