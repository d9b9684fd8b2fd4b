#include "control/failover_text.h"

#include <cstdlib>
#include <utility>

#include <fmt/format.h>

#include "control/local_time.h"

namespace tandem6::control {
namespace {

using failover::RelationshipSettings;
using failover::RelationshipStatus;
using failover::State;
using lease::FailoverRole;

// RFC 8156 §7.1 wants clocks within roughly 5 s and drops the connection beyond (§7.5.1): said well before that.
constexpr int64_t kNoteworthySkew = 2;
/// Seconds: 30 days, in which somebody can make a certificate.
constexpr int64_t kCertificateNotice = int64_t{30} * 86400;

constexpr std::string_view kGoesOn = "Nothing: it goes on by itself.";
constexpr std::string_view kGetConnection =
    "Get the partner and the network between the two servers to work; the status says why there is no connection.";
// These texts are read on a terminal and in the control socket's answers; the names of both end in partner-down.
constexpr std::string_view kIfDown =
    " If the partner is certainly down, declare that: tandem6ctl failover partner-down.";

StateText in_normal(const RelationshipStatus& status) {
  if (!status.communicating)
    return {"The partner was in step a moment ago and is not heard now.", std::string(kGoesOn)};
  if (status.role == FailoverRole::kPrimary)
    return {"Both servers are in step: this one answers all clients, the partner stands ready.",
            "Nothing: all is well."};
  return {"Both servers are in step: the partner, the primary, answers clients, and this one stands ready.",
          "Nothing: all is well."};
}

StateText in_communications_interrupted(const RelationshipStatus& status) {
  if (status.communicating)
    return {"The partner is heard again and catches up; this server answers all clients until both are in step.",
            fmt::format("Nothing: it ends in NORMAL, after the MCLT ({} s) at the latest in most cases.",
                        status.mclt.count)};
  return {
      fmt::format("The partner is not heard: this server answers all clients from its own share, with lifetimes held "
                  "to the MCLT ({} s).",
                  status.mclt.count),
      fmt::format("Find out whether {} runs and can be reached; both return to NORMAL by themselves. Only if it is "
                  "certainly down, and stays so, declare that: tandem6ctl failover partner-down.",
                  status.partner_address.to_string())};
}

/// When a wait ends, behind what it waits for.
std::string at(AbsoluteTime moment) {
  return moment == AbsoluteTime{} ? "" : fmt::format(", at {}", local_time(moment.to_unix()));
}

StateText in_partner_down(const RelationshipStatus& status) {
  if (status.communicating)
    return {"The partner is back and fetches what it missed; this server answers all clients until it has.",
            fmt::format("Nothing: both are in NORMAL soon, or the MCLT ({} s) after the partner went down.",
                        status.mclt.count)};
  return {
      fmt::format("The partner counts as down: this server serves all clients alone, with full lifetimes, and with the "
                  "partner's prefixes too when the MCLT ({} s) is over{}.",
                  status.mclt.count, at(status.partner_prefixes_from)),
      "Repair the partner and start it with the connection to this server working; it then fetches what it missed. "
      "If it is alive after all, cut it off from the clients now."};
}

StateText in_recover(const RelationshipStatus& status) {
  if (status.communicating)
    return {"This server answers no clients: it fetches the leases from its partner first.",
            "Nothing, as long as updates come in; if they stand still, look at the partner's log."};
  return {
      "This server answers no clients: it has lost or missed leases, and its partner, who knows them, is not heard.",
      std::string(kGetConnection) +
          " Only if there is no partner with leases (a new pair, or its database is lost for good): "
          "tandem6ctl failover partner-down makes this server serve alone, and give away at once what clients hold "
          "from the partner."};
}

StateText in_recover_wait(const RelationshipStatus& status) {
  return {fmt::format("This server has the leases and answers no clients until those that it may have given before its "
                      "failure, and nobody knows of, have ended: the MCLT ({} s) after it went down{}.",
                      status.mclt.count, at(status.recover_wait_until)),
          status.communicating ? std::string(kGoesOn) : std::string(kGetConnection) + " The wait goes on meanwhile."};
}

StateText in_recover_done(const RelationshipStatus& status) {
  return {"This server is ready and only renews leases that it knows, until its partner agrees to NORMAL.",
          status.communicating ? std::string(kGoesOn) : std::string(kGetConnection).append(kIfDown)};
}

StateText in_potential_conflict(const RelationshipStatus& status) {
  const bool is_primary = status.role == FailoverRole::kPrimary;
  return {fmt::format("Both servers served on their own; now neither answers clients while they compare leases: {}.",
                      is_primary ? "this one first fetches the partner's" : "the partner first fetches ours"),
          "Nothing: it takes seconds to minutes. If it stands still, look at both logs."};
}

StateText in_resolution_interrupted(const RelationshipStatus& status) {
  return {fmt::format("The partner was lost while the two compared leases: this server answers all clients again, with "
                      "lifetimes held to the MCLT ({} s).",
                      status.mclt.count),
          status.communicating ? "Nothing: the comparison starts again." : std::string(kGetConnection).append(kIfDown)};
}

StateText in_conflict_done(const RelationshipStatus& status) {
  return {"This server knows all leases and answers all clients; the partner still fetches them.",
          status.communicating ? std::string(kGoesOn) : std::string(kGetConnection).append(kIfDown)};
}

/// Empty: it is valid for long, or there is none.
std::string certificate_alarm(const RelationshipStatus& status, int64_t now) {
  if (status.certificate_until == 0 || status.certificate_until - now >= kCertificateNotice) return {};
  const std::string end = local_time(status.certificate_until);
  constexpr std::string_view kRenew = "put a new one in its place and config-reload";
  if (status.certificate_until <= now)
    return fmt::format("this server's certificate ended at {}: the next connection fails; {}", end, kRenew);
  return fmt::format("this server's certificate ends at {}: {} before that", end, kRenew);
}

std::string heard(const RelationshipStatus& status) {
  if (status.communicating) return "IT IS HEARD RIGHT NOW";
  if (status.last_heard == AbsoluteTime{}) return "it was never heard";
  return fmt::format("it was last heard at {}, in {}", local_time(status.last_heard.to_unix()),
                     to_string(status.partner));
}

// RFC 8156 §8.4 protects what a server knows, and RECOVER says that it does not. Its own half of the addresses and its
// prefixes (all of them, of a primary without a record) are free to it from the first moment.
std::string consequence_in_recover(const RelationshipStatus& status) {
  return fmt::format(
      "Declaring the partner down in RECOVER makes this server serve all clients of \"{}\" alone. It does not know "
      "which leases the partner has given or prolonged: it gives them away at once, without waiting for the MCLT, and "
      "two clients can hold one. Only for a new pair, or when the partner's database is lost for good. If {} has it, "
      "get that reachable instead: {}.",
      status.name, status.partner_address.to_string(), heard(status));
}

}  // namespace

StateText explain(const RelationshipStatus& status) {
  switch (status.state) {
    case State::kNone:
    case State::kStartup:
      return {"This server has just started and answers no clients: it first tries to hear its partner.",
              std::string(kGoesOn)};
    case State::kNormal:
      return in_normal(status);
    case State::kCommunicationsInterrupted:
      return in_communications_interrupted(status);
    case State::kPartnerDown:
      return in_partner_down(status);
    case State::kPotentialConflict:
      return in_potential_conflict(status);
    case State::kRecover:
      return in_recover(status);
    case State::kRecoverWait:
      return in_recover_wait(status);
    case State::kRecoverDone:
      return in_recover_done(status);
    case State::kResolutionInterrupted:
      return in_resolution_interrupted(status);
    case State::kConflictDone:
      return in_conflict_done(status);
  }
  return {};
}

std::vector<std::string> failover_alarms(const RelationshipStatus& status,
                                         const std::vector<RelationshipSettings>& configured, AbsoluteTime now) {
  std::vector<std::string> alarms;
  if (status.state != State::kNormal || !status.communicating)
    alarms.push_back(fmt::format("{} since {}: {}", to_string(status.state), local_time(status.since.to_unix()),
                                 explain(status).means));
  if (!status.connect_failure.empty())
    alarms.push_back(fmt::format("no connection to the partner: {}", status.connect_failure));
  if (std::abs(status.skew_seconds) >= kNoteworthySkew)
    alarms.push_back(
        fmt::format("the partner's clock is {} s {} this server's: at more than 5 s they part (RFC 8156 "
                    "§7.1); check NTP on both",
                    std::abs(status.skew_seconds), status.skew_seconds > 0 ? "ahead of" : "behind"));
  if (!status.differences.empty())
    alarms.push_back(
        fmt::format("the configurations of the two servers differ: {}. Clients would notice when the other "
                    "server serves them; make both files alike",
                    fmt::join(status.differences, ", ")));
  if (status.refused_lease)
    alarms.push_back(
        fmt::format("the partner refuses leases, {}/{} among them: it has no subnet or pool for them, and "
                    "would give these clients others",
                    status.refused_lease->address.to_string(), status.refused_lease->prefix_length));
  if (status.communicating && !status.secure)
    alarms.emplace_back("the connection is plain TCP: leases can be read and changed on the way; set \"tls\" on both");
  const RelationshipSettings* settings = settings_of(configured, status.name);
  if (settings != nullptr && settings->start_partner_down && status.has_communicated)
    alarms.emplace_back(
        "\"start-partner-down\" is still set: if this server came back with an empty disk while the partner cannot be "
        "reached, it would give away what the partner's clients hold; take it out of the file and reload");
  if (std::string certificate = certificate_alarm(status, now.to_unix()); !certificate.empty())
    alarms.push_back(std::move(certificate));
  return alarms;
}

std::string consequence_of_partner_down(const RelationshipStatus& status) {
  if (status.state == State::kRecover) return consequence_in_recover(status);
  return fmt::format(
      "Declaring the partner down makes this server serve all clients of \"{}\" alone: with full lifetimes, and after "
      "the MCLT ({} s) with the partner's prefixes too. If the partner is alive and only not heard, both servers give "
      "away the same prefixes, and two clients can hold one. Make sure first that {} is down, or that no client "
      "reaches it: {}.",
      status.name, status.mclt.count, status.partner_address.to_string(), heard(status));
}

std::string_view to_string(FailoverRole role) { return role == FailoverRole::kPrimary ? "primary" : "secondary"; }

FailoverRole other(FailoverRole role) {
  return role == FailoverRole::kPrimary ? FailoverRole::kSecondary : FailoverRole::kPrimary;
}

// RFC 8156 Figure 6.
bool serves_all(State state, FailoverRole role) {
  switch (state) {
    case State::kNormal:
      return role == FailoverRole::kPrimary;
    case State::kCommunicationsInterrupted:
    case State::kPartnerDown:
    case State::kResolutionInterrupted:
    case State::kConflictDone:
      return true;
    case State::kNone:
    case State::kStartup:
    case State::kPotentialConflict:
    case State::kRecover:
    case State::kRecoverWait:
    case State::kRecoverDone:
      return false;
  }
  return false;
}

}  // namespace tandem6::control
