#include "control/commands/high_availability.h"

#include <string>
#include <string_view>

#include "control/failover_text.h"

namespace tandem6::control {
namespace {

using failover::RelationshipStatus;
using failover::State;
using lease::FailoverRole;
using nlohmann::json;

std::string_view kea_role(FailoverRole role) { return role == FailoverRole::kPrimary ? "primary" : "standby"; }

/// The state of Kea's whose meaning for clients is nearest.
std::string_view kea_pair_state(State state) {
  switch (state) {
    case State::kNone:
      return "";
    case State::kStartup:
    case State::kRecoverWait:
      return "waiting";
    case State::kNormal:
    case State::kConflictDone:
      return "hot-standby";
    case State::kCommunicationsInterrupted:
    case State::kResolutionInterrupted:
      return "communication-recovery";
    case State::kPartnerDown:
      return "partner-down";
    case State::kRecover:
    case State::kPotentialConflict:
      return "syncing";
    case State::kRecoverDone:
      return "ready";
  }
  return "";
}

std::string server_name(const RelationshipStatus& status, FailoverRole role) {
  return status.name + "-" + std::string(to_string(role));
}

/// In Kea's hot standby there is one scope, named after the primary: who has it answers all clients.
json scopes(const RelationshipStatus& status, State state, FailoverRole role) {
  json list = json::array();
  if (serves_all(state, role)) list.push_back(server_name(status, FailoverRole::kPrimary));
  return list;
}

json local_json(const RelationshipStatus& status) {
  return {{"role", kea_role(status.role)},
          {"scopes", scopes(status, status.state, status.role)},
          {"server-name", server_name(status, status.role)},
          {"state", kea_pair_state(status.state)}};
}

json remote_json(const RelationshipStatus& status, AbsoluteTime now) {
  const FailoverRole role = other(status.role);
  const bool ever = status.last_heard != AbsoluteTime{};
  const bool lost = ever && !status.communicating;
  return {{"age", ever ? (now - status.last_heard).count : 0},
          {"in-touch", ever},
          {"role", kea_role(role)},
          {"server-name", server_name(status, role)},
          {"last-scopes", scopes(status, status.partner, role)},
          {"last-state", lost ? "unavailable" : kea_pair_state(status.partner)},
          {"communication-interrupted", !status.communicating},
          // Kea counts clients whom the partner does not answer; here its connection tells whether it is there.
          {"connecting-clients", 0},
          {"unacked-clients", 0},
          {"unacked-clients-left", 0},
          {"analyzed-packets", 0},
          {"clock-skew", status.skew_seconds}};
}

}  // namespace

json high_availability(const std::vector<RelationshipStatus>& relationships, AbsoluteTime now) {
  json list = json::array();
  for (const RelationshipStatus& status : relationships)
    list.push_back({{"ha-mode", "hot-standby"},
                    {"ha-servers", {{"local", local_json(status)}, {"remote", remote_json(status, now)}}}});
  return list;
}

}  // namespace tandem6::control
