// A lease as Kea's lease_cmds shows it and names it. For the files of this folder only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/commands/command_table.h"
#include "dataplane/lease/record.h"

namespace tandem6::control {

/// Kea's number of a state: 0 default, 1 declined, 2 expired-reclaimed, 3 released.
int kea_state(lease::BindingStatus status);

/// The lease with what is kept of its client.
tl::expected<nlohmann::json, Error> lease_json(Server& server, const lease::LeaseRecord& lease);

/// Kea's answer to questions that may have several leases in answer; result 3 when it has none.
tl::expected<nlohmann::json, Error> leases_answer(Server& server, const std::vector<lease::LeaseRecord>& leases);

/// "2001:db8:1::5", or "2001:db8:f000:100::/56".
std::string text_of(const lease::LeaseKey& key);

/// The argument `type`: IA_NA unless given.
tl::expected<lease::LeaseType, Error> lease_type_in(const nlohmann::json& arguments);
/// A DUID in this argument; an error when it is missing.
tl::expected<Duid, Error> duid_in(const nlohmann::json& arguments, std::string_view name);

/// What a client calls a lease by its address.
struct NamedUnit {
  Ipv6Address address;
  lease::LeaseType type = lease::LeaseType::kAddress;
  std::optional<uint8_t> prefix_length;  ///< nothing: the client did not say
};
/// The arguments `ip-address` (which may be "2001:db8::/56" for a prefix), `type` and `prefix-len`.
tl::expected<NamedUnit, Error> named_unit(const nlohmann::json& arguments);

/// The lease on the disk that the arguments name: by named_unit(), or by `identifier-type` (duid), `identifier`,
/// `iaid`, `subnet-id` and `type`. Nothing when there is none.
tl::expected<std::optional<lease::LeaseRecord>, Error> named_lease(Server& server, const nlohmann::json& arguments);

/// The first prefix on the disk at this address, whatever its length.
tl::expected<std::optional<lease::LeaseRecord>, Error> prefix_at(Server& server, const Ipv6Address& address);

}  // namespace tandem6::control
