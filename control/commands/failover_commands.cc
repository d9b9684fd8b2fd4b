// failover-status, failover-partner-down, failover-resync: the pair (RFC 8156), for people and scripts.
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "control/commands/command_table.h"
#include "control/failover_text.h"
#include "control/local_time.h"

namespace tandem6::control {
namespace {

using failover::OperatorCommand;
using failover::RelationshipStatus;
using nlohmann::json;

/// The moment, and how long ago that was; null when it never came.
json moment_json(AbsoluteTime moment) {
  return moment != AbsoluteTime{} ? json(local_time(moment.to_unix())) : json(nullptr);
}
json age_json(AbsoluteTime moment, AbsoluteTime now) {
  return moment != AbsoluteTime{} ? json((now - moment).count) : json(nullptr);
}

/// Both.
void put_moment(json& object, const std::string& name, AbsoluteTime moment, AbsoluteTime now) {
  object[name] = moment_json(moment);
  object[name + "-seconds"] = age_json(moment, now);
}

/// How long until a moment to come; null when there is none to wait for.
json left_json(AbsoluteTime moment, AbsoluteTime now) {
  return moment != AbsoluteTime{} ? json((moment - now).count) : json(nullptr);
}

json local_json(const RelationshipStatus& status, AbsoluteTime now) {
  json server = {{"role", to_string(status.role)}, {"state", to_string(status.state)}};
  put_moment(server, "since", status.since, now);
  return server;
}

json partner_json(const RelationshipStatus& status, AbsoluteTime now) {
  json server = {{"role", to_string(other(status.role))},
                 {"address", status.partner_address.to_string()},
                 {"state", to_string(status.partner)}};
  put_moment(server, "since", status.partner_since, now);
  put_moment(server, "last-heard", status.last_heard, now);
  return server;
}

json updates_json(const RelationshipStatus& status) {
  return {{"sent", status.updates_sent},         {"acked", status.updates_acked},
          {"rejected", status.updates_rejected}, {"received", status.updates_received},
          {"refused", status.updates_refused},   {"unacked", status.unacked},
          {"backlog", status.backlog},           {"lag-milliseconds", status.lag_milliseconds}};
}

json prefixes_json(const RelationshipStatus& status) {
  json pools = json::array();
  for (const failover::BlockCounts& pool : status.prefixes)
    pools.push_back({{"pool", pool.pool}, {"ours", pool.ours}, {"partners", pool.partners}, {"leased", pool.leased}});
  return pools;
}

/// When this server's own ends; null when there is none.
json certificate_json(const RelationshipStatus& status) {
  return status.certificate_until != 0 ? json(local_time(status.certificate_until)) : json(nullptr);
}

/// In how many seconds PARTNER-DOWN comes by itself (RFC 8156 §8.9.2); null when it does not.
json auto_partner_down_json(const Server& server, const RelationshipStatus& status) {
  const failover::RelationshipSettings* settings = settings_of(server.configuration().failover, status.name);
  if (settings == nullptr || !settings->auto_partner_down) return nullptr;
  if (status.state != failover::State::kCommunicationsInterrupted || status.communicating) return nullptr;
  const Seconds waited = server.now() - status.since;
  return *settings->auto_partner_down > waited ? settings->auto_partner_down->count - waited.count : 0;
}

json status_json(const Server& server, const RelationshipStatus& status) {
  const AbsoluteTime now = server.now();
  const StateText text = explain(status);
  return {{"relationship", status.name},
          {"means", text.means},
          {"advice", text.advice},
          {"alarms", failover_alarms(status, server.configuration().failover, now)},
          {"local", local_json(status, now)},
          {"partner", partner_json(status, now)},
          {"communicating", status.communicating},
          {"secure", status.secure},
          {"certificate-until", certificate_json(status)},
          {"skew-seconds", status.skew_seconds},
          {"mclt", status.mclt.count},
          {"keepalive-time", status.keepalive.count},
          {"partner-down-in-seconds", auto_partner_down_json(server, status)},
          {"recover-wait-until", moment_json(status.recover_wait_until)},
          {"recover-wait-seconds-left", left_json(status.recover_wait_until, now)},
          {"partner-prefixes-from", moment_json(status.partner_prefixes_from)},
          {"partner-prefixes-seconds-left", left_json(status.partner_prefixes_from, now)},
          {"connect-failure", status.connect_failure},
          {"last-disconnect", status.last_disconnect},
          {"last-disconnect-at", moment_json(status.last_disconnect_at)},
          {"last-disconnect-at-seconds", age_json(status.last_disconnect_at, now)},
          {"resynchronizing", status.resynchronizing},
          {"configuration-differences", status.differences},
          {"conflicts", status.conflicts},
          {"updates", updates_json(status)},
          {"messages",
           {{"sent", status.messages_sent}, {"received", status.messages_received}, {"malformed", status.malformed}}},
          {"prefixes", prefixes_json(status)}};
}

Error unknown_relationship(const std::string& name, const std::vector<RelationshipStatus>& all) {
  std::vector<std::string> names;
  for (const RelationshipStatus& status : all) names.push_back(fmt::format("'{}'", status.name));
  return Error{fmt::format("there is no failover relationship '{}'; there {} {}", name, all.size() == 1 ? "is" : "are",
                           fmt::join(names, ", "))};
}

/// Those that `relationship` names; all of them when it is not given.
tl::expected<std::vector<RelationshipStatus>, Error> chosen(const Server& server, const json& arguments) {
  std::vector<RelationshipStatus> all = server.failover();
  const auto name = optional_text(arguments, "relationship");
  if (!name) return tl::unexpected(name.error());
  if (all.empty()) return tl::unexpected(Error{"no failover relationship is configured (tandem6.failover)"});
  if (!*name) return all;
  const auto found = std::ranges::find(all, **name, &RelationshipStatus::name);
  if (found == all.end()) return tl::unexpected(unknown_relationship(**name, all));
  return std::vector{*found};
}

tl::expected<json, Error> failover_status(Server& server, const json& arguments) {
  if (server.failover().empty() && !arguments.contains("relationship"))
    return make_answer(CommandResult::kEmpty, "No failover relationship is configured.",
                       {{"relationships", json::array()}});
  const auto relationships = chosen(server, arguments);
  if (!relationships) return tl::unexpected(relationships.error());
  json list = json::array();
  std::string text;
  for (const RelationshipStatus& status : *relationships) {
    list.push_back(status_json(server, status));
    text += fmt::format("{}{}: {}. {} {}", text.empty() ? "" : "\n", status.name, to_string(status.state),
                        explain(status).means, explain(status).advice);
  }
  return make_answer(CommandResult::kSuccess, text, {{"relationships", std::move(list)}});
}

tl::expected<RelationshipStatus, Error> the_one(const Server& server, const json& arguments) {
  auto relationships = chosen(server, arguments);
  if (!relationships) return tl::unexpected(relationships.error());
  if (relationships->size() == 1) return std::move(relationships->front());
  std::vector<std::string> names;
  for (const RelationshipStatus& status : *relationships) names.push_back(fmt::format("'{}'", status.name));
  return tl::unexpected(Error{fmt::format("'relationship' must say which one: {}", fmt::join(names, ", "))});
}

/// Dangerous: explained first, and done when the operator has said that it is meant.
tl::expected<json, Error> failover_partner_down(Server& server, const json& arguments) {
  const auto status = the_one(server, arguments);
  if (!status) return tl::unexpected(status.error());
  const auto confirmed = optional_boolean(arguments, "confirm");
  if (!confirmed) return tl::unexpected(confirmed.error());
  if (!confirmed->value_or(false))
    return tl::unexpected(
        Error{fmt::format("{} Nothing was changed: repeat with \"confirm\": true (tandem6ctl: "
                          "--confirm) if that is meant.",
                          consequence_of_partner_down(*status))});
  const auto result = server.failover_command(status->name, OperatorCommand::kPartnerDown);
  if (!result) return tl::unexpected(result.error());
  return make_answer(CommandResult::kSuccess,
                     fmt::format("{}: the partner counts as down, this server serves alone. Keep the partner away from "
                                 "clients until it is repaired and reaches this server.",
                                 status->name));
}

/// RFC 8156 §5.3.6: UPDREQALL only asks, the state stays and clients are answered. So it needs no "confirm".
tl::expected<json, Error> failover_resync(Server& server, const json& arguments) {
  const auto status = the_one(server, arguments);
  if (!status) return tl::unexpected(status.error());
  const auto result = server.failover_command(status->name, OperatorCommand::kResync);
  if (!result) return tl::unexpected(result.error());
  return make_answer(CommandResult::kSuccess,
                     fmt::format("{}: all leases are fetched from the partner again, clients are answered as before "
                                 "meanwhile. The status shows how it goes.",
                                 status->name));
}

constexpr Command kFailoverCommands[] = {
    {"failover-status", failover_status, "the pair: states, what they mean and what to do, update stream, prefixes"},
    {"failover-partner-down", failover_partner_down, "declares the partner down: this server serves alone"},
    {"failover-resync", failover_resync, "fetches all leases from the partner again; service goes on meanwhile"},
};

}  // namespace

std::span<const Command> failover_commands() { return kFailoverCommands; }

}  // namespace tandem6::control
