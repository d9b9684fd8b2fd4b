// The data of an option, from the text of the configuration to the octets of the packet.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "control/config/option_names.h"
#include "dataplane/wire/error.h"

namespace tandem6::control {

/// `csv-format` true: fields divided by commas; `\,` is a comma in a field.
tl::expected<std::vector<std::byte>, Error> encode_option(const OptionDefinition& definition, std::string_view text);

/// "20010db8", "20:01:0d:b8", "20 01 0d b8" or "0x20010db8"; "'text'" for the text's own octets. Nothing when it is
/// none of these.
std::optional<std::vector<std::byte>> parse_octets(std::string_view text);

}  // namespace tandem6::control
