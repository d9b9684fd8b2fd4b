// reconfigure, reconfigure-status, reconfigure-cancel: telling clients to come back before their T1 (RFC 8415
// §18.3.11).
#include <fmt/format.h>

#include "control/commands/command_table.h"
#include "control/commands/lease_fields.h"
#include "control/reconfigure/reconfigurer.h"

namespace tandem6::control {
namespace {

using nlohmann::json;
using wire::MessageType;

tl::expected<MessageType, Error> message_in(const json& arguments) {
  const auto name = optional_text(arguments, "message");
  if (!name) return tl::unexpected(name.error());
  if (!*name || **name == "renew") return MessageType::kRenew;
  if (**name == "rebind") return MessageType::kRebind;
  if (**name == "information-request") return MessageType::kInformationRequest;
  return tl::unexpected(Error{"'message' parameter must be 'renew', 'rebind' or 'information-request'"});
}

tl::expected<json, Error> call_one(Server& server, const json& arguments, MessageType answer_with) {
  const auto duid = duid_in(arguments, "duid");
  if (!duid) return tl::unexpected(duid.error());
  const auto called = server.reconfigurer().call(*duid, answer_with);
  if (!called) return tl::unexpected(called.error());
  return make_answer(CommandResult::kSuccess,
                     "The client is sent a Reconfigure. reconfigure-status shows whether it answers.");
}

tl::expected<json, Error> call_subnet(Server& server, const json& arguments, MessageType answer_with) {
  const auto id = required_number(arguments, "subnet-id", 1, UINT32_MAX);
  if (!id) return tl::unexpected(id.error());
  if (server.snapshot().by_id(static_cast<uint32_t>(*id)) == nullptr)
    return make_answer(CommandResult::kEmpty, fmt::format("There is no subnet {}.", *id));
  const std::set<uint32_t> subnets{static_cast<uint32_t>(*id)};
  const auto called = server.reconfigurer().call(
      {.answer_with = answer_with, .subnets = std::make_shared<const std::set<uint32_t>>(subnets)});
  if (!called) return tl::unexpected(called.error());
  return make_answer(CommandResult::kSuccess,
                     fmt::format("The clients with leases of subnet {} that accept Reconfigure are sent it. "
                                 "reconfigure-status shows how far that is.",
                                 *id));
}

tl::expected<json, Error> call_all(Server& server, MessageType answer_with) {
  const auto called = server.reconfigurer().call({.answer_with = answer_with});
  if (!called) return tl::unexpected(called.error());
  return make_answer(CommandResult::kSuccess,
                     "All clients with leases that accept Reconfigure are sent it. reconfigure-status shows how far "
                     "that is.");
}

tl::expected<json, Error> reconfigure(Server& server, const json& arguments) {
  const auto answer_with = message_in(arguments);
  if (!answer_with) return tl::unexpected(answer_with.error());
  const auto all = optional_boolean(arguments, "all");
  if (!all) return tl::unexpected(all.error());
  const bool for_all = all->value_or(false);
  if (arguments.contains("duid") + arguments.contains("subnet-id") + for_all != 1)
    return tl::unexpected(Error{"exactly one of 'duid', 'subnet-id' and 'all' must say whom to call"});
  if (arguments.contains("duid")) return call_one(server, arguments, *answer_with);
  if (arguments.contains("subnet-id")) return call_subnet(server, arguments, *answer_with);
  return call_all(server, *answer_with);
}

tl::expected<json, Error> reconfigure_status(Server& server, const json&) {
  const ReconfigureStatus status = server.reconfigurer().status();
  const std::string text = fmt::format(
      "{} client{} called by {} messages: {} answered, {} have yet to, {} did not; {} could not be reached.",
      status.called, status.called == 1 ? " was" : "s were", status.sent, status.answered, status.under_way,
      status.gave_up, status.unreachable);
  return make_answer(CommandResult::kSuccess, text,
                     {{"enabled", server.configuration().reconfigure.enabled},
                      {"called", status.called},
                      {"sent", status.sent},
                      {"answered", status.answered},
                      {"gave-up", status.gave_up},
                      {"unreachable", status.unreachable},
                      {"not-sent", status.not_sent},
                      {"under-way", status.under_way},
                      {"calls-waiting", status.calls_waiting}});
}

tl::expected<json, Error> reconfigure_cancel(Server& server, const json&) {
  const size_t cancelled = server.reconfigurer().cancel();
  return make_answer(CommandResult::kSuccess,
                     fmt::format("Nothing more is sent; {} clients had yet to answer.", cancelled));
}

constexpr Command kReconfigureCommands[] = {
    {"reconfigure", reconfigure, "tells clients to renew, rebind or ask for information now: one, a subnet's, or all"},
    {"reconfigure-status", reconfigure_status, "how many clients were told so, and what came of it"},
    {"reconfigure-cancel", reconfigure_cancel, "tells nobody more who has been called so far"},
};

}  // namespace

std::span<const Command> reconfigure_commands() { return kReconfigureCommands; }

}  // namespace tandem6::control
