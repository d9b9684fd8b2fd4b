// The data of an option, from the text of the configuration to the octets of the packet.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "control/config/option_field.h"
#include "control/config/option_names.h"
#include "dataplane/wire/error.h"

namespace tandem6::control {

struct EncodedOption {
  std::vector<std::byte> data;
  size_t surplus = 0;  ///< values behind the last that a record has: left out, as in Kea
};

/// `csv-format` true: values divided by commas; `\,` is a comma in a value, and `\|` a bar.
tl::expected<EncodedOption, Error> encode_option(const OptionDefinition& definition, std::string_view text);

}  // namespace tandem6::control
