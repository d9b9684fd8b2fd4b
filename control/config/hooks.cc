#include "control/config/hooks.h"

#include <algorithm>

#include <fmt/format.h>

#include "control/config/lease_query.h"
#include "control/config/reader.h"

namespace tandem6::control {
namespace {

/// "/usr/lib/kea/hooks/libdhcp_lease_cmds.so" → "lease_cmds"; the whole text when it is no such path.
std::string_view name_of_hook(std::string_view library) {
  std::string_view name = library.substr(library.rfind('/') + 1);
  constexpr std::string_view kPrefix = "libdhcp_";
  constexpr std::string_view kSuffix = ".so";
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return library;
  name.remove_prefix(kPrefix.size());
  name.remove_suffix(kSuffix.size());
  return name;
}

void read_hook(const Node& library, Remarks& remarks) {
  const auto& rules = hook_rules();
  const auto rule = std::ranges::find(rules, name_of_hook(library.text()), &HookRule::name);
  if (rule == rules.end()) {
    remarks.error(library,
                  fmt::format("not supported: what \"{}\" does to clients is not known, and libraries are not loaded",
                              library.text()));
    return;
  }
  switch (rule->treatment) {
    case Treatment::kRefused:
      remarks.error(library, std::string(rule->note));
      break;
    case Treatment::kSupported:
    case Treatment::kMapped:
    case Treatment::kIgnored:
      remarks.warning(library, fmt::format("the library is not loaded: {}", rule->note));
      break;
  }
}

}  // namespace

const std::vector<HookRule>& hook_rules() {
  using enum Treatment;
  static const std::vector<HookRule> rules = {
      {"lease_cmds", kSupported, "its commands are built in; control-socket.md says which"},
      {"stat_cmds", kMapped, "its commands are built in"},
      {"subnet_cmds", kMapped,
       "`subnet6-list`, `-get`, `network6-list` and `-get` are built in; what changes is written with `config-set`"},
      {"host_cmds", kMapped, "`reservation-get` and its kin are built in; what changes is written with `config-set`"},
      {"host_cache", kIgnored, "reservations are in memory"},
      {"class_cmds", kMapped, "`class-list` and `class-get` are built in; what changes is written with `config-set`"},
      {"cb_cmds", kIgnored, "there are no configuration databases"},
      {"mysql", kIgnored, "no database is used"},
      {"pgsql", kIgnored, "no database is used"},
      {"ddns_tuning", kIgnored, "there are no DNS updates yet"},
      {"gss_tsig", kIgnored, "there are no DNS updates yet"},
      {"legal_log", kIgnored, "there is no legal log: what it should have held is in no other place either"},
      {"perfmon", kIgnored, "latencies are measured, its commands are not there"},
      {"rbac", kIgnored, "whoever may open the control socket may use all commands"},
      {"run_script", kIgnored, "no script is run"},
      {"ha", kRefused,
       "not supported: two servers are a pair by RFC 8156 here, with its own key `tandem6.failover`; docs/failover.md "
       "says "
       "how to set it up"},
      {"lease_query", kMapped, "leasequeries are built in; its `parameters` are in configuration.md"},
      {"flex_id", kMapped, "reservations by flex-id are built in; its `parameters` are in configuration.md"},
      {"flex_option", kRefused, "not supported yet: options are the same for all clients of a pool"},
      {"limits", kRefused, "not supported yet: clients would not be limited"},
      {"radius", kRefused, "not supported: there is no RADIUS"},
      {"user_chk", kRefused, "not supported: clients are not looked up in a list of users"},
  };
  return rules;
}

const Node* find_hook(const Node& dhcp6, std::string_view name) {
  for (const Node* hook : objects_at(dhcp6, "hooks-libraries")) {
    const Node* library = string_at(*hook, "library");
    if (library != nullptr && name_of_hook(library->text()) == name) return hook;
  }
  return nullptr;
}

HookConfigs read_hooks(const Node& dhcp6, Remarks& remarks) {
  HookConfigs configs;
  for (const Node* hook : objects_at(dhcp6, "hooks-libraries")) {
    require_key(*hook, "library", remarks);
    const Node* library = string_at(*hook, "library");
    if (library == nullptr) continue;
    read_hook(*library, remarks);
    if (name_of_hook(library->text()) == "lease_query") configs.lease_query = read_lease_query(*hook, remarks);
  }
  return configs;
}

}  // namespace tandem6::control
