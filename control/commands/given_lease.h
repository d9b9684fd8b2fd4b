// A lease as an operator gives it to lease6-add and lease6-update. For the files of this folder only.
#pragma once

#include <optional>
#include <string>

#include "control/commands/command_table.h"
#include "dataplane/lease/record.h"

namespace tandem6::control {

struct GivenName {
  std::string text;  ///< as wire::DomainName::to_string() writes it; empty: the client has none
  bool forward = false;
  bool reverse = false;
};

struct GivenLease {
  lease::LeaseRecord record;      ///< of a configured subnet
  std::optional<GivenName> name;  ///< nothing: the client's name stays as it is
};

/// Reads the arguments as Kea does; what is not given comes from the configuration of the subnet.
tl::expected<GivenLease, Error> given_lease(const Server& server, const nlohmann::json& arguments);

}  // namespace tandem6::control
